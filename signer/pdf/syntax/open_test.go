package syntax_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"congvan/signer/pdf/syntax"
)

func TestEveryFormReadsTheSame(t *testing.T) {
	want := mustOpen(t, tabled(book())).Latest()
	for name, data := range forms() {
		t.Run(name, func(t *testing.T) {
			got := mustOpen(t, data).Latest()
			for n := range book() {
				ref := syntax.Ref{Number: n}
				a, err := want.Get(ref)
				b, err2 := got.Get(ref)
				if err = errors.Join(err, err2); err != nil || !syntax.Equal(a, b) {
					t.Errorf("object %d: %v, want %v (%v)", n, b, a, err)
				}
			}
		})
	}
}

func TestObjectsOfEveryType(t *testing.T) {
	all := book()
	all[8] = `[true false null 0 -7 +3 .5 -1. 0.25 (a\(b\)c(d)\n\101\7\
x) <48 6 > <> /A#42 /  << /K 1 0 R /N null >> % comment ]
	]`
	r := mustOpen(t, tabled(all)).Latest()
	got, err := r.Get(syntax.Ref{Number: 8})
	want := syntax.Array{
		true, false, nil, int64(0), int64(-7), int64(3), .5, -1.0, .25, syntax.String("a(b)c(d)\nA\ax"),
		syntax.String("H`"), syntax.String(""), syntax.Name("AB"), syntax.Name(""),
		syntax.Dict{"K": syntax.Ref{Number: 1}},
	}
	if err != nil || !syntax.Equal(got, want) {
		t.Fatalf("%#v, %v", got, err)
	}
	if d := got.(syntax.Array)[14].(syntax.Dict); len(d) != 1 {
		t.Errorf("an entry with null is not absent: %v", d)
	}
}

func TestTypedAccess(t *testing.T) {
	r := mustOpen(t, tabled(book())).Latest()
	if s, err := r.Stream(syntax.Ref{Number: 4}); err != nil || s == nil {
		t.Errorf("stream: %v, %v", s, err)
	}
	if d, err := r.Dict(syntax.Ref{Number: 99}); d != nil || err != nil {
		t.Errorf("an absent object is null, not %v, %v", d, err)
	}
	if d, err := r.Dict(syntax.Ref{Number: 1, Generation: 1}); d != nil || err != nil {
		t.Errorf("another generation is null, not %v, %v", d, err)
	}
	if _, err := r.Array(syntax.Ref{Number: 1}); code(err) != syntax.CodeWrongType {
		t.Errorf("a dictionary as array: %v", err)
	}
	if n, err := r.Int(90.0); n != 90 || err != nil {
		t.Errorf("a whole real number as integer: %v, %v", n, err)
	}
	if _, err := r.Int(.5); code(err) != syntax.CodeWrongType {
		t.Errorf("half as integer: %v", err)
	}
	if x, err := r.Number(int64(2)); x != 2 || err != nil {
		t.Errorf("an integer as number: %v, %v", x, err)
	}
}

func code(err error) syntax.Code {
	var e *syntax.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Code
}

func TestRevisions(t *testing.T) {
	for name, data := range forms() {
		t.Run(name, func(t *testing.T) {
			before := mustOpen(t, data)
			var added syntax.Ref
			second := appended(t, data, func(u *syntax.Update) {
				added = u.Add(syntax.Dict{"Added": true})
				u.Put(syntax.Ref{Number: 5}, syntax.Dict{"Title": syntax.String("new")})
			})
			third := appended(t, second, func(u *syntax.Update) {
				u.Free(added)
			})
			f := mustOpen(t, third)
			all := f.Revisions()
			first := len(before.Revisions()) - 1
			if len(all) != first+3 {
				t.Fatalf("%d revisions", len(all))
			}
			ends := []int64{int64(len(data)), int64(len(second)), int64(len(third))}
			for i, want := range ends {
				if all[first+i].End != want {
					t.Errorf("revision %d ends at %d, want %d", first+i, all[first+i].End, want)
				}
			}
			checkChanges(t, all[first:], added)
		})
	}
}

// checkChanges looks at three revisions: the second adds one object and replaces 5, the
// third frees what was added.
func checkChanges(t *testing.T, all []*syntax.Revision, added syntax.Ref) {
	t.Helper()
	if got := all[1].Changed(); !slices.Contains(got, added) || !slices.Contains(got, syntax.Ref{Number: 5}) || slices.Contains(got, syntax.Ref{Number: 1}) {
		t.Errorf("second revision changed %v", got)
	}
	if got := all[2].Changed(); !slices.Contains(got, added) || slices.Contains(got, syntax.Ref{Number: 5}) {
		t.Errorf("third revision changed %v", got)
	}
	if at, ok := all[2].Where(added); !ok || !at.Free {
		t.Errorf("the freed object is at %+v, %v", at, ok)
	}
	for i, want := range []bool{false, true, false} {
		if o, err := all[i].Get(added); (o != nil) != want || err != nil {
			t.Errorf("revision %d has %v, %v", i, o, err)
		}
	}
	old, _ := all[0].Dict(syntax.Ref{Number: 5})
	fresh, _ := all[2].Dict(syntax.Ref{Number: 5})
	if old["Producer"] == nil || fresh["Title"] != syntax.String("new") {
		t.Errorf("object 5 was %v and is %v", old, fresh)
	}
}

