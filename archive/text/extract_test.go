package text

import (
	"os"
	"path/filepath"
	"testing"
)

// cache is a folder of compiled PDFium that all tests of a run, and later runs, share.
func cache(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs("../../.cache/pdfium")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}
