package sealed

import (
	"bufio"
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// KeyID names a key: the first 8 bytes of its SHA-256, so that a key typed from paper with an
// error is not taken for another.
type KeyID [8]byte

// String is the id in hexadecimal.
func (id KeyID) String() string { return hex.EncodeToString(id[:]) }

// Keys are a store's secrets: one that names are made with, for good, and the keys that wrap each
// object's own key, of which the last one made is used for what is written.
//
// Losing them loses everything that was sealed. They are kept in a file of lines that a person can
// print and type, and their copy belongs in a safe, not in the store.
type Keys struct {
	names [32]byte
	keys  []key // oldest first
}

type key struct {
	id     KeyID
	made   time.Time // UTC
	secret [32]byte
}

var (
	// ErrNoKey: the key that an object was sealed with is not in the key file; put it back.
	ErrNoKey = errors.New("sealed: the key is not in the key file")
	// ErrKeyFile: the key file cannot be used as it is; its text says which line.
	ErrKeyFile = errors.New("sealed: unusable key file")
)

// NewKeys makes keys from the system's randomness.
func NewKeys(now time.Time) *Keys {
	k := new(Keys)
	rand.Read(k.names[:])
	k.Rotate(now)
	return k
}

// Rotate adds a key that everything written from now on is sealed with. Save the keys before
// they are used.
func (k *Keys) Rotate(now time.Time) KeyID {
	var secret [32]byte
	rand.Read(secret[:])
	k.keys = append(k.keys, newKey(secret, now))
	return k.Current()
}

func newKey(secret [32]byte, made time.Time) key {
	sum := sha256.Sum256(secret[:])
	return key{id: KeyID(sum[:8]), made: made.UTC().Truncate(time.Second), secret: secret}
}

// Retire forgets a key. What is sealed with it alone cannot be read any more: see Store.Rewrap.
// The current key stays.
func (k *Keys) Retire(id KeyID) error {
	at := slices.IndexFunc(k.keys, func(one key) bool { return one.id == id })
	if at < 0 {
		return fmt.Errorf("%w: %s", ErrNoKey, id)
	}
	if at == len(k.keys)-1 {
		return fmt.Errorf("sealed: key %s is the one in use", id)
	}
	k.keys = slices.Delete(k.keys, at, at+1)
	return nil
}

// Current is the key that is used for writing.
func (k *Keys) Current() KeyID { return k.keys[len(k.keys)-1].id }

// namesID names the names' secret as a KeyID does a key.
func (k *Keys) namesID() KeyID { return newKey(k.names, time.Time{}).id }

// IDs lists all keys, oldest first.
func (k *Keys) IDs() []KeyID {
	var all []KeyID
	for _, one := range k.keys {
		all = append(all, one.id)
	}
	return all
}

// String leaves the secrets out.
func (k *Keys) String() string { return fmt.Sprintf("keys %v", k.IDs()) }

// GoString leaves the secrets out.
func (k *Keys) GoString() string { return k.String() }

// derived gives a key's key for one purpose.
func (k *Keys) derived(id KeyID, purpose string) ([]byte, error) {
	at := slices.IndexFunc(k.keys, func(one key) bool { return one.id == id })
	if at < 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoKey, id)
	}
	return hkdf.Key(sha256.New, k.keys[at].secret[:], nil, "congvan sealed "+purpose, 32)
}

// The file: a first line, the names' secret, then a key a line. Lines that start with # are for
// people.
const (
	keysHead = "congvan-keys 1"
	maxKeys  = 10_000
	maxBytes = 4 << 20
)

// Write gives the file's lines.
func (k *Keys) Write(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintln(&b, keysHead)
	fmt.Fprintln(&b, "# Bí mật: ai có tệp này đọc được mọi văn bản; mất tệp này là mất mọi văn bản. Giữ một bản in trong két.")
	fmt.Fprintln(&b, "# Secret: who has this file reads every document; who loses it loses them all. Keep a print in a safe.")
	fmt.Fprintf(&b, "names %s %x\n", k.namesID(), k.names)
	for _, one := range k.keys {
		fmt.Fprintf(&b, "key %s %s %x\n", one.id, one.made.Format(time.RFC3339), one.secret)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// ReadKeys reads what Write wrote. ErrKeyFile.
func ReadKeys(r io.Reader) (*Keys, error) {
	lines := bufio.NewScanner(io.LimitReader(r, maxBytes))
	k, number, named := new(Keys), 0, false
	for lines.Scan() {
		number++
		fields := strings.Fields(lines.Text())
		switch {
		case number == 1:
			if strings.Join(fields, " ") != keysHead {
				return nil, fmt.Errorf("%w: the first line is not %q", ErrKeyFile, keysHead)
			}
		case len(fields) == 0 || strings.HasPrefix(fields[0], "#"):
		case fields[0] == "names" && len(fields) == 3 && !named && k.readNames(fields):
			named = true
		case fields[0] == "key" && len(fields) == 4 && len(k.keys) < maxKeys && k.readKey(fields):
		default:
			return nil, fmt.Errorf("%w: line %d", ErrKeyFile, number)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	if !named || len(k.keys) == 0 {
		return nil, fmt.Errorf("%w: it is not complete", ErrKeyFile)
	}
	return k, nil
}

func (k *Keys) readNames(fields []string) bool {
	one, ok := readSecret(fields[1], fields[2])
	k.names = one.secret
	return ok
}

func (k *Keys) readKey(fields []string) bool {
	one, ok := readSecret(fields[1], fields[3])
	made, err := time.Parse(time.RFC3339, fields[2])
	one.made = made.UTC()
	for _, other := range k.keys {
		ok = ok && other.id != one.id
	}
	k.keys = append(k.keys, one)
	return ok && err == nil
}

// readSecret reads a secret and compares it with its id.
func readSecret(id, text string) (one key, ok bool) {
	data, err := hex.DecodeString(text)
	if err != nil || len(data) != len(one.secret) {
		return one, false
	}
	one = newKey([32]byte(data), time.Time{})
	return one, one.id.String() == id
}

// LoadKeys reads a key file. One that others may read is refused: ErrKeyFile.
func LoadKeys(path string) (*Keys, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("%w: others may read it (mode %#o, must be 0600)", ErrKeyFile, mode)
	}
	return ReadKeys(f)
}

// Save writes a key file, durably and in one step, readable by its owner alone.
func (k *Keys) Save(path string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".keys-*") // mode 0600
	if err != nil {
		return fmt.Errorf("save the keys: %w", err)
	}
	defer func() {
		f.Close()
		if err != nil {
			os.Remove(f.Name())
			err = fmt.Errorf("save the keys: %w", err)
		}
	}()
	if err := errors.Join(k.Write(f), f.Sync()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
