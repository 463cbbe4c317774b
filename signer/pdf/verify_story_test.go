package pdf

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"congvan/signer"
	"congvan/signer/trust/democa"
	"congvan/signer/validate"
)

// TestTampering signs honestly and changes the file afterwards.
func TestTampering(t *testing.T) {
	id := person(t)
	tests := []struct {
		name   string
		tamper func(s *signedSketch) []byte
		// of the first signature
		indication signer.Indication
		sub        signer.SubIndication
		code       string
	}{
		{"a byte of the text", func(s *signedSketch) []byte {
			return bytes.Replace(s.Bytes(), []byte("Kinh gui"), []byte("Kinh bao"), 1)
		}, signer.TotalFailed, signer.HashFailure, "digest-mismatch"},
		{"a byte of the ByteRange's padding", func(s *signedSketch) []byte {
			at := bytes.Index(s.Bytes(), []byte(" /Contents "))
			s.Bytes()[at] = '\n'
			return s.Bytes()
		}, signer.TotalFailed, signer.HashFailure, "digest-mismatch"},
		{"the text, in a further revision", func(s *signedSketch) []byte {
			s.text("Kinh bao")
			return s.close().Bytes()
		}, signer.TotalFailed, signer.FormatFailure, "changed-after-signing"},
		{"a page more", func(s *signedSketch) []byte {
			s.object(2, fmt.Sprintf("<</Type/Pages/Kids[3 0 R %d 0 R]/Count 2>>", s.max+1))
			s.object(s.max+1, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>")
			return s.close().Bytes()
		}, signer.TotalFailed, signer.FormatFailure, "changed-after-signing"},
		{"the field, taken out of the form", func(s *signedSketch) []byte {
			s.object(6, "<</Fields[]/SigFlags 3>>")
			s.page("")
			return s.close().Bytes()
		}, signer.TotalFailed, signer.FormatFailure, "signature-replaced"},
		{"the form, taken out of the catalog", func(s *signedSketch) []byte {
			s.object(1, "<</Type/Catalog/Pages 2 0 R>>")
			return s.close().Bytes()
		}, signer.TotalFailed, signer.FormatFailure, "signature-replaced"},
		{"the signature dictionary, written anew", func(s *signedSketch) []byte {
			at := bytes.LastIndex(s.Bytes(), []byte("<</Type/Sig/"))
			s.object(8, string(s.Bytes()[at:bytes.LastIndex(s.Bytes(), []byte("\nendobj\nxref"))]))
			return s.close().Bytes()
		}, signer.TotalFailed, signer.FormatFailure, "signature-replaced"},
		{"a second field for the same signature", func(s *signedSketch) []byte {
			n := s.max + 1
			s.object(n, "<</Type/Annot/Subtype/Widget/FT/Sig/T(Other)/V 8 0 R/Rect[0 0 0 0]/F 132/P 3 0 R>>")
			s.object(6, fmt.Sprintf("<</Fields[%s %d 0 R]/SigFlags 3>>", s.fields, n))
			return s.close().Bytes()
		}, signer.TotalFailed, signer.FormatFailure, "signature-shared"},
		{"bytes behind the end", func(s *signedSketch) []byte {
			return append(s.Bytes(), []byte("%"+strings.Repeat("junk", 50))...)
		}, signer.TotalFailed, signer.FormatFailure, ""},
		{"an update without a cross-reference", func(s *signedSketch) []byte {
			s.text("Kinh bao")
			return s.Bytes()
		}, signer.TotalFailed, signer.FormatFailure, ""},
		{"cut off", func(s *signedSketch) []byte {
			return s.Bytes()[:s.Len()-30]
		}, signer.TotalFailed, signer.FormatFailure, "signature-in-broken-file"},
		{"a cross-reference that points nowhere", func(s *signedSketch) []byte {
			return bytes.ReplaceAll(s.Bytes(), []byte("startxref\n"), []byte("startxref\n9"))
		}, signer.TotalFailed, signer.FormatFailure, "signature-in-broken-file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := examine(t, test.tamper(sketchStart("Kinh gui").sign(t, id, fault{})))
			if len(r.Signatures) == 0 {
				t.Fatalf("the signature is not reported: %+v", r)
			}
			s := r.Signatures[0]
			if s.Indication != test.indication || s.SubIndication != test.sub || r.Indication != test.indication {
				t.Errorf("%s %s: %v", s.Indication, s.SubIndication, s.Reasons)
			}
			if test.code != "" && !slices.Contains(reasonCodes(s.Verdict), test.code) {
				t.Errorf("no reason %s among %v", test.code, s.Reasons)
			}
		})
	}
}

