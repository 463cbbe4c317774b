package checkpoint

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

const name = "ward.h26-99.example/ledger"

func TestParse(t *testing.T) {
	const root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
	for text, good := range map[string]bool{
		name + "\n0\n" + root:                   true,
		name + "\n12\n" + root + "extra\n":      true,
		name + "\n9223372036854775807\n" + root: true,
		name + "\n9223372036854775808\n" + root: false,
		name + "\n012\n" + root:                 false,
		name + "\n-1\n" + root:                  false,
		name + "\n+1\n" + root:                  false,
		"\n1\n" + root:                          false,
		name + "\n1\nAAAA\n":                    false,
		name + "\n1\n" + root + "\n":            false,
		name + "\n1\n" + root[:40]:              false,
		name + "\n1\n":                          false,
		"":                                      false,
	} {
		c, err := Parse(text)
		if (err == nil) != good || err != nil && !errors.Is(err, ErrForm) {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
}

func TestOpen(t *testing.T) {
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, _ := note.NewSigner(private)
	log, _ := note.NewVerifier(public)
	cosigner, err := NewCosigner(private, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	c := Checkpoint{Origin: name, Size: 5}
	signed, _ := c.Sign(signer)
	foreign, _ := Checkpoint{Origin: "other", Size: 5}.Sign(signer)
	only, _ := c.Sign(cosigner)
	if again, n, err := Open(signed, log); err != nil || again != c || len(n.Sigs) != 1 {
		t.Errorf("%+v, %v", again, err)
	}
	for what, text := range map[string][]byte{
		"another log's": foreign,
		"only cosigned": only,
		"changed":       append([]byte("x"), signed...),
	} {
		if _, _, err := Open(text, log, cosigner); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, text := range map[string][]byte{"no note": []byte("hello"), "long": make([]byte, MaxSize+1), "empty": nil} {
		if _, _, err := Open(text, log); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestLoadKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	first, err := LoadKey(path, name)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := LoadKey(path, name); err != nil || again != first {
		t.Errorf("%v", err)
	}
	if _, err := LoadKey(path, "other"); !errors.Is(err, ErrKey) {
		t.Errorf("another name: %v", err)
	}
	public, err := PublicKey(first)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := note.NewVerifier(public); err != nil || v.Name() != name {
		t.Errorf("%v", err)
	}
	mistyped := []byte(public)
	mistyped[len(mistyped)-5] ^= 1
	if _, err := NewCosignatureVerifier(string(mistyped)); !errors.Is(err, ErrKey) {
		t.Errorf("mistyped: %v", err)
	}
	if err := os.WriteFile(path, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(path, name); !errors.Is(err, ErrKey) {
		t.Errorf("no key: %v", err)
	}
}

func FuzzUnverified(f *testing.F) {
	f.Add([]byte(name + "\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— x AAAA\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Unverified(text)
		if err != nil {
			return
		}
		if again, err := Parse(c.Text()); err != nil || again != c {
			t.Errorf("%+v, %+v, %v", c, again, err)
		}
	})
}
