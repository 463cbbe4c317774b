package pdf

import (
	"crypto"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"congvan/signer"
)

// wrapped is an honest signature whose dictionary, object 8, stands inside something else of
// the same revision, so that what is not signed in it is a part of that, too.
type wrapped struct {
	name   string
	before string // opens what stands around; %010d in it becomes its length
	number int    // of the object that stands around
	after  string // closes it
}

func (w wrapped) file(t *testing.T) []byte {
	t.Helper()
	id := person(t)
	s := &sketch{at: map[int]int{}, root: 1}
	s.WriteString("%PDF-1.7\n")
	s.object(1, "<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R>>")
	s.object(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>")
	s.object(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots[7 0 R]>>")
	s.object(6, "<</Fields[7 0 R]/SigFlags 3>>")
	s.object(7, "<</Type/Annot/Subtype/Widget/FT/Sig/T(S)/V 8 0 R/Rect[0 0 0 0]/F 132/P 3 0 R>>")
	outer := s.Len()
	if w.number > 0 {
		s.at[w.number] = outer
		s.max = max(s.max, w.number)
	}
	s.WriteString(w.before)
	body := s.Len()
	s.at[8] = s.Len()
	s.max = max(s.max, 8)
	fmt.Fprintf(s, "8 0 obj\n<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/%s/ByteRange ", subFilter)
	rangeAt := s.Len()
	s.WriteString(strings.Repeat(" ", rangeRoom) + "/Contents ")
	hole := s.Len()
	s.WriteString("<" + strings.Repeat("0", contentsRoom) + ">")
	resume := s.Len()
	s.WriteString(">>\nendobj\n")
	length := s.Len() - body
	s.WriteString(w.after)
	s.close()
	b := s.Bytes()
	if at := strings.Index(w.before, "0000000000"); at >= 0 {
		copy(b[outer+at:], fmt.Sprintf("%010d", length))
	}
	copy(b[rangeAt:], fmt.Sprintf("[0 %d %d %d]", hole, resume, len(b)-resume))
	copy(b[hole+1:], hex.EncodeToString(signCMS(t, id, sumOf(crypto.SHA256, slices.Concat(b[:hole], b[resume:])))))
	return b
}

// TestGapInsideSomethingElse has the bytes that are not signed be a part of what is shown:
// the padding and the unsigned attributes of the signature could then be written anew to
// show something else.
func TestGapInsideSomethingElse(t *testing.T) {
	for _, w := range []wrapped{
		{name: "the content of the page", number: 4, before: "4 0 obj\n<</Length 0000000000>>stream\n", after: "\nendstream\nendobj\n"},
		{name: "content of a length that is wrong", number: 4, before: "4 0 obj\n<</Length 3>>stream\n", after: "\nendstream\nendobj\n"},
		{name: "a string", number: 9, before: "9 0 obj\n(", after: ")\nendobj\n"},
		{name: "an object that does not end", number: 9, before: "9 0 obj\n(", after: "\n"},
	} {
		t.Run(w.name, func(t *testing.T) {
			s := examine(t, w.file(t)).Signatures[0]
			if s.Indication != signer.TotalFailed || !slices.Contains(reasonCodes(s.Verdict), "byte-range-shared") {
				t.Errorf("%s %s: %v", s.Indication, s.SubIndication, s.Reasons)
			}
		})
	}
}
