package trust

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"congvan/signer/trust/crl"
	"congvan/signer/trust/ocsp"
)

// The folders of a cache.
const (
	listsDir   = "crl"
	answersDir = "ocsp"
)

// Bounds of a cache.
const (
	maxListsMemory   = 128 << 20 // bytes of lists, where there is no folder
	maxAnswersMemory = 4096
	maxAnswers       = 20000               // files
	maxAnswerAge     = 90 * 24 * time.Hour // files that were not renewed
	pruneEvery       = 1000                // answers kept
	maxVerified      = 4096
)

// errNotKept: the cache does not have it.
var errNotKept = errors.New("trust: not in the cache")

// cache keeps CRLs and OCSP answers, in a folder or in memory. The names of its files
// are digests of what they are about.
type cache struct {
	dir string

	mu       sync.Mutex
	verified map[string]string // lists that are known to be whole: key → digest and time of the file
	lists    map[string][]byte // in memory
	size     int
	answers  map[string]kept
	writes   int
}

type kept struct {
	der []byte
	at  time.Time
}

func newCache(dir string) *cache {
	return &cache{dir: dir, verified: map[string]string{}, lists: map[string][]byte{}, answers: map[string]kept{}}
}

// listKey names the list of an authority that is published at an address.
func listKey(issuer *x509.Certificate, address string) string {
	return digest(issuer.RawSubjectPublicKeyInfo, issuer.RawSubject, []byte(address))
}

// answerKey names the OCSP answers on a certificate.
func answerKey(c, issuer *x509.Certificate) string {
	return digest(issuer.RawSubjectPublicKeyInfo, c.RawIssuer, crl.IDOf(c).Serial)
}

func digest(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:", len(p))
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (c *cache) listPath(key string) string   { return filepath.Join(c.dir, listsDir, key+".crl") }
func (c *cache) answerPath(key string) string { return filepath.Join(c.dir, answersDir, key+".der") }

// list opens a list for use. The first time in this process it is read as a whole, to
// see that it is as it was written and that its issuer signed it.
func (c *cache) list(key string, use func(*crl.File) error) error {
	if c.dir == "" {
		return c.listInMemory(key, use)
	}
	f, err := os.Open(c.listPath(key))
	if errors.Is(err, fs.ErrNotExist) {
		return errNotKept
	}
	if err != nil {
		return fmt.Errorf("trust: cache: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("trust: cache: %w", err)
	}
	list, err := crl.Open(f, info.Size())
	if err != nil {
		return err
	}
	if err := c.verify(key, list, info.ModTime()); err != nil {
		return err
	}
	return use(list)
}

func (c *cache) listInMemory(key string, use func(*crl.File) error) error {
	c.mu.Lock()
	data := c.lists[key]
	c.mu.Unlock()
	if data == nil {
		return errNotKept
	}
	list, err := crl.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	return use(list)
}

func (c *cache) verify(key string, list *crl.File, written time.Time) error {
	state := hex.EncodeToString(list.Head.SHA256) + written.String()
	c.mu.Lock()
	known := c.verified[key] == state
	c.mu.Unlock()
	if known {
		return nil
	}
	if err := list.Verify(); err != nil {
		return err
	}
	der, err := list.DER()
	if err != nil {
		return err
	}
	whole, err := crl.Parse(der)
	if err != nil {
		return err
	}
	by, err := x509.ParseCertificate(list.Issuer)
	if err != nil {
		return fmt.Errorf("%w: %w", crl.ErrMalformed, err)
	}
	if listSigner(whole, []*x509.Certificate{by}) == nil {
		return errListSigner
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.verified) >= maxVerified {
		clear(c.verified)
	}
	c.verified[key] = state
	return nil
}

// keptBy gives which of the given authorities signed a list that is kept.
func keptBy(list *crl.File, signers []*x509.Certificate) (*x509.Certificate, error) {
	for _, s := range signers {
		if bytes.Equal(s.Raw, list.Issuer) {
			return s, nil
		}
	}
	return nil, errListSigner
}

// fetched says when a list was fetched; zero when it is not kept.
func (c *cache) fetched(key string) (at time.Time) {
	c.list(key, func(l *crl.File) error { //nolint:errcheck // then it is fetched again
		at = l.Fetched
		return nil
	})
	return at
}

// keepList puts a list into the cache, unless the one there is newer.
func (c *cache) keepList(key string, l *crl.List, about crl.About) error {
	older := false
	c.list(key, func(have *crl.File) error { //nolint:errcheck // what cannot be read is replaced
		older = l.This.Before(have.Head.This)
		return nil
	})
	if older {
		return nil
	}
	write := func(w io.Writer) error { return crl.Write(w, l, about) }
	if c.dir != "" {
		return replace(c.listPath(key), 0o600, write)
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size += b.Len() - len(c.lists[key])
	c.lists[key] = b.Bytes()
	for other, data := range c.lists { // any other, where there is no room
		if c.size > maxListsMemory && other != key {
			c.size -= len(data)
			delete(c.lists, other)
		}
	}
	return nil
}

// answer gives an OCSP answer; nil when none is kept.
func (c *cache) answer(key string) []byte {
	if c.dir == "" {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.answers[key].der
	}
	der, err := readBounded(c.answerPath(key), ocsp.MaxSize)
	if err != nil {
		return nil
	}
	return der
}

// answered says when an answer was fetched; zero when none is kept.
func (c *cache) answered(key string) time.Time {
	if c.dir == "" {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.answers[key].at
	}
	info, err := os.Stat(c.answerPath(key))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

func (c *cache) keepAnswer(key string, der []byte, now time.Time) error {
	if c.dir != "" {
		path := c.answerPath(key)
		if err := writeWhole(path, der, 0o600); err != nil {
			return err
		}
		c.prune(now)
		return os.Chtimes(path, now, now)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.answers) >= maxAnswersMemory {
		clear(c.answers)
	}
	c.answers[key] = kept{der, now}
	return nil
}

// prune removes answers that were not renewed for long, and the oldest of too many.
func (c *cache) prune(now time.Time) {
	c.mu.Lock()
	c.writes++
	due := c.writes%pruneEvery == 1
	c.mu.Unlock()
	if !due {
		return
	}
	dir := filepath.Join(c.dir, answersDir)
	files, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	var infos []fs.FileInfo
	for _, f := range files {
		if info, err := f.Info(); err == nil && info.Mode().IsRegular() {
			infos = append(infos, info)
		}
	}
	slices.SortFunc(infos, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for n, info := range infos {
		if len(infos)-n > maxAnswers || now.Sub(info.ModTime()) > maxAnswerAge {
			os.Remove(filepath.Join(dir, info.Name()))
		}
	}
}

// unarmour takes a list out of PEM, in which some publish theirs.
func unarmour(data []byte) []byte {
	if block, _ := pem.Decode(data); block != nil && block.Type == "X509 CRL" {
		return block.Bytes
	}
	return data
}
