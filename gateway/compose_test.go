package gateway_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"congvan/gateway"
)

func composed() (gateway.Letter, []gateway.LetterFile) {
	open := func(text string) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
	}
	l := gateway.Letter{
		From: district, To: []gateway.AgencyID{wardA, school}, Number: "15", Notation: "UBND-VP", Place: "Hà Nội", Date: "2026-11-02",
		Type: "Công văn", Subject: "V/v nghỉ Tết", Signer: gateway.LetterSigner{Name: "Nguyễn Thị Thử"}, Priority: 2,
	}
	const sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	files := []gateway.LetterFile{
		{Name: "cong-van.pdf", ContentType: "application/pdf", Open: open("%PDF-1.7 công văn")},
		{Name: "danh-sach.xlsx", ContentType: sheet, Open: open("PK\x03\x04 bảng")},
	}
	return l, files
}

func TestComposeTwiceGivesTheFirstReceipt(t *testing.T) {
	h := newHouse(t)
	l, files := composed()
	first, err := h.Compose(t.Context(), principal(district), l, files, "")
	if err != nil {
		t.Fatal(err, findings(err))
	}
	h.now = h.now.Add(3 * 24 * 60 * 60 * 1e9)
	again, err := h.Compose(t.Context(), principal(district), l, files, "")
	h.must(err)
	if !again.Replayed || again.Receipt.JWS != first.Receipt.JWS {
		t.Errorf("composed again: %+v", again)
	}
	envelope := h.fetch(wardA, h.inbox(wardA)[0].Delivery.ID)
	back, err := h.Accept(t.Context(), principal(district), gateway.Submission{Body: bytes.NewReader(envelope)})
	h.must(err)
	if !back.Replayed || back.Receipt.JWS != first.Receipt.JWS {
		t.Errorf("the bytes it became: %+v", back)
	}
	l.Subject = "V/v nghỉ hè"
	if _, err := h.Compose(t.Context(), principal(district), l, files, ""); codeOf(err) != gateway.CodeDuplicateDocument {
		t.Errorf("another letter under the same number: %v", err)
	}
}

func TestComposedFilesComeOutAsTheyWentIn(t *testing.T) {
	h := newHouse(t)
	l, files := composed()
	a, err := h.Compose(t.Context(), principal(district), l, files, "")
	h.must(err)
	for i, f := range files {
		want, err := f.Open()
		h.must(err)
		wanted, err := io.ReadAll(want)
		h.must(err)
		got, err := h.OpenFile(t.Context(), principal(district), a.Message, i)
		h.must(err)
		b, err := io.ReadAll(got)
		h.must(err)
		h.must(got.Close())
		if !bytes.Equal(b, wanted) || got.Name != f.Name {
			t.Errorf("file %d: %q %q", i, got.Name, b)
		}
	}
	if _, err := h.OpenFile(t.Context(), principal(wardB), a.Message, 0); codeOf(err) != gateway.CodeNotFound {
		t.Errorf("a stranger opens a file: %v", err)
	}
}
