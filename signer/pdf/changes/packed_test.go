package changes_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"congvan/signer/pdf/changes"
)

// pack appends a revision whose objects, but for streams and those named plain, lie in the object
// stream with the number container, and whose cross-reference is a stream.
func (p *pdf) pack(o objects, container int, entries string, plain ...int) *pdf {
	var rows []byte
	var index []string
	row := func(n, kind, at, extra int) {
		index = append(index, fmt.Sprintf("%d 1", n))
		rows = append(rows, byte(kind))
		rows = binary.BigEndian.AppendUint32(rows, uint32(at))
		rows = binary.BigEndian.AppendUint16(rows, uint16(extra))
		p.size = max(p.size, n+1)
	}
	var head, body bytes.Buffer
	inside := 0
	for _, n := range slices.Sorted(maps.Keys(o)) {
		if strings.Contains(o[n], "stream\n") || slices.Contains(plain, n) {
			row(n, 1, len(p.data), 0)
			p.data = fmt.Appendf(p.data, "%d 0 obj\n%s\nendobj\n", n, o[n])
			continue
		}
		row(n, 2, container, inside)
		fmt.Fprintf(&head, "%d %d ", n, body.Len())
		body.WriteString(o[n] + "\n")
		inside++
	}
	if inside > 0 {
		row(container, 1, len(p.data), 0)
		p.data = fmt.Appendf(p.data, "%d 0 obj\n%s\nendobj\n", container, stream(fmt.Sprintf("/Type/ObjStm/N %d/First %d", inside, head.Len()), head.String()+body.String()))
	}
	xref := len(p.data)
	row(container+1, 1, xref, 0)
	if p.xref >= 0 {
		entries += fmt.Sprintf("/Prev %d", p.xref)
	}
	dict := fmt.Sprintf("/Type/XRef/W[1 4 2]/Size %d/Index[%s]%s", max(p.size, 100), strings.Join(index, " "), entries)
	p.data = fmt.Appendf(p.data, "%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", container+1, stream(dict, string(rows)), xref)
	p.xref = xref
	return p
}

func packed() *pdf {
	p := &pdf{data: []byte("%PDF-1.7\n"), xref: -1}
	return p.pack(letter(), 200, "/Root 1 0 R")
}

func TestPacked(t *testing.T) {
	for _, m := range []mutation{
		{"signature", seal(), form, "signature-added"},
		{"proofs", proofs(), lta, "proofs-added"},
		{"the same in another object stream", objects{3: letter()[3], 11: letter()[11]}, none, ""},
		{"page rotated", edit(3, "/Parent", "/Rotate 180/Parent"), other, "page-box-changed"},
		{"resources", objects{11: "<<>>"}, other, "page-content-changed"},
		{"signature moved", edit(20, "100 100 250 160", "100 200 250 260"), other, "signed-widget-changed"},
	} {
		t.Run(m.name, func(t *testing.T) {
			result := since(t, packed().pack(m.change, 210, "/Root 1 0 R"), 0, changes.Rules{})
			if result.Level != m.level || m.code != "" && !slices.Contains(codes(result.Findings), m.code) {
				t.Errorf("%s %v, want %s %q", result.Level, codes(result.Findings), m.level, m.code)
			}
		})
	}
}

// A new version of an object stream would change the objects in it, of which the
// cross-reference says nothing.
func TestObjectStreamReplaced(t *testing.T) {
	other3 := strings.Replace(letter()[3], "/Contents 10 0 R", "/Contents 60 0 R", 1)
	whole := letter().with(objects{3: other3})
	for n, body := range whole {
		if strings.Contains(body, "stream\n") {
			delete(whole, n)
		}
	}
	var head, body bytes.Buffer
	for _, n := range slices.Sorted(maps.Keys(whole)) {
		fmt.Fprintf(&head, "%d %d ", n, body.Len())
		body.WriteString(whole[n] + "\n")
	}
	again := stream(fmt.Sprintf("/Type/ObjStm/N %d/First %d", len(whole), head.Len()), head.String()+body.String())
	p := packed().pack(objects{200: again}, 210, "/Root 1 0 R")
	file, err := openBytes(p.data)
	if err != nil {
		return // not read at all
	}
	result, err := changes.Since(file, 0, changes.Rules{})
	if err != nil || result.Level != other {
		t.Errorf("%s %v %v", result.Level, err, codes(result.Findings))
	}
}

// An entry of the cross-reference that now points to another place is a change as any other.
func TestRowsSwitched(t *testing.T) {
	p := packed()
	// The entry of page 3 now points into the object stream at the place of page 61.
	order := 0
	for _, n := range slices.Sorted(maps.Keys(letter())) {
		if n == 61 {
			break
		}
		if !strings.Contains(letter()[n], "stream\n") {
			order++
		}
	}
	rows := []byte{2}
	rows = binary.BigEndian.AppendUint32(rows, 200)
	rows = binary.BigEndian.AppendUint16(rows, uint16(order))
	xref := len(p.data)
	dict := fmt.Sprintf("/Type/XRef/W[1 4 2]/Size 220/Index[3 1]/Root 1 0 R/Prev %d", p.xref)
	p.data = fmt.Appendf(p.data, "211 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", stream(dict, string(rows)), xref)
	file, err := openBytes(p.data)
	if err != nil {
		return // not read at all
	}
	result, err := changes.Since(file, 0, changes.Rules{})
	if err != nil || result.Level != other {
		t.Errorf("%s %v %v", result.Level, err, codes(result.Findings))
	}
}
