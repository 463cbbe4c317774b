package trust_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"congvan/internal/peers"
	"congvan/signer/trust"
	"congvan/signer/trust/democa"
)

func pemOf(certs ...*x509.Certificate) (out []byte) {
	for _, c := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return out
}

func write(t testing.TB, path string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	return must(os.ReadFile(path))(t)
}

func TestAListIsKeptAndSigned(t *testing.T) {
	ca := must(democa.New(moment, democa.Options{}))(t)
	root := ca.Root().Certificate
	dir := filepath.Join(t.TempDir(), "trust")
	s := must(trust.CreateStore(dir))(t)
	terms := trust.Terms{
		Uses: []trust.Use{trust.UseSigning}, TrustedFrom: moment, TrustedUntil: moment.AddDate(1, 0, 0),
		NoteVi: "Gốc thử nghiệm của Sở Chủ nghĩa", NoteEn: "a demonstration",
	}
	if n := must(s.Add([]*x509.Certificate{root, ca.Certificate}, terms))(t); n != 2 {
		t.Errorf("%d new", n)
	}
	if n := must(s.Add([]*x509.Certificate{ca.Certificate}, trust.Terms{}))(t); n != 0 {
		t.Errorf("%d new", n)
	}
	again := must(trust.OpenStore(dir, trust.PinKey(s.KeyID())))(t)
	all := again.List()
	if len(all) != 2 || !again.Signed() {
		t.Fatalf("%d entries, signed %t", len(all), again.Signed())
	}
	e := all[0]
	if !e.Certificate.Equal(root) || e.Role != trust.RoleAnchor || len(e.Uses) != 1 || e.NoteVi != terms.NoteVi ||
		!e.TrustedFrom.Equal(terms.TrustedFrom) || !e.TrustedUntil.Equal(terms.TrustedUntil) {
		t.Errorf("%+v", e)
	}
	if e := all[1]; e.Role != trust.RoleIntermediate || len(e.Uses) != 2 || !e.TrustedUntil.IsZero() {
		t.Errorf("%+v", e)
	}
	if info, err := os.Stat(filepath.Join(dir, "trust.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key: %v, %v", info, err)
	}
	if err := s.Remove(e.ID()[:16]); err != nil {
		t.Error(err)
	}
	if err := s.Remove(e.ID()); !errors.Is(err, trust.ErrNotFound) {
		t.Error(err)
	}
	if err := again.Reload(); err != nil || len(again.List()) != 1 {
		t.Errorf("%d entries, %v", len(again.List()), err)
	}
}

