package edxml

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"unicode/utf8"
)

// decodeBuffer is how many decoded bytes are collected before they are hashed
// and written.
const decodeBuffer = 48 << 10

// payload decodes the base64 text of one attachment as it passes through the
// source's window.
type payload struct {
	src  *source
	file PayloadFile
	hash hash.Hash // nil when the file hashes
	size int64     // decoded and written

	out    []byte  // decoded, not yet written
	quad   [4]byte // characters of the quantum that is being read
	n      int
	padded bool // the padding has been read

	layout   layout
	limit    int // runs
	alphabet [256]bool
	ref      []byte
	place    cut
	keep     func() error // gives up rebuilding: keeps the original from here on
	tracking bool         // the layout is still being kept
}

func newPayload(src *source, file PayloadFile, limit int) *payload {
	p := &payload{
		src: src, file: file, limit: limit, alphabet: alphabet(), tracking: true,
		out: make([]byte, 0, decodeBuffer),
	}
	if _, hashes := file.(Hasher); !hashes {
		p.hash = sha256.New()
	}
	return p
}

// read consumes the text up to the next <.
func (p *payload) read() error {
	for {
		w, err := p.src.window()
		if err != nil {
			return must(err)
		}
		stop := bytes.IndexByte(w, '<')
		last := stop >= 0
		if !last {
			stop = len(w)
		}
		if err := p.consume(stop); err != nil {
			return err
		}
		if last {
			return p.finish()
		}
	}
}