func TestSwappedContents(t *testing.T) {
	id := person(t)
	b := sketchStart("Kinh gui").sign(t, id, fault{}).sign(t, id, fault{}).Bytes()
	mark := []byte("/Contents <")
	first := bytes.Index(b, mark) + len(mark)
	second := bytes.LastIndex(b, mark) + len(mark)
	one := slices.Clone(b[first : first+contentsRoom])
	copy(b[first:first+contentsRoom], b[second:second+contentsRoom])
	copy(b[second:], one)
	r := examine(t, b)
	if len(r.Signatures) != 2 {
		t.Fatalf("%d signatures", len(r.Signatures))
	}
	for _, s := range r.Signatures {
		if s.Indication != signer.TotalFailed || s.SubIndication != signer.HashFailure {
			t.Errorf("%s is %s %s", s.Field, s.Indication, s.SubIndication)
		}
	}
}

func TestCertification(t *testing.T) {
	id := person(t)
	const docMDP = "/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/V/1.2/P %d>>>>]"
	certified := func(p int) *signedSketch {
		return sketchStart("Kinh gui").sign(t, id, fault{before: fmt.Sprintf(docMDP, p), certify: "/Perms<</DocMDP %d 0 R>>"})
	}
	t.Run("alone", func(t *testing.T) {
		r := examine(t, certified(2).Bytes())
		if r.Indication != signer.TotalPassed || r.Signatures[0].Permissions != 2 {
			t.Errorf("%s, permissions %d: %v", r.Indication, r.Signatures[0].Permissions, r.Signatures[0].Reasons)
		}
	})
	t.Run("closed, yet signed again", func(t *testing.T) {
		r := examine(t, certified(1).sign(t, id, fault{}).Bytes())
		if s := r.Signatures[0]; s.Indication != signer.TotalFailed || s.SubIndication != signer.FormatFailure {
			t.Errorf("%s %s: %v", s.Indication, s.SubIndication, s.Reasons)
		}
	})
	t.Run("not the first", func(t *testing.T) {
		r := examine(t, sketchStart("Kinh gui").sign(t, id, fault{}).sign(t, id, fault{before: fmt.Sprintf(docMDP, 2), certify: "/Perms<</DocMDP %d 0 R>>"}).Bytes())
		if len(r.Signatures) != 2 || !slices.Contains(reasonCodes(r.Signatures[1].Verdict), "certification-not-first") {
			t.Errorf("%+v", r.Signatures)
		}
	})
}

func TestOwnContent(t *testing.T) {
	id := person(t)
	r := examine(t, sketchStart("Kinh gui").sign(t, id, fault{wrap: func(_ *sketch, id *democa.Identity, covered []byte) []byte {
		return withContent(t, signCMS(t, id, sumOf(crypto.SHA256, covered)), covered)
	}, subFilter: subFilterOld, der: shorten(t)}).Bytes())
	s := r.Signatures[0]
	if s.Indication != signer.TotalFailed || !slices.Contains(reasonCodes(s.Verdict), "own-content") {
		t.Errorf("%s %s: %v", s.Indication, s.SubIndication, s.Reasons)
	}
}

// shorten fails where a signature does not fit its place.
func shorten(t testing.TB) func([]byte) []byte {
	return func(der []byte) []byte {
		if 2*len(der) > contentsRoom {
			t.Fatalf("%d bytes do not fit", len(der))
		}
		return der
	}
}

