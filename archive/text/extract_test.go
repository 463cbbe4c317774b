package text

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/text/unicode/norm"

	"congvan/internal/peers"
)

// cache is a folder of compiled PDFium that all tests of a run, and later runs, share.
func cache(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs("../../.cache/pdfium")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func extractor(t testing.TB, o Options) *Extractor {
	t.Helper()
	o.CacheDir = cache(t)
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func extract(t testing.TB, e *Extractor, data []byte) Document {
	t.Helper()
	d, err := e.Extract(t.Context(), bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func all(d Document) string {
	var b strings.Builder
	for _, p := range d.Pages {
		b.WriteString(p.Text + "\n")
	}
	return b.String()
}

// found counts how many of the words of want stand in got, each as often as it does.
func found(want, got string) (n, of int) {
	have := map[string]int{}
	for w := range strings.FieldsSeq(norm.NFC.String(got)) {
		have[w]++
	}
	for w := range strings.FieldsSeq(norm.NFC.String(want)) {
		of++
		if have[w] > 0 {
			have[w]--
			n++
		}
	}
	return n, of
}

// Whatever program made the file, its words come out whole; pdftotext is the referee.
func TestFilesOfRealPrograms(t *testing.T) {
	e := extractor(t, Options{})
	truth := string(testdata(t, "truth.txt"))
	for name, want := range map[string]struct {
		format  Format
		words   int // of truth.txt's 171
		quality Quality
		code    string
		readers string
	}{
		"decision.html":          {HTML, 171, Good, "", "[]"},
		"truth.txt":              {Plain, 171, Good, "", "[]"},
		"libreoffice.docx":       {DOCX, 171, Good, "", "[]"},
		"libreoffice.odt":        {ODT, 171, Good, "", "[]"},
		"weasyprint.pdf":         {PDF, 171, Good, "", "[pdfium]"},
		"weasyprint-nimbus.pdf":  {PDF, 171, Good, "", "[pdfium]"},
		"libreoffice.pdf":        {PDF, 171, Good, "", "[pdfium poppler]"},
		"libreoffice-nimbus.pdf": {PDF, 171, Good, "", "[pdfium poppler]"},
		"ghostscript.pdf":        {PDF, 171, Good, "", "[pdfium]"},
		"ghostscript-nimbus.pdf": {PDF, 171, Good, "", "[pdfium poppler]"},
		"ghostscript-ps.pdf":     {PDF, 0, Poor, codePoor, "[pdfium]"},
		"scan.pdf":               {PDF, 0, None, codeScan, "[]"},
	} {
		data := testdata(t, name)
		d := extract(t, e, data)
		n, of := found(truth, all(d))
		if d.Format != want.format || n < want.words || of != 171 || d.Quality != want.quality || d.Reason.Code != want.code || fmt.Sprint(d.Readers) != want.readers {
			t.Errorf("%s: %s %s %q by %v, %d of %d words; want %+v", name, d.Format, d.Quality, d.Reason.Code, d.Readers, n, of, want)
		}
		if want.format == PDF {
			referee, _ := found(truth, pdftotext(t, data))
			t.Logf("%s: %d of %d words, pdftotext %d", name, n, of, referee)
			if n < referee {
				t.Errorf("%s: pdftotext finds more words: %d > %d", name, referee, n)
			}
		}
		if !norm.NFC.IsNormalString(all(d)) {
			t.Errorf("%s: not in NFC", name)
		}
	}
}

func pdftotext(t *testing.T, data []byte) string {
	t.Helper()
	cmd := exec.Command(peers.Tool(t, "pdftotext"), "-q", "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Without poppler the torn words are at least known for what they are.
func TestTornWordsAreKnownWithoutPoppler(t *testing.T) {
	e := extractor(t, Options{})
	e.config.PDFToText = ""
	d := extract(t, e, testdata(t, "libreoffice-nimbus.pdf"))
	n, of := found(string(testdata(t, "truth.txt")), all(d))
	if d.Quality != Poor || d.Reason.Code != codePoor || n == of {
		t.Errorf("%s, %q, %d of %d words", d.Quality, d.Reason.Code, n, of)
	}
	t.Logf("PDFium alone: %d of %d words", n, of)
}

// The same document rewritten by qpdf reads the same; a password is said.
func TestVariantsOfOnePDF(t *testing.T) {
	e := extractor(t, Options{})
	truth := string(testdata(t, "truth.txt"))
	for name, args := range map[string][]string{
		"plain":          {"--qdf", "--object-streams=disable"},
		"linearized":     {"--linearize", "--object-streams=generate"},
		"owner password": {"--encrypt", "", "owner", "256", "--"},
		"user password":  {"--encrypt", "secret", "owner", "256", "--"},
	} {
		out := filepath.Join(t.TempDir(), "out.pdf")
		if msg, err := exec.Command(peers.Tool(t, "qpdf"), append(args, "testdata/weasyprint.pdf", out)...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, msg)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		d := extract(t, e, data)
		n, of := found(truth, all(d))
		if name == "user password" {
			if d.Quality != None || d.Reason.Code != codeEncrypted {
				t.Errorf("%s: %s %q", name, d.Quality, d.Reason.Code)
			}
		} else if n != of || d.Quality != Good {
			t.Errorf("%s: %d of %d words, %s %q", name, n, of, d.Quality, d.Reason.Code)
		}
	}
}

// Pictures of text are read by Tesseract.
func TestRecognition(t *testing.T) {
	peers.Tool(t, "tesseract")
	e := extractor(t, Options{OCR: OCR{Pages: 3}})
	for _, name := range []string{"scan.pdf", "ghostscript-ps.pdf"} {
		d := extract(t, e, testdata(t, name))
		n, of := found(string(testdata(t, "truth.txt")), all(d))
		if n < of*8/10 || !slices.Equal(d.OCR, []int{1}) || d.Quality != Good {
			t.Errorf("%s: %d of %d words, pages %v, %s", name, n, of, d.OCR, d.Quality)
		}
		t.Logf("%s: %d of %d words recognised", name, n, of)
	}
}

func TestSheets(t *testing.T) {
	e := extractor(t, Options{})
	for name, day := range map[string]string{"libreoffice.xlsx": "01/05/2026", "libreoffice.ods": "05/01/26"} {
		d := extract(t, e, testdata(t, name))
		want := "sheet\nSố đến Ngày đến Cơ quan gửi Trích yếu Số tiền\n1 " + day + " Sở Kế hoạch Về việc giải phóng mặt bằng 1500000\n"
		if d.Quality != Good || len(d.Pages) != 1 || !strings.HasPrefix(d.Pages[0].Text, want) {
			t.Errorf("%s: %q", name, all(d))
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	e := extractor(t, Options{Workers: 2})
	data := testdata(t, "weasyprint.pdf")
	var group sync.WaitGroup
	for range 12 {
		group.Go(func() {
			d, err := e.Extract(t.Context(), bytes.NewReader(data), int64(len(data)))
			if err != nil || d.Quality != Good {
				t.Errorf("%s, %v", d.Quality, err)
			}
		})
	}
	group.Wait()
}

func BenchmarkPDF(b *testing.B) {
	e := extractor(b, Options{})
	data := testdata(b, "weasyprint.pdf")
	extract(b, e, data)
	for b.Loop() {
		extract(b, e, data)
	}
}

func BenchmarkDOCX(b *testing.B) {
	e := extractor(b, Options{})
	data := testdata(b, "libreoffice.docx")
	extract(b, e, data)
	for b.Loop() {
		extract(b, e, data)
	}
}

func BenchmarkPages(b *testing.B) {
	e := extractor(b, Options{})
	const pages = 500
	data := letters(b, pages)
	extract(b, e, data)
	for b.Loop() {
		if d := extract(b, e, data); len(d.Pages) != pages {
			b.Fatal(len(d.Pages), "pages")
		}
	}
	b.ReportMetric(float64(pages*b.N)/b.Elapsed().Seconds(), "pages/s")
	c := <-e.slots
	e.slots <- c
	b.ReportMetric(float64(resident(c.pid()))/(1<<20), "child-MiB")
}

// BenchmarkStart is the first file of an extractor: with compiled PDFium in the cache, and without.
func BenchmarkStart(b *testing.B) {
	data := testdata(b, "weasyprint.pdf")
	for name, dir := range map[string]func() string{"warm": func() string { return cache(b) }, "cold": func() string { return "" }} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				e, err := New(Options{CacheDir: dir()})
				if err != nil {
					b.Fatal(err)
				}
				extract(b, e, data)
				if err := e.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
