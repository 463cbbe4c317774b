package changes_test

import (
	"slices"
	"strings"
	"testing"

	"congvan/signer"
	"congvan/signer/pdf/changes"
)

// edit replaces a piece of one of the letter's objects.
func edit(n int, from, to string) objects {
	was := letter()[n]
	if !strings.Contains(was, from) {
		panic("object " + was + " has no " + from)
	}
	return objects{n: strings.Replace(was, from, to, 1)}
}

// seal is a second signature in the field that waits for it.
func seal() objects {
	return edit(21, ">>>>", ">>/AP<</N 71 0 R>>/V 70 0 R>>").with(objects{
		70: "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 5 6 7]/Contents<00>>>",
		71: stream("/Type/XObject/Subtype/Form/BBox[0 0 100 100]", "1 0 0 rg"),
	})
}

// field is a new signature field with a widget on the first page.
func field(dict string) objects {
	return edit(3, "26 0 R]", "26 0 R 80 0 R]").with(edit(6, "26 0 R]", "26 0 R 80 0 R]")).with(objects{
		80: "<</Type/Annot/Subtype/Widget/FT/Sig/T(Moi)/F 132/P 3 0 R/V 81 0 R" + dict + ">>",
		81: "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 5 6 7]/Contents<00>>>",
		82: stream("/Type/XObject/Subtype/Form/BBox[0 0 100 100]/Resources<</Font<</F2 83 0 R>>>>", "1 0 0 rg"),
		83: "<</Type/Font/Subtype/Type1/BaseFont/Times-Bold>>",
	})
}

func stamp(dict string) objects {
	return field(dict).with(objects{81: "<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161/ByteRange[0 5 6 7]/Contents<00>>>"})
}

// proofs is a document security store.
func proofs() objects {
	return edit(1, "/Outlines", "/DSS 85 0 R/Outlines").with(objects{
		85: "<</Type/DSS/Certs 86 0 R/CRLs[88 0 R]/VRI<</ABCDEF 89 0 R>>>>",
		86: "[87 0 R]",
		87: stream("", "certificate"),
		88: stream("", "revocation list"),
		89: "<</Type/VRI/Cert[87 0 R]/CRL[88 0 R]/TU(D:20261123)>>",
	})
}

const (
	none        = signer.ModificationNone
	lta         = signer.ModificationLTA
	form        = signer.ModificationForm
	annotations = signer.ModificationAnnotations
	other       = signer.ModificationOther
)

type mutation struct {
	name   string
	change objects
	level  signer.Modification
	code   string // of a finding that must be there
}

func (m mutation) run(t *testing.T) {
	t.Run(m.name, func(t *testing.T) {
		t.Parallel()
		result := update(t, m.change, changes.Rules{})
		if result.Level != m.level {
			t.Errorf("level %s, want %s: %+v", result.Level, m.level, result.Findings)
		}
		if m.code != "" && !slices.Contains(codes(result.Findings), m.code) {
			t.Errorf("no %q in %v", m.code, codes(result.Findings))
		}
	})
}

