package changes_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"congvan/signer/pdf/changes"
	"congvan/signer/pdf/syntax"
)

func lockOf(action string, names ...string) changes.Rules {
	return changes.Permissions{}.Rules(&changes.Lock{Action: action, Fields: names})
}

func TestPermissions(t *testing.T) {
	visible := "/Rect[300 100 400 200]/AP<</N 82 0 R>>"
	fill := edit(22, "/V(12)", "/V(13)")
	note := edit(31, "ghi chu", "ghi khac")
	for _, tc := range []struct {
		name   string
		change objects
		rules  changes.Rules
		code   string // of the violation; empty: none
	}{
		{"approval, annotation", note, changes.Rules{}, ""},
		{"P=1, proofs", proofs(), changes.Rules{Permissions: 1}, ""},
		{"P=1, time stamp", stamp(""), changes.Rules{Permissions: 1}, ""},
		{"P=1, signature", seal(), changes.Rules{Permissions: 1}, "signature-added"},
		{"P=2, signature in its field", seal(), changes.Rules{Permissions: 2}, ""},
		{"P=2, signature in a new invisible field", field(""), changes.Rules{Permissions: 2}, ""},
		{"P=2, signature in a new visible field", field(visible), changes.Rules{Permissions: 2}, "visible-field-after-certification"},
		{"P=2, new field with a visible widget apart", field("").with(objects{80: "<</Type/Annot/Subtype/Widget/Parent 84 0 R/P 3 0 R/Rect[300 100 400 200]>>", 84: "<</FT/Sig/T(Moi)/V 81 0 R/Kids[80 0 R]>>", 6: strings.Replace(letter()[6], "26 0 R]", "26 0 R 84 0 R]", 1)}), changes.Rules{Permissions: 2}, "visible-field-after-certification"},
		{"P=2, field", fill, changes.Rules{Permissions: 2}, ""},
		{"P=2, annotation", note, changes.Rules{Permissions: 2}, "annotation-changed"},
		{"P=3, annotation", note, changes.Rules{Permissions: 3}, ""},
		{"P=3, new visible field", field(visible), changes.Rules{Permissions: 3}, ""},
		{"P=3, page", objects{10: "null"}, changes.Rules{Permissions: 3}, "page-content-changed"},
		{"P=9 is as strict as 1", fill, changes.Rules{Permissions: 9}, "field-filled"},
		{"all locked, field", fill, lockOf("All"), "locked-field-changed"},
		{"all locked, signature in its field", seal(), lockOf("All"), "locked-field-changed"},
		{"all locked, signature in a new field", field(visible), lockOf("All"), ""},
		{"all locked, proofs", proofs(), lockOf("All"), ""},
		{"one locked, that field", fill, lockOf("Include", "So"), "locked-field-changed"},
		{"one locked, another field", fill, lockOf("Include", "So2"), ""},
		{"but one locked, that field", fill, lockOf("Exclude", "So"), ""},
		{"but one locked, another field", fill, lockOf("Exclude", "Nhom"), "locked-field-changed"},
		{"group locked, field in it", edit(25, "/V(1)", "/V(2)"), lockOf("Include", "Nhom"), "locked-field-changed"},
		{"group locked, field with a name that begins alike", fill, lockOf("Include", "S"), ""},
		{"known to be signed", fill, changes.Rules{SignedFields: []string{"So"}}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			result := update(t, tc.change, tc.rules)
			got := codes(result.Violations)
			if tc.code == "" && len(got) > 0 || tc.code != "" && !slices.Contains(got, tc.code) {
				t.Errorf("violations %v, want %q", got, tc.code)
			}
		})
	}
}

func TestSignedFieldsAreHeld(t *testing.T) {
	result := update(t, edit(22, "/V(12)", "/V(13)"), changes.Rules{SignedFields: []string{"So"}})
	if result.Level != other {
		t.Errorf("level %s for a change to a field that is known to be signed", result.Level)
	}
}

func TestAcrobatIsTold(t *testing.T) {
	result := update(t, proofs(), changes.Rules{Permissions: 1})
	if !slices.Contains(codes(result.Findings), "refused-by-acrobat") || result.Level != lta {
		t.Errorf("%s %v", result.Level, codes(result.Findings))
	}
}

// signatureOf opens a letter whose object 40 is a signature with these entries.
func signatureOf(t *testing.T, entries string) (*syntax.Revision, syntax.Dict) {
	t.Helper()
	r := newPDF(letter().with(objects{40: "<</Type/Sig" + entries + ">>", 50: "<</Type/TransformParams/P 2/V/1.2>>", 51: "[52 0 R]", 52: "(So)"})).open(t).Latest()
	d, err := r.Dict(syntax.Ref{Number: 40})
	if err != nil {
		t.Fatal(err)
	}
	return r, d
}

