package trust

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Store is the list of certificates that are believed. It may be used concurrently, and
// notices when another process changes the list.
type Store struct {
	path   string // empty: in memory
	pinned string

	mu      sync.Mutex
	now     *snapshot
	stamp   string    // of the files that the snapshot was read from
	checked time.Time // when that was last compared
	err     error     // of the last reading; then nothing is believed
}

// snapshot is the list at one moment; it never changes.
type snapshot struct {
	entries   []Entry
	bySubject map[string][]*Entry
	byRaw     map[string]*Entry
	signed    bool
	sequence  int64
}

func newSnapshot(entries []Entry) *snapshot {
	s := &snapshot{entries: entries, bySubject: map[string][]*Entry{}, byRaw: map[string]*Entry{}}
	for i := range entries {
		e := &entries[i]
		subject := string(e.Certificate.RawSubject)
		s.bySubject[subject] = append(s.bySubject[subject], e)
		s.byRaw[string(e.Certificate.Raw)] = e
	}
	return s
}

// StoreOption changes how a Store is opened.
type StoreOption func(*Store)

// PinKey demands that the list is signed with the key of this KeyID, so that not even
// who can replace every file of the folder can replace the list.
func PinKey(id string) StoreOption { return func(s *Store) { s.pinned = strings.ToLower(id) } }

// OpenStore opens the list of a folder, DIR/trust.json. A folder without one is read as
// certificates: each in a file *.pem, *.crt, *.cer, *.der, *.p7b or *.p7c is an anchor
// when it is self-issued, else an intermediate, for both uses. So is a single such file.
func OpenStore(path string, options ...StoreOption) (*Store, error) {
	s := &Store{path: path}
	for _, o := range options {
		o(s)
	}
	if err := s.Reload(); err != nil {
		return nil, err
	}
	return s, nil
}

// CreateStore opens the list of a folder that is made when it is not there.
func CreateStore(dir string, options ...StoreOption) (*Store, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("trust: %w", err)
	}
	return OpenStore(dir, options...)
}

// NewStore makes a list in memory that cannot be changed.
func NewStore(entries ...Entry) *Store {
	for i := range entries {
		if len(entries[i].Uses) == 0 || entries[i].Role == "" {
			e := Terms{Role: entries[i].Role, Uses: entries[i].Uses}.entry(entries[i].Certificate, entries[i].Added)
			entries[i].Role, entries[i].Uses = e.Role, e.Uses
		}
	}
	return &Store{now: newSnapshot(slices.Clone(entries))}
}

// Reload reads the list again.
func (s *Store) Reload() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.path == "" {
		return nil
	}
	return s.reload()
}

func (s *Store) reload() error {
	s.stamp = stampOf(s.path)
	s.checked = time.Now()
	s.now, s.err = s.read()
	return s.err
}

func (s *Store) read() (*snapshot, error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return nil, fmt.Errorf("trust: %w", err)
	}
	if !info.IsDir() {
		entries, err := readFile(s.path)
		return newSnapshot(entries), err
	}
	entries, sequence, err := readList(s.path, s.pinned)
	if err == nil {
		snap := newSnapshot(entries)
		snap.signed, snap.sequence = true, sequence
		return snap, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", filepath.Join(s.path, listFile), err)
	}
	if s.pinned != "" || exists(filepath.Join(s.path, publicFile)) {
		return nil, fmt.Errorf("%w: %s is gone", ErrTampered, filepath.Join(s.path, listFile))
	}
	entries, err = readFolder(s.path)
	return newSnapshot(entries), err
}

// maxFiles bounds a folder that is read as certificates.
const maxFiles = 5000

