package edxml

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// memorySink keeps what Split takes apart in memory.
type memorySink struct {
	payloads []*memoryFile
	original *bytes.Buffer
}

type memoryFile struct{ bytes.Buffer }

func (m *memoryFile) ReadAt(b []byte, off int64) (int, error) {
	return bytes.NewReader(m.Bytes()).ReadAt(b, off)
}

func (s *memorySink) Payload(index int) (PayloadFile, error) {
	if index != len(s.payloads) {
		return nil, errors.New("payload out of order")
	}
	s.payloads = append(s.payloads, &memoryFile{})
	return s.payloads[index], nil
}

func (s *memorySink) Original() (io.Writer, error) {
	if s.original != nil {
		return nil, errors.New("original asked for twice")
	}
	s.original = &bytes.Buffer{}
	return s.original, nil
}

func (s *memorySink) open(i int) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(s.payloads[i].Bytes())), nil
}

// letter wraps attachment texts into the smallest message around them.
func letter(texts ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\r\n" +
		`<edXML xmlns="` + Namespace + `"><edXML:edXMLEnvelope xmlns:edXML="` + Namespace + `">` +
		`<edXML:edXMLHeader><edXML:MessageHeader/></edXML:edXMLHeader></edXML:edXMLEnvelope>` + "<AttachmentEncoded>")
	for _, t := range texts {
		b.WriteString("\n<Attachment><ContentId>cid:1</ContentId><edXML:ContentTransferEncoded xmlns:edXML=\"" + Namespace + "\">" +
			t + "</edXML:ContentTransferEncoded></Attachment>")
	}
	b.WriteString("\n</AttachmentEncoded></edXML>")
	return b.String()
}

// split splits and checks that the original comes back.
func split(t testing.TB, message string, limits Limits) (*Split, *memorySink) {
	t.Helper()
	sink := &memorySink{}
	s, err := SplitMessage(strings.NewReader(message), limits, sink)
	if err != nil {
		t.Fatalf("SplitMessage: %v", err)
	}
	checkIdentity(t, message, s, sink)
	return s, sink
}

func checkIdentity(t testing.TB, message string, s *Split, sink *memorySink) {
	t.Helper()
	if s.Size != int64(len(message)) || s.SHA256 != sha256.Sum256([]byte(message)) {
		t.Fatalf("size %d and hash are not those of the %d bytes read", s.Size, len(message))
	}
	if !s.Rebuildable {
		if sink.original == nil || sink.original.String() != message {
			t.Fatalf("the kept original differs from what was read:\n%q\n%q", sink.original, message)
		}
		if err := s.Join(io.Discard, sink.open); !errors.Is(err, ErrNotRebuildable) {
			t.Fatalf("Join: %v, want ErrNotRebuildable", err)
		}
		return
	}
	if sink.original != nil {
		t.Fatal("the original was kept although it can be rebuilt")
	}
	var out bytes.Buffer
	if err := s.Join(&out, sink.open); err != nil {
		t.Fatalf("Join: %v", err)
	}
	if out.String() != message {
		t.Fatalf("joined differs:\n%q\n%q", out.String(), message)
	}
	if n, err := s.JoinedSize(); err != nil || n != s.Size {
		t.Fatalf("JoinedSize = %d, %v, want %d", n, err, s.Size)
	}
}

func TestSplitLayouts(t *testing.T) {
	long := strings.Repeat("QUJD", 40_000)
	wrap := func(text string, n int, sep string) string {
		var b strings.Builder
		for len(text) > n {
			b.WriteString(text[:n] + sep)
			text = text[n:]
		}
		return b.String() + text
	}
	zig := ""
	for i := range 200 {
		zig += "QUJD" + strings.Repeat(" ", i%2+1)
	}
	for _, tc := range []struct {
		name, text, layout string
		decoded            string
		rebuildable        bool
	}{
		{"one line", "QUJD", "", "ABC", true},
		{"empty", "", "", "", true},
		{"white space only", " \n", "0sn|", "", true},
		{"padding of one", "QUI=", "", "AB", true},
		{"padding of two", "QQ==", "", "A", true},
		{"indented", "\n        QUJD\n      ", "0ns8|4ns6|", "ABC", true},
		{"within padding", "QQ=\n=", "3n|", "A", true},
		{"lines of 76 LF", wrap(long, 76, "\n"), "76*2105n|", long, true},
		{"lines of 64 CRLF and indent", wrap(long, 64, "\r\n\t"), "64*2499rnt|", long, true},
		{"lines of 75", wrap(long, 75, "\n"), "75*2133n|", long, true},
		{"references", wrap("QUJDQUJDQUJD", 4, "&#13;\n"), "4*2&#13;n|", "ABCABCABC", true},
		{"hex reference", "QUJD&#xD;&#xA;", "4&#xD;&#xA;|", "ABC", true},
		{"one character a line", wrap("QUJDQUJD", 1, "\n"), "1*7n|", "ABCABC", true},
		{"stray bits", "QR==", "", "A", false},
		{"stray bits after lines", wrap(long, 76, "\n") + "\nQUJ=\n", "", "", false},
		{"irregular lines", zig, "", "", false},
		{"long separator", "QUJD" + strings.Repeat(" ", maxSeparator+1) + "QUJD", "", "ABCABC", false},
		{"referenced letter", "QU&#74;D QUJD", "", "ABCABC", false},
		{"referenced padding", "QQ=&#61;", "", "A", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, sink := split(t, letter("QUJD\n", tc.text, "QUI="), Limits{})
			if s.Rebuildable != tc.rebuildable {
				t.Fatalf("Rebuildable = %v", s.Rebuildable)
			}
			p := s.Payloads[1]
			if tc.rebuildable && p.Layout != tc.layout {
				t.Errorf("layout %q, want %q", p.Layout, tc.layout)
			}
			got := sink.payloads[1].String()
			if tc.decoded != "" && tc.decoded != long && got != tc.decoded {
				t.Errorf("decoded %q, want %q", got, tc.decoded)
			}
			if p.Size != int64(len(got)) || p.SHA256 != sha256.Sum256([]byte(got)) {
				t.Error("size or hash of the payload are wrong")
			}
			if sink.payloads[0].String() != "ABC" || sink.payloads[2].String() != "AB" {
				t.Error("the neighbours changed")
			}
		})
	}
}

func TestSplitInSmallReads(t *testing.T) {
	text := strings.Repeat("QUJDREVG", 20)
	message := bom + letter(text, "\n  QUJD&#13;\n  QUI=\n", "QR==", " QU JD ")
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"one byte": iotest.OneByteReader, "half": iotest.HalfReader, "data with error": iotest.DataErrReader,
	} {
		t.Run(name, func(t *testing.T) {
			sink := &memorySink{}
			s, err := SplitMessage(wrap(strings.NewReader(message)), Limits{}, sink)
			if err != nil {
				t.Fatal(err)
			}
			checkIdentity(t, message, s, sink)
		})
	}
}

// Every token is once split at the end of the buffer.
func TestSplitAtBufferBoundary(t *testing.T) {
	tail := letter("QUJD\r\n  QUI=", "QR==")
	for shift := range len(tail) {
		pad := sourceBuffer - shift
		message := strings.Replace(tail, "?>", "?><!--"+strings.Repeat("x", pad-50)+"-->", 1)
		split(t, message, Limits{})
	}
}
