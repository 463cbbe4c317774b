package appearance

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"congvan/internal/peers"
)

var (
	blue = color.NRGBA{0x10, 0x30, 0xb0, 0xff}
	red  = color.NRGBA{0xd0, 0x10, 0x20, 0xff}
)

// patch is a picture with a patch of ink inside a transparent margin.
func patch(width, height, margin int, ink color.Color) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := margin; y < height-margin; y++ {
		for x := margin; x < width-margin; x++ {
			m.Set(x, y, ink)
		}
	}
	return m
}

func coded(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func words() Words {
	return Words{
		Agency: "Ủy ban nhân dân xã Vĩnh Lĩnh",
		Name:   "Trần Văn VĨNH",
		Code:   "12/QĐ-UBND",
		Form:   TrueCopy,
		Time:   time.Date(2026, time.November, 23, 11, 21, 12, 999, time.UTC),
	}
}

// text reads a PDF's text with an independent program.
func text(t *testing.T, pdf []byte) string {
	t.Helper()
	cmd := exec.Command(peers.Tool(t, "pdftotext"), "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

func TestTemplatesShowWhatTheDecreeWants(t *testing.T) {
	d := Decree()
	tests := map[string]struct {
		template Template
		picture  []byte
		want     string
	}{
		"annex":    {d.Annex, nil, "12/QĐ-UBND 2026-11-23T18:21:12+07:00"},
		"copy":     {d.Copy, nil, "SAO Y Ủy ban nhân dân xã Vĩnh Lĩnh 2026-11-23T18:21:12+07:00"},
		"incoming": {d.Incoming, nil, "Ủy ban nhân dân xã Vĩnh Lĩnh 2026-11-23T18:21:12+07:00"},
		"seal":     {d.Seal, coded(t, patch(500, 500, 20, red)), "Ủy ban nhân dân xã Vĩnh Lĩnh 2026-11-23T18:21:12+07:00"},
		"person":   {d.Person, coded(t, patch(600, 200, 10, blue)), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			drawing, err := tt.template.Draw(tt.picture, words())
			if err != nil {
				t.Fatal(err)
			}
			if len(drawing.Findings) > 0 {
				t.Errorf("findings %v", drawing.Findings)
			}
			if got := text(t, drawing.PDF()); got != tt.want {
				t.Errorf("shows %q, want %q", got, tt.want)
			}
			again, err := tt.template.Draw(tt.picture, words())
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(drawing.PDF(), again.PDF()) {
				t.Error("drawn twice, it is not the same")
			}
		})
	}
}

func TestDecomposedLettersAreComposed(t *testing.T) {
	w := words()
	w.Agency = norm.NFD.String("ỦY BAN   NHÂN DÂN\nCHỦ NGHĨA")
	d, err := Decree().Incoming.Draw(nil, w)
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, d.PDF()); !strings.HasPrefix(got, "ỦY BAN NHÂN DÂN CHỦ NGHĨA ") {
		t.Errorf("shows %q", got)
	}
}

func TestPictureIsMeasuredByItsInk(t *testing.T) {
	tests := map[string]struct {
		picture       Picture
		width, height int // pixels of ink
		w, h          float64
	}{
		"seal by its width":      {Picture{Width: 36}, 400, 400, 36, 36},
		"oblong seal":            {Picture{Width: 45}, 900, 600, 45, 30},
		"by its height":          {Picture{Height: 20}, 400, 200, 40, 20},
		"fitted in, wide":        {Picture{Width: 46, Height: 24}, 920, 240, 46, 12},
		"fitted in, high":        {Picture{Width: 46, Height: 24}, 300, 600, 12, 24},
		"fitted in, as it is":    {Picture{Width: 46, Height: 24}, 920, 480, 46, 24},
		"one pixel high, nearly": {Picture{Width: 40}, 2000, 2, 40, 0.04},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			data := coded(t, patch(tt.width+60, tt.height+60, 30, red))
			d, err := Template{Picture: tt.picture}.Draw(data, Words{})
			if err != nil {
				t.Fatal(err)
			}
			if w, h := d.Width/pointsPerMM, d.Height/pointsPerMM; math.Abs(w-tt.w) > 1e-9 || math.Abs(h-tt.h) > 1e-9 {
				t.Errorf("%.2f × %.2f mm, want %g × %g", w, h, tt.w, tt.h)
			}
		})
	}
}

