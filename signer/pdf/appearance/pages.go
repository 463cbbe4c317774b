package appearance

import (
	"fmt"
	"slices"

	"congvan/signer/pdf/syntax"
)

// pageView reads how a page is seen: 1 is the first, -1 the last, 0 stands for 1.
func pageView(f *syntax.File, number int) (view, error) {
	r := f.Latest()
	count, err := r.PageCount()
	if err != nil {
		return view{}, unreadable(err)
	}
	index := number - 1
	switch {
	case number == 0:
		index = 0
	case number < 0:
		index = count + number
	}
	if index < 0 || index >= count {
		return view{}, fail(nil, "page-missing",
			fmt.Sprintf("Văn bản không có trang %d (chỉ có %d trang).", number, count),
			fmt.Sprintf("The document has no page %d; it has %d.", number, count))
	}
	page, err := r.Page(index)
	if err != nil {
		return view{}, unreadable(err)
	}
	return viewOf(r, page)
}

func unreadable(err error) error {
	return fail(err, "page-unreadable",
		"Không đọc được trang văn bản để đặt chữ ký số.", "The page for the signature cannot be read.")
}

// viewOf reads a page's boxes, rotation and unit.
func viewOf(r *syntax.Revision, page syntax.Page) (view, error) {
	v := view{page: page.Index + 1, ref: page.Ref}
	media, err := rectangle(r, page.Dict["MediaBox"])
	if err != nil {
		return view{}, unreadable(fmt.Errorf("MediaBox: %w", err))
	}
	v.box = media
	if page.Dict["CropBox"] != nil {
		crop, err := rectangle(r, page.Dict["CropBox"])
		if err != nil {
			return view{}, unreadable(fmt.Errorf("CropBox: %w", err))
		}
		v.box = crop.Intersect(media)
	}
	if v.box.Width() < 1 || v.box.Height() < 1 {
		return view{}, unreadable(fmt.Errorf("the page measures %g × %g", v.box.Width(), v.box.Height()))
	}
	rotate, err := r.Int(page.Dict["Rotate"])
	if err != nil {
		return view{}, unreadable(fmt.Errorf("Rotate: %w", err))
	}
	v.rotate = quarter(int(rotate % 360))
	if v.unit, err = unitOf(r, page); err != nil {
		return view{}, unreadable(fmt.Errorf("UserUnit: %w", err))
	}
	return v, nil
}

// unitOf gives the points in one unit of a page's user space (PDF 1.6).
func unitOf(r *syntax.Revision, page syntax.Page) (float64, error) {
	if page.Dict["UserUnit"] == nil {
		return 1, nil
	}
	unit, err := r.Number(page.Dict["UserUnit"])
	if err == nil && !within(unit, 1e-3, 1e4) {
		err = fmt.Errorf("%g points", unit)
	}
	return unit, err
}

// rectangle reads a rectangle of four numbers (7.9.5), its corners in any order.
func rectangle(r *syntax.Revision, o syntax.Object) (Rect, error) {
	array, err := r.Array(o)
	if err != nil {
		return Rect{}, err
	}
	if len(array) != 4 {
		return Rect{}, fmt.Errorf("a rectangle of %d numbers", len(array))
	}
	var corners [4]float64
	for i, item := range array {
		if corners[i], err = r.Number(item); err != nil {
			return Rect{}, err
		}
	}
	rect := Rect{corners[0], corners[1], corners[2], corners[3]}.sorted()
	if !rect.finite() {
		return Rect{}, fmt.Errorf("a rectangle at %v", rect)
	}
	return rect, nil
}

// widget finds the page and the rectangle, in user space, of a field's widget.
func widget(f *syntax.File, name string) (view, Rect, error) {
	r := f.Latest()
	fields, err := r.Fields()
	if err != nil {
		return view{}, Rect{}, unreadable(err)
	}
	for _, field := range fields {
		if field.Name == name && len(field.Widgets) > 0 {
			return shown(r, field.Widgets[0], name)
		}
	}
	return view{}, Rect{}, noField(name)
}

// shown finds the page that shows a widget: by the page's list, for that is what readers
// go by.
func shown(r *syntax.Revision, widget syntax.Ref, name string) (view, Rect, error) {
	dict, err := r.Dict(widget)
	if err != nil {
		return view{}, Rect{}, unreadable(err)
	}
	rect, err := rectangle(r, dict["Rect"])
	if err != nil {
		return view{}, Rect{}, unreadable(err)
	}
	if rect.Width() == 0 || rect.Height() == 0 {
		return view{}, Rect{}, fail(nil, "field-invisible",
			fmt.Sprintf("Chữ ký số “%s” không hiển thị trên trang nên không thể đóng dấu lên.", name),
			fmt.Sprintf("The signature %q is not shown on a page, so nothing can be placed over it.", name))
	}
	for page, err := range r.Pages() {
		if err != nil {
			return view{}, Rect{}, unreadable(err)
		}
		annotations, err := r.Array(page.Dict["Annots"])
		if err != nil {
			return view{}, Rect{}, unreadable(err)
		}
		if slices.Contains(annotations, syntax.Object(widget)) {
			v, err := viewOf(r, page)
			return v, rect, err
		}
	}
	return view{}, Rect{}, noField(name)
}

func noField(name string) error {
	return fail(nil, "field-not-found",
		fmt.Sprintf("Không tìm thấy chữ ký số “%s” trên văn bản.", name),
		fmt.Sprintf("No signature %q is shown in the document.", name))
}
