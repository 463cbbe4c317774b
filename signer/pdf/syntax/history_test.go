package syntax_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"congvan/signer/pdf/syntax"
)

// TestManyRevisions reads an object that each of many revisions writes again, and one that
// only the first and the last write, as of every revision.
func TestManyRevisions(t *testing.T) {
	all := book()
	all[50], all[51] = "(0)", "(first)"
	data := tabled(all)
	const n = 40
	for i := 1; i <= n; i++ {
		data = appended(t, data, func(u *syntax.Update) {
			u.Put(syntax.Ref{Number: 50}, syntax.String(fmt.Sprint(i)))
			if i == n {
				u.Put(syntax.Ref{Number: 51}, syntax.String("last"))
			}
		})
	}
	for i, r := range mustOpen(t, data).Revisions() {
		want := map[int]syntax.Object{50: syntax.String(fmt.Sprint(i)), 51: syntax.String("first"), 52: nil}
		if i == n {
			want[51] = syntax.String("last")
		}
		for number, w := range want {
			if o, err := r.Get(syntax.Ref{Number: number}); err != nil || o != w {
				t.Errorf("revision %d, object %d: %v, %v, want %v", i, number, o, err, w)
			}
		}
	}
}

// TestFormsOfManyRevisions has a small file ask for more fields than it could ever pay for:
// one form that all revisions share.
func TestFormsOfManyRevisions(t *testing.T) {
	all := book()
	var fields strings.Builder
	for n := 1000; n < 3000; n++ {
		all[n] = "<</T(a)>>"
		fmt.Fprintf(&fields, "%d 0 R ", n)
	}
	all[1] = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[" + fields.String() + "]>>>>"
	f := mustOpen(t, tabled(all))
	for i := range 1 << 20 {
		if _, err := f.Latest().Fields(); err != nil {
			if !errors.Is(err, syntax.ErrTooLarge) || i < 100 {
				t.Errorf("after %d times: %v", i, err)
			}
			return
		}
	}
	t.Error("it is never too much")
}
