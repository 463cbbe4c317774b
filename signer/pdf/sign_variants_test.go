package pdf

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"congvan/internal/peers"
	"congvan/signer/pdf/syntax"
	"congvan/signer/trust/democa"
)

// Whatever form the document has, the signature is laid out so that every tool reads it.
func TestEveryFormOfDocumentIsSigned(t *testing.T) {
	d := newDemo(t)
	judges := newReferees(t, d)
	key := d.person(t, democa.P256)
	plain := letter(3, "", "")
	for name, doc := range map[string][]byte{
		"classic":          plain,
		"xref stream":      viaQPDF(t, plain, "--object-streams=generate"),
		"linearized":       viaQPDF(t, plain, "--linearize"),
		"both":             viaQPDF(t, plain, "--linearize", "--object-streams=generate"),
		"hybrid":           hybrid(),
		"AES-256":          viaQPDF(t, plain, "--encrypt", "", "owner", "256"),
		"AES-128":          viaQPDF(t, plain, "--encrypt", "", "owner", "128", "--use-aes=y"),
		"RC4":              viaQPDF(t, plain, "--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=n"),
		"rotated":          letter(1, "/Rotate 90", ""),
		"direct annots":    letter(1, "/Annots []", ""),
		"2,000 pages":      letter(2000, "", ""),
		"no end of line":   bytes.TrimRight(plain, "\n"),
		"form":             form(""),
		"form in streams":  viaQPDF(t, form(""), "--object-streams=generate"),
		"version 1.3":      bytes.Replace(plain, []byte("%PDF-1.7"), []byte("%PDF-1.3"), 1),
		"catalog with DSS": letter(1, "", "/DSS << /Type /DSS >>"),
	} {
		t.Run(name, func(t *testing.T) {
			once := mustSign(t, key, doc, vietnamese())
			judges.approve(t, once, 1)
			twice := mustSign(t, key, once, vietnamese())
			judges.approve(t, twice, 2)
			verified(t, d, twice, "B-B")
		})
	}
}

// The dictionary says who, why and where in letters that careless software breaks.
func TestVietnameseTextSurvivesInTheDictionary(t *testing.T) {
	d := newDemo(t)
	key := d.person(t, democa.P256)
	for name, doc := range map[string][]byte{
		"plain": letter(1, "", ""), "encrypted": viaQPDF(t, letter(1, "", ""), "--encrypt", "", "owner", "256"),
	} {
		t.Run(name, func(t *testing.T) {
			o := vietnamese()
			o.Name = ""
			report := verified(t, d, mustSign(t, key, doc, o), "B-B")
			s := report.Signatures[0]
			if s.Signer != "Nguyễn Thị Vĩnh" || s.Agency != "UBND xã CHỦ NGHĨA" {
				t.Errorf("certificate: %q, %q", s.Signer, s.Agency)
			}
			if s.Claimed.Name != "Nguyễn Thị Vĩnh" || s.Claimed.Reason != o.Reason || s.Claimed.Location != o.Location {
				t.Errorf("dictionary: %+v", s.Claimed)
			}
			if s.SigningTime == nil || !s.SigningTime.Equal(o.Time) {
				t.Errorf("time %v, want %v", s.SigningTime, o.Time)
			}
		})
	}
	doc := mustSign(t, key, letter(1, "", ""), vietnamese())
	file := filepath.Join(t.TempDir(), "a.pdf")
	check(t, os.WriteFile(file, doc, 0o600))
	if out := run(t, peers.Tool(t, "pdfsig"), file); !strings.Contains(out, "Nguyễn Thị Vĩnh") || !strings.Contains(out, "UBND xã CHỦ NGHĨA") {
		t.Errorf("pdfsig: %s", out)
	}
	if !bytes.Contains(doc, []byte("(D:20261123182112+07'00')")) {
		t.Error("no date at +07'00'")
	}
}

// What stood in the form stands there afterwards.
func TestEveryEntryOfTheFormIsKept(t *testing.T) {
	d := newDemo(t)
	doc := form("")
	before, after := open(t, doc), open(t, mustSign(t, d.person(t, democa.P256), doc, SignOptions{}))
	was, is := acroForm(t, before), acroForm(t, after)
	for _, key := range []syntax.Name{"DR", "DA", "XFA", "Q"} {
		if was[key] == nil || !syntax.Equal(was[key], is[key]) {
			t.Errorf("/%s: %v became %v", key, was[key], is[key])
		}
	}
	if is["SigFlags"] != int64(3) {
		t.Errorf("SigFlags %v", is["SigFlags"])
	}
	names := map[string]bool{}
	for _, f := range after.fields {
		names[f.Name] = true
	}
	for _, f := range before.fields {
		if !names[f.Name] {
			t.Errorf("the field %q is lost", f.Name)
		}
	}
	if len(after.fields) != len(before.fields)+1 {
		t.Errorf("%d fields became %d", len(before.fields), len(after.fields))
	}
	root, _, err := after.rev.Catalog()
	check(t, err)
	if root["Lang"] != syntax.String("vi-VN") {
		t.Errorf("the catalog lost its language: %v", root)
	}
}

func open(t testing.TB, doc []byte) *draft {
	t.Helper()
	d, err := openDraft(bytes.NewReader(doc), int64(len(doc)))
	check(t, err)
	return d
}

func acroForm(t testing.TB, d *draft) syntax.Dict {
	t.Helper()
	form, err := d.rev.Dict(d.root["AcroForm"])
	check(t, err)
	return form
}

// An invisible signature touches no page.
func TestAnInvisibleSignatureChangesNoPage(t *testing.T) {
	d := newDemo(t)
	doc := mustSign(t, d.person(t, democa.P256), letter(2, "", ""), SignOptions{})
	after := open(t, doc)
	for n := range 2 {
		p, err := after.rev.Page(n)
		check(t, err)
		for _, ref := range after.rev.Changed() {
			if ref == p.Ref {
				t.Errorf("page %d was written again", n+1)
			}
		}
	}
}

// The ByteRange of a document of more than a hundred million bytes takes ten digits.
func TestTheRangeOfALargeDocumentFits(t *testing.T) {
	if testing.Short() {
		t.Skip("short: signs 110 MB")
	}
	d := newDemo(t)
	doc := largeLetter(110_000_000)
	signed := mustSign(t, d.person(t, democa.P256), doc, SignOptions{})
	m := regexp.MustCompile(`/ByteRange ?\[0 (\d{9}) (\d{9}) \d+`).FindSubmatch(signed[len(doc):])
	if m == nil {
		t.Fatal("no range")
	}
	newReferees(t, d).approve(t, signed, 1)
}

// largeLetter has a stream of so many bytes.
func largeLetter(size int) []byte {
	p := &paper{}
	root, pages := p.add(""), p.add("")
	content := p.add("%s", stream("", pageText))
	page := p.add("<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Resources << >> /Contents %d 0 R >>", pages, content)
	p.add("%s", stream("/Type /Filler", strings.Repeat("0123456789abcde\n", size/16)))
	p.set(pages, "<< /Type /Pages /Kids [%d 0 R] /Count 1 >>", page)
	p.set(root, "<< /Type /Catalog /Pages %d 0 R >>", pages)
	return p.file(root)
}