// What may be done after signing.
func TestAllowed(t *testing.T) {
	visible := "/Rect[300 100 400 200]/AP<</N 82 0 R>>"
	for _, m := range []mutation{
		{"nothing", objects{}, none, ""},
		{"the same content at another place", objects{10: letter()[10], 3: letter()[3], 41: letter()[41]}, none, ""},
		{"the same content under another number", edit(3, "10 0 R", "90 0 R").with(objects{90: letter()[10]}), none, ""},
		{"resources written out that were an object", edit(3, "11 0 R", letter()[11]), none, ""},
		{"an object that nothing refers to", objects{90: stream("", "anything")}, none, ""},
		{"an unused object changed", objects{60: stream("", "anything")}, none, ""},
		{"an unused object freed", objects{60: "free"}, none, ""},
		{"document information", objects{90: "<</ModDate(D:20261123)/Producer(congvan)>>"}, none, ""},
		{"metadata", objects{9: stream("/Type/Metadata/Subtype/XML", "<x:xmpmeta>2</x:xmpmeta>")}, lta, "metadata-changed"},
		{"extensions", edit(1, "/Outlines", "/Extensions<</ESIC<</BaseVersion/1.7/ExtensionLevel 5>>>>/Outlines"), lta, "extensions-changed"},
		{"version", edit(1, "/Outlines", "/Version/2.0/Outlines"), lta, "version-raised"},
		{"security store", proofs(), lta, "proofs-added"},
		{"document time stamp without rectangle", stamp(""), lta, "document-time-stamp-added"},
		{"document time stamp with empty rectangle", stamp("/Rect[0 0 0 0]").with(proofs()), lta, "document-time-stamp-added"},
		{"visible document time stamp, drawing nothing", stamp("/Rect[300 100 400 200]"), form, "document-time-stamp-added"},
		{"second signature in its field", seal(), form, "signature-added"},
		{"second signature in a new field", field(visible), form, "signature-drawn"},
		{"second signature in an invisible field", field("/Rect[0 0 0 0]"), form, "signature-added"},
		{"second signature on a page with an array of annotations", field(visible).with(objects{3: letter()[3], 15: "[31 0 R 24 0 R 98 0 R 80 0 R]", 80: strings.Replace(field(visible)[80], "/P 3 0 R", "/P 4 0 R", 1)}), form, "signature-drawn"},
		{"new field left empty", field(visible).with(objects{80: "<</Type/Annot/Subtype/Widget/FT/Sig/T(Moi)/P 3 0 R/Rect[300 100 400 200]>>"}), form, "signature-field-added"},
		{"new field with a widget of its own", field("").with(objects{80: "<</Type/Annot/Subtype/Widget/Parent 84 0 R/P 3 0 R/Rect[300 100 400 200]>>", 84: "<</FT/Sig/T(Moi)/V 81 0 R/Kids[80 0 R]>>", 6: strings.Replace(letter()[6], "26 0 R]", "26 0 R 84 0 R]", 1)}), form, "signature-added"},
		{"a third over the person's signature", field("/Rect[70 100 150 160]"), form, "signature-drawn"},
		{"new field left empty, its look as well", field(visible).with(objects{80: "<</Type/Annot/Subtype/Widget/FT/Sig/T(Moi)/P 3 0 R/Rect[300 100 400 200]/MK<<>>/AP<</N 82 0 R>>>>", 82: stream("/Subtype/Form/BBox[0 0 9 9]", "% DSBlank\n")}), form, "signature-field-added"},
		{"text field", edit(22, "/V(12)/AP<</N 42 0 R>>", "/V(13)/AP<</N 90 0 R>>").with(objects{90: stream("/Subtype/Form/BBox[0 0 1 1]", "(13) Tj")}), form, "field-filled"},
		{"text field, look in place", edit(22, "/V(12)", "/V(13)").with(objects{42: stream("/Type/XObject/Subtype/Form/BBox[0 0 100 20]", "(13) Tj")}), form, "field-filled"},
		{"text field, widget apart", edit(25, "/V(1)", "/V(2)").with(objects{44: stream("/Type/XObject/Subtype/Form/BBox[0 0 50 20]", "(2) Tj")}), form, "field-filled"},
		{"text field made read-only", edit(22, "/T(So)", "/T(So)/Ff 1"), form, "field-filled"},
		{"resources of the form", edit(7, "/Font<<", "/Font<</Helv 90 0 R ").with(objects{90: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"}), form, "form-defaults-added"},
		{"resources of the form, category an object", objects{18: "<</X 90 0 R>>", 90: stream("/Subtype/Form", "")}, form, "form-defaults-added"},
		{"annotation added", edit(3, "26 0 R]", "26 0 R 90 0 R]").with(objects{90: "<</Type/Annot/Subtype/Text/Rect[1 1 9 9]>>"}), annotations, "annotation-added"},
		{"annotation written into the array", edit(3, "26 0 R]", "26 0 R <</Subtype/Text/Rect[1 1 9 9]>>]"), annotations, "annotation-changed"},
		{"annotation changed", edit(31, "ghi chu", "ghi khac"), annotations, "annotation-changed"},
		{"annotation's look changed in place", objects{43: stream("/Subtype/Form/BBox[0 0 9 9]", "")}, annotations, "annotation-changed"},
		{"annotation removed", objects{15: "[24 0 R]"}, annotations, "annotation-removed"},
		{"annotation removed and freed", objects{15: "[24 0 R]", 31: "free", 43: "free"}, annotations, "annotation-removed"},
	} {
		m.run(t)
	}
}

// What draws on a page, and nobody answers for with a key: as annotations do.
func TestDrawnByNobody(t *testing.T) {
	const unsigned = "<</Type/Annot/Subtype/Widget/FT/Sig/T(Moi)/P 3 0 R/Rect[300 100 400 200]"
	visible := "/Rect[300 100 400 200]/AP<</N 82 0 R>>"
	whole := "/Rect[260 200 595 842]/AP<</N 82 0 R>>"
	for _, m := range []mutation{
		{"new field left empty, with a look", field(visible).with(objects{80: unsigned + "/AP<</N 82 0 R>>>>"}), annotations, "unsigned-field-drawn"},
		{"new field left empty, with looks by state", field(visible).with(objects{80: unsigned + "/AS/A/AP<</N<</A 82 0 R>>>>>>"}), annotations, "unsigned-field-drawn"},
		{"new field left empty, painted", field(visible).with(objects{80: unsigned + "/MK<</BG[1 1 1]>>>>"}), annotations, "unsigned-field-drawn"},
		{"new field left empty, seen under the pointer", field(visible).with(objects{80: unsigned + "/F 288/AP<</N 82 0 R>>>>"}), annotations, "unsigned-field-drawn"},
		{"waiting field redrawn", edit(21, "/T(Co quan)", "/T(Co quan)/AP<</N 71 0 R>>").with(objects{71: seal()[71]}), annotations, "unsigned-field-drawn"},
		{"document time stamp with a look", stamp(visible), annotations, "unsigned-field-drawn"},
		{"document time stamp that calls itself a signature", stamp(visible).with(objects{81: strings.Replace(stamp("")[81], "/DocTimeStamp", "/Sig", 1)}), annotations, "unsigned-field-drawn"},
		{"signature that hides the page", field(whole), annotations, "signature-hides-page"},
		{"signature that calls itself a document time stamp", field(visible).with(objects{81: strings.Replace(field("")[81], "/Type/Sig", "/Type/DocTimeStamp", 1)}), form, "signature-added"},
	} {
		m.run(t)
	}
}

// What changes the pages, or the document as a whole.
func TestContentAttacks(t *testing.T) {
	for _, m := range []mutation{
		{"content replaced", objects{10: stream("", "(khac) Tj")}, other, "page-content-changed"},
		{"content switched to what was hidden", edit(3, "/Contents 10 0 R", "/Contents 60 0 R"), other, "page-content-changed"},
		{"content added to", edit(3, "/Contents 10 0 R", "/Contents[10 0 R 60 0 R]"), other, "page-content-changed"},
		{"content of an array replaced", objects{14: stream("", "(khac) Tj")}, other, "page-content-changed"},
		{"content freed", objects{10: "free"}, other, "page-content-changed"},
		{"content under another generation", objects{10: "@1 " + letter()[10]}, other, "page-content-changed"},
		{"content becomes a dictionary", objects{10: "<<>>"}, other, "page-content-changed"},
		{"length moved out and away", objects{10: strings.Replace(letter()[10], "/Length 47", "/Length 90 0 R", 1), 90: "5"}, other, ""},
		{"form object of a page", objects{13: stream("/Subtype/Form/BBox[0 0 500 500]", "0 0 500 500 re f")}, other, "page-content-changed"},
		{"form object that a page only promised", objects{99: stream("/Subtype/Form/BBox[0 0 500 500]", "0 0 500 500 re f")}, other, "page-content-changed"},
		{"seal as the form object that a page promised", field("/Rect[300 100 400 200]/AP<</N 99 0 R>>").with(objects{99: stream("/Subtype/Form/BBox[0 0 9 9]", "")}), other, "page-content-changed"},
		{"proof as the form object that a page promised", proofs().with(objects{86: "[87 0 R 99 0 R]", 99: stream("", "0 0 500 500 re f")}), other, "page-content-changed"},
		{"font of a page", objects{12: "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"}, other, "page-content-changed"},
		{"font's descriptor", objects{17: "<</Type/FontDescriptor/FontName/X/Flags 4/FontFile 60 0 R>>"}, other, "page-content-changed"},
		{"resources switched", edit(3, "/Resources 11 0 R", "/Resources<<>>"), other, "page-content-changed"},
		{"page removed", objects{2: "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]>>"}, other, "page-removed"},
		{"page removed, count kept", objects{2: "<</Type/Pages/Kids[3 0 R]/Count 2/MediaBox[0 0 595 842]>>"}, other, "page-order-changed"},
		{"page freed", objects{4: "free"}, other, "page-order-changed"},
		{"page added", objects{2: "<</Type/Pages/Kids[3 0 R 4 0 R 61 0 R]/Count 3/MediaBox[0 0 595 842]>>"}, other, "page-added"},
		{"page replaced", objects{2: "<</Type/Pages/Kids[3 0 R 61 0 R]/Count 2/MediaBox[0 0 595 842]>>"}, other, "page-order-changed"},
		{"pages reordered", objects{2: "<</Type/Pages/Kids[4 0 R 3 0 R]/Count 2/MediaBox[0 0 595 842]>>"}, other, "page-order-changed"},
		{"inherited box", objects{2: "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2/MediaBox[0 0 59 84]>>"}, other, "page-order-changed"},
		{"page rotated", edit(3, "/Parent", "/Rotate 180/Parent"), other, "page-box-changed"},
		{"page cropped", edit(3, "/Parent", "/CropBox[0 0 9 9]/Parent"), other, "page-box-changed"},
		{"page scaled", edit(3, "/Parent", "/UserUnit 9/Parent"), other, "page-box-changed"},
		{"page action", edit(3, "/Parent", "/AA<</O<</S/JavaScript/JS(x)>>>>/Parent"), other, "action-changed"},
		{"pages switched", edit(1, "/Pages 2 0 R", "/Pages 63 0 R"), other, "page-removed"},
		{"layers", edit(1, "/Outlines", "/OCProperties<<>>/Outlines"), other, "layers-changed"},
		{"open action", edit(1, "/Outlines", "/OpenAction[4 0 R/Fit]/Outlines"), other, "action-changed"},
		{"document actions", edit(1, "/Outlines", "/AA<<>>/Outlines"), other, "action-changed"},
		{"names with script", edit(1, "/Outlines", "/Names<</JavaScript<<>>>>/Outlines"), other, "names-changed"},
		{"permissions", edit(1, "/Outlines", "/Perms<</DocMDP 40 0 R>>/Outlines"), other, "permissions-changed"},
		{"legal", edit(1, "/Outlines", "/Legal<<>>/Outlines"), other, "permissions-changed"},
		{"unknown key", edit(1, "/Outlines", "/FooBar 41 0 R/Outlines"), other, "catalog-changed"},
		{"bookmark", edit(16, "Muc", "Khac"), other, "catalog-changed"},
		{"metadata removed", edit(1, "/Metadata 9 0 R", ""), other, "metadata-not-plain"},
		{"metadata becomes a form object", objects{9: stream("/Type/XObject/Subtype/Form", "")}, other, "metadata-not-plain"},
		{"extensions with a stream", edit(1, "/Outlines", "/Extensions<</ESIC 60 0 R>>/Outlines"), other, "catalog-changed"},
		{"version that is none", edit(1, "/Outlines", "/Version/9.9/Outlines"), other, "catalog-changed"},
		{"store with something else", proofs().with(objects{85: "<</Certs 86 0 R/XObject 60 0 R>>"}), other, "proofs-malformed"},
		{"store of dictionaries", proofs().with(objects{87: "<<>>"}), other, "proofs-malformed"},
	} {
		m.run(t)
	}
}

// What changes the form, its fields and signatures.
func TestFormAttacks(t *testing.T) {
	visible := "/Rect[300 100 400 200]/AP<</N 82 0 R>>"
	for _, m := range []mutation{
		{"signature moved", edit(20, "100 100 250 160", "100 200 250 260"), other, "signed-widget-changed"},
		{"signature hidden", edit(20, "/F 132", "/F 134"), other, "signed-widget-changed"},
		{"signature's look switched", edit(20, "/N 41 0 R", "/N 45 0 R"), other, "signed-widget-changed"},
		{"signature's look changed in place", objects{41: stream("/Type/XObject/Subtype/Form/BBox[0 0 150 60]", "(Tran Van Khac) Tj")}, other, "signed-widget-changed"},
		{"picture in a signature's look", objects{46: stream("/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray", "\x00")}, other, "signed-widget-changed"},
		{"signature's colours", edit(20, "/F 132", "/F 132/MK<</BG[0 0 0]>>"), other, "signed-widget-changed"},
		{"signature's lock", edit(20, "/F 132", "/F 132/Lock<</Action/All>>"), other, "signed-widget-changed"},
		{"signature's page", edit(20, "/P 3 0 R", "/P 4 0 R"), other, "signed-widget-changed"},
		{"signature removed", edit(20, "/V 40 0 R", ""), other, "signature-value-changed"},
		{"signature replaced", edit(20, "/V 40 0 R", "/V 70 0 R").with(objects{70: seal()[70]}), other, "signature-value-changed"},
		{"signature's value replaced", objects{40: seal()[70]}, other, "signature-value-changed"},
		{"signature freed", objects{40: "free"}, other, "signature-value-changed"},
		{"signature's field removed", edit(6, "20 0 R ", ""), other, "field-removed"},
		{"signature taken off the page", edit(3, "20 0 R ", ""), other, "widget-removed"},
		{"signature on both pages", objects{15: "[31 0 R 24 0 R 20 0 R]"}, other, "signed-widget-changed"},
		{"signature twice on a page", edit(3, "20 0 R ", "20 0 R 20 0 R "), other, "annotation-repeated"},
		{"signature drawn last", edit(3, "20 0 R 21 0 R", "21 0 R 20 0 R"), other, "annotation-order-changed"},
		{"signature renamed", edit(20, "Nguoi ky", "Nguoi khac"), other, "field-changed"},
		{"signature taken by another field", field(visible).with(objects{80: "<</Type/Annot/Subtype/Widget/FT/Sig/T(Moi)/P 3 0 R/Rect[300 100 400 200]/V 40 0 R>>"}), other, "signature-value-reused"},
		{"signature taken by the waiting field", edit(21, "/T(Co quan)", "/T(Co quan)/V 40 0 R"), other, "signature-value-reused"},
		{"signature shared by two new fields", field(visible).with(edit(21, "/T(Co quan)", "/T(Co quan)/V 81 0 R")), other, "signature-value-reused"},
		{"waiting field moved", edit(21, "50 80 150 180", "90 90 260 170"), other, "field-changed"},
		{"waiting field without lock", edit(21, "/Lock<</Type/SigFieldLock/Action/All>>", ""), other, "field-changed"},
		{"waiting field's page", edit(21, "/P 3 0 R", "/P 4 0 R"), other, "field-changed"},
		{"waiting field with action", edit(21, "/T(Co quan)", "/T(Co quan)/A<</S/JavaScript/JS(x)>>"), other, "field-changed"},
		{"seal over more than half", field("/Rect[90 90 200 170]"), other, "signature-covered"},
		{"annotation over a signature", edit(3, "26 0 R]", "26 0 R 64 0 R]"), other, "signature-covered"},
		{"annotation moved over a signature", edit(30, "10 10 20 20", "110 110 200 150"), other, "signature-covered"},
		{"annotation with script", edit(30, "/S/URI/URI(https://vd.example/)", "/S/JavaScript/JS(x)"), other, "action-changed"},
		{"annotation with more to do", edit(30, "/S/URI", "/Next<</S/Launch>>/S/URI"), other, "action-changed"},
		{"annotation becomes a widget", edit(30, "/Link", "/Widget"), other, "annotation-type-changed"},
		{"text field over a signature", edit(3, "26 0 R]", "26 0 R 65 0 R]").with(edit(6, "26 0 R]", "26 0 R 65 0 R]")), other, "field-added"},
		{"hidden field shown", edit(3, "26 0 R]", "26 0 R 65 0 R]"), other, "widget-added"},
		{"field added", edit(6, "26 0 R]", "26 0 R 90 0 R]").with(objects{90: "<</FT/Tx/T(X)>>"}), other, "field-added"},
		{"field written into the array", edit(6, "26 0 R]", "26 0 R <</FT/Sig/T(X)>>]"), other, "form-changed"},
		{"field named as another", field(visible).with(objects{80: "<</Type/Annot/Subtype/Widget/FT/Sig/T(So)/P 3 0 R/Rect[300 100 400 200]/V 81 0 R>>"}), other, "field-name-taken"},
		{"field without name", field(visible).with(objects{80: "<</Type/Annot/Subtype/Widget/FT/Sig/P 3 0 R/Rect[300 100 400 200]/V 81 0 R>>"}), other, "field-name-taken"},
		{"new field with action", field(visible + "/AA<</E<</S/JavaScript/JS(x)>>>>"), other, "field-changed"},
		{"new field names another page", field(visible).with(objects{80: "<</Type/Annot/Subtype/Widget/FT/Sig/T(Moi)/P 4 0 R/Rect[300 100 400 200]/V 81 0 R>>"}), other, "widget-on-other-page"},
		{"new field on two pages", field(visible).with(objects{15: "[31 0 R 24 0 R 80 0 R]"}), other, "widget-on-other-page"},
		{"new field that a page had promised", field(visible).with(objects{3: letter()[3], 98: field(visible)[80], 6: strings.Replace(letter()[6], "26 0 R]", "26 0 R 98 0 R]", 1)}), other, "widget-on-other-page"},
		{"new field below a signed one", edit(20, "/F 132", "/F 132/Kids[80 0 R]").with(edit(3, "26 0 R]", "26 0 R 80 0 R]")).with(objects{80: "<</Type/Annot/Subtype/Widget/T(x)/Parent 20 0 R/P 3 0 R/Rect[300 100 400 200]>>"}), other, "field-added"},
		{"new widget of a signed field", edit(20, "/F 132", "/F 132/Kids[80 0 R]").with(edit(3, "26 0 R]", "26 0 R 80 0 R]")).with(objects{80: "<</Type/Annot/Subtype/Widget/Parent 20 0 R/P 3 0 R/Rect[300 100 400 200]>>"}), other, "field-changed"},
		{"new field that does not turn with the page", field(visible).with(objects{80: "<</Type/Annot/Subtype/Widget/FT/Sig/T(Moi)/F 20/P 3 0 R/Rect[300 100 400 200]/V 81 0 R>>"}), other, "field-changed"},
		{"font size of a filled field", edit(22, "/V(12)", "/V(12)/DA(/F1 1 Tf)"), other, "field-appearance-changed"},
		{"value of a filled field in rich text", edit(22, "/V(12)", "/V(12)/RV(99)"), other, "field-appearance-changed"},
		{"field moved", edit(22, "300 700 400 720", "100 100 250 160"), other, "field-changed"},
		{"field's kind", edit(22, "/FT/Tx", "/FT/Ch"), other, "field-changed"},
		{"field hidden", edit(22, "/F 4", "/F 6"), other, "field-changed"},
		{"field's look alone", objects{42: stream("/Type/XObject/Subtype/Form/BBox[0 0 100 20]", "(99) Tj")}, other, "field-appearance-changed"},
		{"field's look switched alone", edit(22, "/N 42 0 R", "/N 45 0 R"), other, "field-appearance-changed"},
		{"push button's look", objects{45: stream("/Type/XObject/Subtype/Form/BBox[0 0 50 20]", "0 0 500 500 re f")}, other, "field-appearance-changed"},
		{"font in a field's look that a page uses, too", edit(22, "/V(12)", "/V(13)").with(objects{12: "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"}), other, "page-content-changed"},
		{"font that the form had promised", objects{97: "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"}, form, "form-defaults-added"},
		{"form's font", edit(7, "/F1 12 0 R", "/F1 90 0 R").with(objects{90: "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"}), other, "form-changed"},
		{"form's font removed", edit(7, "/F1 12 0 R", ""), other, "form-changed"},
		{"form's defaults", edit(6, "/F1 10 Tf", "/F1 0 Tf"), other, "form-changed"},
		{"fields drawn anew", edit(6, "/SigFlags", "/NeedAppearances true/SigFlags"), other, "form-changed"},
		{"XFA", edit(6, "/SigFlags", "/XFA 60 0 R/SigFlags"), other, "form-changed"},
		{"calculation order", edit(6, "/SigFlags", "/CO[22 0 R]/SigFlags"), other, "form-changed"},
		{"flags cleared", edit(6, "/SigFlags 3", "/SigFlags 0"), other, "form-changed"},
		{"form removed", edit(1, "/AcroForm 6 0 R", ""), other, "form-changed"},
		{"form replaced", edit(1, "/AcroForm 6 0 R", "/AcroForm<</Fields[21 0 R]/SigFlags 3>>"), other, "field-removed"},
	} {
		m.run(t)
	}
}
