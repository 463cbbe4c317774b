package seal

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"testing"
)

func decode(t *testing.T, data []byte, err error) image.Image {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 40<<10 {
		t.Errorf("%d bytes, want fewer than 40 KB", len(data))
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("CONGVAN_PICTURES"); dir != "" {
		if err := os.WriteFile(dir+"/"+t.Name()+".png", data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// ink counts the pixels that show, and those among them that are blue and red.
func ink(m image.Image) (all, blue, red int) {
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
			r, _, b, a := m.At(x, y).RGBA()
			if a < 0x8000 {
				continue
			}
			all++
			if b > 2*r {
				blue++
			}
			if r > 2*b {
				red++
			}
		}
	}
	return all, blue, red
}

func TestAgencySealIsRedRoundAndOfRealSize(t *testing.T) {
	data, err := Agency("Ủy ban nhân dân quận Chủ Nghĩa Vĩnh Lĩnh")
	m := decode(t, data, err)
	if w, h := m.Bounds().Dx(), m.Bounds().Dy(); w != 426 || h != 426 { // 36 mm × 300 dpi
		t.Errorf("%d × %d pixels, want 426 × 426", w, h)
	}
	all, _, red := ink(m)
	if all != red || all < 426*426/20 || all > 426*426/2 {
		t.Errorf("%d pixels of ink, %d of them red", all, red)
	}
	for _, corner := range []image.Point{{0, 0}, {425, 0}, {0, 425}, {425, 425}} {
		if _, _, _, a := m.At(corner.X, corner.Y).RGBA(); a != 0 {
			t.Errorf("corner %v is not transparent", corner)
		}
	}
}

func TestPersonsDifferAndAreBlue(t *testing.T) {
	one, err := Person("Nguyễn Thị Lĩnh")
	m := decode(t, one, err)
	all, blue, _ := ink(m)
	if all != blue || all < 3000 {
		t.Errorf("%d pixels of ink, %d of them blue", all, blue)
	}
	two, err := Person("Trần Văn Vĩnh")
	decode(t, two, err)
	if bytes.Equal(one, two) {
		t.Error("two names, one signature")
	}
	again, err := Person("Nguyễn Thị Lĩnh")
	decode(t, again, err)
	if !bytes.Equal(one, again) {
		t.Error("one name, two signatures")
	}
}

func TestEveryNameCanBeDrawn(t *testing.T) {
	for _, name := range []string{"", "A", "ĩ", "Bộ Ngoại giao nước Cộng hòa xã hội chủ nghĩa Việt Nam – Cục Lãnh sự và các Đại sứ quán ở nước ngoài", "漢"} {
		if _, err := Agency(name); err != nil {
			t.Errorf("seal of %q: %v", name, err)
		}
		if _, err := Person(name); err != nil {
			t.Errorf("signature of %q: %v", name, err)
		}
	}
}

// The circle's letters stand with their feet towards the middle above and away from it
// below, so both are read from the left.
func TestLettersStandUpright(t *testing.T) {
	above := arc{x: 100, y: 100, radius: 50}.frame(0)
	below := arc{x: 100, y: 100, radius: 50, below: true}.frame(0)
	if above != (frame{100, 50, 0}) || below != (frame{100, 150, 0}) {
		t.Errorf("above %v, below %v", above, below)
	}
	if left := (arc{radius: 50, below: true}).frame(-0.5); left.x >= 0 || left.angle <= 0 {
		t.Errorf("text below does not begin on the left: %v", left)
	}
}
