package changes_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"congvan/internal/peers"
	"congvan/signer"
	"congvan/signer/pdf/changes"
	"congvan/signer/pdf/syntax"
)

func openSample(t *testing.T, file string) (*syntax.File, error) {
	t.Helper()
	f, err := os.Open(filepath.Join(peers.Samples(t, "pdf"), file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return syntax.Open(f, st.Size(), syntax.Options{})
}

// The classes after each revision, the last being that after the latest, which is none.
func TestSamples(t *testing.T) {
	for file, want := range map[string][]signer.Modification{
		"base.pdf":                                          {lta, none},
		"tail-uncovered.pdf":                                {lta, none},
		"minimal-signed-twice-both-created.pdf":             {form, none},
		"minimal-signed-twice-second-created.pdf":           {form, none},
		"minimal-two-fields-signed-twice.pdf":               {form, none},
		"separate-annots-kids-indir.pdf":                    {form, form, none},
		"extensions-direct.pdf":                             {form, form, form, none},
		"pades-lta-dss-indirect-arrs-test.pdf":              {form, form, lta, lta, none},
		"form-update-override-appearance-stream-sneaky.pdf": {other, none},
		"certified-with-indirect-refs-in-dir.pdf":           {other, none}, // it is the certification that sets Perms
	} {
		t.Run(file, func(t *testing.T) {
			f, err := openSample(t, file)
			if err != nil {
				t.Fatal(err)
			}
			h := changes.NewHistory(f)
			var got []signer.Modification
			for i := range f.Revisions() {
				result, err := h.Since(i, changes.Rules{})
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, result.Level)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}

// Attacks by incremental saving are not read at all, or read as altered.
func TestIncrementalSavingAttacks(t *testing.T) {
	for _, letter := range "ABCDEFGHI" {
		file := "isa_" + string(letter) + ".pdf"
		f, err := openSample(t, file)
		if err != nil {
			t.Logf("%s: %v", file, err)
			continue
		}
		if len(f.Revisions()) < 3 {
			t.Errorf("%s: %d revisions", file, len(f.Revisions()))
			continue
		}
		result, err := changes.Since(f, len(f.Revisions())-2, changes.Rules{})
		if err != nil || result.Level != other {
			t.Errorf("%s: %s %v", file, result.Level, err)
		}
	}
}
