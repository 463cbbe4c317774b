package main

import (
	"bytes"
	"crypto/x509"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"congvan/signer/pdf/anchor"
	"congvan/signer/pdf/appearance"
)

// look says how a signature on a PDF file is shown, and where.
type look struct {
	Template  string `enum:"person,seal,annex,copy,incoming," default:"" help:"Hình thể hiện theo NĐ 30/2020: person (chữ ký cá nhân), seal (dấu cơ quan), annex (phụ lục), copy (bản sao), incoming (số hóa văn bản đến) / looks of Decree 30/2020." placeholder:"NAME"`
	Templates string `help:"Tệp TOML thay đổi các mẫu / TOML file that changes the templates." placeholder:"FILE"`
	Image     string `help:"Hình chữ ký hoặc dấu, PNG / picture of the signature or seal." placeholder:"PNG"`
	Agency    string `help:"Tên cơ quan trên hình; mặc định theo chứng thư / agency's name as shown; default: as in the certificate."`
	Name      string `help:"Tên người ký trên hình; mặc định theo chứng thư / signer's name as shown; default: as in the certificate."`
	Number    string `help:"Số và ký hiệu văn bản / number and notation of the document." placeholder:"NUMBER"`
	Form      string `help:"Hình thức sao: SAO Y, SAO LỤC, TRÍCH SAO / form of the copy."`

	Page     int       `help:"Trang, -1 là trang cuối / page; -1 is the last." placeholder:"N"`
	At       []float64 `help:"Góc dưới trái, và khung nếu có, tính bằng point: X,Y hoặc X,Y,W,H / lower left corner and, if wanted, the size in points." placeholder:"X,Y,W,H"`
	Anchor   []string  `sep:"none" help:"Đặt dưới chữ thứ nhất và trên chữ thứ hai (chức vụ, họ tên) / place it below the first text and above the second (title, name)." placeholder:"TEXT"`
	TopRight bool      `help:"Góc trên bên phải / upper right corner."`
	Over     string    `help:"Trùm một phần ba chữ ký của trường này / over a third of this field's signature." placeholder:"FIELD"`
}

// placement gives where the appearance goes: the first of the places asked for that
// the document has. Nil for an invisible signature, or the place of an existing field.
func (l look) placement() (appearance.Placement, error) {
	var all appearance.FirstOf
	if l.Over != "" {
		all = append(all, appearance.OverSignature{Field: l.Over})
	}
	if len(l.Anchor) > 2 {
		return nil, wrong("--anchor", "nhiều nhất hai đoạn chữ", "at most two texts")
	}
	if len(l.Anchor) > 0 {
		two := append(l.Anchor, "")
		all = append(all, appearance.Between{
			Finder: anchor.NewFinder(anchor.Options{Once: true}), Title: two[0], Name: two[1], Page: l.Page,
		})
	}
	switch at := l.At; len(at) {
	case 0:
	case 2:
		all = append(all, appearance.At{Page: l.Page, X: at[0], Y: at[1]})
	case 4:
		all = append(all, appearance.Inside{Page: l.Page, Rect: appearance.Rect{X0: at[0], Y0: at[1], X1: at[0] + at[2], Y1: at[1] + at[3]}})
	default:
		return nil, wrong("--at", "cần X,Y hoặc X,Y,W,H", "want X,Y or X,Y,W,H")
	}
	if l.TopRight || (len(all) == 0 && l.cornered()) {
		corner := appearance.TopRight()
		corner.Page = l.Page
		all = append(all, corner)
	}
	return l.placed(all)
}

func (l look) placed(all appearance.FirstOf) (appearance.Placement, error) {
	switch {
	case l.Template == "" && (len(all) > 0 || l.Image != ""):
		return nil, wrong("--template", "cần có để thể hiện chữ ký", "needed to show the signature")
	case len(all) == 0:
		return nil, nil
	case len(all) == 1:
		return all[0], nil
	}
	return all, nil
}

// cornered says whether the decree puts the template in the upper right corner.
func (l look) cornered() bool {
	return l.Template == "annex" || l.Template == "copy" || l.Template == "incoming"
}

// draw makes the appearance; nil for an invisible signature.
func (l look) draw(t *terminal, c *x509.Certificate, at time.Time) (*appearance.Drawing, error) {
	if l.Template == "" {
		return nil, nil
	}
	template, err := l.template()
	if err != nil {
		return nil, err
	}
	if form := l.form(); form != "" && form != appearance.TrueCopy && form != appearance.Reissue && form != appearance.Extracted {
		return nil, wrong("--form", "cần SAO Y, SAO LỤC hoặc TRÍCH SAO", "want SAO Y, SAO LỤC or TRÍCH SAO")
	}
	var png []byte
	if l.Image != "" {
		if png, err = readSmall(l.Image); err != nil {
			return nil, err
		}
	}
	d, err := template.Draw(png, l.words(c, at))
	if err != nil {
		return nil, err
	}
	for _, r := range d.Findings {
		t.note("%s (%s) [%s]", r.Vi, r.En, r.Code)
	}
	return d, nil
}

func (l look) template() (appearance.Template, error) {
	all := appearance.Decree()
	if l.Templates != "" {
		data, err := readSmall(l.Templates)
		if err != nil {
			return appearance.Template{}, err
		}
		if all, err = appearance.ReadTemplates(bytes.NewReader(data)); err != nil {
			return appearance.Template{}, err
		}
	}
	return map[string]appearance.Template{
		"person": all.Person, "seal": all.Seal, "annex": all.Annex, "copy": all.Copy, "incoming": all.Incoming,
	}[l.Template], nil
}

// form is the form of a copy, however it was typed.
func (l look) form() appearance.Form {
	return appearance.Form(strings.ToUpper(norm.NFC.String(l.Form)))
}

func (l look) words(c *x509.Certificate, at time.Time) appearance.Words {
	w := appearance.Words{
		Agency: l.Agency, Name: l.Name, Code: l.Number, Time: at, Form: l.form(),
	}
	if w.Agency == "" && len(c.Subject.Organization) > 0 {
		w.Agency = c.Subject.Organization[0]
	}
	if w.Name == "" {
		w.Name = c.Subject.CommonName
	}
	return w
}
