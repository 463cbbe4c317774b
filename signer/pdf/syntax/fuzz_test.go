package syntax_test

import (
	"os"
	"path/filepath"
	"testing"

	"congvan/signer/pdf/syntax"
)

// FuzzOpen reads everything of any bytes under small limits.
func FuzzOpen(f *testing.F) {
	for _, data := range forms() {
		f.Add(data)
	}
	for _, args := range [][]string{
		{"--linearize"},
		{"--object-streams=generate"},
		{"--allow-weak-crypto", "--encrypt", "", "o", "40", "--"},
		{"--encrypt", "", "o", "256", "--", "--linearize", "--object-streams=generate"},
	} {
		f.Add(rewritten(f, withMetadata(), args...))
	}
	if dir := os.Getenv("CONGVAN_SAMPLES"); dir != "" {
		files, _ := filepath.Glob(filepath.Join(dir, "pdf", "*.pdf"))
		for _, path := range files {
			if data, err := os.ReadFile(path); err == nil {
				f.Add(data)
			}
		}
	}
	limits := syntax.Limits{
		Objects: 2000, Revisions: 20, Depth: 20, Items: 5000, Object: 64 << 10, Stream: 256 << 10, Packed: 64 << 10,
		Pages: 200, Fields: 200, Work: 4 << 20, Cache: 64 << 10,
	}
	f.Fuzz(func(_ *testing.T, data []byte) {
		walk(data, syntax.Options{Limits: limits})
	})
}

// FuzzUpdate extends whatever can be opened; the result opens again and holds what was
// added.
func FuzzUpdate(f *testing.F) {
	for _, data := range forms() {
		f.Add(data, "key", "value")
	}
	f.Fuzz(func(t *testing.T, data []byte, key, value string) {
		file, err := open(data)
		if err != nil {
			return
		}
		u, err := syntax.NewUpdate(file)
		if err != nil {
			t.Fatal(err)
		}
		ref := u.Add(syntax.Dict{syntax.Name(key): syntax.String(value)})
		more, _, err := u.Bytes()
		if err != nil {
			return
		}
		again, err := open(append(data[:len(data):len(data)], more...))
		if err != nil {
			t.Fatalf("an update broke the file: %v", err)
		}
		if d, err := again.Latest().Dict(ref); err != nil || d[syntax.Name(key)] != syntax.String(value) {
			t.Fatalf("%v, %v", d, err)
		}
	})
}
