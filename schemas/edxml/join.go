package edxml

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
)

// Join writes the original message to w, byte for byte as it was split. open
// gives the decoded bytes of one attachment; it is called once for each, in
// order, and what it gives is closed.
//
// The whole is checked against its SHA-256 on the way; a difference is a *CorruptError
// (ErrCorrupt) that names the damaged attachment, found by reading them again. It can
// only be known after bytes were written, so a caller must treat what was written
// before an error as void. With a zero SHA256, as AddTrace leaves it, each
// attachment is checked instead.
func (s *Split) Join(w io.Writer, open func(index int) (io.ReadCloser, error)) error {
	if !s.Rebuildable {
		return ErrNotRebuildable
	}
	out := &hashed{w: w}
	whole := s.SHA256 != [32]byte{}
	if whole {
		out.hash = sha256.New()
	}
	j := joiner{split: s, out: bufio.NewWriterSize(out, int(min(max(s.Size, 4<<10), sourceBuffer))), open: open, verify: !whole}
	if err := j.run(); err != nil {
		return err
	}
	if err := j.out.Flush(); err != nil {
		return writeError(err)
	}
	err := out.check(s)
	if err != nil && whole {
		return s.blame(open, err)
	}
	return err
}

// blame finds the attachment whose bytes made the whole differ; it gives whole when none did.
func (s *Split) blame(open func(index int) (io.ReadCloser, error), whole error) error {
	for i, p := range s.Payloads {
		r, err := open(i)
		if err != nil {
			return whole
		}
		h := sha256.New()
		_, err = io.Copy(h, r)
		r.Close()
		if err != nil || [32]byte(h.Sum(nil)) != p.SHA256 {
			return &CorruptError{Part: fmt.Sprintf("payload %d", i), Reason: "SHA-256 differs"}
		}
	}
	return whole
}

// Reader gives what Join writes as a reader, for those who need one. Close it;
// a failure of Join is the reader's error.
func (s *Split) Reader(open func(index int) (io.ReadCloser, error)) io.ReadCloser {
	r, w := io.Pipe()
	go func() { w.CloseWithError(s.Join(w, open)) }()
	return r
}

// Text gives the base64 text of one attachment exactly as it stood in the message, white space
// included; open is as for Join. Close it; a failure is the reader's error.
func (s *Split) Text(index int, open func(index int) (io.ReadCloser, error)) io.ReadCloser {
	r, w := io.Pipe()
	go func() { w.CloseWithError(s.writeText(w, index, open)) }()
	return r
}

func (s *Split) writeText(w io.Writer, index int, open func(index int) (io.ReadCloser, error)) error {
	if !s.Rebuildable {
		return ErrNotRebuildable
	}
	if index < 0 || index >= len(s.Payloads) {
		return &CorruptError{Part: fmt.Sprintf("payload %d", index), Reason: "there is none"}
	}
	j := joiner{split: s, out: bufio.NewWriterSize(w, sourceBuffer), open: open, verify: true}
	if err := j.payload(index, s.Payloads[index]); err != nil {
		return err
	}
	if err := j.out.Flush(); err != nil {
		return writeError(err)
	}
	return nil
}

// JoinedSize gives how many bytes Join writes, from the parts alone. For a Split
// that SplitMessage or AddTrace made it equals Size.
func (s *Split) JoinedSize() (int64, error) {
	if !s.Rebuildable {
		return 0, ErrNotRebuildable
	}
	size := int64(len(s.Skeleton))
	for i, p := range s.Payloads {
		runs, err := p.runs(i)
		if err != nil {
			return 0, err
		}
		added, _ := separators(runs)
		size += added + encodedLen(p.Size)
	}
	return size, nil
}

func encodedLen(n int64) int64 { return (n + 2) / 3 * 4 }

