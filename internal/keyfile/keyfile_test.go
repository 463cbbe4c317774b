package keyfile

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func random() ([]byte, error) { return []byte(rand.Text()), nil }

func TestLoadMakesOnceAndKeeps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	first, err := Load(path, random)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load(path, func() ([]byte, error) { return nil, errors.New("made again") })
	if err != nil || !bytes.Equal(first, again) {
		t.Fatalf("second load: %q, %v; want %q", again, err, first)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v; want 0600", info.Mode(), err)
	}
}

func TestLoadTogetherGivesOneKey(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	got := make([][]byte, 16)
	for i := range got {
		wg.Go(func() {
			var err error
			if got[i], err = Load(filepath.Join(dir, "key"), random); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, g := range got {
		if len(g) == 0 || !bytes.Equal(g, got[0]) {
			t.Fatalf("keys differ: %q and %q", g, got[0])
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Fatalf("left behind: %v", left)
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, size int, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, path := range map[string]string{
		"group may read":  put("group", 32, 0o640),
		"others may read": put("others", 32, 0o604),
		"too long":        put("long", maxSize+1, 0o600),
		"a directory":     dir,
		"no directory":    filepath.Join(dir, "absent", "key"),
	} {
		if data, err := Load(path, random); err == nil {
			t.Errorf("%s: loaded %d bytes", name, len(data))
		}
	}
	if _, err := Load(filepath.Join(dir, "group"), random); !errors.Is(err, ErrLoose) {
		t.Errorf("group may read: %v; want ErrLoose", err)
	}
}
