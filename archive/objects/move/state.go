package move

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Phase is how far a move has come.
type Phase string

// The phases, in order.
const (
	Copying Phase = "copying" // what was there before is being copied
	Ready   Phase = "ready"   // both stores hold the same
	Over    Phase = "over"    // the new store is the only one
)

// Progress is what a person may want to know of a move.
type Progress struct {
	Phase   Phase
	Started time.Time
	Objects int   // copied, or found copied, in all runs
	Bytes   int64 // of those copied in this run
	Failed  int   // objects of this run that could not be copied and wait for the next
}

// state is the progress on disk: a small file for the phase, and the cursor, which is 16 bytes of
// the hash of each object's key that has been copied; stores list in no order, so that no single
// key could say how far a listing has come. What of the cursor is lost in a crash is copied, or
// found copied, once more.
type state struct {
	Phase   Phase     `json:"phase"`
	Started time.Time `json:"started"`

	folder string
	mu     sync.Mutex
	moved  map[[16]byte]struct{}
	cursor *os.File
	buffer *bufio.Writer
}

const (
	stateName  = "move.json"
	cursorName = "moved"
	stateSize  = 64 << 10
)

func openState(folder string, now time.Time) (*state, error) {
	s := &state{Phase: Copying, Started: now.UTC(), folder: folder, moved: map[[16]byte]struct{}{}}
	data, err := os.ReadFile(filepath.Join(folder, stateName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = s.save(Copying)
	case err == nil && len(data) < stateSize:
		err = json.Unmarshal(data, s)
	}
	if err != nil {
		return nil, err
	}
	if s.Phase != Copying && s.Phase != Ready && s.Phase != Over {
		return nil, fmt.Errorf("the move's state says %q", s.Phase)
	}
	if s.cursor, err = os.OpenFile(filepath.Join(folder, cursorName), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, err
	}
	if err := s.load(); err != nil {
		s.cursor.Close()
		return nil, err
	}
	return s, nil
}

// load reads the cursor, and cuts off half an entry.
func (s *state) load() error {
	r := bufio.NewReader(s.cursor)
	for {
		var one [16]byte
		_, err := io.ReadFull(r, one[:])
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return err
		}
		s.moved[one] = struct{}{}
	}
	if _, err := s.cursor.Seek(int64(len(s.moved))*16, io.SeekStart); err != nil {
		return err
	}
	s.buffer = bufio.NewWriterSize(s.cursor, 16<<10)
	return s.cursor.Truncate(int64(len(s.moved)) * 16)
}

func cursorOf(key string) [16]byte {
	sum := sha256.Sum256([]byte(key))
	return [16]byte(sum[:16])
}

func (s *state) has(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, found := s.moved[cursorOf(key)]
	return found
}

func (s *state) add(key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := cursorOf(key)
	if _, found := s.moved[one]; found {
		return nil
	}
	s.moved[one] = struct{}{}
	_, err := s.buffer.Write(one[:])
	return err
}

func (s *state) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.moved)
}

func (s *state) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.Flush()
}

// save writes the phase, durably and in one step.
func (s *state) save(p Phase) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, err := json.Marshal(&state{Phase: p, Started: s.Started})
	if err != nil {
		return err
	}
	name := filepath.Join(s.folder, stateName)
	if err := write(name+".new", data); err != nil {
		return err
	}
	if err := os.Rename(name+".new", name); err != nil {
		return err
	}
	dir, err := os.Open(s.folder)
	if err != nil {
		return err
	}
	defer dir.Close()
	s.Phase = p
	return dir.Sync()
}

func write(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

func (s *state) phase() Phase {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Phase
}

func (s *state) close() error { return errors.Join(s.flush(), s.cursor.Close()) }
