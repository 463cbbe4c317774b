package syntax_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"congvan/signer/pdf/syntax"
)

// counting counts what is read.
type counting struct {
	data  []byte
	bytes int64
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	n, err := bytes.NewReader(c.data).ReadAt(p, off)
	c.bytes += int64(n)
	return n, err
}

// large is a document whose page content has many zeros, which are in no memory.
type large struct {
	head, tail []byte
	zeros      int64
	bytes      int64 // read
}

func newLarge(zeros int64) *large {
	p := newPen()
	for n, o := range book() {
		if n != 4 {
			p.object(n, o)
		}
	}
	p.at[4] = p.Len()
	fmt.Fprintf(p, "4 0 obj\n<</Length %d>>\nstream\n", zeros)
	l := &large{head: bytes.Clone(p.Bytes()), zeros: zeros}
	tail := &pen{at: p.at}
	fmt.Fprint(tail, "\nendstream\nendobj\n")
	start := tail.Len()
	tail.table(8, "")
	inTail, inFile := fmt.Sprintf("startxref\n%d\n", start), fmt.Sprintf("startxref\n%d\n", int64(len(l.head))+zeros+int64(start))
	l.tail = bytes.Replace(tail.Bytes(), []byte(inTail), []byte(inFile), 1)
	return l
}

func (l *large) Size() int64 { return int64(len(l.head)) + l.zeros + int64(len(l.tail)) }

func (l *large) ReadAt(p []byte, off int64) (int, error) {
	for i := range p {
		switch at := off + int64(i); {
		case at < int64(len(l.head)):
			p[i] = l.head[at]
		case at < int64(len(l.head))+l.zeros:
			p[i] = 0
		case at < l.Size():
			p[i] = l.tail[at-int64(len(l.head))-l.zeros]
		default:
			return i, io.EOF
		}
		l.bytes++
	}
	return len(p), nil
}

func TestALargeFileIsHardlyRead(t *testing.T) {
	l := newLarge(5 << 30)
	f, err := syntax.Open(l, l.Size(), syntax.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.Latest().Stream(syntax.Ref{Number: 4})
	if err != nil || s.Length != 5<<30 {
		t.Fatalf("%v, %v", s, err)
	}
	if l.bytes > 256<<10 {
		t.Errorf("%d bytes read", l.bytes)
	}
	u, err := syntax.NewUpdate(f)
	if err != nil {
		t.Fatal(err)
	}
	u.Add(syntax.Dict{})
	more, _, err := u.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	l.tail = append(l.tail, more...)
	if f, err = syntax.Open(l, l.Size(), syntax.Options{}); err != nil || len(f.Revisions()) != 2 {
		t.Error(err)
	}
}

// manyObjects is a document of n more objects, and as many in object streams of 100.
func manyObjects(n int) []byte {
	p := newPen()
	p.objects(book())
	for i := range n {
		p.object(10+i, "<</Type/Annot/Rect[0 0 100 200]/Contents(some text that fills the place)>>")
	}
	p.table(10+n, "")
	return p.Bytes()
}

func TestMemoryStaysFlatWithManyObjects(t *testing.T) {
	data := manyObjects(100_000)
	f := mustOpen(t, data)
	before := heap()
	for _, ref := range f.Latest().Changed() {
		if _, err := f.Latest().Get(ref); err != nil {
			t.Fatal(err)
		}
	}
	if grown := int64(heap()) - int64(before); grown > 16<<20 {
		t.Errorf("%d MB held after reading everything", grown>>20)
	}
	if len(f.Revisions()) != 1 {
		t.Error("the file was let go")
	}
}

func BenchmarkOpenSmall(b *testing.B) {
	for name, data := range forms() {
		b.Run(name, func(b *testing.B) { benchmarkOpen(b, data) })
	}
}

func BenchmarkOpenSigned(b *testing.B) {
	for _, name := range []string{"pades-with-old-style-signing-cert-attr", "minimal-two-fields-signed-twice"} {
		b.Run(name, func(b *testing.B) { benchmarkOpen(b, sample(b, name)) })
	}
}

// benchmarkOpen opens, and finds fields and the values of signatures as a verifier does.
func benchmarkOpen(b *testing.B, data []byte) {
	b.ReportAllocs()
	for b.Loop() {
		f, err := open(data)
		if err != nil {
			b.Fatal(err)
		}
		fields, err := f.Latest().AllFields()
		if err != nil {
			b.Fatal(err)
		}
		for _, field := range fields {
			if _, err := f.Latest().Dict(field.Value); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkOpenManyObjects(b *testing.B) {
	data := manyObjects(100_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := open(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWalkManyObjects(b *testing.B) {
	data := manyObjects(100_000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := open(data)
		if err != nil {
			b.Fatal(err)
		}
		for _, ref := range f.Latest().Changed() {
			if _, err := f.Latest().Get(ref); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkPages2000(b *testing.B) {
	data := manyPages(2000)
	b.ReportAllocs()
	for b.Loop() {
		f, err := open(data)
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range f.Latest().Pages() {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkUpdate(b *testing.B) {
	data := tabled(book())
	b.ReportAllocs()
	for b.Loop() {
		f, err := open(data)
		if err != nil {
			b.Fatal(err)
		}
		u, err := syntax.NewUpdate(f)
		if err != nil {
			b.Fatal(err)
		}
		u.Add(syntax.Dict{"Type": syntax.Name("Sig"), "Contents": syntax.Hole{Name: "Contents", Size: 16386}})
		if _, _, err := u.Bytes(); err != nil {
			b.Fatal(err)
		}
	}
}
