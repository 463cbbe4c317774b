package xmlsig

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// FromOriginal gives the payloads of a message whose original bytes are at hand their
// texts: sections of the original, between the stretches of the skeleton. It reads the
// original once, to find where each text ends, and holds the skeleton against it.
//
// It serves where the text cannot be made again from the decoded octets.
func FromOriginal(original io.ReaderAt, size int64, skeleton []byte, payloads []Payload) (Message, error) {
	m := (&Signed{Skeleton: skeleton}).Message(payloads)
	from, at := int64(0), int64(0) // in the skeleton, in the original
	for i := range m.Payloads {
		p := &m.Payloads[i]
		if p.Offset < from || p.Offset > int64(len(skeleton)) {
			return Message{}, fmt.Errorf("xmlsig: payload %d lies outside the skeleton", i)
		}
		if err := sameBytes(original, at, skeleton[from:p.Offset]); err != nil {
			return Message{}, err
		}
		at += p.Offset - from
		from = p.Offset
		n, err := textLength(io.NewSectionReader(original, at, size-at))
		if err != nil {
			return Message{}, err
		}
		start := at
		p.Text = func() (io.ReadCloser, error) { return io.NopCloser(io.NewSectionReader(original, start, n)), nil }
		at += n
	}
	if size-at != int64(len(skeleton))-from {
		return Message{}, errOriginal
	}
	return m, sameBytes(original, at, skeleton[from:])
}

var errOriginal = errors.New("xmlsig: the skeleton is not that of the original")

func sameBytes(original io.ReaderAt, at int64, want []byte) error {
	got := make([]byte, len(want))
	if n, err := original.ReadAt(got, at); n < len(want) {
		return fmt.Errorf("%w: %w", errOriginal, err)
	}
	if !bytes.Equal(got, want) {
		return errOriginal
	}
	return nil
}

// textLength measures the text up to the next tag.
func textLength(r io.Reader) (n int64, err error) {
	buf := make([]byte, 64<<10)
	for {
		got, err := r.Read(buf)
		if i := bytes.IndexByte(buf[:got], '<'); i >= 0 {
			return n + int64(i), nil
		}
		n += int64(got)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, fmt.Errorf("xmlsig: read original: %w", err)
		}
	}
}