// consume handles the next n bytes of the window.
func (p *payload) consume(n int) error {
	for end := p.src.pos + n; p.src.pos < end; {
		w := p.src.buf[p.src.pos:end]
		var err error
		switch c := w[0]; {
		case len(p.ref) > 0:
			err = p.refByte(c)
		case isSpace(c):
			p.src.advance(1)
			err = p.space(c)
		case c == '&':
			p.src.advance(1)
			p.place.tail++
			p.ref = append(p.ref, c)
		default:
			err = p.letters(w)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// space adds to the separator.
func (p *payload) space(c byte) error {
	p.place.tail++
	if c == '\n' {
		p.place.newlines++
		p.place.tail = 0
	}
	return p.separate(c)
}

func (p *payload) separate(b ...byte) error {
	if !p.tracking {
		return nil
	}
	p.layout.sep = append(p.layout.sep, b...)
	if len(p.layout.sep) > maxSeparator {
		return p.giveUp()
	}
	return nil
}

// giveUp stops describing the text and has the original kept.
func (p *payload) giveUp() error {
	if !p.tracking {
		return nil
	}
	if err := p.flush(); err != nil {
		return err
	}
	if err := p.keep(); err != nil {
		return err
	}
	p.tracking = false
	return nil
}

// segment ends the separator, if one is open, because a letter follows.
func (p *payload) segment() error {
	if !p.tracking || len(p.layout.sep) == 0 {
		return nil
	}
	p.layout.push()
	if len(p.layout.runs) > p.limit {
		return p.giveUp()
	}
	return nil
}

// letters takes the base64 characters at the front of w.
func (p *payload) letters(w []byte) error {
	if err := p.segment(); err != nil {
		return err
	}
	if taken, err := p.hasty(w); taken || err != nil {
		return err
	}
	if p.n > 0 {
		w = w[:1] // a quantum that a window's end, or a line's, has cut
	}
	n := p.span(w)
	switch {
	case n == 0 && w[0] != '=' || n > 0 && p.padded:
		r, _ := utf8.DecodeRune(w)
		return newSyntaxError(CodeBase64Char, r)
	case n == 0 || p.n > 0 || n < len(p.quad):
		p.src.advance(1)
		return p.letter(w[0])
	}
	return p.bulk(w[:n&^3])
}

// hasty decodes what looks like nothing but letters without looking at each of them first: the
// decoder finds out. It takes nothing when there is something else, which span then finds.
func (p *payload) hasty(w []byte) (taken bool, err error) {
	if p.n > 0 || p.padded {
		return false, nil
	}
	at := len(p.out)
	w = w[:min(len(w), (cap(p.out)-at)/3*4)]
	for _, stop := range []byte("\n\r=") { // the decoder would pass over these
		if i := bytes.IndexByte(w, stop); i >= 0 {
			w = w[:i]
		}
	}
	if w = w[:len(w)&^3]; len(w) == 0 {
		return false, nil
	}
	n, err := base64.StdEncoding.Decode(p.out[at:at+len(w)/4*3], w)
	if err != nil {
		return false, nil
	}
	p.out = p.out[:at+n]
	p.took(len(w))
	p.src.advance(len(w))
	return true, p.flushFull()
}

// span counts the base64 letters at the front of w, padding not included.
func (p *payload) span(w []byte) int {
	for i, c := range w {
		if !p.alphabet[c] {
			return i
		}
	}
	return len(w)
}

// bulk decodes whole quanta of letters, as many as there is room for.
func (p *payload) bulk(w []byte) error {
	at := len(p.out)
	w = w[:min(len(w), (cap(p.out)-at)/3*4)]
	n, err := base64.StdEncoding.Decode(p.out[at:at+len(w)/4*3], w)
	if err != nil {
		return newSyntaxError(CodeBase64Char, rune(w[0]))
	}
	p.out = p.out[:at+n]
	p.took(len(w))
	p.src.advance(len(w))
	return p.flushFull()
}

// took notes n characters of base64.
func (p *payload) took(n int) {
	p.layout.seg += int64(n)
	p.place.tail += n
}

// letter takes one character, which has left the source.
func (p *payload) letter(c byte) error {
	if p.padded && p.n == 0 {
		return newSyntaxError(CodeBase64Char, rune(c))
	}
	p.quad[p.n] = c
	p.n++
	p.took(1)
	if p.n < len(p.quad) {
		return nil
	}
	return p.quantum()
}

// quantum decodes four characters, the last ones of the text included.
func (p *payload) quantum() error {
	q := p.quad[:]
	pad := len(q) - len(bytes.TrimRight(q, "="))
	var b [3]byte
	n, err := base64.StdEncoding.Decode(b[:], q)
	if err != nil || n != 3-pad {
		return newSyntaxError(CodeBase64Char, '=')
	}
	if pad > 0 {
		if _, err := base64.StdEncoding.Strict().Decode(b[:], q); err != nil {
			if err := p.giveUp(); err != nil { // bits that encoding again would not give
				return err
			}
		}
		p.padded = true
	}
	p.n = 0
	p.out = append(p.out, b[:n]...)
	return p.flushFull()
}

// refByte takes one more byte of a character reference.
func (p *payload) refByte(c byte) error {
	p.src.advance(1)
	p.place.tail++
	p.ref = append(p.ref, c)
	if c != ';' {
		if len(p.ref) > 12 || len(p.ref) == 2 && c != '#' {
			return newSyntaxError(CodeBase64Char, '&')
		}
		return nil
	}
	ref := p.ref
	if isSpaceRef(ref) {
		p.ref = p.ref[:0]
		return p.separate(ref...)
	}
	r, ok := charRef(ref[1 : len(ref)-1])
	if !ok {
		return newSyntaxError(CodeCharRef)
	}
	if r >= 0x80 || !p.alphabet[r] && r != '=' {
		return newSyntaxError(CodeBase64Char, r)
	}
	if err := p.giveUp(); err != nil {
		return err
	}
	p.ref = p.ref[:0]
	return p.letter(byte(r))
}

// finish ends the text at the <.
func (p *payload) finish() error {
	if p.n != 0 {
		return newSyntaxError(CodeBase64Length)
	}
	if len(p.ref) > 0 {
		return newSyntaxError(CodeMarkup, "&")
	}
	if err := p.segment(); err != nil {
		return err
	}
	return p.flush()
}

// sum is the SHA-256 of all decoded bytes.
func (p *payload) sum() (sum [32]byte) {
	if p.hash == nil {
		return p.file.(Hasher).Sum256()
	}
	p.hash.Sum(sum[:0])
	return sum
}

// flushFull writes when the buffer has no room for a quantum.
func (p *payload) flushFull() error {
	if cap(p.out)-len(p.out) >= 3 {
		return nil
	}
	return p.flush()
}

func (p *payload) flush() error {
	if len(p.out) == 0 {
		return nil
	}
	if p.hash != nil {
		p.hash.Write(p.out)
	}
	if _, err := p.file.Write(p.out); err != nil {
		return fmt.Errorf("edxml: write attachment: %w", err)
	}
	p.size += int64(len(p.out))
	p.out = p.out[:0]
	return nil
}

// alphabet marks the letters of base64.
func alphabet() (letters [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		letters[c] = true
	}
	return letters
}
