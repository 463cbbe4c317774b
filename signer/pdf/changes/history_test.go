package changes_test

import (
	"slices"
	"strings"
	"testing"

	"congvan/signer"
	"congvan/signer/pdf/changes"
)

// grown is a letter with revisions, each with the trailer that follows it.
func grown(revisions ...objects) *pdf {
	p := newPDF(letter())
	for _, o := range revisions {
		p.add(o, "/Root 1 0 R")
	}
	return p
}

func TestHistory(t *testing.T) {
	stamped := stamp("").with(proofs())
	renewed := objects{86: "[87 0 R 91 0 R]", 91: stream("", "another")}
	f := grown(seal(), proofs(), renewed).open(t)
	h := changes.NewHistory(f)
	for signed, want := range []signer.Modification{form, lta, lta, none} {
		result, err := h.Since(signed, changes.Rules{})
		if err != nil || result.Level != want {
			t.Errorf("since %d: %s %v, want %s: %v", signed, result.Level, err, want, codes(result.Findings))
		}
	}
	if _, err := h.Since(4, changes.Rules{}); err == nil {
		t.Error("a revision that the file does not have")
	}
	if _, err := h.Since(-1, changes.Rules{}); err == nil {
		t.Error("a revision before the first")
	}
	if r := since(t, grown(stamped), 0, changes.Rules{Permissions: 1}); r.Level != lta || len(r.Violations) > 0 {
		t.Errorf("%s %v", r.Level, codes(r.Violations))
	}
}

// What was changed and changed back was still shown to whoever signed in between.
func TestChangedBack(t *testing.T) {
	p := grown(objects{10: stream("", "(khac) Tj")}, objects{10: letter()[10]})
	if r := since(t, p, 0, changes.Rules{}); r.Level != other {
		t.Errorf("level %s", r.Level)
	}
}

// An attack in steps, each of which is harmless.
func TestSteps(t *testing.T) {
	visible := "/Rect[300 100 400 200]/AP<</N 82 0 R>>"
	promised := letter().with(objects{11: "<</Font<</F1 12 0 R>>/XObject<</Fm 13 0 R/Hid 82 0 R>>>>"})
	p := newPDF(promised).add(field(visible), "/Root 1 0 R")
	if r := since(t, p, 0, changes.Rules{}); r.Level != other {
		t.Errorf("a seal that a page had promised to draw: %s", r.Level)
	}
	indirect := letter().with(objects{31: "<</Type/Annot/Subtype 90 0 R/Rect[20 20 40 40]/AP<</N 99 0 R>>>>", 90: "/Stamp"})
	p = newPDF(indirect).add(objects{99: stream("/Subtype/Form/BBox[0 0 9 9]", "0 0 9 9 re f")}, "/Root 1 0 R")
	if r := since(t, p, 0, changes.Rules{}); r.Level.Rank() < annotations.Rank() {
		t.Errorf("an annotation of a kind that is an object, with a look that was promised: %s", r.Level)
	}
	loose := letter().with(objects{6: strings.Replace(letter()[6], "20 0 R ", "", 1)})
	covering := field("/Rect[90 90 260 170]").with(objects{6: strings.Replace(loose[6], "26 0 R]", "26 0 R 80 0 R]", 1)})
	if r := since(t, newPDF(loose).add(covering, "/Root 1 0 R"), 0, changes.Rules{}); r.Level != other {
		t.Errorf("a seal over a signature that the form does not know: %s", r.Level)
	}
	for _, tc := range []struct {
		name      string
		revisions []objects
		code      string
	}{
		{"an orphan that is switched on later", []objects{{90: stream("", "x")}, edit(3, "/Contents 10 0 R", "/Contents 90 0 R")}, "page-content-changed"},
		{"a seal changed after it was set", []objects{seal(), {71: stream("/Subtype/Form/BBox[0 0 9 9]", "")}}, "signed-widget-changed"},
		{"a signature in a new field changed later", []objects{field(visible), {82: stream("/Subtype/Form/BBox[0 0 9 9]", "")}}, "signed-widget-changed"},
		{"a proof replaced", []objects{proofs(), {87: stream("", "another")}}, "proofs-removed"},
		{"a proof removed", []objects{proofs(), {86: "[]", 89: "<</CRL[88 0 R]>>"}}, "proofs-removed"},
		{"the store removed", []objects{proofs(), {1: letter()[1]}}, "proofs-removed"},
		{"a proof used as content", []objects{proofs(), edit(3, "/Contents 10 0 R", "/Contents 87 0 R")}, "page-content-changed"},
		{"covered bit by bit", []objects{field("/Rect[100 100 160 160]"), second("/Rect[160 100 220 160]")}, "signature-covered"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := since(t, grown(tc.revisions...), 0, changes.Rules{})
			if r.Level != other || !slices.Contains(codes(r.Findings), tc.code) {
				t.Errorf("%s %v, want %q", r.Level, codes(r.Findings), tc.code)
			}
		})
	}
}

// second is one more signature in a new field, after that of [field].
func second(dict string) objects {
	return edit(3, "26 0 R]", "26 0 R 80 0 R 92 0 R]").with(edit(6, "26 0 R]", "26 0 R 80 0 R 92 0 R]")).with(objects{
		92: "<</Type/Annot/Subtype/Widget/FT/Sig/T(Nua)/F 132/P 3 0 R/V 93 0 R" + dict + ">>",
		93: "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 8 9 9]/Contents<00>>>",
	})
}

// Proofs may be written anew under other numbers, as some tools do.
func TestProofsRenumbered(t *testing.T) {
	again := objects{
		85: "<</Certs[94 0 R 96 0 R]/CRLs[95 0 R]>>",
		94: stream("", "certificate"), 95: stream("", "revocation list"), 96: stream("", "another"),
	}
	if r := since(t, grown(proofs(), again), 1, changes.Rules{}); r.Level != lta {
		t.Errorf("%s %v", r.Level, codes(r.Findings))
	}
}

func TestTrailer(t *testing.T) {
	for _, tc := range []struct {
		name, was, is string
		level         signer.Modification
		code          string
	}{
		{"same", "", "/Root 1 0 R", none, ""},
		{"root replaced", "", "/Root 62 0 R", other, "catalog-replaced"},
		{"unknown key added", "", "/Root 1 0 R/Foo 1", other, "trailer-changed"},
		{"information added", "", "/Root 1 0 R/Info 64 0 R", other, "document-info-not-plain"},
		{"information with plain values", "", "/Root 1 0 R/Info 17 0 R", lta, "document-info-changed"},
		{"second half of the identifier", "/ID[<01><02>]", "/Root 1 0 R/ID[<01><03>]", none, ""},
		{"what is not known left out", "/DocChecksum/X", "/Root 1 0 R", none, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &pdf{data: []byte("%PDF-1.7\n"), xref: -1}
			p.add(letter(), "/Root 1 0 R"+tc.was).add(objects{}, tc.is)
			r := since(t, p, 0, changes.Rules{})
			if r.Level != tc.level || tc.code != "" && !slices.Contains(codes(r.Findings), tc.code) {
				t.Errorf("%s %v, want %s %q", r.Level, codes(r.Findings), tc.level, tc.code)
			}
		})
	}
}
