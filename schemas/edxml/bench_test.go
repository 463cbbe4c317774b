package edxml

import (
	"io"
	"strings"
	"testing"
)

// discardSink throws attachments away, so that only the codec is measured.
type discardSink struct{}

type discardFile struct{}

func (discardFile) Write(b []byte) (int, error)       { return len(b), nil }
func (discardFile) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }
func (discardSink) Payload(int) (PayloadFile, error)  { return discardFile{}, nil }
func (discardSink) Original() (io.Writer, error)      { return io.Discard, nil }

// largeLetter streams a letter whose one attachment is n bytes of base64 text,
// made of the given line, without holding it.
func largeLetter(n int, line string) io.Reader {
	head, tail, _ := strings.Cut(letter("@"), "@")
	return io.MultiReader(strings.NewReader(head), &repeated{line: []byte(line), left: n / len(line) * len(line)},
		strings.NewReader(tail))
}

type repeated struct {
	line []byte
	at   int
	left int
}

func (r *repeated) Read(b []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(b) && r.left > 0 {
		c := copy(b[n:min(len(b), n+r.left)], r.line[r.at:])
		r.at = (r.at + c) % len(r.line)
		n, r.left = n+c, r.left-c
	}
	return n, nil
}

func BenchmarkSplit(b *testing.B) {
	oneLine := strings.Repeat("QUJDREVGR0hJSktM", 4096)
	for _, bc := range []struct {
		name, line string
		size       int
	}{
		{"100MB one line", oneLine, 100 << 20},
		{"100MB lines of 76", strings.Repeat("QUJD", 19) + "\r\n", 100 << 20},
		{"100MB lines of 4", "QUJD\n", 100 << 20},
		{"320KiB", oneLine, 320 << 10},
		{"20KiB", oneLine[:1024], 20 << 10},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(bc.size))
			for b.Loop() {
				if _, err := SplitMessage(largeLetter(bc.size, bc.line), Limits{}, discardSink{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkJoin(b *testing.B) {
	for _, bc := range []struct{ name, layout string }{{"one line", ""}, {"lines of 76", "76*220752n|"}} {
		b.Run(bc.name, func(b *testing.B) {
			sink := &memorySink{}
			s, err := SplitMessage(largeLetter(16<<20, strings.Repeat("QUJDREVGR0hJSktM", 4096)), Limits{}, sink)
			if err != nil {
				b.Fatal(err)
			}
			s.Payloads[0].Layout = bc.layout
			s.Size, _ = s.JoinedSize()
			s.SHA256 = [32]byte{}
			b.ReportAllocs()
			b.SetBytes(s.Size)
			for b.Loop() {
				if err := s.Join(io.Discard, sink.open); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	s, err := SplitMessage(strings.NewReader(fixture(b, "new")), Limits{}, discardSink{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(s.Skeleton)))
	for b.Loop() {
		if _, err := Read(s.Skeleton); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	e := sampleLetter()
	files := []string{strings.Repeat("x", 320<<10), "", "", ""}
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(io.Discard, e, contents(files)); err != nil {
			b.Fatal(err)
		}
	}
}
