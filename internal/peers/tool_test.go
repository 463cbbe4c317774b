package peers_test

import (
	"os/exec"
	"testing"

	"congvan/internal/peers"
)

func TestToolRuns(t *testing.T) {
	if out, err := exec.Command(peers.Tool(t, "xmllint"), "--version").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
