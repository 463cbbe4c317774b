package paper

import (
	"bytes"
	"encoding/xml"
	"math"
	"os/exec"
	"strings"
	"testing"

	"congvan/internal/peers"
)

// word is a word of a page with its box in points from the page's top, as pdftotext
// gives it.
type word struct {
	Text string  `xml:",chardata"`
	X0   float64 `xml:"xMin,attr"`
	Y0   float64 `xml:"yMin,attr"`
	X1   float64 `xml:"xMax,attr"`
	Y1   float64 `xml:"yMax,attr"`
}

// words reads a PDF's words page by page with an independent program.
func words(t *testing.T, data []byte) [][]word {
	t.Helper()
	cmd := exec.Command(peers.Tool(t, "pdftotext"), "-bbox", "-", "-")
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Pages []struct {
			Words []word `xml:"word"`
		} `xml:"body>doc>page"`
	}
	if err := xml.Unmarshal(out, &doc); err != nil {
		t.Fatal(err)
	}
	pages := make([][]word, len(doc.Pages))
	for i, p := range doc.Pages {
		pages[i] = p.Words
	}
	return pages
}

// bounds is the box around the last occurrence of a phrase of two words.
func bounds(t *testing.T, page []word, phrase string) word {
	t.Helper()
	first, second, _ := strings.Cut(phrase, " ")
	for i := len(page) - 2; i >= 0; i-- {
		a, b := page[i], page[i+1]
		if a.Text == first && b.Text == second {
			return word{phrase, a.X0, min(a.Y0, b.Y0), b.X1, max(a.Y1, b.Y1)}
		}
	}
	t.Fatalf("%q is not on the page", phrase)
	return word{}
}

func TestSignatureStandsBetweenTitleAndName(t *testing.T) {
	for _, paragraphs := range []int{1, 20, 26, 27, 28, 29, 30, 60} {
		l := letter()
		for range paragraphs {
			l.Body = append(l.Body, "Đoạn văn.")
		}
		var b bytes.Buffer
		places, err := Compose(&b, l)
		if err != nil {
			t.Fatal(err)
		}
		pages := words(t, b.Bytes())
		p := places.Person
		if p.Page < 1 || p.Page > len(pages) || places.Seal.Page != p.Page {
			t.Fatalf("%d paragraphs: signature on page %d, seal on %d, of %d", paragraphs, p.Page, places.Seal.Page, len(pages))
		}
		title, name := bounds(t, pages[p.Page-1], "CHỦ TỊCH"), bounds(t, pages[p.Page-1], "Nguyễn Thị")
		const height = 297 * 72 / 25.4
		if height-p.Y1 < title.Y1 || height-p.Y0 > name.Y0 {
			t.Errorf("%d paragraphs: the signature at %.0f…%.0f from the top is not between title (%.0f) and name (%.0f)",
				paragraphs, height-p.Y1, height-p.Y0, title.Y1, name.Y0)
		}
		if middle := (title.X0 + title.X1) / 2; math.Abs((p.X0+p.X1)/2-middle) > 1 {
			t.Errorf("the signature's middle is %.1f, the title's %.1f", (p.X0+p.X1)/2, middle)
		}
	}
}

func TestSealHasItsRealSizeOverAThirdOfTheSignature(t *testing.T) {
	var b bytes.Buffer
	places, err := Compose(&b, letter())
	if err != nil {
		t.Fatal(err)
	}
	p, s := places.Person, places.Seal
	if mm := (s.X1 - s.X0) * 25.4 / 72; math.Abs(mm-36) > 0.01 {
		t.Errorf("the seal is %.2f mm wide", mm)
	}
	if share := (s.X1 - p.X0) / (p.X1 - p.X0); math.Abs(share-1.0/3) > 0.01 {
		t.Errorf("the seal covers %.2f of the signature", share)
	}
	if s.X0 > p.X0 {
		t.Error("the seal is not on the left")
	}
}