func TestATamperedListIsRefused(t *testing.T) {
	ca := must(democa.New(moment, democa.Options{}))(t)
	other := must(democa.New(moment, democa.Options{}))(t)
	for name, tamper := range map[string]func(t *testing.T, dir string){
		"a word changed": func(t *testing.T, dir string) {
			p := filepath.Join(dir, "trust.json")
			write(t, p, bytes.Replace(read(t, p), []byte(`"intermediate"`), []byte(`"anchor"`), 1))
		},
		"signature cut out": func(t *testing.T, dir string) {
			p := filepath.Join(dir, "trust.json")
			data := read(t, p)
			write(t, p, append(data[:bytes.Index(data, []byte(`"signature"`))], []byte(`"signature": ""}`)...))
		},
		"truncated": func(t *testing.T, dir string) {
			p := filepath.Join(dir, "trust.json")
			write(t, p, read(t, p)[:200])
		},
		"taken away": func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "trust.json")); err != nil {
				t.Fatal(err)
			}
		},
		"another list": func(t *testing.T, dir string) {
			from := t.TempDir()
			s := must(trust.OpenStore(from))(t)
			must(s.Add([]*x509.Certificate{other.Root().Certificate}, trust.Terms{}))(t)
			write(t, filepath.Join(dir, "trust.json"), read(t, filepath.Join(from, "trust.json")))
		},
		"another list and its public key": func(t *testing.T, dir string) {
			from := t.TempDir()
			s := must(trust.OpenStore(from))(t)
			must(s.Add([]*x509.Certificate{other.Root().Certificate}, trust.Terms{}))(t)
			for _, f := range []string{"trust.json", "trust.pub"} {
				write(t, filepath.Join(dir, f), read(t, filepath.Join(from, f)))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := must(trust.OpenStore(dir))(t)
			must(s.Add([]*x509.Certificate{ca.Root().Certificate, ca.Certificate}, trust.Terms{}))(t)
			tamper(t, dir)
			if _, err := trust.OpenStore(dir); !errors.Is(err, trust.ErrTampered) {
				t.Errorf("opened: %v", err)
			}
			if _, err := s.Add([]*x509.Certificate{ca.Certificate}, trust.Terms{}); !errors.Is(err, trust.ErrTampered) {
				t.Errorf("added to: %v", err)
			}
			// Who has the list open already believes nothing any more.
			if err := s.Reload(); !errors.Is(err, trust.ErrTampered) {
				t.Error(err)
			}
			j := must(trust.NewJudge(trust.Options{Store: s, Now: func() time.Time { return moment }}))(t)
			c := must(ca.Person(person, democa.Issue{}))(t)
			want(t, j.Judge(t.Context(), trust.Question{Certificate: c.Certificate}), chainFailure, "trust-list-tampered")
		})
	}
}

func TestTheListCanBeReadWithoutThePrivateKeyButNotChanged(t *testing.T) {
	ca := must(democa.New(moment, democa.Options{}))(t)
	dir := t.TempDir()
	s := must(trust.OpenStore(dir))(t)
	must(s.Add([]*x509.Certificate{ca.Root().Certificate}, trust.Terms{}))(t)
	if err := os.Remove(filepath.Join(dir, "trust.key")); err != nil {
		t.Fatal(err)
	}
	s = must(trust.OpenStore(dir))(t)
	if len(s.List()) != 1 {
		t.Errorf("%d entries", len(s.List()))
	}
	if _, err := s.Add([]*x509.Certificate{ca.Certificate}, trust.Terms{}); !errors.Is(err, trust.ErrNoKey) {
		t.Error(err)
	}
	if _, err := trust.OpenStore(dir, trust.PinKey("00")); !errors.Is(err, trust.ErrTampered) {
		t.Error(err)
	}
}

func TestReindentedListsStayValid(t *testing.T) {
	ca := must(democa.New(moment, democa.Options{}))(t)
	dir := t.TempDir()
	s := must(trust.OpenStore(dir))(t)
	must(s.Add([]*x509.Certificate{ca.Root().Certificate}, trust.Terms{}))(t)
	p := filepath.Join(dir, "trust.json")
	write(t, p, bytes.ReplaceAll(read(t, p), []byte("\n"), []byte("\n\t ")))
	if _, err := trust.OpenStore(dir); err != nil {
		t.Error(err)
	}
}