// TestOldForms judges the two forms that rest on SHA-1: they verify, and do not pass
// without a proof from the days of SHA-1.
func TestOldForms(t *testing.T) {
	ca, err := democa.New(noon, democa.Options{})
	if err != nil {
		t.Fatal(err)
	}
	id, err := ca.Person(democa.Subject{Name: "Trần Văn Ví Dụ"}, democa.Issue{Key: democa.RSA2048})
	if err != nil {
		t.Fatal(err)
	}
	bare := func(_ *sketch, id *democa.Identity, covered []byte) []byte {
		value, err := rsa.SignPKCS1v15(rand.Reader, id.Key.(*rsa.PrivateKey), crypto.SHA1, sumOf(crypto.SHA1, covered))
		if err != nil {
			t.Fatal(err)
		}
		der, err := asn1.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	wrapped := func(_ *sketch, id *democa.Identity, covered []byte) []byte {
		digest := sumOf(crypto.SHA1, covered)
		return withContent(t, signCMS(t, id, sumOf(crypto.SHA256, digest)), digest)
	}
	forms := map[string]fault{
		subFilterRSA:  {subFilter: subFilterRSA, wrap: bare, before: "/Cert<" + hex.EncodeToString(id.Certificate.Raw) + ">"},
		subFilterSHA1: {subFilter: subFilterSHA1, wrap: wrapped},
	}
	for name, f := range forms {
		t.Run(name, func(t *testing.T) {
			b := sketchStart("Kinh gui").sign(t, id, f).Bytes()
			s := examine(t, b).Signatures[0]
			if s.Indication != signer.Indeterminate || s.SubIndication != signer.CryptoConstraintsNoPOE {
				t.Errorf("%s %s: %v", s.Indication, s.SubIndication, s.Reasons)
			}
			if s.Level != signer.LevelLegacy || s.Coverage != signer.CoverageFile {
				t.Errorf("level %s, coverage %s", s.Level, s.Coverage)
			}
			s = examine(t, bytes.Replace(b, []byte("Kinh gui"), []byte("Kinh bao"), 1)).Signatures[0]
			if s.Indication != signer.TotalFailed {
				t.Errorf("altered: %s %s", s.Indication, s.SubIndication)
			}
		})
	}
}

// withContent puts content into a detached CMS signature.
func withContent(t testing.TB, der, content []byte) []byte {
	t.Helper()
	outer := children(t, der)
	explicit := children(t, outer[1].FullBytes)
	data := children(t, explicit[0].FullBytes)
	kind := children(t, data[2].FullBytes)
	octets := element(t, asn1.RawValue{Tag: asn1.TagOctetString, Bytes: content})
	inside := element(t, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: octets})
	encap := sequence(t, slices.Concat(kind[0].FullBytes, inside))
	parts := [][]byte{data[0].FullBytes, data[1].FullBytes, encap}
	for _, d := range data[3:] {
		parts = append(parts, d.FullBytes)
	}
	signed := sequence(t, slices.Concat(parts...))
	tagged := element(t, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: signed})
	return sequence(t, slices.Concat(outer[0].FullBytes, tagged))
}

