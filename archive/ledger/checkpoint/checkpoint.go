// Package checkpoint reads and writes what a log signs: its name, its size and
// the root of its tree in three lines (c2sp.org/tlog-checkpoint), signed as a note
// (c2sp.org/signed-note) by the log and, with the time, by its witnesses
// (c2sp.org/tlog-cosignature).
package checkpoint

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// MaxSize bounds a signed checkpoint in bytes: a hundred signatures fit.
const MaxSize = 64 << 10

var (
	// ErrForm: the text is no checkpoint; nothing was checked.
	ErrForm = errors.New("checkpoint: not a checkpoint")
	// ErrSignature: the key that was asked for has not signed it; do not rely on it.
	ErrSignature = errors.New("checkpoint: not signed by the expected key")
)

// Checkpoint is the state of a log: which log, how many leaves, and the root
// of the Merkle tree over them (RFC 6962, section 2.1).
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// Tree is the same without the name.
func (c Checkpoint) Tree() tlog.Tree { return tlog.Tree{N: c.Size, Hash: c.Root} }

// Text is the body of the note.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
}

// Sign makes the note.
func (c Checkpoint) Sign(signers ...note.Signer) ([]byte, error) {
	signed, err := note.Sign(&note.Note{Text: c.Text()}, signers...)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: sign: %w", err)
	}
	return signed, nil
}

// Parse reads the body of a note. Extension lines are borne and left out.
func Parse(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[len(lines)-1] != "" || lines[0] == "" {
		return Checkpoint{}, ErrForm
	}
	for _, extension := range lines[3 : len(lines)-1] {
		if extension == "" {
			return Checkpoint{}, ErrForm
		}
	}
	size, err := ParseSize(lines[1])
	if err != nil {
		return Checkpoint{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: root: %w", ErrForm, err)
	}
	return Checkpoint{Origin: lines[0], Size: size, Root: root}, nil
}

// ParseSize reads a tree's size: decimal, without sign or leading zeroes.
func ParseSize(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("%w: size %.20q", ErrForm, s)
	}
	return n, nil
}

// Open reads a signed checkpoint of the log that the verifier names. The note holds
// in Sigs the signatures that were checked, the log's among them, and in
// UnverifiedSigs those of keys that are neither the log's nor in others.
func Open(signed []byte, log note.Verifier, others ...note.Verifier) (Checkpoint, *note.Note, error) {
	if len(signed) > MaxSize {
		return Checkpoint{}, nil, fmt.Errorf("%w: %d bytes", ErrForm, len(signed))
	}
	n, err := note.Open(signed, note.VerifierList(append([]note.Verifier{log}, others...)...))
	if err != nil {
		return Checkpoint{}, nil, openError(err)
	}
	if !signedBy(n, log) {
		return Checkpoint{}, nil, ErrSignature
	}
	c, err := Parse(n.Text)
	if err == nil && c.Origin != log.Name() {
		err = fmt.Errorf("%w: it is of the log %.100q", ErrSignature, c.Origin)
	}
	return c, n, err
}

// openError sorts the reasons of note.Open: no note at all, or no signature that counts.
func openError(err error) error {
	var unverified *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	if errors.As(err, &unverified) || errors.As(err, &invalid) {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return fmt.Errorf("%w: %w", ErrForm, err)
}

func signedBy(n *note.Note, v note.Verifier) bool {
	for _, s := range n.Sigs {
		if s.Name == v.Name() && s.Hash == v.KeyHash() {
			return true
		}
	}
	return false
}

// Unverified reads a checkpoint without asking who signed it: only to learn which
// log it claims to be of.
func Unverified(signed []byte) (Checkpoint, error) {
	if len(signed) > MaxSize {
		return Checkpoint{}, fmt.Errorf("%w: %d bytes", ErrForm, len(signed))
	}
	end := strings.LastIndex(string(signed), "\n\n")
	if end < 0 {
		return Checkpoint{}, ErrForm
	}
	return Parse(string(signed[:end+1]))
}
