package pdf

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"congvan/signer"
)

// TestReadersThatRebuild appends updates that change nothing by their cross-reference, written so
// that some readers do not trust it: these gather whatever looks like an object, and would
// show another text.
func TestReadersThatRebuild(t *testing.T) {
	const content = "BT /F1 12 Tf 72 720 Td (Kinh bao) Tj ET"
	hidden := fmt.Sprintf("4 0 obj\n<</Length %d>>stream\n%s\nendstream\nendobj\n", len(content), content)
	id := person(t)
	for _, test := range []struct {
		name          string
		before        string // the listed object
		head, entries string // of the cross-reference; %d is the object's number, %010d its offset
		size          int    // less than it should be
		space         int    // between where startxref leads and the cross-reference
		code          string // empty: it passes
	}{
		{name: "as it should be", head: "%d 1\n", entries: "%010d 00000 n \n"},
		{name: "the word alone", before: "% obj is what objects begin with\n", head: "%d 1\n", entries: "%010d 00000 n \n", code: "object-hidden"},
		{name: "hidden object", before: hidden, head: "%d 1\n", entries: "%010d 00000 n \n", code: "object-hidden"},
		{name: "hidden in a string", before: "(\n" + hidden + ")\n", head: "%d 1\n", entries: "%010d 00000 n \n", code: "object-hidden"},
		{name: "hidden behind much space", before: strings.Replace(hidden, "0 obj", "0"+strings.Repeat(" ", 9000)+"obj", 1), head: "%d 1\n", entries: "%010d 00000 n \n", code: "object-hidden"},
		{name: "hidden behind a comment", before: strings.Replace(hidden, "0 obj", "0%"+strings.Repeat("x", 9000)+"\nobj", 1), head: "%d 1\n", entries: "%010d 00000 n \n", code: "object-hidden"},
		{name: "hidden without space", before: strings.Replace(hidden, "0 obj", "0obj", 1), head: "%d 1\n", entries: "%010d 00000 n \n", code: "object-hidden"},
		{name: "comment in the table", head: "%%c\n%d 1\n", entries: "%010d 00000 n \n", code: "update-odd"},
		{name: "space in the table", head: "%d 1 \r\n\n\n  ", entries: "%010d 00000 n \n", code: "update-odd"},
		{name: "narrow entry", head: "%d 1\n", entries: "%010d 00000 n\n", code: "update-odd"},
		{name: "object in use at 0", head: "%d 2\n", entries: "%010d 00000 n \n0000000000 00000 n \n", code: "update-odd"},
		{name: "entry that leads nowhere", head: "%d 2\n", entries: "%010d 00000 n \n0000000003 00000 n \n", size: -1, code: "update-odd"},
		{name: "size too small", head: "%d 1\n", entries: "%010d 00000 n \n", size: 5, code: "update-odd"},
		{name: "size beyond what there can be", head: "%d 1\n", entries: "%010d 00000 n \n", size: -1 << 24, code: "update-odd"},
		{name: "cross-reference far behind its place", head: "%d 1\n", entries: "%010d 00000 n \n", space: 6000, code: "update-odd"},
		{name: "cross-reference a line behind its place", head: "%d 1\n", entries: "%010d 00000 n \n", space: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := sketchStart("Kinh gui").sign(t, id, fault{})
			n := s.max + 1
			s.WriteString(test.before)
			at := s.Len()
			fmt.Fprintf(s, "%d 0 obj\n<</Producer(x)>>\nendobj\n", n)
			start := s.Len()
			s.WriteString(strings.Repeat("\n", test.space))
			fmt.Fprintf(s, "xref\n"+test.head+test.entries, n, at)
			fmt.Fprintf(s, "trailer\n<</Size %d/Root 1 0 R/Info %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", n+1-test.size, n, s.prev, start)
			r := examine(t, s.Bytes()).Signatures[0]
			passes := r.Indication == signer.TotalPassed
			if passes != (test.code == "") || !passes && !slices.Contains(reasonCodes(r.Verdict), test.code) {
				t.Errorf("%s %s: %v", r.Indication, r.SubIndication, r.Reasons)
			}
		})
	}
}

// TestReadersThatRebuildFromStreams does the same by cross-reference streams.
func TestReadersThatRebuildFromStreams(t *testing.T) {
	id := person(t)
	for _, test := range []struct {
		name string
		row  []byte // one more than there should be: type, four bytes, one byte
		code string // empty: it passes
	}{
		{name: "as it should be"},
		{name: "a free object", row: []byte{0, 0, 0, 0, 0, 1}},
		{name: "a type that there is not", row: []byte{9, 0, 0, 0, 5, 5}, code: "update-odd"},
		{name: "packed in an object that is no stream", row: []byte{2, 0, 0, 0, 3, 0}, code: "update-odd"},
		{name: "packed in an object that is not there", row: []byte{2, 0, 0, 200, 0, 0}, code: "update-odd"},
		{name: "an entry that leads nowhere", row: []byte{1, 0, 0, 0, 3, 0}, code: "update-odd"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := sketchStart("Kinh gui").sign(t, id, fault{})
			n, at := s.max+1, s.Len()
			fmt.Fprintf(s, "%d 0 obj\n<</Producer(x)>>\nendobj\n", n)
			start := s.Len()
			var rows []byte
			for _, offset := range []int{at, start} {
				rows = append(binary.BigEndian.AppendUint32(append(rows, 1), uint32(offset)), 0)
			}
			rows = append(rows, test.row...)
			count := len(rows) / 6
			fmt.Fprintf(s, "%d 0 obj\n<</Type/XRef/Size %d/W[1 4 1]/Index[%d %d]/Root 1 0 R/Info %d 0 R/Prev %d/Length %d>>stream\n%s\nendstream\nendobj\n", n+1, n+count, n, count, n, s.prev, len(rows), rows)
			fmt.Fprintf(s, "startxref\n%d\n%%%%EOF\n", start)
			r := examine(t, s.Bytes()).Signatures[0]
			passes := r.Indication == signer.TotalPassed
			if passes != (test.code == "") || !passes && !slices.Contains(reasonCodes(r.Verdict), test.code) {
				t.Errorf("%s %s: %v", r.Indication, r.SubIndication, r.Reasons)
			}
		})
	}
}
