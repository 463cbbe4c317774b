package syntax_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"congvan/internal/peers"
	"congvan/signer/pdf/syntax"
)

// qpdf runs the tool; its own verdict of warnings counts as failure.
func qpdf(t testing.TB, args ...string) {
	t.Helper()
	if out, err := exec.Command(peers.Tool(t, "qpdf"), args...).CombinedOutput(); err != nil {
		t.Fatalf("qpdf %v: %v\n%s", args, err, out)
	}
}

// rewritten has qpdf write a file in another way.
func rewritten(t testing.TB, data []byte, args ...string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.pdf")
	qpdf(t, append(append([]string{written(t, data)}, args...), out)...)
	again, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// variant is a way in which another program writes a document.
type variant struct {
	name     string
	args     []string
	password string
}

func variants() []variant {
	encrypt := func(user string, args ...string) []string {
		return append(append([]string{"--allow-weak-crypto", "--encrypt", user, "owner"}, args...), "--")
	}
	return []variant{
		{"table", []string{"--object-streams=disable"}, ""},
		{"streams", []string{"--object-streams=generate"}, ""},
		{"uncompressed streams", []string{"--object-streams=generate", "--compress-streams=n"}, ""},
		{"linearized", []string{"--linearize"}, ""},
		{"linearized streams", []string{"--linearize", "--object-streams=generate"}, ""},
		{"40", encrypt("", "40"), ""},
		{"128 RC4", encrypt("", "128", "--use-aes=n"), ""},
		{"128 V4 RC4", encrypt("", "128", "--use-aes=n", "--force-V4"), ""},
		{"128 AES", encrypt("", "128", "--use-aes=y"), ""},
		{"128 AES plain metadata", encrypt("", "128", "--use-aes=y", "--cleartext-metadata"), ""},
		{"128 AES streams", append(encrypt("", "128", "--use-aes=y"), "--object-streams=generate"), ""},
		{"256", encrypt("", "256"), ""},
		{"256 R5", encrypt("", "256", "--force-R5"), ""},
		{"256 plain metadata", encrypt("", "256", "--cleartext-metadata"), ""},
		{"256 linearized streams", append(encrypt("", "256"), "--linearize", "--object-streams=generate"), ""},
		{"user password 40", encrypt("user", "40"), "user"},
		{"user password 128", encrypt("user", "128", "--use-aes=y"), "user"},
		{"user password 256", encrypt("user", "256"), "user"},
		{"owner password 40", encrypt("user", "40"), "owner"},
		{"owner password 128", encrypt("user", "128", "--use-aes=n"), "owner"},
		{"owner password R5", encrypt("user", "256", "--force-R5"), "owner"},
		{"owner password 256", encrypt("user", "256"), "owner"},
	}
}

// withMetadata is the book with a metadata stream, which encryption may leave plain.
func withMetadata() []byte {
	all := book()
	all[1] = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]/SigFlags 3>>/Metadata 8 0 R>>"
	all[8] = stream("/Type/Metadata/Subtype/XML", "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
	return tabled(all)
}

func TestReadsWhatOthersWrite(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			data := rewritten(t, withMetadata(), v.args...)
			f, err := syntax.Open(bytes.NewReader(data), int64(len(data)), syntax.Options{Password: []byte(v.password)})
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Revisions()) != 1 || f.Latest().End != int64(len(data)) || len(f.Anomalies()) != 0 {
				t.Errorf("%d revisions, end %d of %d, %v", len(f.Revisions()), f.Latest().End, len(data), f.Anomalies())
			}
			if err := walkRevision(f.Latest()); err != nil {
				t.Error(err)
			}
			checkBook(t, f.Latest())
		})
	}
}

// checkBook looks for what is in the book, wherever its objects lie now.
func checkBook(t *testing.T, r *syntax.Revision) {
	t.Helper()
	info, err := r.Dict(r.Trailer["Info"])
	if err != nil || info["Title"] != syntax.String("\xFE\xFF\x00C\x00V") || info["Producer"] != syntax.String("congvan (test)") {
		t.Errorf("info %q, %v", info, err)
	}
	p, err := r.Page(0)
	if err != nil {
		t.Fatal(err)
	}
	if got := content(t, r, p.Dict["Contents"]); got != "BT /F1 24 Tf 72 700 Td (Cong van) Tj ET" {
		t.Errorf("content %q", got)
	}
	catalog, _, err := r.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	if got := content(t, r, catalog["Metadata"]); got != "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>" {
		t.Errorf("metadata %q", got)
	}
	if fields, err := r.Fields(); err != nil || len(fields) != 1 || fields[0].Name != "Signature1" || fields[0].Type != "Sig" {
		t.Errorf("fields %v, %v", fields, err)
	}
}

func content(t testing.TB, r *syntax.Revision, o syntax.Object) string {
	t.Helper()
	s, err := r.Stream(o)
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(data))
}

func TestAWrongPasswordIsTold(t *testing.T) {
	for _, v := range variants() {
		if v.password == "" {
			continue
		}
		data := rewritten(t, withMetadata(), v.args...)
		for _, password := range []string{"", "wrong"} {
			_, err := syntax.Open(bytes.NewReader(data), int64(len(data)), syntax.Options{Password: []byte(password)})
			if !errors.Is(err, syntax.ErrEncrypted) || code(err) != syntax.CodePassword {
				t.Errorf("%s with %q: %v", v.name, password, err)
			}
		}
	}
}

