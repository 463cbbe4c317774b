package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(tidy{m}, map[string]func(){
		"congvan": func() { os.Exit(run(os.Args[1:])) },
	})
}

// tidy runs the tests and removes the program that was built for them.
type tidy struct{ *testing.M }

// Run implements testscript.TestingM.
func (t tidy) Run() int {
	defer func() {
		if program.path != "" {
			os.RemoveAll(filepath.Dir(program.path))
		}
	}()
	return t.M.Run()
}

// TestScripts tells stories: one file, one story, with the real program.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"waitfor": waitFor,
			"until":   until,
			"keep":    keep,
		},
	})
}

// setUp gives each story two free ports and a configuration that uses the first.
func setUp(env *testscript.Env) error {
	for _, name := range []string{"ADDRESS", "ADDRESS_ABOVE"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close()
		env.Setenv(name, l.Addr().String())
	}
	env.Setenv("TMPDIR", env.WorkDir)
	conf := fmt.Sprintf("[gateway]\nself = \"H26.99.10\"\n[listen]\naddress = %q\n", env.Getenv("ADDRESS"))
	return os.WriteFile(env.WorkDir+"/congvan.toml", []byte(conf), 0o600)
}

// waitFor waits until an address answers 200: waitfor URL.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfor URL")
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, args[0], nil)
		ts.Check(err)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			continue
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return
		}
	}
	ts.Fatalf("%s did not answer in time", args[0])
}

// until runs the program again and again until its output matches: until PATTERN congvan ARG….
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until PATTERN PROGRAM ARG…")
	}
	pattern := regexp.MustCompile(args[0])
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if err := ts.Exec(args[1], args[2:]...); err == nil && pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
	}
	ts.Fatalf("%q did not come in time", args[0])
}

// keep puts the first group of a pattern found in the last output into a variable: keep NAME PATTERN.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keep NAME PATTERN")
	}
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) != 2 {
		ts.Fatalf("%q is not in the last output", args[1])
	}
	ts.Setenv(args[0], strings.TrimSpace(found[1]))
}
