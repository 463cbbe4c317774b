package syntax_test

import (
	"bytes"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"testing"

	"congvan/internal/peers"
	"congvan/signer/pdf/syntax"
)

// encrypted is the book as qpdf encrypts it with AES of 128 bits.
func encrypted(t testing.TB) []byte {
	return rewritten(t, withMetadata(), "--allow-weak-crypto", "--static-aes-iv", "--encrypt", "", "owner", "128", "--use-aes=y", "--")
}

func TestIdentityForAllStreams(t *testing.T) {
	data := replaced(t, encrypted(t), "/StmF /StdCF /StrF /StdCF", "/StmF/Identity/StrF/StdCF")
	var made syntax.Ref
	data = appended(t, data, func(u *syntax.Update) {
		made = u.Add(u.NewStream(syntax.Dict{"Note": syntax.String("secret")}, []byte("plain bytes"), false))
	})
	if !bytes.Contains(data, []byte("plain bytes")) || bytes.Contains(data, []byte("secret")) {
		t.Error("the stream is encrypted, or the string is not")
	}
	f := mustOpen(t, data)
	if got := content(t, f.Latest(), made); got != "plain bytes" || !f.Encrypted() {
		t.Errorf("%q", got)
	}
	d, err := f.Latest().Stream(made)
	if err != nil || d.Dict["Note"] != syntax.String("secret") {
		t.Errorf("%v, %v", d, err)
	}
	p, err := f.Latest().Page(0)
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.Latest().Stream(p.Dict["Contents"])
	if err != nil {
		t.Fatal(err)
	}
	raw, err := s.Raw()
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(raw)
	stored, err2 := io.ReadAll(s.Stored())
	if err != nil || err2 != nil || !bytes.Equal(got, stored) {
		t.Errorf("a stream was decrypted: %v, %v", err, err2)
	}
}

func TestCryptFilterOfOneStream(t *testing.T) {
	name := func(n syntax.Name) syntax.Dict {
		return syntax.Dict{"Filter": syntax.Name("Crypt"), "DecodeParms": syntax.Dict{"Name": n}}
	}
	base := encrypted(t)
	for _, tc := range []struct {
		dict      syntax.Dict
		encrypted bool
		want      syntax.Code
	}{
		{syntax.Dict{}, true, ""},
		{syntax.Dict{"Filter": syntax.Name("Crypt")}, false, ""},
		{name("Identity"), false, ""},
		{name("StdCF"), true, ""},
		{name("Other"), false, syntax.CodeEncryption},
		{syntax.Dict{"Filter": syntax.Array{syntax.Name("RunLengthDecode"), syntax.Name("Crypt")}}, false, syntax.CodeFilter},
	} {
		u, err := syntax.NewUpdate(mustOpen(t, base))
		if err != nil {
			t.Fatal(err)
		}
		ref := u.Add(u.NewStream(tc.dict, []byte("readable or not"), false))
		more, _, err := u.Bytes()
		if code(err) != tc.want {
			t.Errorf("%v: %v", tc.dict, err)
		}
		if err != nil {
			continue
		}
		data := append(bytes.Clone(base), more...)
		if bytes.Contains(data, []byte("readable or not")) == tc.encrypted {
			t.Errorf("%v: encrypted is not %v", tc.dict, tc.encrypted)
		}
		if got := content(t, mustOpen(t, data).Latest(), ref); got != "readable or not" {
			t.Errorf("%v: %q", tc.dict, got)
		}
		out, err := exec.Command(peers.Tool(t, "mutool"), "show", "-b", written(t, data), strconv.Itoa(ref.Number)).Output()
		if err != nil || string(out) != "readable or not" {
			t.Errorf("%v: mutool reads %q, %v", tc.dict, out, err)
		}
	}
}

func TestEncryptionMayNotChange(t *testing.T) {
	data := encrypted(t)
	f := mustOpen(t, data)
	ref, _ := f.Latest().Trailer["Encrypt"].(syntax.Ref)
	u, err := syntax.NewUpdate(f)
	if err != nil {
		t.Fatal(err)
	}
	u.Put(ref, syntax.Dict{})
	if _, _, err := u.Bytes(); err == nil {
		t.Error("the encryption dictionary was overwritten")
	}
	gone := appended(t, data, func(u *syntax.Update) { u.SetTrailer("Encrypt", nil) })
	if _, err := open(gone); code(err) != syntax.CodeEncryptChanged {
		t.Errorf("encryption taken away: %v", err)
	}
	fresh := appended(t, tabled(book()), func(u *syntax.Update) { u.SetTrailer("Encrypt", syntax.Ref{Number: 5}) })
	if _, err := open(fresh); code(err) != syntax.CodeEncryptChanged {
		t.Errorf("encryption added: %v", err)
	}
	freed := appended(t, data, func(u *syntax.Update) { u.Free(ref) })
	if _, err := open(freed); code(err) != syntax.CodeEncryptChanged {
		t.Errorf("encryption freed: %v", err)
	}
}

func TestDamagedEncryption(t *testing.T) {
	data := encrypted(t)
	f := mustOpen(t, data)
	p, err := f.Latest().Page(0)
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.Latest().Stream(p.Dict["Contents"])
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(data)
	damaged[s.Offset+s.Length-17] ^= 1 // of the last block but one: the padding changes
	if err := walk(damaged, syntax.Options{}); code(err) != syntax.CodeEncryption && code(err) != syntax.CodeFilterData {
		t.Errorf("damaged padding: %v", err)
	}
	wrong := replaced(t, data, "/P -4 ", "/P -8 ")
	if _, err := open(wrong); code(err) != syntax.CodePassword {
		t.Errorf("permissions belong to the key: %v", err)
	}
	lie := replaced(t, rewritten(t, withMetadata(), "--encrypt", "", "owner", "256", "--"), "/P -4 ", "/P -8 ")
	opened, err := open(lie)
	if err != nil {
		t.Fatal(err)
	}
	odd := func(a syntax.Anomaly) bool { return a.Code == syntax.OddPermissions }
	if !slices.ContainsFunc(opened.Anomalies(), odd) {
		t.Errorf("permissions that were changed: %v", opened.Anomalies())
	}
}
