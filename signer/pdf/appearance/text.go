package appearance

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/liberation/liberationserifregular"
	"golang.org/x/image/font/sfnt"
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
	if lines, err = readable(b.font, lines); err != nil {
		return nil, err
	}
	p, err := b.ready(newPage(100, 100))
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		b.lines = append(b.lines, wrap(line, t.Width, p.GetStringWidth)...)
	}
	for _, line := range b.lines {
		b.width = max(b.width, p.GetStringWidth(line))
	}
	b.height = float64(len(b.lines)) * t.Size * t.Leading
	return b, nil
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
func readable(font []byte, lines []string) ([]string, error) {
	parsed, err := sfnt.Parse(font)
	if err != nil {
		return nil, badFont(err)
	}
	var buffer sfnt.Buffer
	composed := make([]string, len(lines))
	total := 0
	for i, line := range lines {
		composed[i] = strings.Join(strings.Fields(norm.NFC.String(line)), " ")
		total += len(composed[i])
		for _, r := range composed[i] {
			glyph, err := parsed.GlyphIndex(&buffer, r)
			if err != nil || glyph == 0 || r > 0xffff || !unicode.IsPrint(r) {
				return nil, fail(err, "character-missing",
					fmt.Sprintf("Phông chữ không có ký tự %q (%U) cần hiển thị trong chữ ký số.", r, r),
					fmt.Sprintf("The font has no character %q (%U), which the signature must show.", r, r))
			}
		}
	}
	if total > maxWords {
		return nil, fail(nil, "words-too-long",
			"Thông tin hiển thị trong chữ ký số quá dài.", "The signature's text is too long.")
	}
	return composed, nil
}

// ready loads the font. The font reader of the library trusts its input; a broken
// file makes it panic, which is turned into an error here.
func (b *block) ready(p *fpdf.Fpdf) (_ *fpdf.Fpdf, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = badFont(errors.New(fmt.Sprint(cause)))
		}
	}()
	p.AddUTF8FontFromBytes(typeface, "", b.font)
	p.SetFont(typeface, "", b.Size)
	if p.Err() {
		return nil, badFont(p.Error())
	}
	return p, nil
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

// draw sets the lines with their upper left corner at x, y from the page's top.
func (b *block) draw(p *fpdf.Fpdf, x, y float64) {
	if _, err := b.ready(p); err != nil {
		p.SetError(err)
		return
	}
	p.SetTextColor(int(b.Ink[0]), int(b.Ink[1]), int(b.Ink[2]))
	step := b.Size * b.Leading
	for i, line := range b.lines {
		indent := 0.0
		switch b.Align {
		case AlignRight:
			indent = b.width - p.GetStringWidth(line)
		case AlignCentre:
			indent = (b.width - p.GetStringWidth(line)) / 2
		}
		// The baseline: ascenders take about nine tenths of the size, the leading's rest is split.
		p.Text(x+indent, y+float64(i)*step+(step-b.Size)/2+b.Size*0.89, line)
	}
}
