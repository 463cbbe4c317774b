package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"congvan/cmd/congvan/signing"
	"congvan/signer"
)

// waiting is a signed file whose signature is to be raised when a time stamp can be had.
// Each stands in a file of its own in the queue's folder.
type waiting struct {
	File    string          `json:"file"` // absolute
	Level   signer.Level    `json:"level"`
	Since   time.Time       `json:"since"`
	Tries   int             `json:"tries"`
	Last    time.Time       `json:"last,omitzero"` // when it was tried last
	Reasons []signer.Reason `json:"reasons"`       // why it waits
}

// raised is what became of one that waited.
type raised struct {
	waiting
	Done bool `json:"done"`
}

// enqueue puts a file in a queue; one that waits already takes the new level.
func enqueue(dir, file string, level signer.Level, why []signer.Reason) error {
	path, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return writeJSON(placeOf(dir, path), waiting{File: path, Level: level, Since: time.Now().UTC().Truncate(time.Second), Reasons: why})
}

// placeOf is where a file stands in the queue.
func placeOf(dir, path string) string {
	name := sha256.Sum256([]byte(path))
	return filepath.Join(dir, hex.EncodeToString(name[:16])+".json")
}

// raiseQueue raises all that waits: what is done leaves the queue, what fails stays there
// with its reason. Exit status 1 when something stays.
func raiseQueue(ctx context.Context, t *terminal, s *signing.Signing, dir string) error {
	release, err := lockFolder(dir)
	if err != nil {
		return err
	}
	defer release()
	places, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return err
	}
	left := 0
	for _, place := range places {
		r, err := raiseWaiting(ctx, s, place)
		if err != nil {
			return err
		}
		if !r.Done {
			left++
		}
		if err := t.print(r, func() { t.raised(r) }); err != nil {
			return err
		}
	}
	if left > 0 {
		return exitStatus(exitFindings)
	}
	return nil
}

func (t *terminal) raised(r raised) {
	if r.Done {
		t.say("%s: đã đạt mức (reached) %s", plain(r.File), r.Level)
		return
	}
	t.say("%s: còn chờ (still waiting) %s, lần thử (try) %d", plain(r.File), r.Level, r.Tries)
	t.reasons("  ", r.Reasons)
}

// raiseWaiting tries one. The signed file is replaced at once by the raised one, which
// begins with all of its bytes. The error is that of the queue itself.
func raiseWaiting(ctx context.Context, s *signing.Signing, place string) (raised, error) {
	var w waiting
	if err := readJSON(place, &w); err != nil {
		return raised{}, err
	}
	err := raiseInPlace(ctx, s, w)
	if err == nil {
		return raised{w, true}, os.Remove(place)
	}
	if ctx.Err() != nil {
		return raised{}, ctx.Err()
	}
	w.Tries, w.Last, w.Reasons = w.Tries+1, time.Now().UTC().Truncate(time.Second), reasonsOf(err)
	return raised{w, false}, writeJSON(place, w)
}

func raiseInPlace(ctx context.Context, s *signing.Signing, w waiting) error {
	src, err := openSource(w.File, "")
	if err != nil {
		return err
	}
	defer src.Close()
	return writeWhole(w.File, src.info.Mode().Perm(), func(out io.Writer) error {
		return raise(ctx, s, src, out, w.Level)
	})
}

// reasonsOf gives the reasons of any error.
func reasonsOf(err error) []signer.Reason {
	if all, _ := explain(err); len(all) > 0 {
		return all
	}
	if errors.Is(err, os.ErrNotExist) {
		return []signer.Reason{{Code: "file-gone", Vi: "Tệp đã ký không còn ở chỗ cũ.", En: "The signed file is not where it was."}}
	}
	return []signer.Reason{{Code: "failed", Vi: "Không nâng mức được: " + err.Error() + ".", En: "It could not be raised: " + err.Error() + "."}}
}

// lockFolder keeps two commands from working on one queue at once.
func lockFolder(dir string) (release func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("%w: %w", errBusy, err)
	}
	return func() { f.Close() }, nil
}
