package changes_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"congvan/signer/pdf/changes"
	"congvan/signer/pdf/syntax"
)

func TestTry(t *testing.T) {
	files, _ := filepath.Glob("/work/shared/samples/pdf/*.pdf")
	for _, name := range files {
		f, _ := os.Open(name)
		st, _ := f.Stat()
		file, err := syntax.Open(f, st.Size(), syntax.Options{})
		if err != nil {
			fmt.Println(filepath.Base(name), "OPEN", err)
			continue
		}
		h := changes.NewHistory(file)
		for i, r := range file.Revisions() {
			res, err := h.Since(i, changes.Rules{})
			fmt.Println(filepath.Base(name), i, r.End, st.Size(), res.Level, err)
			for _, x := range res.Findings {
				fmt.Println("     ", x.Level, x.Code, x.Ref, x.Revision, x.Field, x.En)
			}
		}
	}
}