func children(t testing.TB, der []byte) (all []asn1.RawValue) {
	t.Helper()
	var whole asn1.RawValue
	if _, err := asn1.Unmarshal(der, &whole); err != nil {
		t.Fatal(err)
	}
	for rest := whole.Bytes; len(rest) > 0; {
		var v asn1.RawValue
		var err error
		if rest, err = asn1.Unmarshal(rest, &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

func sequence(t testing.TB, content []byte) []byte {
	t.Helper()
	return element(t, asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: content})
}

func element(t testing.TB, v asn1.RawValue) []byte {
	t.Helper()
	der, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestUnsigned(t *testing.T) {
	r := examine(t, sketchLetter("Kinh gui").Bytes())
	if r.Indication != signer.NoSignature || len(r.Signatures) != 0 {
		t.Errorf("%s with %d signatures", r.Indication, len(r.Signatures))
	}
	for _, b := range []string{"", "%PDF", "not a PDF at all", strings.Repeat("\x00", 5000)} {
		if r := examine(t, []byte(b)); r.Indication != signer.NoSignature || len(r.Reasons) < 2 {
			t.Errorf("%.10q: %s %+v", b, r.Indication, r.Reasons)
		}
	}
	// What shows a trace of a signature claims one.
	if r := examine(t, []byte("%PDF-1.7 <</ByteRange [0 1 2 3]>>")); r.Indication != signer.TotalFailed || len(r.Signatures) != 1 {
		t.Errorf("%s with %d signatures", r.Indication, len(r.Signatures))
	}
}

// failing is a disk that breaks behind some bytes.
type failing struct {
	*bytes.Reader
	from int64
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.from && off < f.Size()-2048 {
		return 0, errors.New("disk on fire")
	}
	return f.Reader.ReadAt(p, off)
}

// TestUnreadable tells a disk that fails, or a caller who is gone, from a bad file.
func TestUnreadable(t *testing.T) {
	s := sketchStart("Kinh gui")
	s.object(9, fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", 1<<18, strings.Repeat("x", 1<<18)))
	s.close()
	file := s.sign(t, person(t), fault{}).Bytes()
	for from := int64(0); from < int64(len(file)); from += 5000 {
		r := credulousVerifier(noon).Verify(t.Context(), failing{bytes.NewReader(file), from}, int64(len(file)))
		if r.Indication != signer.Indeterminate || r.SubIndication != signer.SignedDataNotFound {
			t.Fatalf("failing from %d: %s %s: %+v %+v", from, r.Indication, r.SubIndication, r.Reasons, r.Signatures)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := credulousVerifier(noon).Verify(ctx, bytes.NewReader(file), int64(len(file)))
	if r.Indication != signer.Indeterminate {
		t.Errorf("cancelled: %s %s %+v", r.Indication, r.SubIndication, r.Signatures)
	}
}

// TestLock signs a field whose lock closes one of two text fields, and fills each.
func TestLock(t *testing.T) {
	id := person(t)
	const mdp = "/Reference[<</Type/SigRef/TransformMethod/FieldMDP/Data 1 0 R/TransformParams<</Type/TransformParams/V/1.2/Action/Include/Fields[(Closed)]>>>>]"
	field := func(name, value string) string { return "<</FT/Tx/T(" + name + ")/V(" + value + ")>>" }
	signed := func(f fault) *signedSketch {
		s := sketchStart("Kinh gui")
		s.object(9, field("Closed", "1"))
		s.object(10, field("Open", "1"))
		s.fields = "9 0 R 10 0 R"
		return s.sign(t, id, f)
	}
	tests := []struct {
		name   string
		fault  fault
		fill   int
		field  string
		passes bool
	}{
		{"by FieldMDP, closed", fault{before: mdp}, 9, "Closed", false},
		{"by FieldMDP, open", fault{before: mdp}, 10, "Open", true},
		{"by the lock, closed", fault{field: "/Lock<</Type/SigFieldLock/Action/Exclude/Fields[(Open)]>>"}, 9, "Closed", false},
		{"by the lock, open", fault{field: "/Lock<</Type/SigFieldLock/Action/Exclude/Fields[(Open)]>>"}, 10, "Open", true},
		{"by the lock's permissions", fault{field: "/Lock<</Type/SigFieldLock/Action/Include/Fields[(Closed)]/P 1>>"}, 10, "Open", false},
		{"by nothing", fault{}, 9, "Closed", true},
	}
	for _, test := range tests {
		s := signed(test.fault)
		s.object(test.fill, field(test.field, "2"))
		r := examine(t, s.close().Bytes())
		if passes := r.Indication == signer.TotalPassed; passes != test.passes {
			t.Errorf("%s: %s %s: %v", test.name, r.Indication, r.SubIndication, r.Signatures[0].Reasons)
		}
	}
}

// TestPasswords reads a file that the empty password opens, and says of one that needs
// another that it cannot be judged.
func TestPasswords(t *testing.T) {
	signed := sketchStart("Kinh gui").sign(t, person(t), fault{}).Bytes()
	open := examine(t, viaQPDF(t, signed, "--encrypt", "", "owner", "256")) // which breaks the signature
	if s := open.Signatures; len(s) != 1 || s[0].Field != "Sig7" || s[0].Indication != signer.TotalFailed {
		t.Errorf("with the empty password: %+v", s)
	}
	closed := examine(t, viaQPDF(t, signed, "--encrypt", "user", "owner", "256"))
	if closed.Indication != signer.Indeterminate || closed.SubIndication != signer.SignedDataNotFound || len(closed.Signatures) != 1 {
		t.Errorf("with another: %s %s, %d signatures", closed.Indication, closed.SubIndication, len(closed.Signatures))
	}
	now := func() time.Time { return noon }
	o := Options{Process: validate.New(validate.Options{Trust: credulous{}, Now: now}), Now: now}
	o.Syntax.Password = []byte("user")
	file := viaQPDF(t, signed, "--encrypt", "user", "owner", "256")
	if r := NewVerifier(o).Verify(t.Context(), bytes.NewReader(file), int64(len(file))); len(r.Signatures) != 1 || r.Signatures[0].Field != "Sig7" {
		t.Errorf("with the right one: %+v", r.Signatures)
	}
}
