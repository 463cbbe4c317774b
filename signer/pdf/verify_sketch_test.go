package pdf

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"congvan/signer/cms"
	"congvan/signer/trust/democa"
)

// noon is the day on which all sketches are signed and judged.
var noon = time.Date(2026, 6, 1, 5, 0, 0, 0, time.UTC)

// sketch is a PDF file written by hand, revision by revision, with whatever faults a
// test wants.
type sketch struct {
	bytes.Buffer
	at   map[int]int // offsets of the objects of the open revision
	prev int         // offset of the last cross-reference
	max  int         // highest object number
	root int
}

// sketchLetter is a file of one revision with one page of text, and a form without fields.
// Objects: 1 catalog, 2 pages, 3 page, 4 text, 5 font, 6 form.
func sketchLetter(text string) *sketch {
	s := &sketch{at: map[int]int{}, root: 1}
	s.WriteString("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	s.object(1, "<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R>>")
	s.object(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>")
	s.page("")
	s.text(text)
	s.object(5, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	s.object(6, "<</Fields[]/SigFlags 3>>")
	return s.close()
}

func (s *sketch) page(annotations string) {
	s.object(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots["+annotations+"]>>")
}

func (s *sketch) text(text string) {
	content := "BT /F1 12 Tf 72 720 Td (" + text + ") Tj ET"
	s.object(4, fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(content), content))
}

func (s *sketch) object(n int, body string) {
	s.at[n] = s.Len()
	s.max = max(s.max, n)
	fmt.Fprintf(s, "%d 0 obj\n%s\nendobj\n", n, body)
}

// close ends a revision with a cross-reference table.
func (s *sketch) close() *sketch {
	start := s.Len()
	s.WriteString("xref\n")
	if s.prev == 0 {
		s.WriteString("0 1\n0000000000 65535 f \n")
	}
	for n := 1; n <= s.max; n++ {
		if at, ok := s.at[n]; ok {
			fmt.Fprintf(s, "%d 1\n%010d 00000 n \n", n, at)
		}
	}
	prev := ""
	if s.prev != 0 {
		prev = fmt.Sprintf("/Prev %d", s.prev)
	}
	fmt.Fprintf(s, "trailer\n<</Size %d/Root %d 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", s.max+1, s.root, prev, start)
	s.prev, s.at = start, map[int]int{}
	return s
}

// fault is what a test does differently when it signs. All faults that concern the
// bytes that are signed are made before signing, so that the cryptography holds.
type fault struct {
	subFilter string                          // instead of ETSI.CAdES.detached
	ranges    func(n [4]int) string           // the ByteRange, given the right one; at most rangeRoom bytes
	covered   func(b []byte, n [4]int) []byte // what is signed, instead of what n says
	contents  func(der []byte) string         // the value of Contents, instead of the hexadecimal DER
	before    string                          // entries of the dictionary before Contents
	after     string                          // and after it
	value     func(sig int) string            // /V of the field, instead of the reference
	field     string                          // further entries of the field
	form      func(fields string) string      // the form's dictionary
	certify   string                          // entries for the catalog
	tail      string                          // bytes behind the last %%EOF, before signing
	der       func(der []byte) []byte         // changes the signature after signing
	wrap      func(s *sketch, id *democa.Identity, digest []byte) []byte
}

const (
	rangeRoom    = 60
	contentsRoom = 16000 // hexadecimal digits
)

// fields are the references in the form, in the order of signing.
type signedSketch struct {
	*sketch
	fields, widgets string
}

func sketchStart(text string) *signedSketch { return &signedSketch{sketch: sketchLetter(text)} }

// sign adds a revision with one more signature field and its signature, whose dictionary
// is two objects behind the field.
func (s *signedSketch) sign(t testing.TB, id *democa.Identity, f fault) *signedSketch {
	t.Helper()
	field, sig := s.max+1, s.max+2
	s.writeField(field, sig, f)
	if f.subFilter == "" {
		f.subFilter = subFilter
	}
	dict := fmt.Sprintf("<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/%s/M(%s)%s/ByteRange ", f.subFilter, pdfDate(noon), f.before)
	s.at[sig] = s.Len()
	s.max = sig
	fmt.Fprintf(s, "%d 0 obj\n%s", sig, dict)
	rangeAt := s.Len()
	s.WriteString(strings.Repeat(" ", rangeRoom) + "/Contents ")
	hole := s.Len()
	placeholder := "<" + strings.Repeat("0", contentsRoom) + ">"
	if f.contents != nil {
		placeholder = f.contents(nil)
	}
	fmt.Fprintf(s, "%s%s>>\nendobj\n", placeholder, f.after)
	s.close()
	s.WriteString(f.tail)
	s.seal(t, id, f, rangeAt, hole, len(placeholder))
	return s
}

func (s *signedSketch) writeField(field, sig int, f fault) {
	value := fmt.Sprintf("%d 0 R", sig)
	if f.value != nil {
		value = f.value(sig)
	}
	s.object(field, fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Sig/T(Sig%d)/V %s/Rect[0 0 0 0]/F 132/P 3 0 R%s>>", field, value, f.field))
	s.fields += fmt.Sprintf(" %d 0 R", field)
	s.widgets += fmt.Sprintf(" %d 0 R", field)
	s.page(s.widgets)
	form := fmt.Sprintf("<</Fields[%s]/SigFlags 3>>", s.fields)
	if f.form != nil {
		form = f.form(s.fields)
	}
	s.object(6, form)
	if f.certify != "" {
		s.object(1, "<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R"+fmt.Sprintf(f.certify, sig)+">>")
	}
}

// seal writes the ByteRange and the signature into their places.
func (s *signedSketch) seal(t testing.TB, id *democa.Identity, f fault, rangeAt, hole, room int) {
	t.Helper()
	b := s.Bytes()
	n := [4]int{0, hole, hole + room, len(b) - hole - room}
	text := fmt.Sprintf("[%d %d %d %d]", n[0], n[1], n[2], n[3])
	if f.ranges != nil {
		text = f.ranges(n)
	}
	copy(b[rangeAt:rangeAt+rangeRoom], text)
	if f.contents != nil {
		return // there is no place for a signature
	}
	covered := append(append([]byte{}, b[:n[1]]...), b[n[2]:]...)
	if f.covered != nil {
		covered = f.covered(b, n)
	}
	digest := sumOf(crypto.SHA256, covered)
	der := []byte(nil)
	if f.wrap != nil {
		der = f.wrap(s.sketch, id, covered)
	} else {
		der = signCMS(t, id, digest)
	}
	if f.der != nil {
		der = f.der(der)
	}
	copy(b[hole+1:], hex.EncodeToString(der))
}

func sumOf(h crypto.Hash, b []byte) []byte {
	w := h.New()
	w.Write(b)
	return w.Sum(nil)
}

func signCMS(t testing.TB, id *democa.Identity, digest []byte) []byte {
	t.Helper()
	p, err := cms.Prepare(id.Certificate, id.Chain, crypto.SHA256, digest, cms.Attributes{Certificate: id.Certificate})
	if err != nil {
		t.Fatal(err)
	}
	der, err := p.Sign(id.Key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
