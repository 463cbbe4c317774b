package appearance

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/liberation/liberationserifregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// Limits of text and fonts.
const (
	maxFont  = 20 << 20
	maxWords = 2000 // characters of one signature
	typeface = "words"
)

// block is text broken into lines and measured.
type block struct {
	Text
	*ruler
	font          []byte
	lines         []string
	width, height float64
}

// set breaks and measures lines.
func (t Text) set(lines []string) (*block, error) {
	b := &block{Text: t}
	if len(lines) == 0 {
		return b, nil
	}
	var err error
	if b.font, err = t.typeface(); err != nil {
		return nil, err
	}
	if b.ruler, err = newRuler(b.font, t.Size); err != nil {
		return nil, err
	}
	if lines, err = b.readable(lines); err != nil {
		return nil, err
	}
	for _, line := range lines {
		b.lines = append(b.lines, wrap(line, t.Width, b.measure)...)
	}
	for _, line := range b.lines {
		b.width = max(b.width, b.measure(line))
	}
	b.height = float64(len(b.lines)) * t.Size * t.Leading
	return b, nil
}

// ruler knows which characters a font has, and how wide they are at a size.
type ruler struct {
	*sfnt.Font
	buffer sfnt.Buffer
	size   float64
}

func newRuler(data []byte, size float64) (*ruler, error) {
	parsed, err := sfnt.Parse(data)
	if err != nil {
		return nil, badFont(err)
	}
	return &ruler{Font: parsed, size: size}, nil
}

// has tells whether the font shows a character.
func (r *ruler) has(c rune) bool {
	const lastPlane0 = 0xffff // what the PDF library's two-byte codes reach
	glyph, err := r.GlyphIndex(&r.buffer, c)
	return err == nil && glyph != 0 && c <= lastPlane0 && unicode.IsPrint(c)
}

// measure gives a line's width in points.
func (r *ruler) measure(line string) float64 {
	em := r.UnitsPerEm()
	total := 0.0
	for _, c := range line {
		glyph, err := r.GlyphIndex(&r.buffer, c)
		if err != nil {
			continue // has has seen it
		}
		// At as many pixels to the em as the font has units, an advance is in units.
		advance, err := r.GlyphAdvance(&r.buffer, glyph, fixed.I(int(em)), font.HintingNone)
		if err == nil {
			total += float64(advance) / 64
		}
	}
	return total / float64(em) * r.size
}

// typeface reads the font.
func (t Text) typeface() ([]byte, error) {
	if t.FontFile == "" {
		return liberationserifregular.TTF, nil
	}
	f, err := os.Open(t.FontFile)
	if err != nil {
		return nil, badFont(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFont+1))
	if err == nil && len(data) > maxFont {
		err = fmt.Errorf("more than %d bytes", maxFont)
	}
	if err != nil {
		return nil, badFont(err)
	}
	return data, nil
}

func badFont(err error) error {
	return fail(err, "font-unreadable",
		"Không đọc được tệp phông chữ dùng để hiển thị chữ ký số.", "The font that signatures are shown in cannot be read.")
}

// readable composes letters and their marks (NFC) and refuses what the font cannot
// show: an empty box in a signature would be taken for the text.
func (r *ruler) readable(lines []string) ([]string, error) {
	composed := make([]string, len(lines))
	total := 0
	for i, line := range lines {
		composed[i] = strings.Join(strings.Fields(norm.NFC.String(line)), " ")
		total += len(composed[i])
		for _, c := range composed[i] {
			if !r.has(c) {
				return nil, fail(nil, "character-missing",
					fmt.Sprintf("Phông chữ không có ký tự %q (%U) cần hiển thị trong chữ ký số.", c, c),
					fmt.Sprintf("The font has no character %q (%U), which the signature must show.", c, c))
			}
		}
	}
	if total > maxWords {
		return nil, fail(nil, "words-too-long",
			"Thông tin hiển thị trong chữ ký số quá dài.", "The signature's text is too long.")
	}
	return composed, nil
}

// wrap breaks a line at spaces so that no part is wider than width; a single word that
// is wider stays whole.
func wrap(line string, width float64, measure func(string) float64) []string {
	if width == 0 {
		return []string{line}
	}
	var lines []string
	current := ""
	for _, word := range strings.Fields(line) {
		longer := strings.TrimSpace(current + " " + word)
		if current != "" && measure(longer) > width {
			lines = append(lines, current)
			longer = word
		}
		current = longer
	}
	return append(lines, current)
}

// draw sets the lines with their upper left corner at x, y from the page's top. The
// PDF library trusts the font it is given; a broken one makes it panic, which becomes an error here.
func (b *block) draw(p *fpdf.Fpdf, x, y float64) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = badFont(fmt.Errorf("%v", cause))
		}
	}()
	p.AddUTF8FontFromBytes(typeface, "", b.font)
	p.SetFont(typeface, "", b.Size)
	p.SetTextColor(int(b.Ink[0]), int(b.Ink[1]), int(b.Ink[2]))
	step := b.Size * b.Leading
	for i, line := range b.lines {
		indent := 0.0
		switch b.Align {
		case AlignRight:
			indent = b.width - b.measure(line)
		case AlignCentre:
			indent = (b.width - b.measure(line)) / 2
		}
		// The baseline: ascenders take about nine tenths of the size, the leading's rest is split.
		p.Text(x+indent, y+float64(i)*step+(step-b.Size)/2+b.Size*0.89, line)
	}
	if p.Err() {
		return badFont(p.Error())
	}
	return nil
}