// What an update adds is read alike by this package and by qpdf, which has nothing to
// complain about, whatever file it is added to.
func TestUpdatesPassTheReferee(t *testing.T) {
	files := forms()
	for _, v := range variants() {
		files["qpdf "+v.name] = rewritten(t, withMetadata(), v.args...)
	}
	passwords := map[string]string{}
	for _, v := range variants() {
		passwords["qpdf "+v.name] = v.password
	}
	for name, data := range files {
		t.Run(name, func(t *testing.T) {
			password := passwords[name]
			for i := range 2 { // an update of an update as well
				data = updatedBook(t, data, password, fmt.Sprintf("title %d", i))
				qpdf(t, "--check", "--password="+password, written(t, data))
			}
			f, err := syntax.Open(bytes.NewReader(data), int64(len(data)), syntax.Options{Password: []byte(password)})
			if err != nil {
				t.Fatal(err)
			}
			checkUpdated(t, f)
		})
	}
}

func updatedBook(t *testing.T, data []byte, password, title string) []byte {
	t.Helper()
	f, err := syntax.Open(bytes.NewReader(data), int64(len(data)), syntax.Options{Password: []byte(password)})
	if err != nil {
		t.Fatal(err)
	}
	u, err := syntax.NewUpdate(f)
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.Latest().Page(0)
	if err != nil {
		t.Fatal(err)
	}
	page := syntax.Clone(p.Dict).(syntax.Dict)
	page["Contents"] = u.Add(u.NewStream(syntax.Dict{}, []byte("BT /F1 12 Tf 72 600 Td (v) Tj ET "+title), true))
	u.Put(p.Ref, page)
	// An old stream under a new number is encrypted anew.
	old, err := f.Latest().Stream(p.Dict["Contents"])
	if err != nil {
		t.Fatal(err)
	}
	page["Copy"] = u.Add(old)
	info, _ := f.Latest().Trailer["Info"].(syntax.Ref)
	u.Put(info, syntax.Dict{"Title": syntax.String(title), "Author": syntax.TextString("Nguyễn Thị Vĩnh")})
	u.Free(u.Add(true))
	signature := u.Add(syntax.Dict{
		"Type": syntax.Name("Sig"), "Contents": syntax.Hole{Name: "Contents", Size: 66},
		"ByteRange": syntax.Hole{Name: "ByteRange", Size: 40}, "Reason": syntax.String("read me"),
	})
	page["Signature"] = signature
	more, holes, err := u.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	whole := append(bytes.Clone(data), more...)
	copy(whole[holes["ByteRange"]:], "[0 1 2 3]")
	if at := holes["Contents"]; whole[at] != '<' || whole[at+65] != '>' {
		t.Errorf("the hole holds %q", whole[at:at+66])
	}
	copy(whole[holes["Contents"]+1:], "ABCD")
	return whole
}

func checkUpdated(t *testing.T, f *syntax.File) {
	t.Helper()
	r := f.Latest()
	p, err := r.Page(0)
	if err != nil {
		t.Fatal(err)
	}
	if got := content(t, r, p.Dict["Contents"]); got != "BT /F1 12 Tf 72 600 Td (v) Tj ET title 1" {
		t.Errorf("content %q", got)
	}
	if got := content(t, r, p.Dict["Copy"]); got != "BT /F1 12 Tf 72 600 Td (v) Tj ET title 0" {
		t.Errorf("copy %q", got)
	}
	signature, err := r.Dict(p.Dict["Signature"])
	if err != nil || signature["Reason"] != syntax.String("read me") {
		t.Errorf("signature %q, %v", signature, err)
	}
	if c, _ := signature["Contents"].(syntax.String); len(c) != 32 || c[:2] != "\xAB\xCD" {
		t.Errorf("contents %q", c)
	}
	info, err := r.Dict(r.Trailer["Info"])
	if author, _ := info["Author"].(syntax.String); err != nil || author.Text() != "Nguyễn Thị Vĩnh" {
		t.Errorf("info %q, %v", info, err)
	}
	if err := walkRevision(r); err != nil {
		t.Error(err)
	}
}

func TestReadsPapersOfOtherWriters(t *testing.T) {
	dir := t.TempDir()
	plain := written(t, withMetadata())
	for _, tc := range []struct {
		tool string
		args func(out string) []string
	}{
		{"mutool", func(out string) []string { return []string{"clean", "-z", plain, out} }},
		{"mutool", func(out string) []string { return []string{"clean", "-l", plain, out} }},
		{"mutool", func(out string) []string { return []string{"clean", "-ggg", "-a", plain, out} }},
		{"pdftocairo", func(out string) []string { return []string{"-pdf", plain, out} }},
		{"pdfunite", func(out string) []string { return []string{plain, plain, out} }},
	} {
		out := filepath.Join(dir, "out.pdf")
		args := tc.args(out)
		if msg, err := exec.Command(peers.Tool(t, tc.tool), args...).CombinedOutput(); err != nil {
			t.Fatalf("%s %v: %v\n%s", tc.tool, args, err, msg)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if err := walk(data, syntax.Options{}); err != nil {
			t.Errorf("%s %v: %v", tc.tool, args, err)
		}
		qpdf(t, "--check", written(t, appended(t, data, func(u *syntax.Update) { u.Add(syntax.Dict{"A": 1}) })))
	}
}
