package changes_test

import (
	"slices"
	"testing"

	"congvan/signer/pdf/changes"
	"congvan/signer/pdf/syntax"
)

// grow appends a revision in the way in which signatures are written.
func grow(t *testing.T, f *syntax.File, change func(u *syntax.Update)) *syntax.File {
	t.Helper()
	u, err := syntax.NewUpdate(f)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	more, _, err := u.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, f.Size())
	if _, err := f.ReaderAt().ReadAt(data, 0); err != nil {
		t.Fatal(err)
	}
	grown, err := openBytes(append(data, more...))
	if err != nil {
		t.Fatal(err)
	}
	return grown
}

func TestUpdates(t *testing.T) {
	ref := func(n int) syntax.Ref { return syntax.Ref{Number: n} }
	for _, tc := range []struct {
		name   string
		change func(u *syntax.Update, r *syntax.Revision)
		code   string // empty: only a signature
	}{
		{"signature in its field", func(u *syntax.Update, r *syntax.Revision) {
			field, err := r.Dict(ref(21))
			if err != nil {
				t.Fatal(err)
			}
			field = syntax.Clone(field).(syntax.Dict)
			field["V"] = u.Add(syntax.Dict{"Type": syntax.Name("Sig"), "Contents": syntax.String("\x00"), "ByteRange": syntax.Array{int64(0), int64(1), int64(2), int64(3)}})
			field["AP"] = syntax.Dict{"N": u.Add(u.NewStream(syntax.Dict{"Subtype": syntax.Name("Form")}, []byte("1 0 0 rg"), true))}
			u.Put(ref(21), field)
		}, ""},
		{"content replaced", func(u *syntax.Update, _ *syntax.Revision) {
			u.Put(ref(10), u.NewStream(nil, []byte("BT (khac) Tj ET"), true))
		}, "page-content-changed"},
		{"content freed", func(u *syntax.Update, _ *syntax.Revision) { u.Free(ref(10)) }, "page-content-changed"},
		{"signature freed", func(u *syntax.Update, _ *syntax.Revision) { u.Free(ref(40)) }, "signature-value-changed"},
	} {
		for kind, p := range map[string]*pdf{"table": newPDF(letter()), "stream": packed()} {
			t.Run(tc.name+", "+kind, func(t *testing.T) {
				was := p.open(t)
				f := grow(t, was, func(u *syntax.Update) { tc.change(u, was.Latest()) })
				result, err := changes.Since(f, 0, changes.Rules{Permissions: 2})
				if err != nil {
					t.Fatal(err)
				}
				switch got := codes(result.Violations); {
				case tc.code == "" && (result.Level != form || len(got) > 0):
					t.Errorf("%s %v", result.Level, codes(result.Findings))
				case tc.code != "" && (result.Level != other || !slices.Contains(got, tc.code)):
					t.Errorf("%s %v, want %q", result.Level, codes(result.Findings), tc.code)
				}
			})
		}
	}
}
