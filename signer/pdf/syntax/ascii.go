package syntax

import (
	"bufio"
	"io"
)

// pieces turns a function that decodes one piece into a reader. The function gives
// io.EOF with, or after, the last piece.
type pieces struct {
	next func() ([]byte, error)
	out  []byte
	err  error
}

func (d *pieces) Read(p []byte) (int, error) {
	for len(d.out) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		d.out, d.err = d.next()
	}
	n := copy(p, d.out)
	d.out = d.out[n:]
	return n, nil
}

// significant reads the next byte that is not white space.
func significant(r *bufio.Reader) (byte, error) {
	for {
		c, err := r.ReadByte()
		if err != nil || !isSpace(int(c)) {
			return c, err
		}
	}
}

// newHexReader decodes ASCIIHexDecode (7.4.2).
func newHexReader(r io.Reader) io.Reader {
	in := bufio.NewReader(r)
	var out [1]byte
	return &pieces{next: func() ([]byte, error) {
		hi, end, err := hexDigitOf(in)
		if err != nil {
			return nil, err
		}
		if end {
			return nil, io.EOF
		}
		lo, end, err := hexDigitOf(in)
		if err != nil {
			return nil, err
		}
		out[0] = byte(hi<<4 | lo)
		if end {
			return out[:], io.EOF
		}
		return out[:], nil
	}}
}

// hexDigitOf reads a digit; end is the mark > or, as everybody bears, the end of the data.
func hexDigitOf(r *bufio.Reader) (digit int, end bool, err error) {
	c, err := significant(r)
	if err == io.EOF || err == nil && c == '>' {
		return 0, true, nil
	}
	if err != nil {
		return 0, false, err
	}
	if digit = hexDigit(int(c)); digit < 0 {
		return 0, false, fail(CodeFilterData, -1)
	}
	return digit, false, nil
}

// newASCII85 decodes ASCII85Decode (7.4.3).
func newASCII85(r io.Reader) io.Reader {
	in := bufio.NewReader(r)
	var out [4]byte
	return &pieces{next: func() ([]byte, error) {
		value, n, err := group85(in)
		if err != nil || n == 0 {
			return nil, orEOF(err)
		}
		for i := range out {
			out[i] = byte(value >> (24 - 8*i))
		}
		if n < 5 {
			return out[:n-1], io.EOF
		}
		return out[:], nil
	}}
}

func orEOF(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}

// group85 reads up to five digits; less than five end the data.
func group85(r *bufio.Reader) (uint32, int, error) {
	value := uint64(0)
	n := 0
	for ; n < 5; n++ {
		c, err := significant(r)
		if err == io.EOF || err == nil && c == '~' {
			break
		}
		if err != nil {
			return 0, 0, err
		}
		if c == 'z' && n == 0 {
			return 0, 5, nil
		}
		if c < '!' || c > 'u' {
			return 0, 0, fail(CodeFilterData, -1)
		}
		value = value*85 + uint64(c-'!')
	}
	for i := n; n > 0 && i < 5; i++ {
		value = value*85 + 84
	}
	if n == 1 || value > 1<<32-1 {
		return 0, 0, fail(CodeFilterData, -1)
	}
	return uint32(value), n, nil
}

// newRunLength decodes RunLengthDecode (7.4.5).
func newRunLength(r io.Reader) io.Reader {
	in := bufio.NewReader(r)
	var out [128]byte
	return &pieces{next: func() ([]byte, error) {
		length, err := in.ReadByte()
		if err != nil || length == 128 {
			return nil, orEOF(err)
		}
		if length < 128 {
			n, err := io.ReadFull(in, out[:int(length)+1])
			if err != nil {
				return nil, io.ErrUnexpectedEOF
			}
			return out[:n], nil
		}
		c, err := in.ReadByte()
		if err != nil {
			return nil, unexpected(err)
		}
		run := out[:257-int(length)]
		for i := range run {
			run[i] = c
		}
		return run, nil
	}}
}
