package seal

import (
	"math"

	"github.com/go-fonts/liberation/liberationserifbold"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
	"golang.org/x/text/unicode/norm"
)

// letters sets text as outlines.
type letters struct {
	font   *sfnt.Font
	buffer sfnt.Buffer
}

func newLetters() (*letters, error) {
	f, err := sfnt.Parse(liberationserifbold.TTF)
	if err != nil {
		return nil, err
	}
	return &letters{font: f}, nil
}

// glyph is a letter's outline at a size, its origin on the baseline, y downwards.
type glyph struct {
	segments sfnt.Segments
	advance  float64
}

// glyphs gives the letters of a text at a size in pixels.
func (l *letters) glyphs(text string, size float64) ([]glyph, error) {
	ppem := fixed.Int26_6(size * 64)
	var out []glyph
	for _, r := range norm.NFC.String(text) {
		index, err := l.font.GlyphIndex(&l.buffer, r)
		if err != nil {
			return nil, err
		}
		segments, err := l.font.LoadGlyph(&l.buffer, index, ppem, nil)
		if err != nil {
			return nil, err
		}
		advance, err := l.font.GlyphAdvance(&l.buffer, index, ppem, hinting)
		if err != nil {
			return nil, err
		}
		// The segments belong to the buffer until the next letter is loaded.
		out = append(out, glyph{append(sfnt.Segments(nil), segments...), float64(advance) / 64})
	}
	return out, nil
}

// length of set letters, with space between them.
func length(all []glyph, space float64) float64 {
	total := -space
	for _, g := range all {
		total += g.advance + space
	}
	return total
}

// frame says where a letter's origin goes and by which angle it is turned, clockwise.
type frame struct{ x, y, angle float64 }

func (f frame) at(p fixed.Point26_6) (x, y float32) {
	px, py := float64(p.X)/64, float64(p.Y)/64
	sin, cos := math.Sincos(f.angle)
	return float32(f.x + px*cos - py*sin), float32(f.y + px*sin + py*cos)
}

// trace adds the letter's outline to a shape.
func (g glyph) trace(r *vector.Rasterizer, f frame) {
	for i, s := range g.segments {
		x0, y0 := f.at(s.Args[0])
		x1, y1 := f.at(s.Args[1])
		x2, y2 := f.at(s.Args[2])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if i > 0 {
				r.ClosePath()
			}
			r.MoveTo(x0, y0)
		case sfnt.SegmentOpLineTo:
			r.LineTo(x0, y0)
		case sfnt.SegmentOpQuadTo:
			r.QuadTo(x0, y0, x1, y1)
		case sfnt.SegmentOpCubeTo:
			r.CubeTo(x0, y0, x1, y1, x2, y2)
		}
	}
	r.ClosePath()
}

// line sets text centred on x with its baseline at y.
func (p *plate) line(l *letters, text string, size, x, y float64) error {
	all, err := l.glyphs(text, size)
	if err != nil {
		return err
	}
	x -= length(all, 0) / 2
	for _, g := range all {
		p.add(func(r *vector.Rasterizer) { g.trace(r, frame{x, y, 0}) })
		x += g.advance
	}
	return nil
}

// arc is a part of a circle that text follows.
type arc struct {
	x, y, radius float64 // of the baseline
	span         float64 // the most that text may take, in radians
	below        bool    // along the lower half, read from the left, letters upright
}

// text sets letters in the middle of the arc, smaller than size where they would not
// fit.
func (a arc) text(p *plate, l *letters, text string, size float64) error {
	all, err := l.glyphs(text, size)
	if err != nil {
		return err
	}
	space := size * 0.08
	if taken := length(all, space) / a.radius; taken > a.span {
		size *= a.span / taken
		if all, err = l.glyphs(text, size); err != nil {
			return err
		}
		space = size * 0.08
	}
	angle := -length(all, space) / a.radius / 2 // from the arc's middle
	for _, g := range all {
		f := a.frame(angle + g.advance/a.radius/2)
		// The letter's middle, not its origin, is on the ray.
		sin, cos := math.Sincos(f.angle)
		f.x, f.y = f.x-cos*g.advance/2, f.y-sin*g.advance/2
		p.add(func(r *vector.Rasterizer) { g.trace(r, f) })
		angle += (g.advance + space) / a.radius
	}
	return nil
}

// frame stands on the circle at an angle from the arc's middle.
func (a arc) frame(angle float64) frame {
	sin, cos := math.Sincos(angle)
	if a.below {
		return frame{a.x + a.radius*sin, a.y + a.radius*cos, -angle}
	}
	return frame{a.x + a.radius*sin, a.y - a.radius*cos, angle}
}
