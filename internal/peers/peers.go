// Package peers starts the real programs that tests talk to: a PostgreSQL
// cluster, an S3 server over TLS, command-line referees. It is imported by
// tests only.
//
// A peer is never skipped: when its program is missing the test fails and says
// how to get it. Each peer hangs on a leash, a pipe whose other end only the test
// binary holds: however the binary ends, by exit, panic or kill -9, the pipe
// closes, the peer is stopped and its folder removed.
package peers

import (
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// patience is how long a peer may take to start before the test fails.
const patience = 60 * time.Second

// Tool gives the path of a command-line program that a test compares with.
// A missing program is a failure.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is not installed: run \"make test\" (%s)", name, provider(name))
	}
	return path
}

// provider says what brings a program onto a Debian machine.
func provider(name string) string {
	switch name {
	case "pdfsig", "pdftotext", "pdftoppm":
		return "installs poppler-utils"
	case "tesseract":
		return "installs tesseract-ocr and tesseract-ocr-vie"
	case "mutool":
		return "installs mupdf-tools"
	case "certutil":
		return "installs libnss3-tools"
	case "softhsm2-util":
		return "installs softhsm2"
	case "qpdf", "openssl", "xmlsec1":
		return "installs " + name
	case "xmllint":
		return "installs libxml2-utils"
	case "psql", "postgres", "initdb":
		return "installs postgresql"
	case "versitygw":
		return "builds it with .ci/tools/build"
	default:
		return "or install it by hand"
	}
}

// root finds the repository's top folder, from which a test binary is never
// started directly.
func root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the test's folder")
		}
		dir = parent
	}
}

// unprivileged picks the account for a program that refuses to be root. It is
// nil when the tests are not root themselves: then the program runs as they do.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// home makes a peer's folder, owned by the account it will run as.
func home(name string, as *syscall.Credential) (string, error) {
	dir, err := os.MkdirTemp("", "congvan-"+name+"-")
	if err != nil {
		return "", err
	}
	if as != nil {
		err = os.Chown(dir, int(as.Uid), int(as.Gid))
	}
	return dir, err
}

// eventually calls try until it succeeds or patience ends, and gives its last error.
func eventually(try func() error) error {
	deadline := time.Now().Add(patience)
	for {
		err := try()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}
