package seal

import (
	"fmt"
	"image/color"
	"math"
	"strings"

	"golang.org/x/image/vector"
)

// Agency draws a round red seal, Diameter across at 300 dpi, with the agency's name
// around and a star in the middle. Real seals of state agencies bear the national
// emblem; this one does not.
func Agency(name string) ([]byte, error) {
	l, err := newLetters()
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	side := pixels(Diameter)
	p := newPlate(side, side, color.NRGBA{R: 0xd0, G: 0x12, B: 0x1b, A: 0xff})
	middle := float64(side) / 2
	p.ring(middle, middle, 18*mm, 17.2*mm)
	p.ring(middle, middle, 16.7*mm, 16.4*mm)
	p.ring(middle, middle, 11.4*mm, 11.1*mm)
	p.add(func(r *vector.Rasterizer) { star(r, middle, middle-2*mm, 6.2*mm) })
	if err := p.inscribe(l, middle, strings.ToUpper(name)); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return p.png()
}

// inscribe sets the name above, the warning below and across.
func (p *plate) inscribe(l *letters, middle float64, name string) error {
	above := arc{x: middle, y: middle, radius: 12.5 * mm, span: 1.22 * math.Pi}
	if err := above.text(p, l, name, 3.3*mm); err != nil {
		return err
	}
	below := arc{x: middle, y: middle, radius: 15 * mm, span: 0.56 * math.Pi, below: true}
	if err := below.text(p, l, "KHÔNG CÓ GIÁ TRỊ", 2.6*mm); err != nil {
		return err
	}
	return p.line(l, warning, 2.4*mm, middle, middle+7*mm)
}

// ring draws a circle's line between two radii.
func (p *plate) ring(x, y, outer, inner float64) {
	p.add(func(r *vector.Rasterizer) {
		circle(r, x, y, outer, 1)
		circle(r, x, y, inner, -1) // the other way round, so it is cut out
	})
}

// circle adds a circle as a polygon fine enough for the eye, in one direction or the other.
func circle(r *vector.Rasterizer, x, y, radius, direction float64) {
	const corners = 240
	r.MoveTo(float32(x+radius), float32(y))
	for i := 1; i < corners; i++ {
		sin, cos := math.Sincos(direction * 2 * math.Pi * float64(i) / corners)
		r.LineTo(float32(x+radius*cos), float32(y+radius*sin))
	}
	r.ClosePath()
}

// star adds a five-pointed star.
func star(r *vector.Rasterizer, x, y, radius float64) {
	inner := radius * 0.382 // where the lines of a pentagram cross
	for i := range 10 {
		reach := radius
		if i%2 == 1 {
			reach = inner
		}
		sin, cos := math.Sincos(math.Pi * float64(i) / 5)
		px, py := float32(x+reach*sin), float32(y-reach*cos)
		if i == 0 {
			r.MoveTo(px, py)
			continue
		}
		r.LineTo(px, py)
	}
	r.ClosePath()
}
