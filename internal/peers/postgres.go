package peers

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// Cluster is a PostgreSQL server of the tests' own, reached by a Unix socket in
// its private folder; it listens on no port and knows nothing of the machine's
// other clusters.
type Cluster struct {
	bin     string
	program program
	leash   *leash
	count   atomic.Int64
}

// Postgres makes a fresh, empty database in the cluster that all tests of the
// binary share, and gives its connection string. The database is dropped when
// the test ends. The cluster does not fsync.
func Postgres(t testing.TB) (dsn string) {
	t.Helper()
	c, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return c.Database(t)
}

var shared = sync.OnceValues(func() (*Cluster, error) { return newCluster(false) })

// OwnPostgres starts a cluster for one test, which may stop and start it.
// A durable one writes with fsync, as in production; any other does not.
func OwnPostgres(t testing.TB, durable bool) *Cluster {
	t.Helper()
	c, err := newCluster(durable)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.remove)
	return c
}

// Database makes a fresh, empty database and gives its connection string. It is
// dropped, whoever is still connected, when the test ends.
func (c *Cluster) Database(t testing.TB) (dsn string) {
	t.Helper()
	name := "test_" + strconv.FormatInt(c.count.Add(1), 10)
	if err := c.sql("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.leash == nil {
			return
		}
		if err := c.sql("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	where := url.Values{"host": {c.program.home}, "sslmode": {"disable"}}
	return "postgres://congvan@/" + name + "?" + where.Encode()
}

// Stop ends the server as a crash would: connections break and nothing is
// tidied up. Databases stay.
func (c *Cluster) Stop() {
	if c.leash != nil {
		c.leash.stop(true)
		c.leash = nil
	}
}

// Start brings a stopped server back and returns when it answers.
func (c *Cluster) Start(t testing.TB) {
	t.Helper()
	if err := c.start(); err != nil {
		t.Fatal(err)
	}
}

func (c *Cluster) remove() {
	if c.leash != nil {
		c.leash.stop(false)
		c.leash = nil
	}
	os.RemoveAll(c.program.home)
}

func newCluster(durable bool) (*Cluster, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	as, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := home("postgres", as)
	if err != nil {
		return nil, err
	}
	c := &Cluster{bin: bin, program: program{home: dir, signal: "QUIT", as: as, argv: server(bin, dir, durable)}}
	if err = c.init(); err == nil {
		err = c.start()
	}
	if err != nil {
		c.remove()
		return nil, err
	}
	return c, nil
}

// postgresBin finds the newest installed PostgreSQL.
func postgresBin() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		path, err := exec.LookPath("initdb")
		if err != nil {
			return "", errors.New(`postgresql is not installed: run "make test" (installs postgresql)`)
		}
		path, err = filepath.EvalSymlinks(path)
		return filepath.Dir(path), err
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

// version reads the major version out of /usr/lib/postgresql/15/bin/initdb.
func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

func server(bin, dir string, durable bool) []string {
	sync := "off"
	if durable {
		sync = "on"
	}
	argv := []string{filepath.Join(bin, "postgres"), "-D", filepath.Join(dir, "data")}
	for _, set := range []string{
		"unix_socket_directories=" + dir, "listen_addresses=",
		"fsync=" + sync, "synchronous_commit=" + sync, "full_page_writes=" + sync,
		"max_connections=200", "shared_buffers=32MB", "timezone=UTC", "log_min_messages=warning",
	} {
		argv = append(argv, "-c", set)
	}
	return argv
}

func (c *Cluster) init() error {
	cmd := exec.Command(filepath.Join(c.bin, "initdb"), "--pgdata="+filepath.Join(c.program.home, "data"),
		"--username=congvan", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
	cmd.Dir = c.program.home
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.program.as}
	return run(cmd)
}

func (c *Cluster) start() error {
	leash, err := c.program.start()
	if err != nil {
		return err
	}
	c.leash = leash
	if err := eventually(func() error { return c.sql("SELECT 1") }); err != nil {
		return c.program.failure(err)
	}
	return nil
}

// sql runs one statement as the cluster's owner, by psql: the tests' drivers are
// what is under test.
func (c *Cluster) sql(statement string) error {
	return run(exec.Command(filepath.Join(c.bin, "psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
		"--host="+c.program.home, "--username=congvan", "--dbname=postgres", "--command="+statement))
}

// run runs a command to its end; its output becomes the error.
func run(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, strings.TrimSpace(string(out)))
	}
	return nil
}