func TestTextStandsBesideThePicture(t *testing.T) {
	data := coded(t, patch(400, 400, 0, red))
	for side, want := range map[Side]func(d *Drawing) bool{
		Left:  func(d *Drawing) bool { return d.Picture.X0 > 10 && d.Picture.X1 == d.Width },
		Right: func(d *Drawing) bool { return d.Picture.X0 == 0 && d.Picture.X1 < d.Width },
		Below: func(d *Drawing) bool { return d.Picture.Y0 > 10 && d.Picture.Y1 == d.Height },
		"":    func(d *Drawing) bool { return d.Picture.Y0 > 10 && d.Picture.Y1 == d.Height },
	} {
		template := Decree().Seal
		template.Side = side
		d, err := template.Draw(data, words())
		if err != nil {
			t.Fatal(err)
		}
		if !want(d) || math.Abs(d.Picture.Width()-36*pointsPerMM) > 1e-9 {
			t.Errorf("%q: picture at %v of %v × %v", side, d.Picture, d.Width, d.Height)
		}
	}
}

// Codes are padded to tell the cases of one code apart.
func TestWhatCannotBeDrawnIsAnErrorWithACode(t *testing.T) {
	good := coded(t, patch(400, 400, 20, red))
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, patch(40, 40, 0, red), nil); err != nil {
		t.Fatal(err)
	}
	bomb := bytes.Clone(good)
	copy(bomb[16:24], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65536 × 65536 pixels
	seal, note := Decree().Seal, Decree().Copy
	change := func(t Template, f func(*Template)) Template { f(&t); return t }
	none := func(f func(*Words)) Words { w := words(); f(&w); return w }
	tests := map[string]struct {
		template Template
		picture  []byte
		words    Words
	}{
		"picture-missing":         {seal, nil, words()},
		"picture-not-allowed":     {note, good, words()},
		"picture-not-png":         {seal, photo.Bytes(), words()},
		"picture-not-png ":        {seal, good[:len(good)/2], words()},
		"picture-not-png  ":       {seal, bomb, words()}, // the header's sum no longer fits
		"picture-too-many-pixels": {seal, coded(t, image.NewNRGBA(image.Rect(0, 0, 6001, 1))), words()},
		"picture-too-large":       {seal, make([]byte, maxPictureBytes+1), words()},
		"picture-out-of-shape":    {seal, coded(t, patch(3, 200, 0, red)), words()},
		"picture-empty":           {seal, coded(t, image.NewNRGBA(image.Rect(0, 0, 50, 50))), words()},
		"words-missing":           {note, nil, none(func(w *Words) { w.Time = time.Time{} })},
		"words-missing ":          {note, nil, none(func(w *Words) { w.Agency = " " })},
		"words-too-long":          {note, nil, none(func(w *Words) { w.Agency = strings.Repeat("Ủ", 2000) })},
		"character-missing":       {note, nil, none(func(w *Words) { w.Agency = "漢字" })},
		"character-missing ":      {note, nil, none(func(w *Words) { w.Agency = "a\x00b" })},
		"character-missing  ":     {note, nil, none(func(w *Words) { w.Agency = "a\u202eb" })},
		"character-missing   ":    {note, nil, none(func(w *Words) { w.Agency = "\xff" })},
		"template-word-unknown":   {change(note, func(t *Template) { t.Text.Lines = []string{"{agncy}"} }), nil, words()},
		"template-word-unknown ":  {change(note, func(t *Template) { t.Text.Lines = []string{"{agency"} }), nil, words()},
		"template-invalid":        {Template{}, nil, words()},
		"template-invalid ":       {change(note, func(t *Template) { t.Text.Size = math.NaN() }), nil, words()},
		"font-unreadable":         {change(note, func(t *Template) { t.Text.FontFile = "no/such.ttf" }), nil, words()},
		"font-unreadable ":        {change(note, func(t *Template) { t.Text.FontFile = "drawing_test.go" }), nil, words()},
	}
	for code, tt := range tests {
		t.Run(code, func(t *testing.T) {
			_, err := tt.template.Draw(tt.picture, tt.words)
			if got := Code(err); got != strings.TrimSpace(code) {
				t.Errorf("got %q (%v)", got, err)
			}
		})
	}
}

