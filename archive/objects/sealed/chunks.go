package sealed

import (
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"

	"congvan/archive/objects"
)

// A blob's bytes are cut into chunks of 64 KiB, each sealed by itself with ChaCha20-Poly1305 under
// the blob's own key. The nonce is the chunk's number and whether it is the last (the STREAM
// construction): a chunk that is flipped, moved, left out or cut off does not open. The last chunk
// may be shorter; of an empty blob it is empty. After it comes the envelope.
const (
	chunkSize   = 64 << 10
	overhead    = chacha20poly1305.Overhead
	sealedChunk = chunkSize + overhead
	lost        = -2 // no chunk's number, nor one before it
	readAhead   = 16 // chunks that one ReadAt asks the store beneath for at a time
)

// chunks is how many chunks hold that many bytes.
func chunks(size int64) int64 { return max(1, (size+chunkSize-1)/chunkSize) }

// sealedSize is how long the sealed bytes are, with the envelope.
func sealedSize(size int64) int64 { return size + chunks(size)*overhead + envelopeSize }

func nonce(number int64, last bool) []byte {
	n := make([]byte, chacha20poly1305.NonceSize)
	binary.BigEndian.PutUint64(n[3:11], uint64(number))
	if last {
		n[11] = 1
	}
	return n
}

func newCipher(key [32]byte) cipher.AEAD {
	aead, err := chacha20poly1305.New(key[:])
	if err != nil {
		panic(err) // of a key of 32 bytes there is nothing to complain
	}
	return aead
}

// plain is the content of a sealed blob. Every chunk is proven before a byte of it is given out.
type plain struct {
	beneath objects.Reader
	aead    cipher.AEAD
	size    int64
	at      int64
	number  int64  // of the chunk that is open; lost: none, and the reading beneath is anywhere
	open    []byte // its bytes
	buffer  []byte
}

func newPlain(beneath objects.Reader, l letter) *plain {
	return &plain{beneath: beneath, aead: newCipher(l.key), size: l.size, number: -1}
}

// Read implements io.Reader: in order over one reading of the store beneath.
func (p *plain) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if p.at >= p.size {
		if p.size > 0 {
			return 0, io.EOF
		}
		if err := p.turnTo(0); err != nil { // an empty blob is proven by its empty chunk
			return 0, err
		}
		return 0, io.EOF
	}
	if err := p.turnTo(p.at / chunkSize); err != nil {
		return 0, err
	}
	n := copy(b, p.open[p.at%chunkSize:])
	p.at += int64(n)
	return n, nil
}

// turnTo opens a chunk.
func (p *plain) turnTo(number int64) error {
	if p.number == number {
		return nil
	}
	if p.number+1 != number {
		if _, err := p.beneath.Seek(number*sealedChunk, io.SeekStart); err != nil {
			return err
		}
	}
	if p.buffer == nil {
		p.buffer = make([]byte, min(sealedChunk, p.size+overhead))
	}
	p.number = lost
	sealed := p.buffer[:p.length(number)]
	if _, err := io.ReadFull(p.beneath, sealed); err != nil {
		return missing(err)
	}
	var err error
	if p.open, err = p.unseal(number, sealed); err != nil {
		return err
	}
	p.number = number
	return nil
}

// length is how long a sealed chunk is.
func (p *plain) length(number int64) int64 {
	return min(chunkSize, p.size-number*chunkSize) + overhead
}

// unseal opens a chunk in its place.
func (p *plain) unseal(number int64, sealed []byte) ([]byte, error) {
	open, err := p.aead.Open(sealed[:0], nonce(number, number == chunks(p.size)-1), sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: chunk %d", objects.ErrCorrupt, number)
	}
	return open, nil
}

// missing tells sealed bytes that end too early from a store that cannot be read.
func missing(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: the sealed bytes end too early", objects.ErrCorrupt)
	}
	return err
}

var errOffset = fmt.Errorf("sealed: offset before the start of the blob")

// ReadAt implements io.ReaderAt.
func (p *plain) ReadAt(b []byte, offset int64) (n int, err error) {
	if offset < 0 {
		return 0, errOffset
	}
	if offset >= p.size {
		return 0, io.EOF
	}
	short := int64(len(b)) > p.size-offset
	b = b[:min(int64(len(b)), p.size-offset)]
	var buffer []byte
	for n < len(b) {
		from := offset + int64(n)
		first, last := from/chunkSize, (offset+int64(len(b))-1)/chunkSize
		last = min(last, first+readAhead-1)
		if want := (last-first)*sealedChunk + p.length(last); int64(cap(buffer)) < want {
			buffer = make([]byte, want)
		} else {
			buffer = buffer[:want]
		}
		if got, err := p.beneath.ReadAt(buffer, first*sealedChunk); got < len(buffer) {
			return n, missing(err)
		}
		for number := first; number <= last; number++ {
			at := (number - first) * sealedChunk
			open, err := p.unseal(number, buffer[at:at+p.length(number)])
			if err != nil {
				return n, err
			}
			n += copy(b[n:], open[(offset+int64(n))%chunkSize:])
		}
	}
	if short {
		return n, io.EOF
	}
	return n, nil
}

// Seek implements io.Seeker.
func (p *plain) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += p.at
	case io.SeekEnd:
		offset += p.size
	}
	if offset < 0 {
		return 0, errOffset
	}
	p.at = offset
	return offset, nil
}

// Close implements io.Closer.
func (p *plain) Close() error { return p.beneath.Close() }

// sealing makes sealed bytes of plain ones.
type sealing struct {
	aead   cipher.AEAD
	to     io.Writer
	number int64
	open   []byte // of the chunk that is being filled
	sealed []byte
	size   int64
}

func newSealing(key [32]byte, to io.Writer) *sealing {
	return &sealing{aead: newCipher(key), to: to, open: make([]byte, 0, chunkSize)}
}

// Write implements io.Writer. A full chunk waits for the next byte: only then it is not the last.
func (s *sealing) Write(b []byte) (n int, err error) {
	for len(b) > 0 {
		if len(s.open) == chunkSize {
			if err := s.flush(false); err != nil {
				return n, err
			}
		}
		took := min(len(b), chunkSize-len(s.open))
		s.open = append(s.open, b[:took]...)
		b, n = b[took:], n+took
		s.size += int64(took)
	}
	return n, nil
}

func (s *sealing) flush(last bool) error {
	s.sealed = s.aead.Seal(s.sealed[:0], nonce(s.number, last), s.open, nil)
	s.number++
	s.open = s.open[:0]
	_, err := s.to.Write(s.sealed)
	return err
}

// finish seals the last chunk.
func (s *sealing) finish() error { return s.flush(true) }