func TestWhereAndValueSpan(t *testing.T) {
	data := tabled(book())
	r := mustOpen(t, data).Latest()
	at, ok := r.Where(syntax.Ref{Number: 6})
	if text := string(data[at.Offset : at.Offset+at.Length]); !ok || text != "6 0 obj\n"+book()[6]+"\nendobj" {
		t.Errorf("object 6 is at %+v: %q", at, text)
	}
	start, end, err := r.ValueSpan(syntax.Ref{Number: 5}, "Title")
	if err != nil || string(data[start:end]) != "<FEFF00430056>" {
		t.Errorf("title at %d to %d, %v", start, end, err)
	}
	start, end, err = r.ValueSpan(syntax.Ref{Number: 1}, "AcroForm", "SigFlags")
	if err != nil || string(data[start:end]) != "3" {
		t.Errorf("flags at %d to %d, %v", start, end, err)
	}
	for _, path := range [][]syntax.Name{nil, {"None"}, {"Title", "None"}} {
		if _, _, err := r.ValueSpan(syntax.Ref{Number: 5}, path...); code(err) != syntax.CodeNotInFile {
			t.Errorf("%v: %v", path, err)
		}
	}
	inside := mustOpen(t, packed(book())).Latest()
	if _, _, err := inside.ValueSpan(syntax.Ref{Number: 5}, "Title"); code(err) != syntax.CodeNotInFile {
		t.Errorf("in an object stream: %v", err)
	}
	if at, ok := inside.Where(syntax.Ref{Number: 5}); !ok || at.Stream.Number != 8 || at.Index != 3 {
		t.Errorf("in an object stream: %+v, %v", at, ok)
	}
}

func TestValueSpanRefusesAKeyThatStandsTwice(t *testing.T) {
	all := book()
	all[5] = "<</Title(a)/Title(a)>>"
	f := mustOpen(t, tabled(all))
	if d, err := f.Latest().Dict(syntax.Ref{Number: 5}); err != nil || d["Title"] != syntax.String("a") {
		t.Errorf("%v, %v", d, err)
	}
	if a := f.Anomalies(); len(a) != 1 || a[0].Code != syntax.CodeDuplicateKey {
		t.Errorf("anomalies %v", a)
	}
	if _, _, err := f.Latest().ValueSpan(syntax.Ref{Number: 5}, "Title"); code(err) != syntax.CodeDuplicateKey {
		t.Errorf("span: %v", err)
	}
}

func TestAnomalies(t *testing.T) {
	plain := tabled(book())
	for _, tc := range []struct {
		name string
		data []byte
		want []syntax.Code
	}{
		{"none", plain, nil},
		{"junk before, offsets from the header", append([]byte("GIF89a\n"), plain...), []syntax.Code{syntax.OddJunkBeforeHeader}},
		{"space behind", append(bytes.Clone(plain), "\n \x00"...), []syntax.Code{syntax.OddTrailingSpace}},
		{"data behind", append(bytes.Clone(plain), "<html>"...), []syntax.Code{syntax.OddTrailingData}},
		{"hybrid", hybrid(book()), []syntax.Code{syntax.OddHybrid}},
		{"19 bytes", bytes.ReplaceAll(plain, []byte(" n \n"), []byte(" n\n")), []syntax.Code{syntax.OddEntryWidth}},
		{"size too small", replaced(t, plain, "/Size 8", "/Size 7"), []syntax.Code{syntax.CodeXRefSize}},
		{"offset 0", replaced(t, plain, "xref\n0 8\n0000000000 65535 f", "xref\n0 8\n0000000000 65535 n"), []syntax.Code{syntax.OddZeroOffset}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := mustOpen(t, tc.data)
			var got []syntax.Code
			for _, a := range f.Anomalies() {
				got = append(got, a.Code)
				if a.Vi == "" || a.En == "" {
					t.Errorf("%s has no words", a.Code)
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%v, want %v", got, tc.want)
			}
			if p, err := f.Latest().Page(0); err != nil || p.Ref.Number != 3 {
				t.Errorf("page %v, %v", p, err)
			}
		})
	}
}

func TestObjectBehindSpace(t *testing.T) {
	data := tabled(book())
	at := bytes.Index(data, []byte("\n5 0 obj"))
	data = replaced(t, data, fmt.Sprintf("%010d 00000 n", at+1), fmt.Sprintf("%010d 00000 n", at))
	f := mustOpen(t, data)
	if d, err := f.Latest().Dict(syntax.Ref{Number: 5}); err != nil || d == nil {
		t.Fatal(err)
	}
	if a := f.Anomalies(); len(a) != 1 || a[0].Code != syntax.OddObjectOffset {
		t.Errorf("anomalies %v", a)
	}
}

func TestStreamDecodes(t *testing.T) {
	r := mustOpen(t, packed(book())).Latest()
	s, err := r.Stream(syntax.Ref{Number: 4})
	if err != nil {
		t.Fatal(err)
	}
	content, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	if data, err := io.ReadAll(content); err != nil || string(data) != "BT /F1 24 Tf 72 700 Td (Cong van) Tj ET" {
		t.Errorf("%q, %v", data, err)
	}
}

// failing is a reader that breaks behind an offset.
type failing struct {
	io.ReaderAt
	from int64
}

var errDisk = errors.New("disk on fire")

func (r failing) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > r.from {
		return 0, errDisk
	}
	return r.ReaderAt.ReadAt(p, off)
}

func TestReadErrorsAreTold(t *testing.T) {
	data := tabled(book())
	_, err := syntax.Open(failing{bytes.NewReader(data), 10}, int64(len(data)), syntax.Options{})
	if !errors.Is(err, syntax.ErrRead) || !errors.Is(err, errDisk) || errors.Is(err, syntax.ErrMalformed) {
		t.Error(err)
	}
	if _, err = syntax.Open(bytes.NewReader(data), int64(len(data))+100, syntax.Options{}); !errors.Is(err, syntax.ErrRead) {
		t.Errorf("a file shorter than it was said to be: %v", err)
	}
}
