package peers

import (
	"os"
	"path/filepath"
	"testing"
)

// Samples gives a folder of files that others made: of CONGVAN_SAMPLES, or of
// shared/samples beside the repository or above it. The test is skipped, and says so,
// where it is not to be had.
func Samples(t testing.TB, folder string) string {
	t.Helper()
	if dir := os.Getenv("CONGVAN_SAMPLES"); dir != "" {
		return found(t, filepath.Join(dir, folder))
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		at := filepath.Join(dir, "shared", "samples", folder)
		if _, err := os.Stat(at); err == nil {
			return at
		}
	}
	return found(t, filepath.Join("shared", "samples", folder))
}

func found(t testing.TB, dir string) string {
	t.Helper()
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no samples in %s; set CONGVAN_SAMPLES", dir)
	}
	return dir
}
