package pdf

import (
	"fmt"
	"maps"
	"math"

	"congvan/signer/pdf/syntax"
)

// annotate puts a widget on a page. Of the page nothing else changes, and where its
// list of annotations is an object of its own, not even that.
func (d *draft) annotate(page, widget syntax.Ref) error {
	own, err := d.rev.Dict(page)
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	own = maps.Clone(own)
	changed, err := d.push(own, "Annots", widget)
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	if changed {
		d.up.Put(page, own)
	}
	return nil
}

// firstPage is what invisible fields name as their page.
func (d *draft) firstPage() (syntax.Ref, error) {
	p, err := d.rev.Page(0)
	if err != nil {
		return syntax.Ref{}, fmt.Errorf("first page: %w", err)
	}
	return p.Ref, nil
}

// maxTree bounds how far a tree of pages is followed upwards.
const maxTree = 64

// rotation is the rotation of a page, which may be inherited: 0, 90, 180 or 270.
func (d *draft) rotation(page syntax.Object) (int, error) {
	for range maxTree {
		dict, err := d.rev.Dict(page)
		if err != nil || dict == nil {
			return 0, err
		}
		if dict["Rotate"] == nil {
			page = dict["Parent"]
			continue
		}
		n, err := d.rev.Int(dict["Rotate"])
		if err != nil {
			return 0, fmt.Errorf("/Rotate: %w", err)
		}
		return int((n%360 + 360) % 360 / 90 * 90), nil
	}
	return 0, nil
}

// numbers reads an array of numbers.
func (d *draft) numbers(o syntax.Object) ([]float64, error) {
	all, err := d.rev.Array(o)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(all))
	for i, item := range all {
		if out[i], err = d.rev.Number(item); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// box writes a rectangle, to a hundredth of a point.
func box(x1, y1, x2, y2 float64) syntax.Array {
	out := syntax.Array{}
	for _, v := range []float64{min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)} {
		v = math.Round(v*100) / 100
		if v == math.Trunc(v) {
			out = append(out, int64(v))
			continue
		}
		out = append(out, v)
	}
	return out
}
