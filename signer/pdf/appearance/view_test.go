package appearance

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// A rectangle of 100 × 40 that the reader sees 30 from the left and 50 from the bottom, on
// pages turned each way. Worked out by hand, by turning a sheet of paper.
func TestSeenPlaceInUserSpace(t *testing.T) {
	seen := Rect{30, 50, 130, 90}
	tests := map[string]struct {
		view view
		want Rect
	}{
		"upright":                    {view{box: Rect{0, 0, 600, 800}, unit: 1}, Rect{30, 50, 130, 90}},
		"90":                         {view{box: Rect{0, 0, 600, 800}, rotate: 90, unit: 1}, Rect{510, 30, 550, 130}},
		"180":                        {view{box: Rect{0, 0, 600, 800}, rotate: 180, unit: 1}, Rect{470, 710, 570, 750}},
		"270":                        {view{box: Rect{0, 0, 600, 800}, rotate: 270, unit: 1}, Rect{50, 670, 90, 770}},
		"cropped":                    {view{box: Rect{-20, 10, 580, 810}, unit: 1}, Rect{10, 60, 110, 100}},
		"cropped, 90":                {view{box: Rect{-20, 10, 580, 810}, rotate: 90, unit: 1}, Rect{490, 40, 530, 140}},
		"cropped, 180":               {view{box: Rect{-20, 10, 580, 810}, rotate: 180, unit: 1}, Rect{450, 720, 550, 760}},
		"cropped, 270":               {view{box: Rect{-20, 10, 580, 810}, rotate: 270, unit: 1}, Rect{30, 680, 70, 780}},
		"in units of a tenth inch":   {view{box: Rect{0, 0, 100, 100}, unit: 7.2}, Rect{30 / 7.2, 50 / 7.2, 130 / 7.2, 90 / 7.2}},
		"in units of two points, 90": {view{box: Rect{0, 0, 300, 400}, rotate: 90, unit: 2}, Rect{255, 15, 275, 65}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := tt.view.user(seen)
			if !near(got, tt.want) {
				t.Errorf("in user space %v, want %v", got, tt.want)
			}
			if back := tt.view.seen(got); !near(back, seen) {
				t.Errorf("and back %v", back)
			}
		})
	}
}

func near(a, b Rect) bool {
	const close = 1e-6
	return math.Abs(a.X0-b.X0) < close && math.Abs(a.Y0-b.Y0) < close && math.Abs(a.X1-b.X1) < close && math.Abs(a.Y1-b.Y1) < close
}

func TestSeenAndUserSpaceAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string, low, high float64) float64 { return rapid.Float64Range(low, high).Draw(t, name) }
		x, y := number("x", -500, 500), number("y", -500, 500)
		v := view{
			box:    Rect{x, y, x + number("w", 10, 2000), y + number("h", 10, 2000)},
			rotate: rapid.SampledFrom([]int{0, 90, 180, 270}).Draw(t, "rotate"),
			unit:   number("unit", 0.5, 10),
		}
		r := Rect{number("x0", 0, 500), number("y0", 0, 500), 0, 0}
		r.X1, r.Y1 = r.X0+number("rw", 1, 500), r.Y0+number("rh", 1, 500)
		if back := v.seen(v.user(r)); !near(back, r) {
			t.Fatalf("%v became %v", r, back)
		}
		if sheet := v.seen(v.box); !near(sheet, v.sheet()) {
			t.Fatalf("the whole page is seen as %v, the sheet is %v", sheet, v.sheet())
		}
	})
}

func TestSealCoversTheLeftThird(t *testing.T) {
	signature := Rect{200, 100, 320, 160}
	seal := overShare(signature, oneThird, 102, 102)
	if want := (Rect{138, 79, 240, 181}); !near(seal, want) {
		t.Errorf("seal at %v, want %v", seal, want)
	}
	shared := seal.Intersect(signature)
	if share := shared.Width() / signature.Width(); math.Abs(share-1.0/3) > 1e-9 || shared.Height() != signature.Height() {
		t.Errorf("it covers %v of the signature", shared)
	}
}

func TestDrawingKeepsItsProportionsInAnyWidget(t *testing.T) {
	d := &Drawing{Width: 100, Height: 50, frame: Rect{0, 0, 100, 50}}
	for _, tt := range []struct {
		turn          int
		width, height float64
		want          Rect
	}{
		{0, 100, 50, Rect{0, 0, 100, 50}},
		{0, 200, 50, Rect{-50, 0, 150, 50}},
		{0, 200, 200, Rect{-50, -75, 150, 125}},
		{0, 50, 50, Rect{0, -25, 100, 75}}, // half the size: twice the box
		{90, 50, 100, Rect{0, 0, 100, 50}},
		{270, 50, 200, Rect{-50, 0, 150, 50}},
		{-90, 50, 200, Rect{-50, 0, 150, 50}},
		{0, 0, 0, Rect{0, 0, 100, 50}},
	} {
		if got := d.Turn(tt.turn).Within(tt.width, tt.height).frame; !near(got, tt.want) {
			t.Errorf("turned by %d in %g × %g: %v, want %v", tt.turn, tt.width, tt.height, got, tt.want)
		}
	}
}