func TestAFolderOfCertificatesIsAListToo(t *testing.T) {
	ca := must(democa.New(moment, democa.Options{}))(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "goc.pem"), append([]byte("Gốc thử nghiệm\n"), pemOf(ca.Root().Certificate)...))
	write(t, filepath.Join(dir, "cap-duoi.cer"), ca.Certificate.Raw)
	write(t, filepath.Join(dir, "khoa.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}}))
	write(t, filepath.Join(dir, "README.md"), []byte("không phải chứng thư"))
	s := must(trust.OpenStore(dir))(t)
	roles := map[trust.Role]int{}
	for _, e := range s.List() {
		roles[e.Role]++
	}
	if roles[trust.RoleAnchor] != 1 || roles[trust.RoleIntermediate] != 1 || s.Signed() {
		t.Errorf("%v, signed %t", roles, s.Signed())
	}
	one := must(trust.OpenStore(filepath.Join(dir, "goc.pem")))(t)
	if len(one.List()) != 1 {
		t.Errorf("%d entries in a file", len(one.List()))
	}
	more := must(democa.New(moment, democa.Options{}))(t)
	must(s.Add([]*x509.Certificate{more.Root().Certificate}, trust.Terms{}))(t)
	if len(s.List()) != 3 || !s.Signed() {
		t.Errorf("%d entries after the first Add, signed %t", len(s.List()), s.Signed())
	}
	write(t, filepath.Join(t.TempDir(), "x"), nil)
	bad := t.TempDir()
	write(t, filepath.Join(bad, "hong.crt"), []byte("không phải chứng thư"))
	if _, err := trust.OpenStore(bad); !errors.Is(err, trust.ErrInvalid) {
		t.Error(err)
	}
	if _, err := trust.OpenStore(filepath.Join(bad, "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestTermsThatMakeNoSenseAreRefused(t *testing.T) {
	ca := must(democa.New(moment, democa.Options{}))(t)
	s := must(trust.OpenStore(t.TempDir()))(t)
	for _, terms := range []trust.Terms{
		{Role: "root"}, {Uses: []trust.Use{"everything"}}, {TrustedFrom: moment, TrustedUntil: moment},
	} {
		if _, err := s.Add([]*x509.Certificate{ca.Certificate}, terms); !errors.Is(err, trust.ErrInvalid) {
			t.Errorf("%+v: %v", terms, err)
		}
	}
	if _, err := s.Add(nil, trust.Terms{}); !errors.Is(err, trust.ErrNoCertificates) {
		t.Error(err)
	}
	if _, err := trust.NewStore().Add([]*x509.Certificate{ca.Certificate}, trust.Terms{}); !errors.Is(err, trust.ErrInvalid) {
		t.Error(err)
	}
}

func TestProcessesTakeTurnsAtTheList(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for range 8 {
		ca := must(democa.NewRoot(moment, democa.Options{}))(t)
		s := must(trust.OpenStore(dir))(t)
		all.Go(func() {
			if _, err := s.Add([]*x509.Certificate{ca.Certificate}, trust.Terms{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(must(trust.OpenStore(dir))(t).List()); n != 8 {
		t.Errorf("%d entries", n)
	}
}

func TestCertificatesAreReadAsTheyCome(t *testing.T) {
	openssl := peers.Tool(t, "openssl")
	ca := must(democa.New(moment, democa.Options{Key: democa.RSA2048}))(t)
	dir := t.TempDir()
	both := write(t, filepath.Join(dir, "both.pem"), pemOf(ca.Root().Certificate, ca.Certificate))
	run := func(args ...string) []byte {
		t.Helper()
		out, err := exec.Command(openssl, args...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for name, data := range map[string][]byte{
		"PEM":               read(t, both),
		"PEM twice":         append(read(t, both), read(t, both)...),
		"DER, two":          append(bytes.Clone(ca.Root().Certificate.Raw), ca.Certificate.Raw...),
		"PKCS#7 DER":        run("crl2pkcs7", "-nocrl", "-certfile", both, "-outform", "DER"),
		"PKCS#7 PEM":        run("crl2pkcs7", "-nocrl", "-certfile", both),
		"trusted, in a row": append(run("x509", "-trustout", "-in", write(t, filepath.Join(dir, "root.pem"), pemOf(ca.Root().Certificate))), pemOf(ca.Certificate)...),
	} {
		certs, err := trust.ReadCertificates(data)
		if err != nil || len(certs) != 2 {
			t.Errorf("%s: %d certificates, %v", name, len(certs), err)
		}
	}
	for name, data := range map[string][]byte{"nothing": nil, "text": []byte("xin chào"), "cut": ca.Certificate.Raw[:99]} {
		if certs, err := trust.ReadCertificates(data); err == nil {
			t.Errorf("%s: %d certificates", name, len(certs))
		}
	}
}
