package anchor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/liberation/liberationserifregular"
	"golang.org/x/text/unicode/norm"

	"congvan/signer/pdf/appearance"
	"congvan/signer/pdf/internal/onepage"
)

// finder is one for all tests, for making one ready takes a second.
func finder(t *testing.T) *Finder {
	t.Helper()
	f := NewFinder(Options{Once: true})
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func search(t *testing.T, f *Finder, pdf []byte, q appearance.Query) []appearance.Hits {
	t.Helper()
	var all []appearance.Hits
	for hits, err := range f.Search(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), q) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, hits)
	}
	return all
}

// vietnamese is a document with one line of text on each page, 100 points from the left and
// 200 from the top of A4.
func vietnamese(t *testing.T, pages ...string) []byte {
	t.Helper()
	p := fpdf.New("P", "pt", "A4", "")
	p.AddUTF8FontFromBytes("f", "", liberationserifregular.TTF)
	p.SetFont("f", "", 20)
	for _, text := range pages {
		p.AddPage()
		for i, line := range strings.Split(text, "\n") {
			p.Text(100, 200+float64(i)*30, line)
		}
	}
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFindsVietnameseTextHoweverItIsWritten(t *testing.T) {
	f := finder(t)
	pages := []string{"Chủ tịch Trần Văn Vĩnh", norm.NFD.String("CHỦ\u00a0NGHĨA, PHÓ  CHỦ TỊCH"), "KT. CHỦ\nTỊCH", "CHỦ TỊCHX"}
	pdf := vietnamese(t, pages...)
	tests := map[string]struct {
		query appearance.Query
		want  []int // hits on pages 1, 2, …
	}{
		"case does not matter":    {appearance.Query{Texts: []string{"CHỦ TỊCH"}}, []int{1, 1, 1, 0}},
		"unless it is wanted":     {appearance.Query{Texts: []string{"CHỦ TỊCH"}, Exact: true}, []int{0, 1, 1, 0}},
		"decomposed in query":     {appearance.Query{Texts: []string{norm.NFD.String(" chủ nghĩa ")}}, []int{0, 1, 0, 0}},
		"name with ĩ":             {appearance.Query{Texts: []string{"Trần Văn Vĩnh"}, Exact: true}, []int{1, 0, 0, 0}},
		"other marks, other word": {appearance.Query{Texts: []string{"Chu tich"}}, []int{0, 0, 0, 0}},
		"nothing":                 {appearance.Query{Texts: []string{""}}, []int{0, 0, 0, 0}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.query.Forward = true
			for i, hits := range search(t, f, pdf, tt.query) {
				if hits.Page != i+1 || len(hits.Texts[0]) != tt.want[i] {
					t.Errorf("page %d: %d hits, want %d", hits.Page, len(hits.Texts[0]), tt.want[i])
				}
			}
		})
	}
}

func TestPagesAreSearchedInTheOrderAskedFor(t *testing.T) {
	f := finder(t)
	pdf := vietnamese(t, "một", "hai", "ba")
	tests := map[string]struct {
		query appearance.Query
		want  string
	}{
		"last first":  {appearance.Query{}, "[3 2 1]"},
		"first first": {appearance.Query{Forward: true}, "[1 2 3]"},
		"one":         {appearance.Query{Page: 2}, "[2]"},
		"the last":    {appearance.Query{Page: -1}, "[3]"},
		"beyond":      {appearance.Query{Page: 4}, "[]"},
		"before":      {appearance.Query{Page: -4}, "[]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.query.Texts = []string{"một", "hai"}
			pages := []int{}
			for _, hits := range search(t, f, pdf, tt.query) {
				pages = append(pages, hits.Page)
			}
			if got := fmt.Sprint(pages); got != tt.want {
				t.Errorf("pages %s, want %s", got, tt.want)
			}
		})
	}
}

// page makes a one-page document with text 40 points high whose baseline begins at 150, 300.
func page(entries string) []byte {
	return onepage.Make(entries, "BT /F 40 Tf 150 300 Td (GIAM DOC) Tj ET")
}