// runs reads the layout of payload i and checks that it fits its size.
func (p Payload) runs(i int) ([]run, error) {
	runs, ok := parseLayout(p.Layout)
	if _, covered := separators(runs); !ok || covered > encodedLen(p.Size) {
		return nil, &CorruptError{Part: fmt.Sprintf("layout %d", i), Reason: "not a layout of this attachment"}
	}
	return runs, nil
}

// hashed hashes and counts what passes.
type hashed struct {
	w    io.Writer
	hash hash.Hash // nil: only counted
	size int64
}

func (h *hashed) Write(b []byte) (int, error) {
	n, err := h.w.Write(b)
	h.size += int64(n)
	if h.hash != nil {
		h.hash.Write(b[:max(n, 0)])
	}
	return n, err
}

func (h *hashed) check(s *Split) error {
	if h.size != s.Size {
		return &CorruptError{Part: "message", Reason: fmt.Sprintf("%d bytes instead of %d", h.size, s.Size)}
	}
	if h.hash != nil && [32]byte(h.hash.Sum(nil)) != s.SHA256 {
		return &CorruptError{Part: "message", Reason: "SHA-256 differs"}
	}
	return nil
}

// joiner interleaves skeleton and payloads.
type joiner struct {
	split  *Split
	out    *bufio.Writer
	open   func(index int) (io.ReadCloser, error)
	verify bool
}

func (j *joiner) run() error {
	from := int64(0)
	for i, p := range j.split.Payloads {
		if p.Offset < from || p.Offset > int64(len(j.split.Skeleton)) {
			return &CorruptError{Part: "skeleton", Reason: fmt.Sprintf("payload %d is placed outside it", i)}
		}
		if _, err := j.out.Write(j.split.Skeleton[from:p.Offset]); err != nil {
			return writeError(err)
		}
		if err := j.payload(i, p); err != nil {
			return err
		}
		from = p.Offset
	}
	if _, err := j.out.Write(j.split.Skeleton[from:]); err != nil {
		return writeError(err)
	}
	return nil
}

// payload writes one attachment as it stood.
func (j *joiner) payload(i int, p Payload) error {
	runs, err := p.runs(i)
	if err != nil {
		return err
	}
	r, err := j.open(i)
	if err != nil {
		return fmt.Errorf("edxml: open attachment %d: %w", i, err)
	}
	defer r.Close()
	text, err := newSpread(j.out, runs)
	if err != nil {
		return writeError(err)
	}
	size, sum, err := encode(text, io.LimitReader(r, p.Size+1), p.Size, j.verify)
	switch {
	case err != nil:
		return err
	case size != p.Size:
		return &CorruptError{Part: fmt.Sprintf("payload %d", i), Reason: "its size differs"}
	case j.verify && sum != p.SHA256:
		return &CorruptError{Part: fmt.Sprintf("payload %d", i), Reason: "SHA-256 differs"}
	}
	return nil
}

// encode writes the bytes of r, about so many, as base64 and gives their number and, on
// request, SHA-256.
func encode(w io.Writer, r io.Reader, about int64, hashing bool) (size int64, sum [32]byte, err error) {
	h := sha256.New()
	in := make([]byte, min(decodeBuffer, (about/3+1)*3)) // whole quanta, with room to see the end
	text := make([]byte, base64.StdEncoding.EncodedLen(len(in)))
	for {
		n, rerr := io.ReadFull(r, in)
		if hashing {
			h.Write(in[:n])
		}
		size += int64(n)
		ended := errors.Is(rerr, io.EOF) || errors.Is(rerr, io.ErrUnexpectedEOF)
		if rerr != nil && !ended {
			return size, sum, fmt.Errorf("edxml: read attachment: %w", rerr)
		}
		base64.StdEncoding.Encode(text, in[:n])
		if _, err := w.Write(text[:base64.StdEncoding.EncodedLen(n)]); err != nil {
			return size, sum, writeError(err)
		}
		if ended {
			h.Sum(sum[:0])
			return size, sum, nil
		}
	}
}

func writeError(err error) error { return fmt.Errorf("edxml: write message: %w", err) }
