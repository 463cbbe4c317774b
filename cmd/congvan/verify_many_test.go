package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"congvan/signer"
	"congvan/signer/pdf"
)

// many is how many files one run verifies, and manyMemory what it may take (bytes).
const (
	many       = 2000
	manyMemory = 96 << 20
)

// TestVerifyManyFiles has thousands of files verified in one run: each gets its line, in
// the order of the arguments, and memory does not grow with their number.
func TestVerifyManyFiles(t *testing.T) {
	w := newSigningWorld(t)
	dir := t.TempDir()
	args := append([]string{"verify", "--json", "--offline", "--trust", filepath.Join(dir, "root.pem")}, w.manyFiles(dir)...)
	w.must(os.WriteFile(filepath.Join(dir, "root.pem"), pemOf("CERTIFICATE", w.ca.Root().Certificate.Raw), 0o600))
	cmd := exec.Command(congvan(t), args...)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	start := time.Now()
	w.must(cmd.Start())
	peak := watchMemory(cmd.Process.Pid)
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitFindings {
		t.Fatalf("exit status: %v", err)
	}
	took := time.Since(start)
	lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
	if len(lines) != many {
		t.Fatalf("%d lines for %d files", len(lines), many)
	}
	for i, line := range lines {
		checkMany(t, i, line)
	}
	used := peak()
	t.Logf("%d files in %s, %.0f/s, %d MiB", many, took, many/took.Seconds(), used>>20)
	if used == 0 || used > manyMemory {
		t.Errorf("%d bytes of memory for small files", used)
	}
}

// watchMemory looks at a process until it ends; peak then gives the most that it was seen to hold.
func watchMemory(pid int) (peak func() int64) {
	done := make(chan int64, 1)
	go func() {
		most := int64(0)
		for {
			held, err := peakMemory(pid)
			if err != nil {
				done <- most
				return
			}
			most = max(most, held)
			time.Sleep(time.Millisecond)
		}
	}()
	return func() int64 { return <-done }
}

// manyFiles are a signed letter, and every hundredth an altered one.
func (w *signingWorld) manyFiles(dir string) []string {
	letter := letterPDF(w.t)
	var out bytes.Buffer
	w.must(pdf.Sign(w.t.Context(), w.agency, bytes.NewReader(letter), int64(len(letter)), &out, pdf.SignOptions{Level: signer.LevelLegacy}))
	good := out.Bytes()
	bad := bytes.Replace(good, []byte("/MediaBox"), []byte("/MediaBax"), 1)
	names := make([]string, many)
	for i := range names {
		data := good
		if i%100 == 99 {
			data = bad
		}
		names[i] = fmt.Sprintf("%04d.pdf", i)
		w.must(os.WriteFile(filepath.Join(dir, names[i]), data, 0o600))
	}
	return names
}

func checkMany(t *testing.T, i int, line []byte) {
	t.Helper()
	var got struct {
		File       string            `json:"file"`
		Indication signer.Indication `json:"indication"`
		Signatures []json.RawMessage `json:"signatures"`
	}
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatalf("line %d: %v", i, err)
	}
	want := signer.Indeterminate // revocation is not to be had offline
	if i%100 == 99 {
		want = signer.TotalFailed
	}
	if got.File != fmt.Sprintf("%04d.pdf", i) || got.Indication != want || len(got.Signatures) != 1 {
		t.Fatalf("line %d: %s", i, line)
	}
}
