package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// signedMode is the mode of a signed file: a document is there to be read.
const signedMode = 0o644

// writeWhole puts a file in place at once: whoever reads it finds the old one, or the
// new one from beginning to end, whatever happens meanwhile.
func writeWhole(name string, mode fs.FileMode, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".congvan-*")
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	defer os.Remove(f.Name()) // nothing is there any more when all went well
	defer f.Close()
	buffer := bufio.NewWriterSize(f, 256<<10)
	if err := write(buffer); err != nil {
		return err
	}
	if err := errors.Join(buffer.Flush(), f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return syncFolder(filepath.Dir(name))
}

// syncFolder makes a new name in a folder durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// writeJSON puts a value in a file that only its owner may read.
func writeJSON(name string, v any) error {
	return writeWhole(name, 0o600, func(w io.Writer) error { return json.NewEncoder(w).Encode(v) })
}

// maxPending bounds what a signature that waits for its value may take.
const maxPending = 256 << 20

// readJSON reads what writeJSON wrote.
func readJSON(name string, v any) error {
	f, _, err := openRegular(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := json.NewDecoder(io.LimitReader(f, maxPending)).Decode(v); err != nil {
		return fmt.Errorf("%w: %s: %w", errPending, name, err)
	}
	return nil
}

// readSignature reads a signature value: as it is, in base64 or in hex.
func readSignature(name string) ([]byte, error) {
	data, err := readSmall(name)
	if err != nil {
		return nil, err
	}
	text := string(bytes.Join(bytes.Fields(data), nil))
	if value, err := hex.DecodeString(text); err == nil {
		return value, nil
	}
	if value, err := base64.StdEncoding.DecodeString(text); err == nil {
		return value, nil
	}
	return data, nil
}

// prepared is what --prepare prints: what the key elsewhere is to sign.
type prepared struct {
	File       string `json:"file"` // to be finished
	Hash       string `json:"hash"` // of the digest; empty for a key that hashes for itself
	Digest     string `json:"digest_hex"`
	Base64     string `json:"digest_base64"`
	ToBeSigned string `json:"to_be_signed"` // base64, for keys that hash for themselves
}

func newPrepared(file, hash string, digest, toBeSigned []byte) prepared {
	return prepared{
		file, hash, hex.EncodeToString(digest), base64.StdEncoding.EncodeToString(digest),
		base64.StdEncoding.EncodeToString(toBeSigned),
	}
}

func (t *terminal) prepared(p prepared) {
	t.note("giá trị băm %s cần ký ở nơi giữ khóa (digest to be signed where the key is), rồi (then) --finish %s --signature FILE", p.Hash, p.File)
	t.say("hex    %s", p.Digest)
	t.say("base64 %s", p.Base64)
}
