package edxml

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestJoinNoticesDamage(t *testing.T) {
	message := letter("QUJD", "\n QUJDREVG\n ")
	for name, spoil := range map[string]func(s *Split, sink *memorySink){
		"payload changed":      func(_ *Split, k *memorySink) { k.payloads[1].Bytes()[2] ^= 1 },
		"payload longer":       func(_ *Split, k *memorySink) { k.payloads[0].WriteByte(0) },
		"payload shorter":      func(_ *Split, k *memorySink) { k.payloads[0].Truncate(1) },
		"skeleton changed":     func(s *Split, _ *memorySink) { s.Skeleton[len(s.Skeleton)-2] ^= 1 },
		"skeleton shorter":     func(s *Split, _ *memorySink) { s.Skeleton = s.Skeleton[:len(s.Skeleton)-1] },
		"offset moved":         func(s *Split, _ *memorySink) { s.Payloads[1].Offset++ },
		"offset beyond":        func(s *Split, _ *memorySink) { s.Payloads[1].Offset = 1 << 40 },
		"offset before":        func(s *Split, _ *memorySink) { s.Payloads[1].Offset = 0 },
		"layout changed":       func(s *Split, _ *memorySink) { s.Payloads[1].Layout = "0ns|8ns2|" },
		"layout unreadable":    func(s *Split, _ *memorySink) { s.Payloads[1].Layout = "0x|" },
		"layout too long":      func(s *Split, _ *memorySink) { s.Payloads[1].Layout = "99n|" },
		"recorded hash":        func(s *Split, _ *memorySink) { s.SHA256[0] ^= 1 },
		"recorded size":        func(s *Split, _ *memorySink) { s.Size++ },
		"payloads interchange": func(_ *Split, k *memorySink) { k.payloads[0], k.payloads[1] = k.payloads[1], k.payloads[0] },
	} {
		s, sink := split(t, message, Limits{})
		spoil(s, sink)
		err := s.Join(io.Discard, sink.open)
		var corrupt *CorruptError
		if !errors.As(err, &corrupt) || !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, sink := split(t, message, Limits{})
	if err := s.Join(failingWriter{}, sink.open); !errors.Is(err, errDisk) {
		t.Errorf("writer: %v", err)
	}
	if err := s.Join(io.Discard, func(int) (io.ReadCloser, error) { return nil, errDisk }); !errors.Is(err, errDisk) {
		t.Errorf("opener: %v", err)
	}
}

func TestReader(t *testing.T) {
	message := letter("QUJD")
	s, sink := split(t, message, Limits{})
	r := s.Reader(sink.open)
	if got := readAll(t, r); got != message {
		t.Errorf("got %q", got)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	s.SHA256[0] ^= 1
	r = s.Reader(sink.open)
	if _, err := io.ReadAll(r); !errors.Is(err, ErrCorrupt) {
		t.Errorf("got %v", err)
	}
	half := s.Reader(sink.open)
	if err := half.Close(); err != nil { // the joining goroutine must not be left behind
		t.Error(err)
	}
}

func TestParseLayoutRefuses(t *testing.T) {
	for _, text := range []string{"n", "4n", "|", "4|", "x4n|", "4*0n|", "4*n|", "4s999|", "4s999999999999999999|", "4&#65;|", "4&#13|", "9999999999999999n|", "-1n|", "4q|"} {
		if runs, ok := parseLayout(text); ok {
			t.Errorf("%q read as %+v", text, runs)
		}
	}
}

// drawText draws base64 text with white space of many kinds in it.
func drawText(t *rapid.T) string {
	separator := rapid.SampledFrom([]string{"", "\n", "\r\n", "&#13;\n", "&#xD;&#xA;", " ", "\t\t", "\n        ", "&#9;"})
	letters := rapid.SampledFrom([]string{"QUJD", "QUJDREVG", strings.Repeat("QUJDREVG", 30), "a+/9"})
	var text string
	for range rapid.IntRange(0, 20).Draw(t, "quanta") {
		text += letters.Draw(t, "letters")
	}
	text += rapid.SampledFrom([]string{"", "QQ==", "QUI=", "QR==", "QUJ="}).Draw(t, "end")
	var b strings.Builder
	b.WriteString(separator.Draw(t, "lead"))
	regular := rapid.Bool().Draw(t, "regular")
	width, sep := rapid.IntRange(1, 80).Draw(t, "width"), separator.Draw(t, "separator")
	for len(text) > width {
		b.WriteString(text[:width] + sep)
		text = text[width:]
		if !regular {
			width, sep = rapid.IntRange(1, 80).Draw(t, "width"), separator.Draw(t, "separator")
		}
	}
	return b.String() + text + separator.Draw(t, "trail")
}

func TestSplitJoinProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		texts := make([]string, rapid.IntRange(0, 4).Draw(r, "attachments"))
		for i := range texts {
			texts[i] = drawText(r)
		}
		message := letter(texts...)
		p := rapid.SampledFrom([]string{"edXML:", "q:", "", "ns0:"}).Draw(r, "prefix")
		message = strings.ReplaceAll(message, "edXML:", p)
		message = strings.ReplaceAll(message, "xmlns:edXML=", strings.TrimSuffix("xmlns:"+p, ":")+"=")
		message = rapid.SampledFrom([]string{"", bom}).Draw(r, "mark") + message + rapid.SampledFrom([]string{"", "\r\n", "\n<!-- x -->\n"}).Draw(r, "end")
		limits := Limits{Layout: rapid.IntRange(1, 64).Draw(r, "layout")}
		sink := &memorySink{}
		s, err := SplitMessage(chunked{strings.NewReader(message), rapid.IntRange(1, 100).Draw(r, "chunk")}, limits, sink)
		if err != nil {
			r.Fatalf("SplitMessage: %v", err)
		}
		checkIdentity(t, message, s, sink)
		if t.Failed() {
			r.FailNow()
		}
		if len(s.Payloads) != len(texts) || bytes.Contains(s.Skeleton, []byte("QUJD")) {
			r.Fatalf("skeleton %q", s.Skeleton)
		}
		if _, err := s.Envelope(); err != nil {
			r.Fatalf("Envelope: %v", err)
		}
	})
}

// chunked reads n bytes at a time.
type chunked struct {
	r io.Reader
	n int
}

func (c chunked) Read(b []byte) (int, error) { return c.r.Read(b[:min(len(b), c.n)]) }

func TestTextIsWhatStood(t *testing.T) {
	const text = "\n QUJD\r\n REVG \n"
	s, sink := split(t, letter(text), Limits{})
	r := s.Text(0, sink.open)
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != text {
		t.Errorf("%q, want %q", got, text)
	}
	if _, err := io.ReadAll(s.Text(1, sink.open)); !errors.Is(err, ErrCorrupt) {
		t.Errorf("an attachment that is not there: %v", err)
	}
}
