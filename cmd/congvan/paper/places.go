package paper

// Places says where on a letter its signatures are shown (NĐ 30/2020/NĐ-CP, Annex I):
// the person's between title and name, the agency's seal over a third of it from the left.
type Places struct {
	Person, Seal Place
}

// Place is a rectangle on a page in points: its lower left and upper right corner,
// from the page's lower left corner.
type Place struct {
	Page           int // the first is 1
	X0, Y0, X1, Y1 float64
}

// Measures of the signature's block, in millimetres.
const (
	signatureSpace  = 34.0 // between title and name
	signatureWidth  = 46.0
	signatureMargin = 5.0  // kept free below the title and above the name
	sealDiameter    = 36.0 // of most agencies' round seals
	signatureBlock  = 72.0 // two lines of competence and position, the space, the name, and air
)

// places are those of a letter whose title has just been set.
func (s sheet) places() Places {
	middle := marginLeft + leftColumn + rightColumn/2.0
	top := s.GetY() + signatureMargin
	bottom := s.GetY() + signatureSpace - signatureMargin
	left := middle - signatureWidth/2
	sealRight, sealMiddle := left+signatureWidth/3, (top+bottom)/2
	return Places{
		Person: s.place(left, top, left+signatureWidth, bottom),
		Seal:   s.place(sealRight-sealDiameter, sealMiddle-sealDiameter/2, sealRight, sealMiddle+sealDiameter/2),
	}
}

// place turns millimetres from the page's top into points from its bottom.
func (s sheet) place(left, top, right, bottom float64) Place {
	k := s.GetConversionRatio()
	return Place{s.PageNo(), left * k, (pageHeight - bottom) * k, right * k, (pageHeight - top) * k}
}
