package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"congvan/gateway"
)

// TestFailureMatrixIsTrue: docs/failure-matrix.md names tests that exist, all ordeals among them, and its codes and texts are those
// that are answered.
func TestFailureMatrixIsTrue(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "failure-matrix.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, name := range regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(string(text), -1) {
		named[name[1]] = true
	}
	written := tests(t)
	for name := range named {
		if !written[name] {
			t.Errorf("there is no test %s", name)
		}
	}
	for name := range written {
		if strings.HasPrefix(name, "TestOrdeal") && !named[name] {
			t.Errorf("%s proves nothing that is named", name)
		}
	}
	codes := regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|.*$").FindAllStringSubmatch(string(text), -1)
	if len(codes) < 20 {
		t.Errorf("the table has %d codes", len(codes))
	}
	for _, row := range codes {
		if want := codeRow(gateway.Code(row[1])); row[0] != want {
			t.Errorf("the row is\n%s\nwant\n%s", row[0], want)
		}
	}
}

// codeRow is the row of a code in the table of codes.
func codeRow(c gateway.Code) string {
	d := gateway.Describe(c)
	return fmt.Sprintf("| `%s` | %d | %s | %s | %s |", c, d.HTTP, d.VXP, d.Vi, d.En)
}

// tests gives the names of all tests of the repository.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	pattern := regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(`)
	root := os.DirFS(filepath.Join("..", ".."))
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != "." {
			return fs.SkipDir
		}
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(root, name)
		for _, test := range pattern.FindAllSubmatch(text, -1) {
			found[string(test[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
