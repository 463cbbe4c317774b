package appearance

import (
	"fmt"
	"math"

	"congvan/signer/pdf/syntax"
)

// view is a page as the reader sees it: what the crop box shows, turned by the page's
// rotation, scaled by its unit.
type view struct {
	page   int // the first is 1
	ref    syntax.Ref
	box    Rect    // crop box within the media box, default user space
	rotate int     // clockwise: 0, 90, 180 or 270
	unit   float64 // points to one unit of user space
}

// sheet is what is seen, from 0, 0.
func (v view) sheet() Rect {
	w, h := v.box.Width()*v.unit, v.box.Height()*v.unit
	if v.rotate == 90 || v.rotate == 270 {
		w, h = h, w
	}
	return Rect{0, 0, w, h}
}

// seen takes a rectangle from user space to where the reader sees it.
func (v view) seen(r Rect) Rect {
	r = r.Move(-v.box.X0, -v.box.Y0)
	w, h := v.box.Width(), v.box.Height()
	switch v.rotate {
	case 90: // the page's left edge is seen on top
		r = Rect{r.Y0, w - r.X0, r.Y1, w - r.X1}
	case 180:
		r = Rect{w - r.X0, h - r.Y0, w - r.X1, h - r.Y1}
	case 270: // the page's left edge is seen at the bottom
		r = Rect{h - r.Y0, r.X0, h - r.Y1, r.X1}
	}
	return r.sorted().scale(v.unit)
}

// user takes a rectangle from where the reader sees it to user space.
func (v view) user(r Rect) Rect {
	r = r.scale(1 / v.unit)
	w, h := v.box.Width(), v.box.Height()
	switch v.rotate {
	case 90:
		r = Rect{w - r.Y0, r.X0, w - r.Y1, r.X1}
	case 180:
		r = Rect{w - r.X0, h - r.Y0, w - r.X1, h - r.Y1}
	case 270:
		r = Rect{r.Y0, h - r.X0, r.Y1, h - r.X1}
	}
	return r.sorted().Move(v.box.X0, v.box.Y0)
}

func (r Rect) scale(s float64) Rect { return Rect{r.X0 * s, r.Y0 * s, r.X1 * s, r.Y1 * s} }

// spot places a drawing so that its picture fills the rectangle, whose proportions are
// the picture's. All of it must be on the page: a signature that is cut off misleads.
func (v view) spot(d *Drawing, picture Rect) (Spot, error) {
	s := picture.Width() / d.Picture.Width()
	x, y := picture.X0-d.Picture.X0*s, picture.Y0-d.Picture.Y0*s
	all := Rect{x, y, x + d.Width*s, y + d.Height*s}
	sheet := v.sheet()
	const slack = 0.01
	if !all.finite() || all.X0 < -slack || all.Y0 < -slack || all.X1 > sheet.X1+slack || all.Y1 > sheet.Y1+slack {
		return Spot{}, fail(nil, "place-off-page",
			fmt.Sprintf("Vị trí hiển thị chữ ký số nằm ngoài trang %d.", v.page),
			fmt.Sprintf("The signature would not stand within page %d.", v.page))
	}
	return Spot{Page: v.page, PageRef: v.ref, Rect: v.user(all).rounded(), Rotate: v.rotate}, nil
}

// rounded has hundredths of a point: finer than any printer, and free of the noise of
// floating point, so that the same placement always writes the same bytes.
func (r Rect) rounded() Rect {
	round := func(v float64) float64 { return math.Round(v*100) / 100 }
	return Rect{round(r.X0), round(r.Y0), round(r.X1), round(r.Y1)}
}

// centred places the picture with its middle at a point, scaled.
func centred(d *Drawing, x, y, scale float64) Rect {
	w, h := d.Picture.Width()*scale, d.Picture.Height()*scale
	return Rect{x - w/2, y - h/2, x + w/2, y + h/2}
}
