package changes_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"congvan/internal/peers"
	"congvan/signer"
	"congvan/signer/pdf/changes"
	"congvan/signer/pdf/syntax"
)

// Cases that need a letter other than the usual.
func TestEdges(t *testing.T) {
	visible := field("/Rect[300 100 400 200]/AP<</N 82 0 R>>")
	tree := letter().with(objects{ // the page that is signed is the last of three, two levels down
		2:  "<</Type/Pages/Kids[90 0 R 91 0 R]/Count 3/MediaBox[0 0 595 842]>>",
		90: "<</Type/Pages/Parent 2 0 R/Kids[4 0 R 94 0 R]/Count 2>>",
		91: "<</Type/Pages/Parent 2 0 R/Kids[3 0 R]/Count 1>>",
		3:  strings.Replace(letter()[3], "/Parent 2 0 R", "/Parent 91 0 R", 1),
		4:  strings.Replace(letter()[4], "/Parent 2 0 R", "/Parent 90 0 R", 1),
		94: "<</Type/Page/Parent 90 0 R>>",
	})
	onlySig := letter().with(objects{6: "<</Fields[20 0 R 21 0 R]/SigFlags 3/NeedAppearances true>>"})
	many := objects{}
	for i := range 1200 {
		many[1000+i] = "<</Type/Annot/Subtype/Text/Rect[0 0 9 9]>>"
	}
	more := many.with(edit(3, "26 0 R]", "26 0 R "+refs(1000, 1200)+"]"))
	crowd := objects{}
	for i := range 201 {
		crowd[1000+i] = fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Sig/T(s%d)/P 3 0 R/Rect[100 100 101 101]>>", i)
	}
	crowd = crowd.with(edit(3, "26 0 R]", "26 0 R "+refs(1000, 201)+"]")).with(edit(6, "26 0 R]", "26 0 R "+refs(1000, 201)+"]"))
	for _, tc := range []struct {
		name        string
		was, change objects
		level       signer.Modification
		code        string
	}{
		{"signed page deep in the tree", tree, visible.with(objects{3: strings.Replace(visible[3], "/Parent 2 0 R", "/Parent 91 0 R", 1)}), form, "signature-drawn"},
		{"signed page that bookmarks, tags and names lead to", letter().with(objects{8: "<</Dests<</a[3 0 R/XYZ 0 0 0]>>/Names[(b)[3 0 R/Fit](c)[4 0 R/Fit]]/K<</Pg 3 0 R/K<</Type/OBJR/Obj 21 0 R>>>>>>"}), visible.with(seal()).with(objects{3: visible[3]}), form, "signature-added"},
		{"signed page that serves as resources", letter().with(objects{4: strings.Replace(letter()[4], "/Resources<</Font<</F1 12 0 R>>>>", "/Resources 3 0 R", 1)}), visible, other, "object-used-elsewhere"},
		{"signed page in an array that is no destination", letter().with(objects{8: "<</X[3 0 R 3 0 R]>>"}), visible, other, "object-used-elsewhere"},
		{"filled field that serves as something else", letter().with(objects{8: "<</X 22 0 R>>"}), edit(22, "/V(12)", "/V(13)"), other, "object-used-elsewhere"},
		{"catalog that serves as something else", letter().with(objects{8: "<</X 1 0 R>>"}), proofs(), other, "object-used-elsewhere"},
		{"time stamp in a field that waits", letter().with(objects{21: strings.Replace(letter()[21], "/Rect[50 80 150 180]", "", 1)}), edit(21, "/Rect[50 80 150 180]", "/V 81 0 R").with(objects{81: stamp("")[81]}), lta, "document-time-stamp-added"},
		{"time stamp in a visible field that waits", letter(), edit(21, "/T(Co quan)", "/T(Co quan)/V 81 0 R").with(objects{81: stamp("")[81]}), form, "document-time-stamp-added"},
		{"value that a waiting field had promised", letter().with(edit(21, "/T(Co quan)", "/T(Co quan)/V 96 0 R")), objects{96: seal()[70]}, form, "signature-added"},
		{"fields no longer drawn anew, all being signatures", onlySig, objects{6: "<</Fields[20 0 R 21 0 R]/SigFlags 3>>"}, form, "form-defaults-added"},
		{"defaults where there were none", letter().with(edit(6, "/DA(/F1 10 Tf)", "")), objects{6: letter()[6]}, form, "form-defaults-added"},
		{"tab order", letter(), edit(3, "/Parent", "/Tabs/S/LastModified(D:2026)/Parent"), form, "page-remark-changed"},
		{"tab order as a script's hiding place", letter(), edit(3, "/Parent", "/Tabs 10 0 R/Parent"), other, "page-changed"},
		{"lock added to a waiting field", letter().with(edit(21, "/Lock<</Type/SigFieldLock/Action/All>>", "")), objects{21: letter()[21]}, form, "field-filled"},
		{"waiting field put on a page", letter().with(edit(3, "21 0 R ", "")), objects{3: letter()[3]}, form, "signature-field-shown"},
		{"annotation in the array changed", letter().with(edit(4, "15 0 R", "[<</Subtype/Text/Rect[1 1 2 2]/AP<</N 43 0 R>>>>]")), objects{43: stream("/Subtype/Form", "1")}, annotations, "annotation-changed"},
		{"widget in the array changed", letter().with(edit(4, "15 0 R", "[<</Subtype/Widget/FT/Tx/Rect[1 1 2 2]/AP<</N 43 0 R>>>>]")), objects{43: stream("/Subtype/Form", "1")}, other, "annotation-changed"},
		{"annotation in the array unchanged", letter().with(edit(4, "15 0 R", "[<</Subtype/Text/Rect[1 1 2 2]>>]")), edit(4, "15 0 R", "[<</Subtype/Text/Rect[1 1 2 2]>>31 0 R]"), annotations, "annotation-added"},
		{"extension taken away", letter().with(edit(1, "/Outlines", "/Extensions<</ADBE<</ExtensionLevel 3>>>>/Outlines")), edit(1, "/Outlines", "/Extensions<<>>/Outlines"), other, "catalog-changed"},
		{"metadata with a way out", letter(), objects{9: stream("/Type/Metadata/Subtype/XML/Ref 10 0 R", "x")}, other, "metadata-not-plain"},
		{"font of the form alone", letter().with(objects{7: "<</Font<</F8 95 0 R>>>>", 95: letter()[12]}), objects{95: "<</Type/Font/BaseFont/Symbol>>"}, other, "form-changed"},
		{"font of the form, whose resources are written elsewhere", letter().with(objects{7: "<</Font<</F8 95 0 R>>>>", 95: letter()[12]}), edit(6, "/DR 7 0 R", "/DR 93 0 R").with(objects{93: "<</Font<</F8 95 0 R>>>>", 95: "<</Type/Font/BaseFont/Symbol>>"}), other, "form-changed"},
		{"descriptor of that font", letter().with(objects{7: "<</Font<</F8 95 0 R>>>>", 95: "<</FontDescriptor 96 0 R>>", 96: "<</Flags 1>>"}), edit(6, "/DR 7 0 R", "/DR 93 0 R").with(objects{93: "<</Font<</F8 95 0 R>>>>", 96: "<</Flags 2>>"}), other, "form-changed"},
		{"resources of the form written elsewhere", letter(), edit(6, "/DR 7 0 R", "/DR 93 0 R").with(objects{93: letter()[7]}), none, ""},
		{"filled field that serves as something else, which is written elsewhere", letter().with(edit(4, "/Resources<<", "/Resources<</X 22 0 R")), edit(22, "/V(12)", "/V(13)").with(edit(4, "/Resources<</Font<</F1 12 0 R>>>>", "/Resources 93 0 R")).with(objects{93: "<</X 22 0 R/Font<</F1 12 0 R>>>>"}), other, "object-used-elsewhere"},
		{"content in an array that is written elsewhere", letter(), edit(4, "[14 0 R]", " 93 0 R").with(objects{93: "[14 0 R]", 14: stream("", "khac")}), other, "page-content-changed"},
		{"more changes than anybody reads", letter(), more, other, "too-many-changes"},
		{"signature under a crowd", letter(), crowd, other, "signature-covered"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			result := since(t, newPDF(tc.was).add(tc.change, "/Root 1 0 R"), 0, changes.Rules{})
			if result.Level != tc.level || tc.code != "" && !slices.Contains(codes(result.Findings), tc.code) {
				t.Errorf("%s %v, want %s %q", result.Level, codes(result.Findings), tc.level, tc.code)
			}
		})
	}
}