func TestOddPicturesAreDrawnWithAWarning(t *testing.T) {
	seal, person := Decree().Seal.Plain(), Decree().Person
	paletted := image.NewPaletted(image.Rect(0, 0, 300, 300), color.Palette{color.Transparent, red})
	for i := range paletted.Pix[:45000] {
		paletted.Pix[i] = 1
	}
	deep := image.NewNRGBA64(image.Rect(0, 0, 300, 300))
	deep.Set(10, 10, red)
	deep.Set(290, 290, red)
	tests := map[string]struct {
		template Template
		picture  image.Image
		want     string
	}{
		"as it should be":   {seal, patch(300, 300, 5, red), ""},
		"with a palette":    {seal, paletted, ""},
		"16 bits":           {seal, deep, ""},
		"opaque":            {seal, patch(300, 300, 0, red), "picture-opaque"},
		"grey":              {seal, image.NewGray(image.Rect(0, 0, 300, 300)), "picture-opaque picture-not-red"},
		"blue seal":         {seal, patch(300, 300, 5, blue), "picture-not-red"},
		"red signature":     {person, patch(600, 200, 5, red), "picture-not-blue"},
		"black signature":   {person, patch(600, 200, 5, color.Black), "picture-not-blue"},
		"too few pixels":    {seal, patch(150, 150, 5, red), "picture-coarse"},
		"colour unasked of": {Template{Picture: Picture{Width: 36}}, patch(300, 300, 5, color.Black), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := tt.template.Draw(coded(t, tt.picture), Words{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range d.Findings {
				got = append(got, f.Code)
				if f.Vi == "" || f.En == "" {
					t.Errorf("%s says nothing", f.Code)
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("findings %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLinesAreBrokenAtSpacesOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := strings.Join(rapid.SliceOfN(rapid.StringMatching(`[a-zĩĨ]{1,12}`), 1, 12).Draw(t, "words"), " ")
		width := rapid.Float64Range(1, 200).Draw(t, "width")
		measure := func(s string) float64 { return float64(len([]rune(s))) * 5 }
		lines := wrap(line, width, measure)
		if got := strings.Join(lines, " "); got != line {
			t.Fatalf("%q became %q", line, got)
		}
		for i, l := range lines {
			if measure(l) > width && strings.Contains(l, " ") {
				t.Fatalf("%q is wider than %g", l, width)
			}
			if i > 0 && measure(lines[i-1]+" "+strings.Fields(l)[0]) <= width {
				t.Fatalf("%q was broken before %q for nothing", lines[i-1], l)
			}
		}
	})
}

func TestTemplatesAreReadOverTheDecrees(t *testing.T) {
	got, err := ReadTemplates(strings.NewReader("[seal]\nside = 'below'\n[seal.picture]\nwidth_mm = 40.0\n[copy.text]\nlines = ['{form}: {agency}', '{time}']\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Decree()
	if got.Seal.Picture.Width != 40 || got.Seal.Side != Below || got.Seal.Picture.Colour != Red || got.Copy.Text.Size != 10 {
		t.Errorf("seal %+v, copy %+v", got.Seal, got.Copy)
	}
	if got.Copy.Text.Lines[0] != "{form}: {agency}" || len(got.Copy.Text.Lines) != 2 || got.Annex.Text.Lines[0] != want.Annex.Text.Lines[0] {
		t.Errorf("copy %q, annex %q", got.Copy.Text.Lines, got.Annex.Text.Lines)
	}
	for file, code := range map[string]string{
		"[seal]\nsize = 3":                   "template-unreadable",
		"[seal":                              "template-unreadable",
		"[seal]\nside = 'above'":             "template-invalid",
		"[person.picture]\nwidth_mm = -1.0":  "template-invalid",
		"[person.picture]\nwidth_mm = nan":   "template-invalid",
		"[copy.text]\nalign = 'middle'":      "template-invalid",
		"[copy.text]\nlines = []":            "template-invalid",
		"[person.picture]\ncolour = 'green'": "template-invalid",
	} {
		if _, err := ReadTemplates(strings.NewReader(file)); Code(err) != code {
			t.Errorf("%q: %v, want %s", file, err, code)
		}
	}
}

// FuzzPicture: no file makes the drawing of it panic or take much memory.
func FuzzPicture(f *testing.F) {
	for _, m := range []image.Image{patch(30, 30, 3, red), image.NewGray(image.Rect(0, 0, 5, 5)), image.NewNRGBA64(image.Rect(0, 0, 3, 3))} {
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Decree().Seal.Plain().Draw(data, Words{})
		if err != nil && Code(err) == "" && !strings.Contains(err.Error(), "draw") {
			t.Errorf("no code: %v", err)
		}
		if err == nil && (d.Width <= 0 || d.Height <= 0) {
			t.Errorf("%v × %v", d.Width, d.Height)
		}
	})
}

func BenchmarkDraw(b *testing.B) {
	w := words()
	for b.Loop() {
		if _, err := Decree().Copy.Draw(nil, w); err != nil {
			b.Fatal(err)
		}
	}
}
