package appearance

import (
	"context"
	"io"
	"iter"

	"congvan/signer/pdf/syntax"
)

// Spot is where a drawing goes.
type Spot struct {
	Page    int        // the first is 1
	PageRef syntax.Ref // the page's object
	// Rect is the widget's rectangle in default user space, corners sorted. The
	// appearance's bounding box is mapped onto it (ISO 32000-2, 12.5.5).
	Rect Rect
	// Rotate is the page's rotation; give it to Drawing.Turn before importing.
	Rotate int
}

// Placement says where a drawing shall stand. It is one of At, Corner, Inside,
// OverSignature, Between and FirstOf.
type Placement interface {
	// Place finds the spot on the latest revision. Errors that a person can mend are of type *Error.
	Place(ctx context.Context, f *syntax.File, d *Drawing) (Spot, error)
}

// At places the picture's lower left corner at a point. Page 1 is the first, -1 the
// last; 0 means 1.
type At struct {
	Page int
	X, Y float64 // points, as the reader sees the page
}

// Corner places the drawing in the upper right corner of a page, the first where Page is 0.
type Corner struct {
	Page       int
	Right, Top float64 // margins, in points
}

// TopRight is the place of annexes and copies: the upper right corner of the first
// page, with margins that keep it clear of the national name 20 mm below the edge.
func TopRight() Corner { return Corner{Page: 1, Right: 15 * pointsPerMM, Top: 5 * pointsPerMM} }

// Inside places the picture in the middle of a rectangle, smaller where it is
// scalable and larger than the rectangle.
type Inside struct {
	Page int
	Rect Rect
}

// OverSignature places a seal over the person's signature in the given field, so that
// the seal's picture covers a share of it from its left edge.
type OverSignature struct {
	Field string  // fully qualified name
	Share float64 // 0 for one third
}

// Between places the picture in the middle between two texts, below the title and
// above the name of who signs. One of them may be empty.
type Between struct {
	Finder Finder // see package anchor
	Title  string
	Name   string
	Page   int     // to search only one page; -1 is the last, 0 all of them, last first
	First  bool    // the first occurrence in the document instead of the last
	Exact  bool    // upper and lower case differ
	Space  float64 // below or above the text where only one is given, in points; 0 for 85, which is 30 mm
}

// FirstOf tries placements in their order and takes the first that gives a spot, e.g.
// Between, then At, where the anchor is not on the page.
type FirstOf []Placement

// Query is what a Finder looks for.
type Query struct {
	Texts   []string
	Page    int  // to search only one page; the first is 1, the last -1; 0 for all
	Forward bool // first page first
	Exact   bool // upper and lower case differ
}

// Hits is what was found on one page: for each of the query's texts its rectangles in
// default user space, in reading order.
type Hits struct {
	Page  int // the first is 1
	Texts [][]Rect
}

// Finder finds texts in a document. [congvan/signer/pdf/anchor.Finder] is one.
type Finder interface {
	// Search gives the hits page by page, last page first unless the query says
	// otherwise, and stops when the caller does. An error is the last thing given.
	Search(ctx context.Context, r io.ReaderAt, size int64, q Query) iter.Seq2[Hits, error]
}
