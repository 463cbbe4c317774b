package appearance

import (
	"context"
	"fmt"

	"congvan/signer/pdf/syntax"
)

// Place implements Placement.
func (a At) Place(_ context.Context, f *syntax.File, d *Drawing) (Spot, error) {
	v, err := pageView(f, a.Page)
	if err != nil {
		return Spot{}, err
	}
	return v.spot(d, Rect{a.X, a.Y, a.X + d.Picture.Width(), a.Y + d.Picture.Height()})
}

// Place implements Placement.
func (c Corner) Place(_ context.Context, f *syntax.File, d *Drawing) (Spot, error) {
	v, err := pageView(f, c.Page)
	if err != nil {
		return Spot{}, err
	}
	sheet := v.sheet()
	left, bottom := sheet.X1-c.Right-d.Width, sheet.Y1-c.Top-d.Height
	return v.spot(d, d.Picture.Move(left, bottom))
}

// Place implements Placement.
func (i Inside) Place(_ context.Context, f *syntax.File, d *Drawing) (Spot, error) {
	v, err := pageView(f, i.Page)
	if err != nil {
		return Spot{}, err
	}
	x, y := i.Rect.middle()
	return v.spot(d, centred(d, x, y, d.fit(i.Rect.Width(), i.Rect.Height())))
}

// smallest is how far a scalable drawing may shrink before it is no longer read.
const smallest = 0.4

// fit is the scale at which the picture fits into a space.
func (d *Drawing) fit(width, height float64) float64 {
	if !d.Scalable {
		return 1
	}
	scale := min(1, width/d.Picture.Width(), height/d.Picture.Height())
	return max(scale, smallest)
}

// Place implements Placement.
func (o OverSignature) Place(_ context.Context, f *syntax.File, d *Drawing) (Spot, error) {
	v, rect, err := widget(f, o.Field)
	if err != nil {
		return Spot{}, err
	}
	share := o.Share
	if share == 0 {
		share = oneThird
	}
	return v.spot(d, overShare(v.seen(rect), share, d.Picture.Width(), d.Picture.Height()))
}

// Place implements Placement.
func (p FirstOf) Place(ctx context.Context, f *syntax.File, d *Drawing) (Spot, error) {
	err := error(fail(nil, "place-missing", "Chưa chọn vị trí hiển thị chữ ký số.", "No place for the signature was given."))
	for _, one := range p {
		var spot Spot
		if spot, err = one.Place(ctx, f, d); err == nil || ctx.Err() != nil {
			return spot, err
		}
	}
	return Spot{}, err
}

// Place implements Placement.
func (b Between) Place(ctx context.Context, f *syntax.File, d *Drawing) (Spot, error) {
	if b.Finder == nil || b.Title == "" && b.Name == "" {
		return Spot{}, fail(nil, "anchor-missing",
			"Chưa cho biết chức vụ hoặc họ tên dùng để định vị chữ ký số.",
			"Neither the title nor the name to place the signature by was given.")
	}
	found, err := b.find(ctx, f)
	if err != nil {
		return Spot{}, err
	}
	v, err := pageView(f, found.page)
	if err != nil {
		return Spot{}, err
	}
	x, y, scale := b.middle(v, found, d)
	return v.spot(d, centred(d, x, y, scale))
}

// defaultSpace is the height left for a signature, 30 mm.
const defaultSpace = 30 * pointsPerMM

// middle gives where the picture's middle goes, and its scale.
func (b Between) middle(v view, at anchors, d *Drawing) (x, y, scale float64) {
	space := b.Space
	if space <= 0 {
		space = defaultSpace
	}
	switch {
	case b.Name == "":
		t := v.seen(at.title)
		x, _ = t.middle()
		return x, t.Y0 - space/2, d.fit(d.Picture.Width(), space)
	case b.Title == "":
		n := v.seen(at.name)
		x, _ = n.middle()
		return x, n.Y1 + space/2, d.fit(d.Picture.Width(), space)
	}
	t, n := v.seen(at.title), v.seen(at.name)
	// The name is centred on the title's column; a title found within a longer line is not.
	x, _ = n.middle()
	return x, (t.Y0 + n.Y1) / 2, d.fit(d.Picture.Width(), t.Y0-n.Y1)
}

// anchors are the texts that a signature stands between, in user space.
type anchors struct {
	page        int
	title, name Rect
}

// find searches page by page for the anchors.
func (b Between) find(ctx context.Context, f *syntax.File) (anchors, error) {
	texts := []string{b.Title, b.Name}
	q := Query{Texts: texts, Page: b.Page, Forward: b.First, Exact: b.Exact}
	for hits, err := range b.Finder.Search(ctx, f.ReaderAt(), f.Size(), q) {
		if err != nil {
			return anchors{}, fail(err, "anchor-search-failed",
				"Không tìm được nội dung trên trang văn bản để định vị chữ ký số.",
				"The document's text could not be searched for where the signature goes.")
		}
		v, err := pageView(f, hits.Page)
		if err != nil {
			return anchors{}, err
		}
		if at, ok := b.pick(v, hits); ok {
			return at, nil
		}
	}
	return anchors{}, fail(nil, "anchor-not-found",
		fmt.Sprintf("Không tìm thấy %s trên văn bản để đặt chữ ký số.", b.vi()),
		fmt.Sprintf("%s not found in the document, so the signature cannot be placed.", b.en()))
}

func (b Between) vi() string {
	switch {
	case b.Name == "":
		return fmt.Sprintf("chức vụ “%s”", b.Title)
	case b.Title == "":
		return fmt.Sprintf("họ tên “%s”", b.Name)
	}
	return fmt.Sprintf("chức vụ “%s” ở trên họ tên “%s”", b.Title, b.Name)
}

func (b Between) en() string {
	switch {
	case b.Name == "":
		return fmt.Sprintf("The title %q was", b.Title)
	case b.Title == "":
		return fmt.Sprintf("The name %q was", b.Name)
	}
	return fmt.Sprintf("The title %q above the name %q was", b.Title, b.Name)
}

// pick chooses among the hits on one page: with both texts, a name and the lowest title
// above it whose column it shares.
func (b Between) pick(v view, hits Hits) (anchors, bool) {
	at := anchors{page: hits.Page}
	titles, names := b.ordered(hits.Texts[0]), b.ordered(hits.Texts[1])
	switch {
	case b.Name == "" && len(titles) > 0:
		at.title = titles[0]
		return at, true
	case b.Title == "" && len(names) > 0:
		at.name = names[0]
		return at, true
	}
	for _, name := range names {
		n := v.seen(name)
		var best *Rect
		for _, title := range titles {
			t := v.seen(title)
			if t.Y0 >= n.Y1 && t.X0 < n.X1 && n.X0 < t.X1 && (best == nil || t.Y0 < v.seen(*best).Y0) {
				best = &title
			}
		}
		if best != nil {
			at.title, at.name = *best, name
			return at, true
		}
	}
	return at, false
}

// ordered has the hit that is preferred first.
func (b Between) ordered(hits []Rect) []Rect {
	out := make([]Rect, 0, len(hits))
	for i := range hits {
		if b.First {
			out = append(out, hits[i])
		} else {
			out = append(out, hits[len(hits)-1-i])
		}
	}
	return out
}