func readFolder(dir string) (all []Entry, err error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("trust: %w", err)
	}
	if len(files) > maxFiles {
		return nil, fmt.Errorf("%w: %s has more than %d files", ErrInvalid, dir, maxFiles)
	}
	for _, f := range files {
		if !holdsCertificates(f.Name()) || f.IsDir() {
			continue
		}
		some, err := readFile(filepath.Join(dir, f.Name()))
		if errors.Is(err, ErrNoCertificates) { // a key, for example
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return merge(nil, all), nil
}

func holdsCertificates(name string) bool {
	return slices.Contains([]string{".pem", ".crt", ".cer", ".der", ".p7b", ".p7c"}, strings.ToLower(filepath.Ext(name)))
}

func readFile(path string) (all []Entry, err error) {
	data, err := readBounded(path, maxInput)
	if err != nil {
		return nil, err
	}
	certs, err := ReadCertificates(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, c := range certs {
		all = append(all, Terms{}.entry(c, time.Time{}))
	}
	return all, nil
}

// stampOf tells two states of a list or folder apart by times and sizes.
func stampOf(path string) string {
	var b strings.Builder
	for _, f := range []string{path, filepath.Join(path, listFile), filepath.Join(path, publicFile)} {
		if info, err := os.Stat(f); err == nil {
			fmt.Fprint(&b, info.ModTime().UnixNano(), info.Size(), ";")
		}
	}
	return b.String()
}

// notice is how long a change by another process may go unnoticed.
const notice = 2 * time.Second

// current gives the list as it is now. When it cannot be read any more nothing is
// believed, instead of what was there before.
func (s *Store) current() (*snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.path != "" && time.Since(s.checked) > notice {
		s.checked = time.Now()
		if stampOf(s.path) != s.stamp {
			s.reload() //nolint:errcheck // kept in s.err
		}
	}
	return s.now, s.err
}

// List gives all entries; nil when the list cannot be read.
func (s *Store) List() []Entry {
	now, err := s.current()
	if err != nil {
		return nil
	}
	return slices.Clone(now.entries)
}

// Signed says whether this is a signed list, and not a folder of certificates.
func (s *Store) Signed() bool {
	now, err := s.current()
	return err == nil && now.signed
}

// KeyID names the key that the list is signed with, for PinKey; empty where none is.
func (s *Store) KeyID() string {
	if s.path == "" {
		return ""
	}
	public, err := publicKey(s.path)
	if err != nil {
		return ""
	}
	return keyID(public)
}

// Add adds certificates on given terms; the terms of one that is there are replaced.
// The first Add to a folder makes the administrator's key and the signed list, in which
// the certificates that made up the folder are kept. It says how many were new.
func (s *Store) Add(certs []*x509.Certificate, t Terms) (added int, err error) {
	if err := t.check(); err != nil {
		return 0, err
	}
	if len(certs) == 0 {
		return 0, ErrNoCertificates
	}
	err = s.change(func(entries []Entry) ([]Entry, error) {
		fresh := make([]Entry, 0, len(certs))
		for _, c := range certs {
			fresh = append(fresh, t.entry(c, time.Now()))
		}
		all := merge(entries, fresh)
		added = len(all) - len(entries)
		return all, nil
	})
	return added, err
}

// merge adds entries, or puts them in the place of those for the same certificate.
func merge(entries, fresh []Entry) []Entry {
	all := slices.Clone(entries)
	at := map[string]int{}
	for i := range all {
		at[string(all[i].Certificate.Raw)] = i
	}
	for _, e := range fresh {
		if i, there := at[string(e.Certificate.Raw)]; there {
			all[i] = e
			continue
		}
		at[string(e.Certificate.Raw)] = len(all)
		all = append(all, e)
	}
	return all
}

// ErrNotFound: no entry is called that.
var ErrNotFound = errors.New("trust: no such certificate in the list")

// Remove takes the entry with an ID, or with an ID that begins so, out of the list.
func (s *Store) Remove(id string) error {
	id = strings.ToLower(strings.ReplaceAll(id, ":", ""))
	return s.change(func(entries []Entry) ([]Entry, error) {
		var left []Entry
		for i := range entries {
			if !strings.HasPrefix(entries[i].ID(), id) {
				left = append(left, entries[i])
			}
		}
		switch gone := len(entries) - len(left); {
		case gone == 0:
			return nil, fmt.Errorf("%w: %s", ErrNotFound, id)
		case gone > 1:
			return nil, fmt.Errorf("%w: %d certificates begin with %s", ErrInvalid, gone, id)
		}
		return left, nil
	})
}

// change lets processes that change the list take turns, each from what it then is.
func (s *Store) change(edit func([]Entry) ([]Entry, error)) error {
	if info, err := os.Stat(s.path); s.path == "" || err == nil && !info.IsDir() {
		return fmt.Errorf("%w: this list is no folder and cannot be changed", ErrInvalid)
	}
	lock, err := os.OpenFile(filepath.Join(s.path, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("trust: %w", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("trust: lock the list: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.reload(); err != nil {
		return err
	}
	entries, err := edit(s.now.entries)
	if err != nil {
		return err
	}
	if err := writeList(s.path, entries, s.now.sequence+1, time.Now()); err != nil {
		return err
	}
	return s.reload()
}
