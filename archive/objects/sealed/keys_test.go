package sealed_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"congvan/archive/objects/sealed"
)

func TestKeysAreSavedAndLoaded(t *testing.T) {
	keys := sealed.NewKeys(time.Now())
	keys.Rotate(time.Now())
	path := filepath.Join(t.TempDir(), "keys")
	if err := keys.Save(path); err != nil {
		t.Fatal(err)
	}
	got, err := sealed.LoadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	var one, two bytes.Buffer
	if err := errors.Join(keys.Write(&one), got.Write(&two)); err != nil || one.String() != two.String() {
		t.Errorf("loaded, the keys differ: %v", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := sealed.LoadKeys(path); !errors.Is(err, sealed.ErrKeyFile) {
		t.Errorf("a file that others may read gives %v, want ErrKeyFile", err)
	}
	shown := fmt.Sprintf("%v %+v %#v %s", keys, keys, keys, keys)
	for line := range strings.Lines(one.String()) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[0] != "#" && strings.Contains(shown, fields[len(fields)-1]) {
			t.Errorf("a secret is shown: %s", shown)
		}
	}
	if err := keys.Retire(keys.Current()); err == nil {
		t.Error("the key in use can be retired")
	}
}

// TestATypingErrorIsFound changes each character of a key file.
func TestATypingErrorIsFound(t *testing.T) {
	var file bytes.Buffer
	if err := sealed.NewKeys(time.Now()).Write(&file); err != nil {
		t.Fatal(err)
	}
	sound := file.String()
	number := 0
	for line := range strings.Lines(sound) {
		start := number
		number += len(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		for at := start; at < number-1; at++ {
			if sound[at] == ' ' || strings.HasPrefix(line, "key") && at-start >= 21 && at-start < 41 { // a date may be any
				continue
			}
			typed := []byte(sound)
			typed[at] = '0' + (typed[at]-'0'+1)%10
			if _, err := sealed.ReadKeys(bytes.NewReader(typed)); !errors.Is(err, sealed.ErrKeyFile) {
				t.Errorf("%q typed at %d gives %v, want ErrKeyFile", typed[at], at-start, err)
			}
		}
	}
	for _, short := range []string{"", "congvan-keys 1\n", strings.Join(strings.SplitAfter(sound, "\n")[:4], "")} {
		if _, err := sealed.ReadKeys(strings.NewReader(short)); !errors.Is(err, sealed.ErrKeyFile) {
			t.Errorf("a file of %d bytes gives %v, want ErrKeyFile", len(short), err)
		}
	}
}

func FuzzReadKeys(f *testing.F) {
	var file bytes.Buffer
	if err := sealed.NewKeys(time.Unix(0, 0)).Write(&file); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := sealed.ReadKeys(bytes.NewReader(data))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := keys.Write(&again); err != nil {
			t.Fatal(err)
		}
		if _, err := sealed.ReadKeys(&again); err != nil {
			t.Errorf("what Write wrote is not read: %v", err)
		}
	})
}
