package appearance

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"congvan/signer"
)

// Limits of the images that signatures are shown with.
const (
	maxPictureBytes  = 4 << 20
	maxPictureSide   = 6000     // pixels
	maxPicturePixels = 12 << 20 // 36 mm at 2400 dpi
	faint            = 16       // alpha below which a pixel shows nothing
	solid            = 128      // alpha from which a pixel's colour counts
	pointsPerMM      = 72 / 25.4
	coarse           = 150 // dpi below which a picture looks poor in print
)

// ink is a picture fit to be drawn: only its ink, in 8-bit colour with alpha.
type ink struct {
	png           []byte
	width, height int // pixels
	findings      []signer.Reason
}

// readPicture decodes a PNG, cuts away the transparent margin so that what is
// measured is the ink, and says what is odd about it. It is coded anew: comments and
// everything else in the file that does not show is left out.
func readPicture(data []byte, want Colour) (*ink, error) {
	decoded, err := decodePNG(data)
	if err != nil {
		return nil, err
	}
	whole := image.NewNRGBA(image.Rect(0, 0, decoded.Bounds().Dx(), decoded.Bounds().Dy()))
	draw.Draw(whole, whole.Bounds(), decoded, decoded.Bounds().Min, draw.Src)
	s := survey(whole)
	if s.box.Empty() {
		return nil, fail(nil, "picture-empty",
			"Ảnh chữ ký hoặc con dấu không có nét nào: toàn bộ ảnh trong suốt.",
			"The picture of the signature or seal shows nothing: all of it is transparent.")
	}
	cut := image.NewNRGBA(image.Rect(0, 0, s.box.Dx(), s.box.Dy()))
	draw.Draw(cut, cut.Bounds(), whole, s.box.Min, draw.Src)
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, cut); err != nil {
		return nil, fmt.Errorf("appearance: code the picture anew: %w", err)
	}
	return &ink{out.Bytes(), cut.Rect.Dx(), cut.Rect.Dy(), s.findings(want)}, nil
}

// decodePNG decodes what is small enough to be decoded.
func decodePNG(data []byte) (image.Image, error) {
	if len(data) > maxPictureBytes {
		return nil, fail(nil, "picture-too-large",
			fmt.Sprintf("Tệp ảnh chữ ký hoặc con dấu quá lớn: %d byte, tối đa %d byte.", len(data), maxPictureBytes),
			fmt.Sprintf("The picture's file is too large: %d bytes, %d at most.", len(data), maxPictureBytes))
	}
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, notPNG(err)
	}
	if config.Width > maxPictureSide || config.Height > maxPictureSide || config.Width*config.Height > maxPicturePixels {
		return nil, fail(nil, "picture-too-many-pixels",
			fmt.Sprintf("Ảnh chữ ký hoặc con dấu có quá nhiều điểm ảnh: %d × %d.", config.Width, config.Height),
			fmt.Sprintf("The picture has too many pixels: %d × %d.", config.Width, config.Height))
	}
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, notPNG(err)
	}
	return decoded, nil
}

func notPNG(err error) error {
	return fail(err, "picture-not-png",
		"Ảnh chữ ký hoặc con dấu không phải là tệp PNG đọc được; Nghị định 30/2020/NĐ-CP yêu cầu định dạng .png.",
		"The picture is not a readable PNG, the format that NĐ 30/2020/NĐ-CP demands.")
}

// surveyed is what a picture was found to be.
type surveyed struct {
	box         image.Rectangle // around what shows
	transparent bool            // some pixel is
	inked       int             // pixels whose colour counts
	hues        map[Colour]int  // how many of them are of a colour
}

func survey(m *image.NRGBA) surveyed {
	s := surveyed{hues: map[Colour]int{}}
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			c := m.NRGBAAt(x, y)
			if c.A < faint {
				s.transparent = true
				continue
			}
			s.box = s.box.Union(image.Rect(x, y, x+1, y+1))
			if c.A >= solid {
				s.inked++
				s.hues[hue(c)]++
			}
		}
	}
	return s
}

// hue names a pixel's colour by its strongest part; grey has none.
func hue(c color.NRGBA) Colour {
	r, g, b := int(c.R), int(c.G), int(c.B)
	switch {
	case r > b+40 && r > g+40:
		return Red
	case b > r+20 && b > g+10:
		return Blue
	}
	return AnyColour
}

// findings warns of what the decree does not want but what may still be meant so.
func (s surveyed) findings(want Colour) []signer.Reason {
	var found []signer.Reason
	if !s.transparent {
		found = append(found, signer.Reason{
			Code: "picture-opaque",
			Vi:   "Ảnh chữ ký hoặc con dấu không có nền trong suốt và sẽ che nội dung bên dưới.",
			En:   "The picture's background is not transparent and will cover what is below it.",
		})
	}
	if want == AnyColour || s.hues[want]*10 >= s.inked*6 {
		return found
	}
	if want == Red {
		return append(found, signer.Reason{
			Code: "picture-not-red", Vi: "Ảnh con dấu không phải màu đỏ.", En: "The picture of the seal is not red.",
		})
	}
	return append(found, signer.Reason{
		Code: "picture-not-blue", Vi: "Ảnh chữ ký không phải màu xanh.", En: "The picture of the signature is not blue.",
	})
}

// size is the picture's width and height on paper, in points.
func (i *ink) size(p Picture) (w, h float64) {
	pixelW, pixelH := float64(i.width), float64(i.height)
	scale := p.Width / pixelW
	if p.Width == 0 || p.Height > 0 && p.Height/pixelH < scale {
		scale = p.Height / pixelH
	}
	return pixelW * scale * pointsPerMM, pixelH * scale * pointsPerMM
}

// resolution warns of a picture that has too few pixels for its size.
func (i *ink) resolution(w float64) []signer.Reason {
	dpi := float64(i.width) / w * 72
	if dpi >= coarse {
		return nil
	}
	return []signer.Reason{{
		Code: "picture-coarse",
		Vi:   fmt.Sprintf("Ảnh chữ ký hoặc con dấu chỉ đạt %.0f dpi, in ra sẽ không rõ nét.", dpi),
		En:   fmt.Sprintf("The picture has only %.0f dpi and will not be sharp in print.", dpi),
	}}
}
