package appearance

import "math"

// Rect is a rectangle in points: its lower left and its upper right corner. Unless
// said otherwise it is seen as the reader sees the page: turned as the page is turned,
// with 0, 0 at the lower left corner of what is shown.
type Rect struct{ X0, Y0, X1, Y1 float64 }

// Width of the rectangle.
func (r Rect) Width() float64 { return r.X1 - r.X0 }

// Height of the rectangle.
func (r Rect) Height() float64 { return r.Y1 - r.Y0 }

// middle of the rectangle.
func (r Rect) middle() (x, y float64) { return (r.X0 + r.X1) / 2, (r.Y0 + r.Y1) / 2 }

// Move shifts the rectangle.
func (r Rect) Move(dx, dy float64) Rect { return Rect{r.X0 + dx, r.Y0 + dy, r.X1 + dx, r.Y1 + dy} }

// Union is the smallest rectangle around both.
func (r Rect) Union(o Rect) Rect {
	return Rect{min(r.X0, o.X0), min(r.Y0, o.Y0), max(r.X1, o.X1), max(r.Y1, o.Y1)}
}

// Intersect is what both share; its width or height is 0 where they share nothing.
func (r Rect) Intersect(o Rect) Rect {
	s := Rect{max(r.X0, o.X0), max(r.Y0, o.Y0), min(r.X1, o.X1), min(r.Y1, o.Y1)}
	s.X1, s.Y1 = max(s.X0, s.X1), max(s.Y0, s.Y1)
	return s
}

// finite tells whether all corners are numbers that a page can have.
func (r Rect) finite() bool {
	for _, v := range []float64{r.X0, r.Y0, r.X1, r.Y1} {
		if math.IsNaN(v) || math.Abs(v) > 1e6 {
			return false
		}
	}
	return true
}

// sorted has the lower left corner first.
func (r Rect) sorted() Rect {
	return Rect{min(r.X0, r.X1), min(r.Y0, r.Y1), max(r.X0, r.X1), max(r.Y0, r.Y1)}
}

// oneThird is how much of a person's signature the agency's seal covers (NĐ 30/2020,
// Annex I and Article 33).
const oneThird = 1.0 / 3

// overShare gives the place of a seal of a width and height in points: its right edge
// covers a share of the person's signature from the left, its middle is as high as the
// signature's.
func overShare(signature Rect, share, width, height float64) Rect {
	right := signature.X0 + signature.Width()*share
	_, y := signature.middle()
	return Rect{right - width, y - height/2, right, y + height/2}
}
