package syntax

import (
	"bytes"
	"io"
)

// Traces counts what looks like signatures in a file that cannot be opened.
type Traces struct {
	Fields     int // /FT /Sig
	Signatures int // /Type /Sig or /Type /DocTimeStamp
	ByteRanges int // /ByteRange
}

// Count is how many signatures the file seems to bear: the most that any trace tells.
func (t Traces) Count() int { return max(t.Fields, t.Signatures, t.ByteRanges) }

// ScanSignatures looks through the bytes of a file for traces of signatures, so that a
// verifier can tell "none of two could be verified" of a file that [Open] refuses. It
// knows no structure: it sees superseded copies, and nothing that is compressed. Only
// limit bytes are read, from the beginning and from the end where the file is larger; 0 is
// for 256 MiB.
func ScanSignatures(r io.ReaderAt, size, limit int64) (Traces, error) {
	if limit == 0 {
		limit = 256 << 20
	}
	if size <= limit {
		return scan(io.NewSectionReader(r, 0, size))
	}
	head, err := scan(io.NewSectionReader(r, 0, limit/2))
	if err != nil {
		return head, err
	}
	tail, err := scan(io.NewSectionReader(r, size-limit/2, limit/2))
	return Traces{head.Fields + tail.Fields, head.Signatures + tail.Signatures, head.ByteRanges + tail.ByteRanges}, err
}

// scanOverlap is kept of a piece so that what lies across its end is seen.
const scanOverlap = 64

func scan(r io.Reader) (t Traces, err error) {
	buf := make([]byte, 64<<10)
	kept := 0
	for {
		n, err := io.ReadFull(r, buf[kept:])
		n += kept
		last := err != nil
		if last && !ended(err) {
			return t, failBecause(CodeRead, -1, err)
		}
		end := n
		if !last {
			end = n - scanOverlap
		}
		t.count(buf[:n], end)
		if last {
			return t, nil
		}
		kept = copy(buf, buf[end:n])
	}
}

// count adds the traces that start before end.
func (t *Traces) count(b []byte, end int) {
	for at := 0; at < end; {
		i := bytes.IndexByte(b[at:end], '/')
		if i < 0 {
			return
		}
		at += i
		t.look(b[at:])
		at++
	}
}

func (t *Traces) look(b []byte) {
	switch {
	case startsName(b, "/ByteRange"):
		t.ByteRanges++
	case pair(b, "/FT", "/Sig"):
		t.Fields++
	case pair(b, "/Type", "/Sig"), pair(b, "/Type", "/DocTimeStamp"):
		t.Signatures++
	}
}

func startsName(b []byte, name string) bool {
	return bytes.HasPrefix(b, []byte(name)) && (len(b) == len(name) || !isRegular(int(b[len(name)])))
}

// pair says whether a key and a name follow each other.
func pair(b []byte, key, name string) bool {
	if !startsName(b, key) {
		return false
	}
	b = b[len(key):]
	for len(b) > 0 && isSpace(int(b[0])) {
		b = b[1:]
	}
	return startsName(b, name)
}
