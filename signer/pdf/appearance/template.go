package appearance

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Template is how one kind of signature looks.
type Template struct {
	Picture Picture `toml:"picture"`
	Text    Text    `toml:"text"`
	Side    Side    `toml:"side"` // where the text stands beside the picture
	Gap     float64 `toml:"gap"`  // between picture and text, in points
}

// Picture says which image belongs to a signature and how large it is. The zero
// Picture is none.
type Picture struct {
	// Width and Height, in millimetres. With one of them, the other follows the image;
	// with both, the image is fitted in, its proportions kept; with none, there is no image.
	Width  float64 `toml:"width_mm"`
	Height float64 `toml:"height_mm"`
	Colour Colour  `toml:"colour"` // what the ink should be; an image in another colour gets a warning
	// Scalable allows the drawing to be made smaller for the space that a placement
	// offers. A seal is shown in its real size and is not scalable.
	Scalable bool `toml:"scalable"`
}

// shown tells whether there is an image.
func (p Picture) shown() bool { return p.Width > 0 || p.Height > 0 }

// Text is the lines of a signature. In a line {agency}, {name}, {code}, {form} and
// {time} stand for the Words of the document.
type Text struct {
	Lines    []string `toml:"lines"`
	Size     float64  `toml:"size"`      // of the type, in points
	Leading  float64  `toml:"leading"`   // from one line to the next, in parts of the size
	Width    float64  `toml:"width"`     // longer lines are broken, in points; 0 for never
	Align    Align    `toml:"align"`     // of the lines among each other
	Ink      [3]uint8 `toml:"ink"`       // red, green, blue
	FontFile string   `toml:"font_file"` // a TrueType font; "" for Liberation Serif, cut like Times New Roman
}

// Colour is what a picture's ink should be.
type Colour string

// The colours of Annex I; AnyColour is not checked.
const (
	AnyColour Colour = ""
	Blue      Colour = "blue"
	Red       Colour = "red"
)

// Side is where text stands beside a picture.
type Side string

// The sides.
const (
	Below Side = "below"
	Left  Side = "left"
	Right Side = "right"
)

// Align is how lines stand among each other.
type Align string

// The alignments.
const (
	AlignLeft   Align = "left"
	AlignCentre Align = "centre"
	AlignRight  Align = "right"
)

// Form is the form of a copy (NĐ 30/2020, Article 25).
type Form string

// The forms of copies.
const (
	TrueCopy  Form = "SAO Y"
	Reissue   Form = "SAO LỤC"
	Extracted Form = "TRÍCH SAO"
)

// Words are what a template's lines say about one document.
type Words struct {
	Agency string    // name of the signing agency
	Name   string    // of the person who signs
	Code   string    // number and notation of the document
	Form   Form      // of a copy
	Time   time.Time // of signing
}

// Templates are the looks of all kinds of signatures.
type Templates struct {
	Person   Template `toml:"person"`   // the authorised person's
	Seal     Template `toml:"seal"`     // the agency's on its document
	Annex    Template `toml:"annex"`    // the agency's on an annex in a file of its own
	Copy     Template `toml:"copy"`     // the agency's on an electronic copy
	Incoming Template `toml:"incoming"` // the agency's on digitised paper (TT 05/2025/TT-BNV)
}

// Decree gives the templates of NĐ 30/2020/NĐ-CP, Annex I. The size of the round
// seal, 36 mm, is that of most agencies; the agency's own seal decides.
func Decree() Templates {
	note := func(lines ...string) Text {
		return Text{Lines: lines, Size: 10, Leading: 1.2, Width: 200, Align: AlignRight}
	}
	small := note("{agency}", "{time}")
	small.Width = 110
	return Templates{
		Person:   Template{Picture: Picture{Width: 46, Height: 24, Colour: Blue, Scalable: true}, Side: Below, Gap: 2, Text: note()},
		Seal:     Template{Picture: Picture{Width: 36, Colour: Red}, Side: Left, Gap: 4, Text: small},
		Annex:    Template{Text: note("{code}", "{time}")},
		Copy:     Template{Text: note("{form}", "{agency}", "{time}")},
		Incoming: Template{Text: note("{agency}", "{time}")},
	}
}

// Plain is the template without its text.
func (t Template) Plain() Template {
	t.Text.Lines = nil
	return t
}

// maxTemplates bounds a file of templates.
const maxTemplates = 64 << 10

