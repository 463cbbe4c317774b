package syntax

import (
	"bufio"
	"io"
)

// Codes of LZW (7.4.4.2).
const (
	lzwClear  = 256
	lzwEnd    = 257
	lzwFirst  = 258
	lzwCodes  = 4096
	lzwNoCode = -1
)

// lzw decodes LZWDecode. It differs from GIF's form in the order of bits, and from
// TIFF's in that codes may grow one late (EarlyChange 0).
type lzw struct {
	r      *bufio.Reader
	early  int // 1: codes grow one code early
	bits   uint32
	nbits  int
	width  int
	next   int // code that the next string gets
	last   int // code before
	prefix [lzwCodes]int16
	suffix [lzwCodes]byte
	buf    [lzwCodes]byte // a string, filled from its end
	out    []byte
	err    error
}

func newLZW(r io.Reader, early bool) *lzw {
	z := &lzw{r: bufio.NewReader(r)}
	if early {
		z.early = 1
	}
	z.clear()
	return z
}

func (z *lzw) clear() { z.width, z.next, z.last = 9, lzwFirst, lzwNoCode }

func (z *lzw) Read(p []byte) (int, error) {
	for len(z.out) == 0 {
		if z.err != nil {
			return 0, z.err
		}
		z.err = z.step()
	}
	n := copy(p, z.out)
	z.out = z.out[n:]
	return n, nil
}

// step decodes one code.
func (z *lzw) step() error {
	code, err := z.code()
	if err != nil {
		return err
	}
	switch {
	case code == lzwClear:
		z.clear()
		return nil
	case code == lzwEnd:
		return io.EOF
	case z.last == lzwNoCode && code >= lzwClear, code > z.next, code == z.next && z.next >= lzwCodes:
		return fail(CodeFilterData, -1)
	}
	z.emit(code)
	return nil
}

// emit writes out a code's string and gives the next code to the last string with the
// first byte of this one.
func (z *lzw) emit(code int) {
	i := len(z.buf)
	c := code
	if code == z.next { // a string that ends with its own first byte
		i--
		c = z.last
	}
	for ; c >= lzwFirst; c = int(z.prefix[c]) {
		i--
		z.buf[i] = z.suffix[c]
	}
	i--
	z.buf[i] = byte(c)
	if code == z.next {
		z.buf[len(z.buf)-1] = byte(c)
	}
	if z.last != lzwNoCode && z.next < lzwCodes {
		z.prefix[z.next], z.suffix[z.next] = int16(z.last), byte(c)
		z.next++
	}
	if z.next+z.early >= 1<<z.width && z.width < 12 {
		z.width++
	}
	z.last, z.out = code, z.buf[i:]
}

// code reads one code, most significant bit first. Data without an end code ends with
// its bytes.
func (z *lzw) code() (int, error) {
	for z.nbits < z.width {
		c, err := z.r.ReadByte()
		if err != nil {
			return 0, err
		}
		z.bits = z.bits<<8 | uint32(c)
		z.nbits += 8
	}
	z.nbits -= z.width
	return int(z.bits>>z.nbits) & (1<<z.width - 1), nil
}
