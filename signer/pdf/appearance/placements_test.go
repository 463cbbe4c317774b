package appearance_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"congvan/signer/pdf/anchor"
	"congvan/signer/pdf/appearance"
	"congvan/signer/pdf/internal/onepage"
)

// flag is a picture whose upper half is blue, whose lower is red, so that one sees
// which way up it stands.
func flag(t *testing.T, scalable bool) *appearance.Drawing {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 400, 200))
	for i := range 400 * 200 {
		c := color.NRGBA{R: 0x10, G: 0x20, B: 0xc0, A: 0xff}
		if i/400 >= 100 {
			c = color.NRGBA{R: 0xd0, G: 0x10, B: 0x10, A: 0xff}
		}
		m.Set(i%400, i/400, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	const mm = 25.4 / 72
	d, err := appearance.Template{Picture: appearance.Picture{Width: 100 * mm, Scalable: scalable}}.Draw(b.Bytes(), appearance.Words{})
	if err != nil {
		t.Fatal(err)
	}
	return d // of 100 × 50 points
}

// turned are pages of all kinds that are seen as 400 points wide and 500 high.
var turned = map[string]string{
	"upright":             "/MediaBox[0 0 400 500]",
	"90":                  "/MediaBox[0 0 500 400]/Rotate 90",
	"180":                 "/MediaBox[0 0 400 500]/Rotate 180",
	"270":                 "/MediaBox[0 0 500 400]/Rotate 270",
	"-90":                 "/MediaBox[0 0 500 400]/Rotate -90",
	"450":                 "/MediaBox[0 0 500 400]/Rotate 450",
	"cropped":             "/MediaBox[-50 -60 600 700]/CropBox[20 30 420 530]",
	"cropped, 90":         "/MediaBox[-50 -60 600 700]/CropBox[20 30 520 430]/Rotate 90",
	"cropped, 270":        "/MediaBox[-50 -60 600 700]/CropBox[20 30 520 430]/Rotate 270",
	"crop beyond media":   "/MediaBox[0 0 400 500]/CropBox[-100 -100 400 900]",
	"corners in disorder": "/MediaBox[400 500 0 0]",
}

func TestDrawingStandsUprightOnTurnedPages(t *testing.T) {
	for name, entries := range turned {
		t.Run(name, func(t *testing.T) {
			pdf, _ := show(t, onepage.Make(entries, ""), "A", flag(t, false), appearance.At{X: 30, Y: 70})
			m := render(t, pdf, 1)
			const k = dpi / 72
			if w, h := m.Bounds().Dx()/k, m.Bounds().Dy()/k; w != 400 || h != 500 {
				t.Fatalf("the page is seen as %d × %d", w, h)
			}
			full := 100 * 25 * k * k
			blue, _ := inks(m, appearance.Rect{X0: 30, Y0: 95, X1: 130, Y1: 120})
			_, red := inks(m, appearance.Rect{X0: 30, Y0: 70, X1: 130, Y1: 95})
			allBlue, allRed := inks(m, appearance.Rect{X0: 0, Y0: 0, X1: 400, Y1: 500})
			if blue < full*9/10 || red < full*9/10 || allBlue > full*11/10 || allRed > full*11/10 {
				t.Errorf("of %d pixels each, %d are blue above (%d on the page) and %d red below (%d)", full, blue, allBlue, red, allRed)
			}
		})
	}
}

func TestUnitOfUserSpaceDoesNotChangeTheSize(t *testing.T) {
	f := opened(t, onepage.Make("/MediaBox[0 0 200 250]/UserUnit 2", ""))
	spot, err := appearance.At{X: 30, Y: 70}.Place(t.Context(), f, flag(t, false))
	if err != nil {
		t.Fatal(err)
	}
	if want := (appearance.Rect{X0: 15, Y0: 35, X1: 65, Y1: 60}); spot.Rect != want {
		t.Errorf("at %v, want %v", spot.Rect, want)
	}
}

// titled gives content that is seen upright on a turned page, TITLE above and NAME
// below at the given places.
func titled(rotate int, lines ...string) string {
	var b strings.Builder
	b.WriteString("BT /F 12 Tf ")
	for _, l := range lines {
		var x, y int
		var text string
		if _, err := fmt.Sscanf(l, "%d %d %s", &x, &y, &text); err != nil {
			panic(err)
		}
		text = strings.ReplaceAll(text, "_", " ")
		switch rotate { // of a page seen as 400 × 500
		case 90:
			fmt.Fprintf(&b, "0 1 -1 0 %d %d Tm (%s) Tj ", 500-y, x, text)
		case 180:
			fmt.Fprintf(&b, "-1 0 0 -1 %d %d Tm (%s) Tj ", 400-x, 500-y, text)
		case 270:
			fmt.Fprintf(&b, "0 -1 1 0 %d %d Tm (%s) Tj ", y, 400-x, text)
		default:
			fmt.Fprintf(&b, "1 0 0 1 %d %d Tm (%s) Tj ", x, y, text)
		}
	}
	b.WriteString("ET")
	return b.String()
}

func finder(t *testing.T) *anchor.Finder {
	t.Helper()
	f := anchor.NewFinder(anchor.Options{Once: true})
	t.Cleanup(func() { f.Close() })
	return f
}

func TestSignatureGoesBetweenTitleAndName(t *testing.T) {
	find := finder(t)
	// The last name stands below no title.
	lines := []string{"70 400 GIAM_DOC", "70 350 Le_Vinh", "205 200 GIAM_DOC", "210 100 Le_Vinh", "340 60 Le_Vinh"}
	for name, tt := range map[string]struct {
		between appearance.Between
		x, y    float64 // of the drawing's middle; names are 40 wide, lines 9 high
	}{
		"the lowest": {appearance.Between{Title: "giam doc", Name: "LE VINH"}, 231, 154},
		"first":      {appearance.Between{Title: "GIAM DOC", Name: "Le Vinh", First: true, Exact: true}, 91, 379},
		"title only": {appearance.Between{Title: "GIAM DOC", Space: 60}, 235, 170},
		"name only":  {appearance.Between{Name: "Le Vinh", First: true, Space: 40}, 91, 379},
	} {
		for rotate, entries := range map[int]string{0: turned["upright"], 90: turned["90"], 180: turned["180"], 270: turned["270"]} {
			t.Run(fmt.Sprint(name, " on a page turned by ", rotate), func(t *testing.T) {
				tt.between.Finder = find
				pdf := onepage.Make(entries, titled(rotate, lines...))
				d := flag(t, true)
				spot, err := tt.between.Place(t.Context(), opened(t, pdf), d)
				if err != nil {
					t.Fatal(err)
				}
				got := upright(spot)
				x, y := (got.X0+got.X1)/2, (got.Y0+got.Y1)/2
				if math.Abs(x-tt.x) > 3 || math.Abs(y-tt.y) > 3 {
					t.Errorf("middle at %.0f, %.0f, want %g, %g", x, y, tt.x, tt.y)
				}
			})
		}
	}
}

// upright is a spot as it is seen on a page seen as 400 × 500.
func upright(s appearance.Spot) appearance.Rect {
	r := s.Rect
	switch s.Rotate {
	case 90:
		return appearance.Rect{X0: r.Y0, Y0: 500 - r.X1, X1: r.Y1, Y1: 500 - r.X0}
	case 180:
		return appearance.Rect{X0: 400 - r.X1, Y0: 500 - r.Y1, X1: 400 - r.X0, Y1: 500 - r.Y0}
	case 270:
		return appearance.Rect{X0: 400 - r.Y1, Y0: r.X0, X1: 400 - r.Y0, Y1: r.X1}
	}
	return r
}

func TestSignatureShrinksIntoTheSpaceButSealDoesNot(t *testing.T) {
	f := opened(t, onepage.Make(turned["upright"], ""))
	small := appearance.Inside{Rect: appearance.Rect{X0: 100, Y0: 100, X1: 150, Y1: 150}}
	for scalable, want := range map[bool]appearance.Rect{
		true:  {X0: 100, Y0: 112.5, X1: 150, Y1: 137.5},
		false: {X0: 75, Y0: 100, X1: 175, Y1: 150},
	} {
		spot, err := small.Place(t.Context(), f, flag(t, scalable))
		if err != nil {
			t.Fatal(err)
		}
		if spot.Rect != want {
			t.Errorf("scalable %v: at %v, want %v", scalable, spot.Rect, want)
		}
	}
}

func TestPlacesThatCannotBe(t *testing.T) {
	find := finder(t)
	pdf, _ := show(t, onepage.Make(turned["upright"], titled(0, "200 200 GIAM_DOC")), "Nguoi ky", flag(t, false), appearance.At{X: 5, Y: 70})
	f := opened(t, pdf)
	d := flag(t, false)
	for code, place := range map[string]appearance.Placement{
		"place-off-page":       appearance.At{X: 350, Y: 70},
		"place-off-page ":      appearance.At{X: math.NaN(), Y: 70},
		"place-off-page  ":     appearance.OverSignature{Field: "Nguoi ky"}, // it would begin left of the page
		"page-missing":         appearance.At{Page: 2},
		"page-missing ":        appearance.At{Page: -2},
		"field-not-found":      appearance.OverSignature{Field: "Nguoi"},
		"anchor-missing":       appearance.Between{Finder: find},
		"anchor-missing ":      appearance.Between{Title: "GIAM DOC"},
		"anchor-not-found":     appearance.Between{Finder: find, Title: "GIAM DOC", Name: "Le Vinh"},
		"anchor-not-found ":    appearance.FirstOf{appearance.At{Page: 7}, appearance.Between{Finder: find, Name: "Le Vinh"}},
		"place-missing":        appearance.FirstOf{},
		"anchor-search-failed": appearance.Between{Finder: closed(t), Title: "GIAM DOC"},
	} {
		if _, err := place.Place(t.Context(), f, d); appearance.Code(err) != strings.TrimSpace(code) {
			t.Errorf("%q: got %v", code, err)
		}
	}
	spot, err := appearance.FirstOf{appearance.Between{Finder: find, Name: "Le Vinh"}, appearance.At{X: 1, Y: 2}}.Place(t.Context(), f, d)
	if err != nil || spot.Rect.X0 != 1 || spot.Rect.Y0 != 2 {
		t.Errorf("the second choice: %v, %v", spot, err)
	}
}

// closed is a finder that cannot search any more.
func closed(t *testing.T) *anchor.Finder {
	t.Helper()
	f := anchor.NewFinder(anchor.Options{CacheDir: filepath.Join(os.DevNull, "no")})
	return f
}

func TestSealCoversAThirdOfAnEarlierSignature(t *testing.T) {
	for name, entries := range turned {
		t.Run(name, func(t *testing.T) {
			pdf, first := show(t, onepage.Make(entries, ""), "Nguoi ky", flag(t, true), appearance.At{X: 200, Y: 200})
			_, second := show(t, pdf, "Co quan", flag(t, false), appearance.OverSignature{Field: "Nguoi ky"})
			shared := first.Rect.Intersect(second.Rect)
			if share := shared.Width() * shared.Height() / (100 * 50); math.Abs(share-1.0/3) > 0.01 {
				t.Errorf("%v over %v covers %.3f", second.Rect, first.Rect, share)
			}
		})
	}
}

func TestCopyStandsInTheUpperRightCorner(t *testing.T) {
	words := appearance.Words{Agency: "Ủy ban nhân dân xã Vĩnh Lĩnh", Form: appearance.Extracted, Time: time.Unix(1_795_432_872, 0)}
	d, err := appearance.Decree().Copy.Draw(nil, words)
	if err != nil {
		t.Fatal(err)
	}
	for name, entries := range turned {
		t.Run(name, func(t *testing.T) {
			pdf, _ := show(t, onepage.Make(entries, ""), "Sao", d, appearance.TopRight())
			m := render(t, pdf, 1)
			corner := dark(m, appearance.Rect{X0: 180, Y0: 430, X1: 360, Y1: 490})
			if all := dark(m, appearance.Rect{X0: 0, Y0: 0, X1: 400, Y1: 500}); corner < 500 || corner != all {
				t.Errorf("%d dark pixels, %d of them in the corner", all, corner)
			}
			if got := run(t, pdf, "pdftotext", "FILE", "-"); !strings.Contains(got, "TRÍCH SAO") || !strings.Contains(got, "Vĩnh Lĩnh") || !strings.Contains(got, "+07:00") {
				t.Errorf("text %q", got)
			}
		})
	}
}

// dark counts pixels of text.
func dark(m image.Image, r appearance.Rect) (n int) {
	const k = dpi / 72
	height := float64(m.Bounds().Dy())
	for y := int(height - r.Y1*k); y < int(height-r.Y0*k); y++ {
		for x := int(r.X0 * k); x < int(r.X1*k); x++ {
			if cr, cg, cb, _ := m.At(x, y).RGBA(); cr+cg+cb < 0x18000 {
				n++
			}
		}
	}
	return n
}

// The drawing goes into files of every form, encrypted ones too.
func TestDrawingIsImportedIntoFilesOfEveryForm(t *testing.T) {
	plain := onepage.Make(turned["upright"], titled(0, "100 100 GIAM_DOC"))
	for name, args := range map[string][]string{
		"tables":         {"--object-streams=disable"},
		"object streams": {"--object-streams=generate"},
		"linearized":     {"--linearize"},
		"AES-256":        {"--encrypt", "", "owner", "256", "--"},
		"AES-128":        {"--encrypt", "", "owner", "128", "--use-aes=y", "--"},
	} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "in.pdf")
			run(t, plain, "qpdf", append(append([]string{"FILE"}, args...), out)...)
			data, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			d, err := appearance.Decree().Annex.Draw(nil, appearance.Words{Code: "12/QĐ-UBND VĨNH", Time: time.Unix(0, 0)})
			if err != nil {
				t.Fatal(err)
			}
			pdf, _ := show(t, data, "Phu luc", d, appearance.TopRight())
			run(t, pdf, "qpdf", "--check", "FILE")
			if got := run(t, pdf, "pdftotext", "FILE", "-"); !strings.Contains(got, "12/QĐ-UBND VĨNH") {
				t.Errorf("text %q", got)
			}
		})
	}
}
