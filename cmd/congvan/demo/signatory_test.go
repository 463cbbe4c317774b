package demo

import (
	"bytes"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"congvan/gateway"
	"congvan/signer/token"
)

func TestEverySystemHasItsOwnSignatory(t *testing.T) {
	keys, trust := filepath.Join(t.TempDir(), "keys"), filepath.Join(t.TempDir(), "trust")
	if err := Certify(keys, trust, time.Now()); err != nil {
		t.Fatal(err)
	}
	var people []string
	for _, id := range Systems() {
		hand, seal := open(t, personFile(keys, id)), open(t, sealFile(keys, id))
		name := hand.Subject.CommonName
		if name != person(id) || slices.Contains(people, name) {
			t.Errorf("%s is signed for by %s", id, name)
		}
		people = append(people, name)
		for _, c := range []*x509.Certificate{hand, seal} {
			if o := c.Subject.Organization; len(o) != 1 || o[0] != names()[id] {
				t.Errorf("organization %q of %s", o, id)
			}
		}
	}
	if !strings.Contains(strings.Join(people, " "), "Nguyễn Thị Vĩnh") {
		t.Errorf("nobody of %q is called Vĩnh", people)
	}
	if c := open(t, filepath.Join(keys, GatewayKeyFile)); c.Subject.Organization[0] != names()[Quarter] {
		t.Errorf("the gateway belongs to %q", c.Subject.Organization)
	}
}

// open gives the certificate of a key that can be used.
func open(t *testing.T, file string) *x509.Certificate {
	t.Helper()
	k, err := token.OpenPEM(file, "")
	if err != nil {
		t.Fatal(err)
	}
	return k.Certificate
}

func TestCertifyKeepsWhatIsThere(t *testing.T) {
	keys, trust := t.TempDir(), t.TempDir()
	if err := Certify(keys, trust, time.Now()); err != nil {
		t.Fatal(err)
	}
	file := sealFile(keys, Quarter)
	first, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := Certify(keys, trust, time.Now()); err != nil {
		t.Fatal(err)
	}
	if second, err := os.ReadFile(file); err != nil || !bytes.Equal(first, second) {
		t.Errorf("the seal's key was replaced: %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestForgersTouchWhatTheySay(t *testing.T) {
	d := grant(time.Date(2030, time.January, 2, 3, 4, 5, 0, time.UTC))
	d.unsigned = true
	if err := d.print(t.Context(), map[gateway.AgencyID]string{}, nil); err != nil {
		t.Fatal(err)
	}
	rewritten, err := rewrite(d.pdf)
	if err != nil || !bytes.HasPrefix(rewritten, d.pdf) {
		t.Errorf("the rewritten letter does not begin with the letter: %v", err)
	}
	if _, err := rewrite(rewritten); !errors.Is(err, errNothingToForge) {
		t.Errorf("rewritten twice: %v", err)
	}
	backdated, err := backdate(d.pdf)
	if err != nil || len(backdated) != len(d.pdf) || !bytes.Contains(backdated, []byte("/CreationDate (D:2029")) {
		t.Errorf("not backdated: %v", err)
	}
	if _, err := backdate([]byte("%PDF-1.7")); !errors.Is(err, errNothingToForge) {
		t.Errorf("backdated nothing: %v", err)
	}
}
