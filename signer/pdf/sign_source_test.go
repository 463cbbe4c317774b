package pdf

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// Layers read as the one file that they will be.
func TestLayersReadAsOneFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 40), 1, 5).Draw(t, "parts")
		l := &layers{src: bytes.NewReader(parts[0]), size: int64(len(parts[0]))}
		for _, p := range parts[1:] {
			l = l.with(p)
		}
		whole := bytes.Join(parts, nil)
		if l.Size() != int64(len(whole)) {
			t.Fatalf("size %d, want %d", l.Size(), len(whole))
		}
		off, n := rapid.IntRange(0, len(whole)+5).Draw(t, "off"), rapid.IntRange(0, 60).Draw(t, "n")
		got, want := make([]byte, n), make([]byte, n)
		m, err := l.ReadAt(got, int64(off))
		k, _ := bytes.NewReader(whole).ReadAt(want, int64(off))
		if m != k || !bytes.Equal(got, want) || (m < n && err != io.EOF) || (m == n && err != nil && err != io.EOF) {
			t.Fatalf("%d %v %q, want %d %q", m, err, got, k, want)
		}
	})
	if _, err := (&layers{src: bytes.NewReader(nil)}).ReadAt(make([]byte, 1), -1); err == nil || err == io.EOF {
		t.Errorf("negative offset: %v", err)
	}
}

// counting notes how much is read.
type counting struct {
	io.ReaderAt
	n int
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	c.n += len(p)
	return c.ReaderAt.ReadAt(p, off)
}

// However many digests are wanted, the source is read once for each algorithm.
func TestTheSourceIsHashedOnce(t *testing.T) {
	doc := bytes.Repeat([]byte("công văn "), 100_000)
	src := &counting{ReaderAt: bytes.NewReader(doc)}
	d := newDigests(src, int64(len(doc)))
	for _, tail := range []string{"", "a", "b"} {
		got, err := d.of(t.Context(), crypto.SHA256, []byte(tail), []byte("c"))
		check(t, err)
		want := sha256.Sum256([]byte(string(doc) + tail + "c"))
		if !bytes.Equal(got, want[:]) {
			t.Errorf("digest of the document and %q", tail)
		}
	}
	if src.n != len(doc) {
		t.Errorf("%d bytes were read of %d", src.n, len(doc))
	}
}

// torn gives an error beyond an offset.
type torn struct {
	io.ReaderAt
	from int64
}

func (f torn) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.from {
		return 0, iotest.ErrTimeout
	}
	return f.ReaderAt.ReadAt(p, off)
}

func TestReadingFailuresAreTold(t *testing.T) {
	doc := bytes.Repeat([]byte{'x'}, 3*copyBuffer)
	size := int64(len(doc))
	if err := copyAll(t.Context(), io.Discard, torn{bytes.NewReader(doc), size - 1}, size); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("failing source: %v", err)
	}
	if err := copyAll(t.Context(), io.Discard, bytes.NewReader(doc), size+1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("short source: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := copyAll(ctx, io.Discard, bytes.NewReader(doc), size); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
