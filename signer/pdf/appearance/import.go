package appearance

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"

	"congvan/signer/pdf/syntax"
)

// maxNesting bounds the depth of a drawing's resources.
const maxNesting = 32

// Import adds the drawing to an update as a form XObject (ISO 32000-2, 8.10), with its
// own copies of its font and image, and gives its reference: the normal appearance of
// the widget.
func (d *Drawing) Import(u *syntax.Update) (syntax.Ref, error) {
	f, err := syntax.Open(bytes.NewReader(d.pdf), int64(len(d.pdf)), syntax.Options{})
	if err != nil {
		return syntax.Ref{}, fmt.Errorf("appearance: read the drawing: %w", err)
	}
	c := &copier{from: f.Latest(), to: u, done: map[syntax.Ref]syntax.Ref{}}
	ref, err := c.form(d)
	if err != nil {
		return syntax.Ref{}, fmt.Errorf("appearance: import the drawing: %w", err)
	}
	return ref, nil
}

// matrix turns the drawing against the clock and back into the first quadrant.
func (d *Drawing) matrix() syntax.Array {
	switch d.turned {
	case 90:
		return numbers(0, 1, -1, 0, d.Height, 0)
	case 180:
		return numbers(-1, 0, 0, -1, d.Width, d.Height)
	case 270:
		return numbers(0, -1, 1, 0, 0, d.Width)
	}
	return numbers(1, 0, 0, 1, 0, 0)
}

func numbers(values ...float64) syntax.Array {
	array := make(syntax.Array, len(values))
	for i, v := range values {
		array[i] = v
		if v == float64(int64(v)) {
			array[i] = int64(v)
		}
	}
	return array
}

// copier copies objects of one document into another.
type copier struct {
	from *syntax.Revision
	to   *syntax.Update
	done map[syntax.Ref]syntax.Ref
}

// form makes the form XObject of the drawing's page.
func (c *copier) form(d *Drawing) (syntax.Ref, error) {
	page, err := c.from.Page(0)
	if err != nil {
		return syntax.Ref{}, err
	}
	resources, err := c.resources(page.Dict)
	if err != nil {
		return syntax.Ref{}, err
	}
	content, err := c.content(page.Dict)
	if err != nil {
		return syntax.Ref{}, err
	}
	box := d.frame.rounded()
	dict := syntax.Dict{
		"Type": syntax.Name("XObject"), "Subtype": syntax.Name("Form"), "FormType": int64(1),
		"BBox": numbers(box.X0, box.Y0, box.X1, box.Y1), "Matrix": d.matrix(), "Resources": resources,
	}
	return c.to.Add(syntax.NewStream(dict, content, true)), nil
}

// resources copies what the page draws with. The procedure sets, which nobody has
// needed for decades, and whatever the drawing does not use are left out.
func (c *copier) resources(page syntax.Dict) (syntax.Dict, error) {
	all, err := c.from.Dict(page["Resources"])
	if err != nil {
		return nil, err
	}
	kept := syntax.Dict{}
	for _, kind := range []syntax.Name{"Font", "XObject", "ExtGState"} {
		one, err := c.from.Dict(all[kind])
		if err != nil || len(one) == 0 {
			continue // absent
		}
		if kept[kind], err = c.object(one, 0); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// content gives the page's drawing operators.
func (c *copier) content(page syntax.Dict) ([]byte, error) {
	stream, err := c.from.Stream(page["Contents"])
	if err != nil {
		return nil, err
	}
	r, err := stream.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// object copies any object, and what it refers to as new indirect objects.
func (c *copier) object(o syntax.Object, depth int) (syntax.Object, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("resources nested deeper than %d", maxNesting)
	}
	switch o := o.(type) {
	case syntax.Ref:
		return c.reference(o, depth)
	case syntax.Array:
		out := make(syntax.Array, len(o))
		for i, item := range o {
			var err error
			if out[i], err = c.object(item, depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	case syntax.Dict:
		return c.dict(o, depth)
	case *syntax.Stream:
		return c.stream(o, depth)
	}
	return o, nil
}

func (c *copier) reference(ref syntax.Ref, depth int) (syntax.Object, error) {
	if there, ok := c.done[ref]; ok {
		return there, nil
	}
	o, err := c.from.Get(ref)
	if err != nil {
		return nil, err
	}
	copied, err := c.object(o, depth+1)
	if err != nil {
		return nil, err
	}
	c.done[ref] = c.to.Add(copied)
	return c.done[ref], nil
}

func (c *copier) dict(d syntax.Dict, depth int) (syntax.Dict, error) {
	out := make(syntax.Dict, len(d))
	for _, key := range sorted(d) { // new numbers are given in this order
		var err error
		if out[key], err = c.object(d[key], depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// stream copies a stream as it is, its filters kept.
func (c *copier) stream(s *syntax.Stream, depth int) (syntax.Object, error) {
	dict, err := c.dict(s.Dict, depth)
	if err != nil {
		return nil, err
	}
	r, err := s.Raw()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return syntax.NewStream(dict, data, false), nil
}

// sorted gives a dictionary's keys in order.
func sorted(d syntax.Dict) []syntax.Name { return slices.Sorted(maps.Keys(d)) }