// Wherever the page's boxes lie and however it is turned, places are in default user space.
func TestPlacesAreInUserSpace(t *testing.T) {
	f := finder(t)
	for _, entries := range []string{
		"/MediaBox[0 0 600 800]",
		"/MediaBox[0 0 600 800]/Rotate 90",
		"/MediaBox[0 0 600 800]/Rotate 180",
		"/MediaBox[0 0 600 800]/Rotate 270",
		"/MediaBox[-100 -50 600 800]/CropBox[50 60 500 700]",
		"/MediaBox[-100 -50 600 800]/CropBox[50 60 500 700]/Rotate 90",
		"/MediaBox[0 0 600 800]/UserUnit 2",
	} {
		hits := search(t, f, page(entries), appearance.Query{Texts: []string{"giam doc"}})
		if len(hits) != 1 || len(hits[0].Texts[0]) != 1 {
			t.Errorf("%s: %v", entries, hits)
			continue
		}
		got := hits[0].Texts[0][0]
		// Helvetica's G begins 0.048 em from its origin, its capitals are 0.72 em high, the
		// text 5.06 em long.
		want := appearance.Rect{X0: 152, Y0: 299, X1: 351, Y1: 329}
		for _, d := range []float64{got.X0 - want.X0, got.Y0 - want.Y0, got.X1 - want.X1, got.Y1 - want.Y1} {
			if math.Abs(d) > 4 {
				t.Errorf("%s: at %.1f, want about %.1f", entries, got, want)
				break
			}
		}
	}
}

func TestSearchEndsWithItsContext(t *testing.T) {
	f := finder(t)
	// A page that takes PDFium long: text beyond measure.
	p := fpdf.New("P", "pt", "A4", "")
	p.SetFont("Helvetica", "", 10)
	p.AddPage()
	for range 300_000 {
		p.Text(10, 10, "abcdefghijklmnopqrstuvwxyz")
	}
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	start := time.Now()
	var err error
	for _, err = range f.Search(ctx, bytes.NewReader(b.Bytes()), int64(b.Len()), appearance.Query{Texts: []string{"x"}}) {
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v after %v, want the deadline's error", err, time.Since(start))
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("ended only after %v", took)
	}
	if hits := search(t, f, vietnamese(t, "sau đó"), appearance.Query{Texts: []string{"sau đó"}}); len(hits[0].Texts[0]) != 1 {
		t.Error("the next search fails")
	}
}

func TestWhatIsNoPDFIsAnError(t *testing.T) {
	f := finder(t)
	for _, data := range [][]byte{nil, []byte("%PDF-1.7"), []byte(strings.Repeat("x", 1000)), page("")[:300]} {
		var err error
		for _, err = range f.Search(t.Context(), bytes.NewReader(data), int64(len(data)), appearance.Query{Texts: []string{"x"}}) {
		}
		if err == nil {
			t.Errorf("%.20q…: no error", data)
		}
	}
}

func TestCallerMayStopEarly(t *testing.T) {
	f := finder(t)
	pdf := vietnamese(t, "một", "hai", "ba")
	pages := 0
	for range f.Search(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), appearance.Query{Texts: []string{"x"}}) {
		pages++
		break
	}
	if pages != 1 {
		t.Errorf("%d pages", pages)
	}
}

func TestManySearchAtOnce(t *testing.T) {
	f := finder(t)
	pdf := vietnamese(t, "một")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for hits, err := range f.Search(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), appearance.Query{Texts: []string{"một"}}) {
				if err != nil || len(hits.Texts[0]) != 1 {
					t.Errorf("found %v, %v", hits, err)
				}
			}
		})
	}
	group.Wait()
}

func TestCompiledReaderIsKept(t *testing.T) {
	dir := t.TempDir()
	pdf := vietnamese(t, "một")
	for range 2 {
		f := NewFinder(Options{CacheDir: dir})
		start := time.Now()
		if hits := search(t, f, pdf, appearance.Query{Texts: []string{"một"}}); len(hits[0].Texts[0]) != 1 {
			t.Error("not found")
		}
		t.Log("first search took", time.Since(start))
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	f := NewFinder(Options{})
	defer f.Close()
	pdf := page("/MediaBox[0 0 600 800]")
	look := func() {
		for _, err := range f.Search(b.Context(), bytes.NewReader(pdf), int64(len(pdf)), appearance.Query{Texts: []string{"giam doc"}}) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	look() // makes it ready
	for b.Loop() {
		look()
	}
}
