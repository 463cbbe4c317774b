package main

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"congvan/schemas/edxml"
)

// pieces makes a parcel of a head, a pattern repeated to n bytes, and a tail. Nothing of
// it is held in memory.
func pieces(head, pattern []byte, n int64, tail []byte) parcel {
	return parcel{
		size: int64(len(head)) + n + int64(len(tail)),
		open: func() io.Reader {
			return io.MultiReader(bytes.NewReader(head), io.LimitReader(&echo{pattern: pattern}, n), bytes.NewReader(tail))
		},
	}
}

// echo repeats a pattern without end.
type echo struct {
	pattern []byte
	at      int
}

// Read implements io.Reader.
func (e *echo) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		c := copy(p[n:], e.pattern[e.at:])
		e.at = (e.at + c) % len(e.pattern)
		n += c
	}
	return n, nil
}

// huge makes a letter of about n bytes, nearly all of them base64.
func (o *ordeal) huge(n int64) parcel {
	head, tail, _ := bytes.Cut(envelopeOf(o.t, o.sender.agency, fmt.Sprint(9000+o.serial.Add(1)), [][]byte{[]byte("tệp")}, o.wards[0].agency), []byte("dOG7h3A="))
	pattern := bytes.Repeat([]byte("Y8O0bmcgdsSDbiBsaeG7h3QuIEPDtG5nIHbEg24u"), 1000)
	if len(tail) == 0 || len(pattern)%4 != 0 {
		o.t.Fatal("the letter was cut in the wrong place")
	}
	return pieces(head, pattern, n/4*4, tail)
}

// TestOrdealOfSize: what is too large or too much is refused early, in flat memory.
func TestOrdealOfSize(t *testing.T) {
	o := besieged(t)
	before, after, _ := bytes.Cut(o.letter(o.wards[0].agency), []byte("<edXML:Subject>"))
	many := pieces(before, []byte("<edXML:a/>"), 30_000_000, after)
	attributes := append([]byte("<edXML:Subject "), bytes.Repeat([]byte("a='1' "), 3_000_000)...)
	for _, tc := range []struct {
		name string
		body parcel
		want refusal
	}{
		{"3 million elements", many, tooLarge("/edXML/", edxml.CodeTooManyElements)},
		{"a tag without end", pieces(before, attributes, int64(len(attributes)), after), tooLarge("/edXML/", edxml.CodeTagTooLong)},
		{"a comment without end", pieces(before, []byte("<!--"), 15<<20, after), tooLarge("/edXML/", edxml.CodeSkeleton)},
	} {
		for _, f := range []face{rest, exchange} {
			t.Run(tc.name+" "+string(f), func(t *testing.T) { o.refused(t, f, o.sender, tc.body, tc.want) })
		}
	}
	t.Run("2 GiB rest", func(t *testing.T) { o.tooMuch(t, rest) })
	t.Run("2 GiB exchange", func(t *testing.T) { o.tooMuch(t, exchange) })
	o.carries(t)
	o.slim(t)
}

// tooMuch sends 2 GiB to a gateway that takes 16 MiB: it hears so long before it has sent all.
func (o *ordeal) tooMuch(t *testing.T, f face) {
	body := o.huge(2 << 30)
	var read atomic.Int64
	open := body.open
	body.open = func() io.Reader { return io.TeeReader(open(), tally{&read}) }
	want := tooLarge("", "")
	if f == rest {
		o.refused(t, f, o.sender, body, want)
	} else {
		before := o.stock()
		c := *o.vxp[o.sender.agency]
		_, err := c.Send(t.Context(), uploadOf(o.sender, body))
		checkAnswer(t, err, want)
		o.unchanged(t, before)
	}
	if n := read.Load(); n > 128<<20 {
		t.Errorf("the client had to send %d MiB before it was refused", n>>20)
	}
}

// tally counts what is written to it.
type tally struct{ n *atomic.Int64 }

// Write implements io.Writer.
func (c tally) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}

// TestOrdealOfTwoGigabytes: a body of 2 GiB is accepted where the limit allows it and comes out byte for byte,
// in the memory that a note takes.
func TestOrdealOfTwoGigabytes(t *testing.T) {
	o := endure(t, "[limits]\nmessage = \"4GiB\"\n")
	body := o.huge(2 << 30)
	start := time.Now()
	m := o.accepted(t, rest, o.sender, body)
	in := time.Since(start)
	start = time.Now()
	o.taken(t, exchange, m, body, o.wards[0])
	t.Logf("%d MiB in within %s, compared and out within %s", body.size>>20, in, time.Since(start))
	o.carries(t)
	o.slim(t)
}
