package trust

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-jose/go-jose/v4"

	"congvan/internal/keyfile"
	"congvan/signer"
)

// The files of a folder with a list.
const (
	listFile   = "trust.json"
	keyFile    = "trust.key" // private, made by the first Add; may be kept elsewhere afterwards
	publicFile = "trust.pub"
	lockFile   = ".trust.lock"
)

const (
	listVersion = 1
	listType    = "congvan-trust-list"
	maxList     = 32 << 20
)

// ErrTampered: the list is not as its administrator signed it. Nothing in it may be
// believed; restore it from a copy, or make it anew.
var ErrTampered = errors.New("trust: the list is not as its administrator signed it")

// ErrNoKey: the administrator's key is not there, so the list cannot be changed here.
var ErrNoKey = errors.New("trust: the list's key is not there")

// document is trust.json: the list as people can read it, and a detached JWS (RFC 7515,
// appendix F) over its bytes without white space.
type document struct {
	List      json.RawMessage `json:"list"`
	Signature string          `json:"signature"`
}

// content is what is signed.
type content struct {
	Type     string      `json:"type"`
	Version  int         `json:"version"`
	Sequence int64       `json:"sequence"` // one more at each change
	Changed  time.Time   `json:"changed"`
	Entries  []entryJSON `json:"entries"`
}

type entryJSON struct {
	Subject      string     `json:"subject"` // for people; the certificate counts
	SHA256       string     `json:"sha256"`
	Role         Role       `json:"role"`
	Uses         []Use      `json:"uses"`
	TrustedFrom  *time.Time `json:"trusted_from,omitempty"`
	TrustedUntil *time.Time `json:"trusted_until,omitempty"`
	NoteVi       string     `json:"note_vi,omitempty"`
	NoteEn       string     `json:"note_en,omitempty"`
	Added        time.Time  `json:"added"`
	Certificate  []byte     `json:"certificate"` // DER
}

func (e *Entry) encode() entryJSON {
	moment := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		t = t.UTC()
		return &t
	}
	return entryJSON{
		Subject: signer.DistinguishedName(e.Certificate.RawSubject), SHA256: e.ID(), Role: e.Role, Uses: e.Uses,
		TrustedFrom: moment(e.TrustedFrom), TrustedUntil: moment(e.TrustedUntil),
		NoteVi: e.NoteVi, NoteEn: e.NoteEn, Added: e.Added, Certificate: e.Certificate.Raw,
	}
}

func (j *entryJSON) decode() (Entry, error) {
	c, err := x509.ParseCertificate(j.Certificate)
	if err != nil {
		return Entry{}, fmt.Errorf("%w: entry %s: %w", ErrInvalid, j.SHA256, err)
	}
	e := Entry{Certificate: c, Role: j.Role, Uses: j.Uses, NoteVi: j.NoteVi, NoteEn: j.NoteEn, Added: j.Added}
	if j.TrustedFrom != nil {
		e.TrustedFrom = *j.TrustedFrom
	}
	if j.TrustedUntil != nil {
		e.TrustedUntil = *j.TrustedUntil
	}
	return e, nil
}

// readList reads and verifies the list of a folder.
func readList(dir string, pinned string) ([]Entry, int64, error) {
	data, err := readBounded(filepath.Join(dir, listFile), maxList)
	if err != nil {
		return nil, 0, err
	}
	public, err := publicKey(dir)
	if err != nil {
		return nil, 0, err
	}
	if pinned != "" && keyID(public) != pinned {
		return nil, 0, fmt.Errorf("%w: signed with the key %s, not %s", ErrTampered, keyID(public), pinned)
	}
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	payload, err := d.verify(public)
	if err != nil {
		return nil, 0, err
	}
	return decodeContent(payload)
}

func (d *document) verify(public ed25519.PublicKey) ([]byte, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, d.List); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	jws, err := jose.ParseDetached(d.Signature, compact.Bytes(), []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	if kind, _ := jws.Signatures[0].Protected.ExtraHeaders[jose.HeaderType].(string); kind != listType {
		return nil, fmt.Errorf("%w: a signature of something else", ErrTampered)
	}
	if err := jws.DetachedVerify(compact.Bytes(), public); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	return compact.Bytes(), nil
}

