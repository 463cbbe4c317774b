// Package paper makes PDF letters in the form that NĐ 30/2020/NĐ-CP, Annex I
// demands of administrative documents: paper and margins, the place of each
// element, sizes and styles. The demonstration's letters are made with it.
//
// The text is set in Liberation Serif, which has the widths of Times New Roman and
// all Vietnamese letters; the glyphs used are embedded. The same Letter always
// gives the same bytes.
package paper

import (
	"fmt"
	"io"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifbolditalic"
	"github.com/go-fonts/liberation/liberationserifitalic"
	"github.com/go-fonts/liberation/liberationserifregular"
)

// Letter is what stands on the paper.
type Letter struct {
	InCharge   string    // cơ quan chủ quản; may be empty
	Issuer     string    // cơ quan ban hành
	Code       string    // số, ký hiệu
	Place      string    // địa danh
	Date       time.Time // ngày ban hành
	Type       string    // tên loại; "Công văn" is laid out without a title
	Subject    string    // trích yếu
	Urgency    string    // HỎA TỐC, THƯỢNG KHẨN, KHẨN or empty
	Addressees []string  // kính gửi
	Body       []string  // paragraphs
	Places     []string  // nơi nhận
	Competence string    // TM. …, KT. …; may be empty
	Position   string    // chức vụ
	Signer     string    // họ tên
	Footnote   string    // small print at the foot of the page; may be empty
}

// OfficialLetter is the type of document that has no title of its own.
const OfficialLetter = "Công văn"

// Measures of Annex I, in millimetres and points.
const (
	marginTop, marginLeft, marginRight, marginBottom = 20, 30, 15, 20
	width                                            = 210 - marginLeft - marginRight
	leftColumn                                       = 68.0
	rightColumn                                      = width - leftColumn
	lineHeight                                       = 6.0
	pageHeight                                       = 297.0
	font                                             = "serif"
)

// Write makes the letter's PDF.
func Write(w io.Writer, l Letter) error {
	_, err := Compose(w, l)
	return err
}

// Compose makes the letter's PDF and says where its signatures go.
func Compose(w io.Writer, l Letter) (Places, error) {
	s := newSheet(l.Date)
	s.head(l)
	s.title(l)
	s.addressees(l.Addressees)
	s.body(l.Body)
	places := s.foot(l)
	s.footnote(l.Footnote)
	if err := s.Output(w); err != nil {
		return Places{}, fmt.Errorf("paper: %w", err)
	}
	return places, nil
}

// sheet is a letter being set.
type sheet struct{ *fpdf.Fpdf }

func newSheet(date time.Time) sheet {
	s := sheet{fpdf.New("P", "mm", "A4", "")}
	s.SetMargins(marginLeft, marginTop, marginRight)
	s.SetAutoPageBreak(true, marginBottom)
	s.AddUTF8FontFromBytes(font, "", liberationserifregular.TTF)
	s.AddUTF8FontFromBytes(font, "B", liberationserifbold.TTF)
	s.AddUTF8FontFromBytes(font, "I", liberationserifitalic.TTF)
	s.AddUTF8FontFromBytes(font, "BI", liberationserifbolditalic.TTF)
	s.SetCatalogSort(true)
	s.SetCreationDate(date)
	s.SetModificationDate(date)
	s.SetLang("vi")
	s.AddPage()
	return s
}

