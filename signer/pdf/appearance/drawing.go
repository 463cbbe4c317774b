package appearance

import (
	"bytes"
	"fmt"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"congvan/signer"
)

// Drawing is a signature as it is seen. It does not change once made and may be
// imported into any number of documents.
type Drawing struct {
	Width, Height float64 // in points, before it is turned
	// Picture is where within the drawing the image stands, from the drawing's lower
	// left corner. Placements go by it, so that text beside a seal does not shift the seal.
	// It is the whole drawing where there is no image.
	Picture  Rect
	Scalable bool            // may be made smaller for the space there is
	Findings []signer.Reason // what looks odd about the picture but does not stop it

	pdf    []byte // a document of one page, which is the drawing
	turned int    // degrees against the clock, of 0, 90, 180, 270
	frame  Rect   // the form's bounding box: the drawing, and what Within put around it
}

// Draw makes the drawing. The PNG is needed by templates with a picture and must be nil
// for others; words are needed as far as the template's lines show them. Errors are of type *Error.
func (t Template) Draw(png []byte, w Words) (*Drawing, error) {
	if err := t.check(); err != nil {
		return nil, fail(err, "template-invalid",
			"Mẫu hiển thị chữ ký số không hợp lệ.", "The signature's template is not valid.")
	}
	picture, err := t.picture(png)
	if err != nil {
		return nil, err
	}
	lines, err := w.fill(t.Text.Lines)
	if err != nil {
		return nil, err
	}
	block, err := t.Text.set(lines)
	if err != nil {
		return nil, err
	}
	return t.compose(picture, block)
}

// picture reads the image of a template that has one.
func (t Template) picture(png []byte) (*ink, error) {
	switch {
	case t.Picture.shown() && len(png) == 0:
		return nil, fail(nil, "picture-missing",
			"Thiếu tệp ảnh (.png) của chữ ký hoặc con dấu.", "The picture (.png) of the signature or seal is missing.")
	case !t.Picture.shown() && len(png) > 0:
		return nil, fail(nil, "picture-not-allowed",
			"Loại chữ ký số này không hiển thị hình ảnh.", "This kind of signature shows no picture.")
	case !t.Picture.shown():
		return nil, nil
	}
	return readPicture(png, t.Picture.Colour)
}

// compose puts picture and text beside each other.
func (t Template) compose(picture *ink, text *block) (*Drawing, error) {
	d := &Drawing{Scalable: t.Picture.Scalable && picture != nil}
	var w, h float64
	if picture != nil {
		w, h = picture.size(t.Picture)
		if max(w, h) > maxSide {
			return nil, outOfShape(w, h)
		}
		d.Findings = append(picture.findings, picture.resolution(w)...)
	}
	image, words := t.layout(w, h, text.width, text.height)
	all := image.Union(words)
	d.Width, d.Height, d.Picture, d.frame = all.Width(), all.Height(), image, all
	if picture == nil {
		d.Picture = all
	}
	var err error
	d.pdf, err = typeset(d, picture, image, text, words)
	return d, err
}

// maxSide is the most that a picture may measure on paper, half a metre: a narrow one
// given by its width could become as long as one likes.
const maxSide = 500 * pointsPerMM

func outOfShape(w, h float64) error {
	w, h = w/pointsPerMM, h/pointsPerMM
	return fail(nil, "picture-out-of-shape",
		fmt.Sprintf("Ảnh chữ ký hoặc con dấu quá dài hoặc quá cao trên trang: %.0f × %.0f mm.", w, h),
		fmt.Sprintf("The picture would be too wide or too high on the page: %.0f × %.0f mm.", w, h))
}

// layout places picture and text, each in the middle of the other's side, with 0, 0
// at the lower left of both.
func (t Template) layout(w, h, tw, th float64) (image, words Rect) {
	image, words = Rect{0, 0, w, h}, Rect{0, 0, tw, th}
	if w == 0 || tw == 0 {
		return image, words
	}
	switch t.Side {
	case Left:
		image, words = image.Move(tw+t.Gap, 0), words.Move(0, (h-th)/2)
	case Right:
		words = words.Move(w+t.Gap, (h-th)/2)
	default:
		image, words = image.Move((tw-w)/2, th+t.Gap), words.Move(0, 0)
	}
	all := image.Union(words)
	return image.Move(-all.X0, -all.Y0), words.Move(-all.X0, -all.Y0)
}

// typeset makes the one-page document.
func typeset(d *Drawing, picture *ink, image Rect, text *block, words Rect) ([]byte, error) {
	p := newPage(d.Width, d.Height)
	p.AddPage()
	if picture != nil {
		png := fpdf.ImageOptions{ImageType: "PNG"}
		p.RegisterImageOptionsReader("picture", png, bytes.NewReader(picture.png))
		p.ImageOptions("picture", image.X0, d.Height-image.Y1, image.Width(), image.Height(), false, png, 0, "")
	}
	if len(text.lines) > 0 {
		if err := text.draw(p, words.X0, d.Height-words.Y1); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	if err := p.Output(&out); err != nil {
		return nil, fmt.Errorf("appearance: draw: %w", err)
	}
	return out.Bytes(), nil
}

// newPage begins a document whose page has the drawing's size. Its dates do not
// matter, for only the page is imported, but must not differ from run to run.
func newPage(width, height float64) *fpdf.Fpdf {
	p := fpdf.NewCustom(&fpdf.InitType{OrientationStr: "P", UnitStr: "pt", Size: fpdf.SizeType{Wd: width, Ht: height}})
	p.SetMargins(0, 0, 0)
	p.SetAutoPageBreak(false, 0)
	p.SetCatalogSort(true)
	day := time.Date(2020, time.March, 5, 0, 0, 0, 0, time.UTC)
	p.SetCreationDate(day)
	p.SetModificationDate(day)
	return p
}

// PDF gives the drawing as a document of one page, to be looked at.
func (d *Drawing) PDF() []byte { return bytes.Clone(d.pdf) }

// Turn gives the drawing turned by a page's rotation, so that it stands upright on a
// page that is shown turned by so many degrees (a multiple of 90) with the clock.
func (d *Drawing) Turn(rotate int) *Drawing {
	turned := *d
	turned.turned = quarter(d.turned + rotate)
	return &turned
}

// Within gives the drawing with empty space around it, so that it keeps its proportions,
// and its size where there is room, in a widget of a width and height in points that
// was there before it. Turn it first.
func (d *Drawing) Within(width, height float64) *Drawing {
	if d.turned == 90 || d.turned == 270 {
		width, height = height, width
	}
	framed := *d
	scale := min(1, width/d.Width, height/d.Height)
	if !within(scale, 1e-3, 1) {
		return &framed
	}
	x, y := (width/scale-d.Width)/2, (height/scale-d.Height)/2
	framed.frame = Rect{-x, -y, d.Width + x, d.Height + y}
	return &framed
}

// quarter brings degrees to 0, 90, 180 or 270.
func quarter(degrees int) int { return ((degrees/90)%4 + 4) % 4 * 90 }
