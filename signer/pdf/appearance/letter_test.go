package appearance_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"congvan/cmd/congvan/paper"
	"congvan/cmd/congvan/seal"
	"congvan/signer/pdf/anchor"
	"congvan/signer/pdf/appearance"
)

func vinhLinh() paper.Letter {
	return paper.Letter{
		InCharge: "Ủy ban nhân dân huyện Vĩnh Lĩnh", Issuer: "Ủy ban nhân dân xã Chủ Nghĩa", Code: "07/UBND-VP",
		Place: "Vĩnh Lĩnh", Date: time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC),
		Type: paper.OfficialLetter, Subject: "kiểm tra công tác văn thư", Addressees: []string{"Các thôn trên địa bàn xã"},
		Body: []string{"Ủy ban nhân dân xã đề nghị các thôn rà soát, bổ sung sổ đăng ký và báo cáo kết quả."}, Places: []string{"Như trên", "Lưu: VT"},
		Competence: "TM. Ủy ban nhân dân", Position: "Chủ tịch", Signer: "Nguyễn Văn Vĩnh",
	}
}

// signed is a whole letter with both drawings: the person's found by title and name,
// the seal over it.
func signed(t *testing.T) (pdf []byte, person, agency appearance.Spot) {
	t.Helper()
	l := vinhLinh()
	var b bytes.Buffer
	if _, err := paper.Compose(&b, l); err != nil {
		t.Fatal(err)
	}
	hand, err := seal.Person(l.Signer)
	if err != nil {
		t.Fatal(err)
	}
	stamp, err := seal.Agency(l.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	words := appearance.Words{Agency: l.Issuer, Time: l.Date}
	look := appearance.Decree()
	signature, err := look.Person.Draw(hand, words)
	if err != nil {
		t.Fatal(err)
	}
	round, err := look.Seal.Draw(stamp, words)
	if err != nil {
		t.Fatal(err)
	}
	finder := anchor.NewFinder(anchor.Options{Once: true})
	t.Cleanup(func() { finder.Close() })
	pdf, person = show(t, b.Bytes(), "NguoiKy", signature, appearance.Between{Finder: finder, Title: l.Position, Name: l.Signer})
	pdf, agency = show(t, pdf, "CoQuan", round, appearance.OverSignature{Field: "NguoiKy"})
	return pdf, person, agency
}

func TestLetterBearsSignatureAndSeal(t *testing.T) {
	pdf, person, agency := signed(t)
	if dir := os.Getenv("CONGVAN_PICTURES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "letter.pdf"), pdf, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out := run(t, pdf, "qpdf", "--check", "FILE"); strings.Contains(out, "WARNING") {
		t.Error(out)
	}
	text := strings.Join(strings.Fields(run(t, pdf, "pdftotext", "FILE", "-")), " ")
	for _, want := range []string{"CHỦ NGHĨA", "Nguyễn Văn Vĩnh", "Ủy ban nhân dân xã Chủ Nghĩa", "2026-11-23T07:00:00+07:00"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the letter's text", want)
		}
	}
	m := render(t, pdf, person.Page)
	third := person.Rect.Width() / 3
	sealed := agency.Rect
	sealed.X0 = sealed.X1 - 102 // the picture; the text is on its left
	check := func(name string, r appearance.Rect, blue, red bool) {
		t.Helper()
		b, rd := inks(m, r)
		if (b > 30) != blue || (rd > 30) != red {
			t.Errorf("%s: %d blue and %d red pixels", name, b, rd)
		}
	}
	check("signature beside the seal", appearance.Rect{X0: person.Rect.X0 + third + 2, Y0: person.Rect.Y0, X1: person.Rect.X1, Y1: person.Rect.Y1}, true, false)
	check("seal beside the signature", appearance.Rect{X0: sealed.X0, Y0: sealed.Y0, X1: person.Rect.X0 - 2, Y1: sealed.Y1}, false, true)
	check("where both are", appearance.Rect{X0: person.Rect.X0, Y0: person.Rect.Y0, X1: person.Rect.X0 + third, Y1: person.Rect.Y1}, true, true)
	check("the page's top", appearance.Rect{X0: 0, Y0: 700, X1: 595, Y1: 842}, false, false)
}