func TestParsePermissions(t *testing.T) {
	for _, tc := range []struct {
		name, entries string
		docMDP        int
		locked        []string
		bad           bool
	}{
		{name: "approval", entries: ""},
		{name: "certification", entries: "/Reference[<</TransformMethod/DocMDP/TransformParams 50 0 R>>]", docMDP: 2},
		{name: "P absent", entries: "/Reference[<</TransformMethod/DocMDP/TransformParams<</V/1.2>>>>]", docMDP: 2},
		{name: "no parameters", entries: "/Reference[<</TransformMethod/DocMDP>>]", docMDP: 2},
		{name: "strictest of two", entries: "/Reference[<</TransformMethod/DocMDP/TransformParams<</P 3>>>><</TransformMethod/DocMDP/TransformParams<</P 1>>>>]", docMDP: 1},
		{name: "P out of range", entries: "/Reference[<</TransformMethod/DocMDP/TransformParams<</P 4>>>>]", bad: true},
		{name: "P no number", entries: "/Reference[<</TransformMethod/DocMDP/TransformParams<</P/x>>>>]", bad: true},
		{name: "references no array", entries: "/Reference<<>>", bad: true},
		{name: "lock of fields", entries: "/Reference[<</TransformMethod/FieldMDP/TransformParams<</Action/Include/Fields 51 0 R>>>>]", locked: []string{"So"}},
		{name: "lock of UTF-16 name", entries: "/Reference[<</TransformMethod/FieldMDP/TransformParams<</Action/Include/Fields[<FEFF1EE8>]>>>>]", locked: []string{"Ứ"}},
		{name: "unknown action", entries: "/Reference[<</TransformMethod/FieldMDP/TransformParams<</Action/Some>>>>]", bad: true},
		{name: "names no strings", entries: "/Reference[<</TransformMethod/FieldMDP/TransformParams<</Action/Include/Fields[1]>>>>]", bad: true},
		{name: "usage rights", entries: "/Reference[<</TransformMethod/UR3/TransformParams<</P true>>>>]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, d := signatureOf(t, tc.entries)
			p, err := changes.ParsePermissions(r, d)
			if tc.bad != (err != nil) || tc.bad && !errors.Is(err, changes.ErrPermissions) {
				t.Fatalf("error %v", err)
			}
			if tc.bad {
				return
			}
			rules := p.Rules(nil)
			if p.DocMDP != tc.docMDP || rules.Permissions != tc.docMDP {
				t.Errorf("DocMDP %d, want %d", p.DocMDP, tc.docMDP)
			}
			for _, name := range tc.locked {
				if rules.Locked == nil || !rules.Locked(name) || rules.Locked("other") {
					t.Errorf("%q is not locked, or others are: %+v", name, p.Locks)
				}
			}
		})
	}
}

func TestParseLock(t *testing.T) {
	r, _ := signatureOf(t, "")
	lock := func(o syntax.Object) (*changes.Lock, error) {
		return changes.ParseLock(r, syntax.Dict{"Lock": o})
	}
	if l, err := lock(nil); l != nil || err != nil {
		t.Errorf("absent: %v %v", l, err)
	}
	l, err := lock(syntax.Dict{"Action": syntax.Name("Exclude"), "Fields": syntax.Array{syntax.String("A")}, "P": int64(1)})
	if err != nil || l.Permissions != 1 || l.Covers("A") || l.Covers("A.b") || !l.Covers("Ab") {
		t.Errorf("Exclude: %+v %v", l, err)
	}
	if rules := (changes.Permissions{DocMDP: 3}).Rules(l); rules.Permissions != 1 || !rules.Locked("B") {
		t.Errorf("rules %+v", rules)
	}
	if rules := (changes.Permissions{DocMDP: 2}).Rules(&changes.Lock{Action: "All", Permissions: 3}); rules.Permissions != 2 {
		t.Errorf("the laxer permission won: %d", rules.Permissions)
	}
	for _, bad := range []syntax.Object{syntax.Name("All"), syntax.Dict{}, syntax.Dict{"Action": syntax.Name("All"), "P": int64(0)}} {
		if _, err := lock(bad); !errors.Is(err, changes.ErrPermissions) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func TestLocksKnowTheirFields(t *testing.T) {
	for _, c := range []struct {
		lock  changes.Lock
		field string
		want  bool
	}{
		{changes.Lock{Action: changes.LockAll}, "a", true},
		{changes.Lock{Action: changes.LockInclude, Fields: []string{"a"}}, "a", true},
		{changes.Lock{Action: changes.LockInclude, Fields: []string{"a"}}, "a.b", true},
		{changes.Lock{Action: changes.LockInclude, Fields: []string{"a"}}, "ab", false},
		{changes.Lock{Action: changes.LockExclude, Fields: []string{"a"}}, "a.b", false},
		{changes.Lock{Action: changes.LockExclude, Fields: []string{"a"}}, "b", true},
	} {
		if got := c.lock.Covers(c.field); got != c.want {
			t.Errorf("%+v covers %q: %v", c.lock, c.field, got)
		}
	}
}
