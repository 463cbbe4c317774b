package sealed

import (
	"bytes"
	"io"
)

// resealed makes a blob's sealed bytes again from its plain ones: the same key, numbers and
// envelope give the same bytes. It can be read from its start, as often as asked.
type resealed struct {
	entry
	content io.ReadSeeker
	sealing *sealing
	ready   bytes.Buffer // sealed and not yet read
	over    bool
}

// Seek implements io.Seeker, for the start alone.
func (r *resealed) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekStart {
		return 0, errOffset
	}
	if _, err := r.content.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	r.ready.Reset()
	r.sealing, r.over = newSealing(r.key, &r.ready), false
	return 0, nil
}

// Read implements io.Reader.
func (r *resealed) Read(p []byte) (int, error) {
	if r.sealing == nil {
		if _, err := r.Seek(0, io.SeekStart); err != nil {
			return 0, err
		}
	}
	for r.ready.Len() == 0 {
		if r.over {
			return 0, io.EOF
		}
		if err := r.more(); err != nil {
			return 0, err
		}
	}
	return r.ready.Read(p)
}

// more seals the next piece of the content.
func (r *resealed) more() error {
	_, err := io.CopyN(r.sealing, r.content, chunkSize)
	if err != io.EOF {
		return err
	}
	if err := r.sealing.finish(); err != nil {
		return err
	}
	r.ready.Write(r.first)
	r.over = true
	return nil
}
