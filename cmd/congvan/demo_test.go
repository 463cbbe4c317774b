package main

import (
	"image"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"congvan/internal/peers"
)

// TestDemonstrationsLettersUnderRealTools looks at every PDF of a demonstration with
// software of others.
func TestDemonstrationsLettersUnderRealTools(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	paper := filepath.Join(dir, "paper")
	tool(t, congvan(t), "demo", "--exit", "--dir", filepath.Join(dir, "demo"), "--paper", paper)
	trust := filepath.Join(dir, "demo", "trust")
	nss := believe(t, filepath.Join(trust, "root.pem"))
	signed, altered := 0, 0
	for _, file := range files(t, paper) {
		name := filepath.Base(file)
		if out := tool(t, peers.Tool(t, "qpdf"), "--check", file); strings.Contains(out, "WARNING") {
			t.Errorf("%s: %s", name, out)
		}
		verdict, _ := exec.CommandContext(t.Context(), congvan(t), "verify", "--json", "--trust", trust, file).Output()
		switch {
		case strings.Contains(string(verdict), `"NO_SIGNATURE_FOUND"`): // the impostor has no key
		case strings.HasSuffix(name, "_altered.pdf"):
			altered++
			if !strings.Contains(string(verdict), `"indication":"TOTAL_FAILED"`) {
				t.Errorf("%s: %s", name, verdict)
			}
		default:
			signed++
			if !strings.Contains(string(verdict), `"indication":"TOTAL_PASSED"`) {
				t.Errorf("%s: %s", name, verdict)
			}
			twoSignatures(t, nss, file)
		}
	}
	if signed != 16 || altered != 2 {
		t.Errorf("%d signed letters and %d altered ones", signed, altered)
	}
}

// twoSignatures has pdfsig find a person's signature and a seal, both trusted.
func twoSignatures(t *testing.T, nss, file string) {
	t.Helper()
	out := tool(t, peers.Tool(t, "pdfsig"), "-nssdir", nss, file)
	for text, want := range map[string]int{
		"Signature is Valid.": 2, "Certificate is Trusted.": 2, "Signature Field Name: NguoiKy": 1, "Signature Field Name: CoQuan": 1,
		"Common Name: Ủy ban nhân dân": 1, "title=Chủ tịch": 1, "Total document signed": 1,
	} {
		if n := strings.Count(out, text); n != want {
			t.Errorf("%s: %q %d times, want %d:\n%s", filepath.Base(file), text, n, want, out)
		}
	}
}

// believe makes a store of roots, as pdfsig reads it, with one root.
func believe(t *testing.T, root string) string {
	t.Helper()
	certutil, store := peers.Tool(t, "certutil"), "sql:"+t.TempDir()
	tool(t, certutil, "-N", "-d", store, "--empty-password")
	tool(t, certutil, "-A", "-d", store, "-n", "root", "-t", "CT,C,C", "-i", root)
	return store
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// tool gives the output of a program that must succeed.
func tool(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", filepath.Base(program), args, err, out)
	}
	return string(out)
}

// TestLookOfASignedLetter measures the sample letter on the page (NĐ 30/2020/NĐ-CP, Annex I):
// the red seal is as large as it is, covers a part of the blue signature from its left, and
// keeps clear of "Nơi nhận".
func TestLookOfASignedLetter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tool(t, congvan(t), "demo", "--exit", "--dir", dir)
	const dpi, mm = 80, 80 / 25.4
	tool(t, peers.Tool(t, "pdftoppm"), "-png", "-r", strconv.Itoa(dpi), "-singlefile", filepath.Join(dir, "letter.pdf"), filepath.Join(dir, "page"))
	page := picture(t, filepath.Join(dir, "page.png"))
	red := inked(page, func(r, g, b int) bool { return r > g+60 && r > b+60 })
	blue := inked(page, func(r, g, b int) bool { return b > r+60 && b > g+40 })
	for name, length := range map[string]int{"width": red.Dx(), "height": red.Dy()} {
		if diameter := float64(length) / mm; math.Abs(diameter-36) > 1 {
			t.Errorf("the seal's %s is %.1f mm", name, diameter)
		}
	}
	if share := float64(red.Max.X-blue.Min.X) / float64(blue.Dx()); share < 0.25 || share > 0.45 {
		t.Errorf("the seal covers %.2f of the signature", share)
	}
	if blue.Max.X < red.Max.X || blue.Max.Y > red.Max.Y || blue.Min.Y < red.Min.Y {
		t.Errorf("seal %v, signature %v", red, blue)
	}
	if left := float64(red.Min.X) / mm; left < 30+68 { // margin and left column
		t.Errorf("the seal begins %.1f mm from the left, over \"Nơi nhận\"", left)
	}
}

func picture(t *testing.T, file string) image.Image {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// inked gives the smallest rectangle around all pixels of an ink.
func inked(m image.Image, ink func(r, g, b int) bool) image.Rectangle {
	var all image.Rectangle
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
			r, g, b, _ := m.At(x, y).RGBA()
			if ink(int(r>>8), int(g>>8), int(b>>8)) {
				all = all.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return all
}
