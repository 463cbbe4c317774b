package syntax

import "io"

const (
	blockSize  = 4 << 10
	blockRoom  = 128 * blockSize
	notAnyByte = -1
)

// source reads a file in blocks and remembers the last ones.
type source struct {
	r      io.ReaderAt
	size   int64
	blocks *lru[int64, []byte]
}

func newSource(r io.ReaderAt, size int64) *source {
	return &source{r, size, newLRU[int64, []byte](blockRoom)}
}

// block gives the block that an offset inside the file lies in, and where it starts.
func (s *source) block(offset int64) (data []byte, start int64, err error) {
	start = offset - offset%blockSize
	if data, ok := s.blocks.get(start); ok {
		return data, start, nil
	}
	data = make([]byte, min(blockSize, s.size-start))
	if err := s.read(data, start); err != nil {
		return nil, 0, err
	}
	s.blocks.put(start, data, blockSize)
	return data, start, nil
}

// read fills data from an offset, past the blocks.
func (s *source) read(data []byte, offset int64) error {
	if n, err := s.r.ReadAt(data, offset); n < len(data) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return failBecause(CodeRead, offset+int64(n), err)
	}
	return nil
}

// section reads [offset, offset+length), which lies inside the file.
func (s *source) section(offset, length int64) io.Reader {
	return &sectionReader{s, offset, offset + length}
}

// sectionReader is io.SectionReader that tells a file that became shorter from the end
// of the section.
type sectionReader struct {
	src     *source
	at, end int64
}

func (r *sectionReader) Read(p []byte) (int, error) {
	if r.at >= r.end {
		return 0, io.EOF
	}
	if len(p) >= blockSize {
		return r.direct(p[:min(int64(len(p)), r.end-r.at)])
	}
	b, start, err := r.src.block(r.at)
	if err != nil {
		return 0, err
	}
	b = b[r.at-start:]
	n := copy(p, b[:min(int64(len(b)), r.end-r.at)])
	r.at += int64(n)
	return n, nil
}

// direct reads large pieces past the blocks, which are for what is used again.
func (r *sectionReader) direct(p []byte) (int, error) {
	if err := r.src.read(p, r.at); err != nil {
		return 0, err
	}
	r.at += int64(len(p))
	return len(p), nil
}

// ReadByte makes decompressors read no further than they need.
func (r *sectionReader) ReadByte() (byte, error) {
	if r.at >= r.end {
		return 0, io.EOF
	}
	b, start, err := r.src.block(r.at)
	if err != nil {
		return 0, err
	}
	c := b[r.at-start]
	r.at++
	return c, nil
}
