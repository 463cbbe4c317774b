package peers

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// watch is the process between the tests and a peer. It waits for a word from
// the tests or for the end of them, stops the peer, and removes the peer's folder
// unless the word was "keep".
const watch = `home=$1 signal=$2; shift 2
"$@" &
peer=$!
read -r word
kill -s "$signal" "$peer"
wait "$peer"
[ "$word" = keep ] || rm -rf -- "$home"`

// leash holds one running peer.
type leash struct {
	word io.WriteCloser
	cmd  *exec.Cmd
}

// program is what to run on a leash.
type program struct {
	home   string              // its folder, removed at the end; the log is in it
	signal string              // what ends it: KILL, QUIT
	as     *syscall.Credential // nil: as the tests themselves
	argv   []string
	env    []string // added to the tests' own
}

func (p program) log() string { return filepath.Join(p.home, "log") }

// start runs the program in a process group of its own, so that an interrupt
// meant for the tests does not reach it before the leash does.
func (p program) start() (*leash, error) {
	log, err := os.OpenFile(p.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command("/bin/sh", append([]string{"-c", watch, "sh", p.home, p.signal}, p.argv...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.home, log, log
	cmd.Env = append(os.Environ(), p.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: p.as}
	word, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &leash{word: word, cmd: cmd}, nil
}

// stop ends the peer and waits until it is gone; keep leaves its folder.
func (l *leash) stop(keep bool) {
	if keep {
		fmt.Fprintln(l.word, "keep")
	}
	l.word.Close()
	// The exit status is that of rm or of the test before it: nothing to learn.
	_ = l.cmd.Wait()
}

// failure adds the end of the peer's log to an error, for whoever reads the test's output.
func (p program) failure(err error) error {
	const most = 4 << 10
	log, _ := os.ReadFile(p.log())
	if len(log) > most {
		log = log[len(log)-most:]
	}
	return fmt.Errorf("%s: %w\n%s", filepath.Base(p.argv[0]), err, log)
}
