package appearance_test

import (
	"bytes"
	"image"
	"image/png"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"congvan/internal/peers"
	"congvan/signer/pdf/appearance"
	"congvan/signer/pdf/syntax"
)

func opened(t *testing.T, pdf []byte) *syntax.File {
	t.Helper()
	f, err := syntax.Open(bytes.NewReader(pdf), int64(len(pdf)), syntax.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// show puts a drawing on a page the way a signature does, by an incremental update.
func show(t *testing.T, pdf []byte, field string, d *appearance.Drawing, place appearance.Placement) ([]byte, appearance.Spot) {
	t.Helper()
	f := opened(t, pdf)
	spot, err := place.Place(t.Context(), f, d)
	if err != nil {
		t.Fatal(err)
	}
	u, err := syntax.NewUpdate(f)
	if err != nil {
		t.Fatal(err)
	}
	form, err := d.Turn(spot.Rotate).Import(u)
	if err != nil {
		t.Fatal(err)
	}
	widget := u.Add(syntax.Dict{
		"Type": syntax.Name("Annot"), "Subtype": syntax.Name("Widget"), "FT": syntax.Name("Sig"), "T": syntax.String(field),
		"F": int64(132), "P": spot.PageRef, "AP": syntax.Dict{"N": form},
		"Rect": syntax.Array{spot.Rect.X0, spot.Rect.Y0, spot.Rect.X1, spot.Rect.Y1},
	})
	hang(t, f, u, spot.PageRef, widget)
	appended, _, err := u.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return append(bytes.Clone(pdf), appended...), spot
}

// hang enters a widget into its page's and the form's lists.
func hang(t *testing.T, f *syntax.File, u *syntax.Update, pageRef, widget syntax.Ref) {
	t.Helper()
	r := f.Latest()
	grow := func(o syntax.Object, key syntax.Name) syntax.Dict {
		dict, err := r.Dict(o)
		if err != nil {
			t.Fatal(err)
		}
		list, err := r.Array(dict[key])
		if err != nil {
			t.Fatal(err)
		}
		dict = maps.Clone(dict)
		if dict == nil {
			dict = syntax.Dict{}
		}
		dict[key] = append(append(syntax.Array{}, list...), widget)
		return dict
	}
	u.Put(pageRef, grow(pageRef, "Annots"))
	catalog, root, err := r.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	catalog = maps.Clone(catalog)
	form := grow(catalog["AcroForm"], "Fields")
	form["SigFlags"] = int64(3)
	catalog["AcroForm"] = form
	u.Put(root, catalog)
}

func run(t *testing.T, pdf []byte, tool string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "letter.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "FILE", file)
	}
	out, err := exec.CommandContext(t.Context(), peers.Tool(t, tool), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", tool, err, out)
	}
	return string(out)
}

const dpi = 144

// render draws a page with an independent program.
func render(t *testing.T, pdf []byte, page int) image.Image {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), peers.Tool(t, "pdftoppm"), "-png", "-cropbox", "-r", "144", "-f", string(rune('0'+page)), "-singlefile", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// inks counts the blue and the red pixels within a rectangle of the page, in points.
func inks(m image.Image, r appearance.Rect) (blue, red int) {
	const k = dpi / 72
	height := float64(m.Bounds().Dy())
	for y := int(height - r.Y1*k); y < int(height-r.Y0*k); y++ {
		for x := int(r.X0 * k); x < int(r.X1*k); x++ {
			cr, cg, cb, _ := m.At(x, y).RGBA()
			switch {
			case cb > cr+0x5000 && cb > cg+0x3000:
				blue++
			case cr > cb+0x5000 && cr > cg+0x5000:
				red++
			}
		}
	}
	return blue, red
}