func refs(from, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d 0 R ", from+i)
	}
	return b.String()
}

func TestWhereASignatureIsDrawn(t *testing.T) {
	result := update(t, field("/Rect[400 200 300 100]"), changes.Rules{})
	for _, f := range result.Findings {
		if f.Code == "signature-drawn" {
			if want := (changes.Rect{300, 100, 400, 200}); f.Page != 1 || f.Rect != want || f.Field != "Moi" || f.Level != none {
				t.Errorf("%+v", f)
			}
			return
		}
	}
	t.Errorf("nothing is said in %v", codes(result.Findings))
}

// Every code has words in both languages, filled in.
func TestWords(t *testing.T) {
	for _, o := range []objects{seal(), proofs(), stamp(""), field("/Rect[90 90 200 170]"), edit(3, "/Parent", "/Rotate 90/Parent"), edit(22, "/F 4", "/F 6"), {10: "null", 2: "<<>>", 41: "null"}} {
		for _, f := range update(t, o, changes.Rules{}).Findings {
			if f.Vi == "" || f.En == "" || f.Vi == f.Code || strings.Contains(f.Vi+f.En, "%!") {
				t.Errorf("%+v", f.Reason)
			}
		}
	}
}

// An encrypted letter is compared by what it says, not by its cipher text.
func TestEncrypted(t *testing.T) {
	qpdf := peers.Tool(t, "qpdf")
	dir := t.TempDir()
	plain, locked := filepath.Join(dir, "plain.pdf"), filepath.Join(dir, "locked.pdf")
	if err := os.WriteFile(plain, newPDF(letter()).data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(qpdf, "--stream-data=preserve", "--encrypt", "", "owner", "256", "--", plain, locked).CombinedOutput()
	if _, missing := os.Stat(locked); missing != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(locked)
	if err != nil {
		t.Fatal(err)
	}
	was, err := openBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	page, err := was.Latest().Page(0)
	if err != nil {
		t.Fatal(err)
	}
	content := page.Dict["Contents"].(syntax.Ref)
	text := "BT /F1 12 Tf (Kinh gui: Van phong) Tj ET /Fm Do"
	for body, want := range map[string]signer.Modification{text: none, text + " ": other} {
		f := grow(t, was, func(u *syntax.Update) { u.Put(content, u.NewStream(nil, []byte(body), false)) })
		result, err := changes.Since(f, len(was.Revisions())-1, changes.Rules{})
		if err != nil || result.Level != want {
			t.Errorf("%q: %s %v %v, want %s", body, result.Level, err, codes(result.Findings), want)
		}
	}
}
