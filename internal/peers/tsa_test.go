package peers_test

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"congvan/internal/peers"
)

func TestTSAStampsWithBothClocks(t *testing.T) {
	long := time.Date(2021, 3, 4, 5, 6, 7, 0, time.UTC)
	for _, c := range []struct {
		name   string
		server *peers.TSAServer
		year   int
	}{
		{"machine", peers.TSA(t), time.Now().UTC().Year()},
		{"own", peers.OwnTSA(t, peers.TSAOptions{Clock: func() time.Time { return long }}), 2021},
	} {
		t.Run(c.name, func(t *testing.T) {
			openssl := peers.Tool(t, "openssl")
			dir := t.TempDir()
			query := filepath.Join(dir, "query")
			output(t, openssl, "ts", "-query", "-digest", strings.Repeat("ab", 32), "-sha256", "-cert", "-out", query)
			body, err := os.ReadFile(query)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := http.Post(c.server.URL, "application/timestamp-query", bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			var reply bytes.Buffer
			reply.ReadFrom(answer.Body)
			file := filepath.Join(dir, "reply")
			if err := os.WriteFile(file, reply.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			text := output(t, openssl, "ts", "-reply", "-in", file, "-text")
			if want := time.Date(c.year, 1, 1, 0, 0, 0, 0, time.UTC).Format(" 2006 GMT"); !strings.Contains(text, want) || !strings.Contains(text, "Granted") {
				t.Fatalf("want %q and Granted in %s", want, text)
			}
		})
	}
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	text, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return string(text)
}
