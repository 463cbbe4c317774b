package paper

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"

	"congvan/internal/peers"
)

func letter() Letter {
	return Letter{
		InCharge:   "Ủy ban nhân dân thành phố Hà Nội",
		Issuer:     "Ủy ban nhân dân quận Long Biên",
		Code:       "07/UBND-VP",
		Place:      "Long Biên",
		Date:       time.Date(2026, 2, 5, 8, 0, 0, 0, time.UTC),
		Type:       OfficialLetter,
		Subject:    "tăng cường kiểm tra công tác văn thư",
		Urgency:    "HỎA TỐC",
		Addressees: []string{"Ủy ban nhân dân các phường", "Các trường học trên địa bàn quận"},
		Body: []string{
			"Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư, Ủy ban nhân dân quận đề nghị các đơn vị rà soát, bổ sung sổ đăng ký và báo cáo kết quả.",
			"Chữ cái để soát: ĩ Ĩ ợ Ợ ễ Ễ ữ Ữ ẵ Ẵ ặ Ặ ỹ Ỹ ỵ Ỵ đ Đ ư Ư ơ Ơ.",
		},
		Places:     []string{"Như trên", "Lưu: VT, VP"},
		Competence: "TM. Ủy ban nhân dân",
		Position:   "Chủ tịch",
		Signer:     "Nguyễn Thị Lĩnh",
		Footnote:   "Bản minh họa, không có giá trị pháp lý",
	}
}

func pdf(t *testing.T, l Letter) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, l); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// text reads a PDF back with an independent program.
func text(t *testing.T, data []byte) string {
	t.Helper()
	cmd := exec.Command(peers.Tool(t, "pdftotext"), "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(string(out), "\u00a0", " ")), " ")
}

func TestVietnameseTextComesOutAgain(t *testing.T) {
	l := letter()
	got := text(t, pdf(t, l))
	want := []string{
		"CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
		"Độc lập - Tự do - Hạnh phúc",
		"Số: 07/UBND-VP",
		"Long Biên, ngày 05 tháng 02 năm 2026",
		"HỎA TỐC",
		l.Body[1],
		"CHỦ TỊCH",
		"Nguyễn Thị Lĩnh",
		"Nơi nhận:",
		"- Lưu: VT, VP.",
	}
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%q is not in the page's text:\n%s", w, got)
		}
	}
}

func TestNamedTypeHasATitle(t *testing.T) {
	l := letter()
	l.Type, l.Subject = "Quyết định", "Về việc thành lập Tổ công tác"
	if got := text(t, pdf(t, l)); !strings.Contains(got, "QUYẾT ĐỊNH Về việc thành lập Tổ công tác") {
		t.Errorf("no title in:\n%s", got)
	}
}

func TestSameLetterSameBytes(t *testing.T) {
	a, b := pdf(t, letter()), pdf(t, letter())
	if !bytes.Equal(a, b) {
		t.Error("two runs gave different bytes")
	}
	if len(a) > 200<<10 {
		t.Errorf("a one-page letter has %d bytes: the fonts are not subsetted", len(a))
	}
}

func TestDateLine(t *testing.T) {
	for date, want := range map[string]string{
		"2026-02-05": "Hà Nội, ngày 05 tháng 02 năm 2026",
		"2026-03-15": "Hà Nội, ngày 15 tháng 3 năm 2026",
		"2026-12-01": "Hà Nội, ngày 01 tháng 12 năm 2026",
	} {
		d, err := time.Parse(time.DateOnly, date)
		if err != nil {
			t.Fatal(err)
		}
		if got := dateLine("Hà Nội", d); got != want {
			t.Errorf("%s: got %q, want %q", date, got, want)
		}
	}
}
