// Package seal draws pictures of signatures and seals for demonstrations: a blue
// scrawl for a person, a round red seal for an agency. Both say THỬ NGHIỆM, so that they
// cannot be mistaken for anybody's real ones, and have a transparent background.
//
// The same name always gives the same bytes.
package seal

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/vector"
)

// Size of the seal, in millimetres, and the resolution of both pictures.
const (
	Diameter = 36.0
	dpi      = 300
	mm       = dpi / 25.4 // pixels
)

// warning is what tells these pictures from real ones.
const warning = "THỬ NGHIỆM"

// plate is a picture in one colour being drawn, in pixels from the top left corner.
type plate struct {
	ink  color.NRGBA
	mask *image.Alpha
}

func newPlate(width, height int, ink color.NRGBA) *plate {
	return &plate{ink, image.NewAlpha(image.Rect(0, 0, width, height))}
}

// add draws a shape over what is there.
func (p *plate) add(shape func(*vector.Rasterizer)) {
	r := vector.NewRasterizer(p.mask.Rect.Dx(), p.mask.Rect.Dy())
	shape(r)
	r.DrawOp = draw.Over
	r.Draw(p.mask, p.mask.Rect, image.Opaque, image.Point{})
}

// shades is how many steps of opacity are kept: the eye sees no more, and the file is small.
const shades = 32

// png codes the picture with a palette of one colour in all its opacities.
func (p *plate) png() ([]byte, error) {
	palette := make(color.Palette, shades)
	for i := range palette {
		c := p.ink
		c.A = uint8(i * 255 / (shades - 1)) //nolint:gosec // at most 255
		palette[i] = c
	}
	m := image.NewPaletted(p.mask.Rect, palette)
	for i, a := range p.mask.Pix {
		m.Pix[i] = uint8((int(a)*(shades-1) + 127) / 255) //nolint:gosec // less than shades
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.DefaultCompression}).Encode(&out, m); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return out.Bytes(), nil
}

// hinting is none: letters are turned and scaled.
const hinting = font.HintingNone

// pixels that a length in millimetres takes.
func pixels(length float64) int { return int(math.Ceil(length * mm)) }