// ReadTemplates reads templates in TOML. What the file does not say is as in Decree;
// words that mean nothing here are an error.
func ReadTemplates(r io.Reader) (Templates, error) {
	t := Decree()
	d := toml.NewDecoder(io.LimitReader(r, maxTemplates)).DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return Templates{}, fail(err, "template-unreadable",
			"Không đọc được tệp mẫu hiển thị chữ ký số.", "The file of signature templates cannot be read.")
	}
	for name, one := range map[string]Template{"person": t.Person, "seal": t.Seal, "annex": t.Annex, "copy": t.Copy, "incoming": t.Incoming} {
		if err := one.check(); err != nil {
			return Templates{}, fail(err, "template-invalid",
				fmt.Sprintf("Mẫu hiển thị chữ ký số “%s” không hợp lệ.", name), fmt.Sprintf("The template %q is not valid.", name))
		}
	}
	return t, nil
}

// check says what a template cannot be.
func (t Template) check() error {
	switch {
	case !t.Picture.shown() && len(t.Text.Lines) == 0:
		return fmt.Errorf("neither picture nor text")
	case !within(t.Picture.Width, 0, 300) || !within(t.Picture.Height, 0, 300):
		return fmt.Errorf("picture of %g × %g mm", t.Picture.Width, t.Picture.Height)
	case t.Picture.Colour != AnyColour && t.Picture.Colour != Blue && t.Picture.Colour != Red:
		return fmt.Errorf("colour %q", t.Picture.Colour)
	case t.Side != "" && t.Side != Below && t.Side != Left && t.Side != Right:
		return fmt.Errorf("side %q", t.Side)
	case !within(t.Gap, 0, 200):
		return fmt.Errorf("gap of %g points", t.Gap)
	}
	return t.Text.check()
}

func (t Text) check() error {
	if len(t.Lines) == 0 {
		return nil
	}
	switch {
	case len(t.Lines) > 20:
		return fmt.Errorf("%d lines", len(t.Lines))
	case !within(t.Size, 4, 72):
		return fmt.Errorf("type of %g points", t.Size)
	case !within(t.Leading, 0.8, 4):
		return fmt.Errorf("leading of %g", t.Leading)
	case t.Width != 0 && !within(t.Width, 20, 2000):
		return fmt.Errorf("lines of %g points", t.Width)
	case t.Align != "" && t.Align != AlignLeft && t.Align != AlignCentre && t.Align != AlignRight:
		return fmt.Errorf("alignment %q", t.Align)
	}
	return nil
}

// within is false for what is not a number, too.
func within(v, low, high float64) bool { return v >= low && v <= high }

// vietnam is the time zone that the decree has signatures shown in; the country has
// had one offset without summer time since 1975.
func vietnam(t time.Time) time.Time { return t.In(time.FixedZone("", 7*60*60)) }

// fill puts a document's words into the lines.
func (w Words) fill(lines []string) ([]string, error) {
	values := map[string]string{"{agency}": w.Agency, "{name}": w.Name, "{code}": w.Code, "{form}": string(w.Form), "{time}": ""}
	if !w.Time.IsZero() {
		values["{time}"] = vietnam(w.Time).Format("2006-01-02T15:04:05-07:00")
	}
	out := make([]string, 0, len(lines))
	for _, line := range lines {
		full, err := replace(line, values)
		if err != nil {
			return nil, err
		}
		out = append(out, full)
	}
	return out, nil
}

// replace puts values into one line. A signature that shows less than its template
// promises would mislead, so a missing word is an error.
func replace(line string, values map[string]string) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(line, "{")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		word, after, closed := strings.Cut(rest, "}")
		value, known := values["{"+word+"}"]
		if !known || !closed {
			return "", fail(nil, "template-word-unknown",
				fmt.Sprintf("Mẫu hiển thị chữ ký số có từ thay thế không hiểu được: {%s}.", word),
				fmt.Sprintf("The signature's template has a placeholder that means nothing: {%s}.", word))
		}
		if strings.TrimSpace(value) == "" {
			return "", fail(nil, "words-missing",
				fmt.Sprintf("Thiếu thông tin phải hiển thị trong chữ ký số: %s.", wordVi(word)),
				fmt.Sprintf("Something that the signature must show is missing: {%s}.", word))
		}
		b.WriteString(value)
		line = after
	}
}

// wordVi is what people call a placeholder of a template.
func wordVi(word string) string {
	return map[string]string{
		"agency": "tên cơ quan, tổ chức", "name": "họ tên người ký", "code": "số, ký hiệu văn bản",
		"form": "hình thức sao (SAO Y, SAO LỤC, TRÍCH SAO)", "time": "thời gian ký",
	}[word]
}