func decodeContent(payload []byte) ([]Entry, int64, error) {
	var c content
	if err := json.Unmarshal(payload, &c); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if c.Type != listType || c.Version != listVersion {
		return nil, 0, fmt.Errorf("%w: a list of type %q, version %d", ErrInvalid, c.Type, c.Version)
	}
	all := make([]Entry, 0, len(c.Entries))
	for i := range c.Entries {
		e, err := c.Entries[i].decode()
		if err != nil {
			return nil, 0, err
		}
		all = append(all, e)
	}
	return all, c.Sequence, nil
}

// writeList signs the entries and puts the list in place of the one that is there.
func writeList(dir string, entries []Entry, sequence int64, now time.Time) error {
	private, err := adminKey(dir)
	if err != nil {
		return err
	}
	c := content{Type: listType, Version: listVersion, Sequence: sequence, Changed: now.UTC().Truncate(time.Second), Entries: []entryJSON{}}
	for i := range entries {
		c.Entries = append(c.Entries, entries[i].encode())
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("trust: write the list: %w", err)
	}
	signature, err := sign(private, payload)
	if err != nil {
		return fmt.Errorf("trust: sign the list: %w", err)
	}
	out, err := json.MarshalIndent(document{List: payload, Signature: signature}, "", "  ")
	if err != nil {
		return fmt.Errorf("trust: write the list: %w", err)
	}
	if err := writeWhole(filepath.Join(dir, listFile), append(out, '\n'), 0o644); err != nil {
		return err
	}
	return publish(dir, private) // last: where it is without a list, the list was taken away
}

func sign(private ed25519.PrivateKey, payload []byte) (string, error) {
	public, _ := private.Public().(ed25519.PublicKey)
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: private, KeyID: keyID(public)}},
		(&jose.SignerOptions{}).WithType(listType))
	if err != nil {
		return "", err
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return jws.DetachedCompactSerialize()
}

// keyID names a list's key: the SHA-256 of its SubjectPublicKeyInfo, hexadecimal.
func keyID(public ed25519.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// adminKey gives the administrator's key, made when there is neither list nor key yet.
func adminKey(dir string) (ed25519.PrivateKey, error) {
	private, err := keyfile.Load(filepath.Join(dir, keyFile), func() ([]byte, error) {
		if exists(filepath.Join(dir, listFile)) || exists(filepath.Join(dir, publicFile)) {
			return nil, ErrNoKey
		}
		_, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			return nil, err
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), err
	})
	if err != nil {
		return nil, fmt.Errorf("trust: %w", err)
	}
	return parsePrivate(private)
}

func parsePrivate(data []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("%w: %s is no PEM file", ErrInvalid, keyFile)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrInvalid, keyFile, err)
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%w: %s holds a key of type %T, not Ed25519", ErrInvalid, keyFile, key)
	}
	return private, nil
}

// publish writes the public key beside the list, for machines that only read it.
func publish(dir string, private ed25519.PrivateKey) error {
	path := filepath.Join(dir, publicFile)
	if exists(path) {
		return nil
	}
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		return fmt.Errorf("trust: %w", err)
	}
	return writeWhole(path, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o644)
}

// publicKey gives the key to verify the list with: from the private one where that can
// be read, which others cannot replace, and else the public one; both have to agree.
func publicKey(dir string) (ed25519.PublicKey, error) {
	public, err := readPublic(filepath.Join(dir, publicFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	data, failed := keyfile.Read(filepath.Join(dir, keyFile))
	switch {
	case errors.Is(failed, fs.ErrNotExist), errors.Is(failed, fs.ErrPermission):
		if err != nil {
			return nil, fmt.Errorf("%w: neither %s nor %s is there", ErrTampered, publicFile, keyFile)
		}
		return public, nil
	case failed != nil:
		return nil, fmt.Errorf("trust: %w", failed)
	}
	private, failed := parsePrivate(data)
	if failed != nil {
		return nil, failed
	}
	own, _ := private.Public().(ed25519.PublicKey)
	if err == nil && !own.Equal(public) {
		return nil, fmt.Errorf("%w: %s does not belong to %s", ErrTampered, publicFile, keyFile)
	}
	return own, nil
}

func readPublic(path string) (ed25519.PublicKey, error) {
	data, err := readBounded(path, 64<<10)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("%w: %s is no PEM file", ErrTampered, publicFile)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	public, ok := key.(ed25519.PublicKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("%w: %s holds no Ed25519 key", ErrTampered, publicFile)
	}
	return public, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
