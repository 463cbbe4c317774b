package seal

import (
	"fmt"
	"hash/fnv"
	"image/color"
	"math"
	"math/rand/v2"
	"strings"

	"golang.org/x/image/vector"
)

// Size of a person's signature, in millimetres.
const (
	signatureWidth  = 46.0
	signatureHeight = 22.0
)

// Person draws a blue scrawl that differs from name to name, as a hand would write it.
func Person(name string) ([]byte, error) {
	l, err := newLetters()
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	p := newPlate(pixels(signatureWidth), pixels(signatureHeight), color.NRGBA{R: 0x12, G: 0x2f, B: 0xb5, A: 0xff})
	for _, s := range scrawl(name) {
		p.stroke(s)
	}
	if err := p.line(l, warning, 2.2*mm, 36*mm, 20.6*mm); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return p.png()
}

// point of a stroke, in millimetres.
type point struct{ x, y float64 }

// scrawl gives the strokes: a large first letter, a run of loops that dies out, a
// flourish back below.
func scrawl(name string) [][]point {
	h := fnv.New64a()
	h.Write([]byte(name))
	r := rand.New(rand.NewPCG(h.Sum64(), 30))
	between := func(low, high float64) float64 { return low + (high-low)*r.Float64() }

	initial := []point{
		{between(5, 8), between(8, 11)},
		{3, 4},
		{between(8, 11), 2},
		{between(10, 13), between(8, 11)},
		{between(5, 8), 16},
		{4, 13},
		{11, between(9, 12)},
	}
	run := initial[len(initial)-1:]
	letters := min(max(len([]rune(strings.ReplaceAll(name, " ", "")))/2, 4), 8)
	x, step := 11.0, 24.0/float64(letters)
	for i := range letters {
		tall := between(2, 5) * (1 - 0.6*float64(i)/float64(letters))
		run = append(run, point{x + step*0.7, 11 - tall}, point{x + step*0.35, 11 - tall*1.1}, point{x + step*between(0.5, 0.8), between(11, 13)})
		x += step
	}
	flourish := []point{{x, 11}, {between(39, 43), between(6, 9)}, {42, 12}, {between(24, 30), between(14, 16)}, {6, between(17, 19)}, {between(18, 26), 17}, {between(40, 44), between(13, 15)}}
	return [][]point{append(initial, run[1:]...), flourish}
}

// stroke draws a smooth line through points, thicker where the hand is slow.
func (p *plate) stroke(through []point) {
	p.add(func(r *vector.Rasterizer) {
		for i := range len(through) - 1 {
			a, b, c, d := through[max(i-1, 0)], through[i], through[i+1], through[min(i+2, len(through)-1)]
			steps := int(math.Hypot(c.x-b.x, c.y-b.y)*10) + 8
			for s := range steps {
				at, speed := spline(a, b, c, d, float64(s)/float64(steps))
				radius := 0.16 + 0.22/(1+speed/7)
				circle(r, at.x*mm, at.y*mm, radius*mm, 1)
			}
		}
	})
}

// spline is the Catmull-Rom curve from b to c at t in 0…1, and its speed there.
func spline(a, b, c, d point, t float64) (at point, speed float64) {
	axis := func(a, b, c, d float64) (v, dv float64) {
		k1, k2, k3 := (c-a)/2, a-2.5*b+2*c-d/2, (d-a)/2+1.5*(b-c)
		return b + t*(k1+t*(k2+t*k3)), k1 + t*(2*k2+t*3*k3)
	}
	x, dx := axis(a.x, b.x, c.x, d.x)
	y, dy := axis(a.y, b.y, c.y, d.y)
	return point{x, y}, math.Hypot(dx, dy)
}
