package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Format is the version that every leaf begins with.
const Format = "congvan-ledger/1"

// Bounds of an entry, in bytes; MaxSubjects in number.
const (
	MaxName     = 512
	MaxSubjects = 16
	MaxLeaf     = 32 << 10
)

// timeLayout has six digits because that is what databases keep.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// Digest is a SHA-256; as text 64 lower-case hexadecimal digits.
type Digest [sha256.Size]byte

// DigestOf hashes the particulars of an event.
func DigestOf(particulars []byte) Digest { return sha256.Sum256(particulars) }

// String is the hexadecimal form.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText gives the hexadecimal form.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the hexadecimal form.
func (d *Digest) UnmarshalText(text []byte) error {
	if len(text) != 2*len(d) {
		return fmt.Errorf("%w: digest of %d characters", ErrForm, len(text))
	}
	if _, err := hex.Decode(d[:], text); err != nil {
		return fmt.Errorf("%w: digest: %w", ErrForm, err)
	}
	return nil
}

// Entry is one event as the ledger keeps it.
type Entry struct {
	Event       string            // the event's cursor in the feed: unique, never reused
	At          time.Time         // when it happened, kept to the microsecond
	Kind        string            // such as message.accepted
	Actor       string            // who did it; may be empty
	Subjects    map[string]string // what it is about, such as message → its id
	Particulars Digest            // of the bytes that the event carries beside
}

// leaf is an entry's form in the log; the order of its fields is part of the format.
type leaf struct {
	Version     string            `json:"v"`
	Event       string            `json:"event"`
	At          string            `json:"at"`
	Kind        string            `json:"kind"`
	Actor       string            `json:"actor,omitempty"`
	Subjects    map[string]string `json:"subjects,omitempty"`
	Particulars Digest            `json:"particulars"`
}

// Leaf is the entry's one form as bytes: the same entry always gives the same
// bytes. ErrInvalid when a rule of the package comment is broken.
func (e Entry) Leaf() ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(leaf{
		Version: Format, Event: e.Event, At: e.At.UTC().Format(timeLayout), Kind: e.Kind,
		Actor: e.Actor, Subjects: e.Subjects, Particulars: e.Particulars,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return bytes.TrimSuffix(line.Bytes(), []byte("\n")), nil
}

func (e Entry) check() error {
	if e.Event == "" || e.Kind == "" {
		return fmt.Errorf("%w: an event needs its name and kind", ErrInvalid)
	}
	if year := e.At.UTC().Year(); year < 1 || year > 9999 {
		return fmt.Errorf("%w: year %d", ErrInvalid, year)
	}
	if len(e.Subjects) > MaxSubjects {
		return fmt.Errorf("%w: %d subjects", ErrInvalid, len(e.Subjects))
	}
	names := []string{e.Event, e.Kind, e.Actor}
	for name, id := range e.Subjects {
		names = append(names, name, id)
	}
	for _, s := range names {
		if len(s) > MaxName || !utf8.ValidString(s) {
			return fmt.Errorf("%w: %.40q is too long or not UTF-8", ErrInvalid, s)
		}
	}
	return nil
}

// ParseLeaf reads a leaf, and only the very bytes that Leaf would write.
func ParseLeaf(line []byte) (Entry, error) {
	if len(line) > MaxLeaf {
		return Entry{}, fmt.Errorf("%w: leaf of %d bytes", ErrForm, len(line))
	}
	var l leaf
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&l); err != nil {
		return Entry{}, fmt.Errorf("%w: %w", ErrForm, err)
	}
	if _, err := decoder.Token(); err != io.EOF || l.Version != Format {
		return Entry{}, fmt.Errorf("%w: not a leaf of %s", ErrForm, Format)
	}
	at, err := time.Parse(timeLayout, l.At)
	if err != nil {
		return Entry{}, fmt.Errorf("%w: %w", ErrForm, err)
	}
	e := Entry{l.Event, at, l.Kind, l.Actor, l.Subjects, l.Particulars}
	if again, err := e.Leaf(); err != nil || !bytes.Equal(again, line) {
		return Entry{}, fmt.Errorf("%w: the leaf is not written in its one form", ErrForm)
	}
	return e, nil
}

// MarshalJSON gives the leaf's form.
func (e Entry) MarshalJSON() ([]byte, error) { return e.Leaf() }

// UnmarshalJSON reads the leaf's form.
func (e *Entry) UnmarshalJSON(data []byte) (err error) {
	*e, err = ParseLeaf(bytes.TrimSpace(data))
	return err
}

// quickEvent names the event of a leaf that was, or will be, checked by its hash: it stands
// behind a fixed beginning. Where that is not so, the leaf is read with care.
func quickEvent(line []byte) string {
	rest, ok := bytes.CutPrefix(line, []byte(`{"v":"`+Format+`","event":"`))
	if end := bytes.IndexByte(rest, '"'); ok && end >= 0 && bytes.IndexByte(rest[:end], '\\') < 0 {
		return string(rest[:end])
	}
	return eventOf(line)
}

// eventOf names the event of a leaf, for reports, also when the leaf is spoilt.
func eventOf(line []byte) string {
	e, err := ParseLeaf(line)
	if err != nil {
		return strings.ToValidUTF8(string(line[:min(len(line), 60)]), "?")
	}
	return e.Event
}