// head sets the agencies, the national name and motto, number, place and date.
func (s sheet) head(l Letter) {
	top := s.GetY()
	if l.InCharge != "" {
		s.centred(marginLeft, leftColumn, "", 12, strings.ToUpper(l.InCharge))
	}
	s.centred(marginLeft, leftColumn, "B", 12, strings.ToUpper(l.Issuer))
	s.rule(marginLeft+leftColumn/2, 22)
	s.centred(marginLeft, leftColumn, "", 13, "Số: "+l.Code)
	if l.Type == OfficialLetter {
		s.centred(marginLeft, leftColumn, "", 12, "V/v "+l.Subject)
	}
	s.urgency(l.Urgency)
	left := s.GetY()

	s.SetY(top)
	right := float64(marginLeft + leftColumn)
	s.centred(right, rightColumn, "B", 12, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
	s.centred(right, rightColumn, "B", 13, "Độc lập - Tự do - Hạnh phúc")
	s.rule(right+rightColumn/2, 58)
	s.centred(right, rightColumn, "I", 13, dateLine(l.Place, l.Date))
	s.SetY(max(left, s.GetY()) + 5)
}

// dateLine writes days below 10 and months below 3 with a leading 0, as the decree does.
func dateLine(place string, d time.Time) string {
	month := fmt.Sprint(int(d.Month()))
	if d.Month() < time.March {
		month = "0" + month
	}
	return fmt.Sprintf("%s, ngày %02d tháng %s năm %d", place, d.Day(), month, d.Year())
}

// urgency sets the red stamp.
func (s sheet) urgency(text string) {
	if text == "" {
		return
	}
	s.SetFont(font, "B", 14)
	w := s.GetStringWidth(text) + 6
	s.SetY(s.GetY() + 2)
	s.SetX(marginLeft + (leftColumn-w)/2)
	s.SetTextColor(200, 0, 0)
	s.SetDrawColor(200, 0, 0)
	s.CellFormat(w, 8, text, "1", 1, "C", false, 0, "")
	s.SetTextColor(0, 0, 0)
	s.SetDrawColor(0, 0, 0)
}

// title sets the type's name and the abstract of every letter but a công văn.
func (s sheet) title(l Letter) {
	if l.Type == OfficialLetter {
		return
	}
	s.centred(marginLeft, width, "B", 14, strings.ToUpper(l.Type))
	s.centred(marginLeft, width, "B", 14, l.Subject)
	s.rule(marginLeft+width/2, 50)
	s.Ln(3)
}

func (s sheet) addressees(names []string) {
	if len(names) == 0 {
		return
	}
	s.SetFont(font, "", 14)
	if len(names) == 1 {
		s.MultiCell(width, 7, "Kính gửi: "+names[0], "", "C", false)
	} else {
		s.SetX(marginLeft + 25)
		s.MultiCell(width-25, 7, "Kính gửi:", "", "L", false)
		for i, name := range names {
			s.SetX(marginLeft + 40)
			s.MultiCell(width-40, 7, "- "+name+endOfItem(i, len(names)), "", "L", false)
		}
	}
	s.Ln(3)
}

func endOfItem(i, n int) string {
	if i == n-1 {
		return "."
	}
	return ";"
}

func (s sheet) body(paragraphs []string) {
	s.SetFont(font, "", 14)
	for _, p := range paragraphs {
		// The first line is indented by 1 cm; the no-break spaces keep their width in a justified line.
		s.MultiCell(width, 7, strings.Repeat("\u00a0", 8)+p, "", "J", false)
		s.Ln(2)
	}
}

// foot sets nơi nhận on the left and the signature's block on the right.
func (s sheet) foot(l Letter) Places {
	s.Ln(3)
	if s.GetY() > pageHeight-marginBottom-signatureBlock {
		s.AddPage()
	}
	top := s.GetY()
	s.SetFont(font, "BI", 12)
	s.CellFormat(leftColumn, lineHeight, "Nơi nhận:", "", 1, "L", false, 0, "")
	s.SetFont(font, "", 11)
	for i, p := range l.Places {
		s.MultiCell(leftColumn, 5, "- "+p+endOfItem(i, len(l.Places)), "", "L", false)
	}
	s.SetY(top)
	right := float64(marginLeft + leftColumn)
	if l.Competence != "" {
		s.centred(right, rightColumn, "B", 13, strings.ToUpper(l.Competence))
	}
	s.centred(right, rightColumn, "B", 13, strings.ToUpper(l.Position))
	places := s.places()
	s.Ln(signatureSpace)
	s.centred(right, rightColumn, "B", 14, l.Signer)
	return places
}

func (s sheet) footnote(text string) {
	if text == "" {
		return
	}
	s.SetAutoPageBreak(false, 0)
	s.SetTextColor(110, 110, 110)
	s.SetFont(font, "I", 9)
	s.SetXY(marginLeft, pageHeight-12)
	s.CellFormat(width, 5, text, "", 0, "C", false, 0, "")
}

// centred sets text in the middle of a column and moves to the next line.
func (s sheet) centred(x, w float64, style string, size float64, text string) {
	s.SetFont(font, style, size)
	s.SetX(x)
	s.MultiCell(w, lineHeight, text, "", "C", false)
}

// rule draws the line below a heading.
func (s sheet) rule(middle, length float64) {
	y := s.GetY() + 0.5
	s.Line(middle-length/2, y, middle+length/2, y)
	s.SetY(y + 1)
}
