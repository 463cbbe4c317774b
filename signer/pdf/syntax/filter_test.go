package syntax_test

import (
	"bytes"
	"compress/lzw"
	"compress/zlib"
	"encoding/ascii85"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"testing"

	"congvan/signer/pdf/syntax"
)

// decoded reads stream data through the filters that dict names.
func decoded(t *testing.T, dict, data string) (string, error) {
	t.Helper()
	all := book()
	all[4] = stream(dict, data)
	s, err := mustOpen(t, tabled(all)).Latest().Stream(syntax.Ref{Number: 4})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Open()
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	_, err = out.ReadFrom(r)
	return out.String(), err
}

// samplesOfData are bytes that filters have trouble with.
func samplesOfData() [][]byte {
	random := make([]byte, 70000)
	source := rand.NewChaCha8([32]byte{1})
	source.Read(random)
	text := bytes.Repeat([]byte("Cong hoa xa hoi chu nghia Viet Nam. "), 3000)
	return [][]byte{{}, {0}, []byte("ab"), []byte("abc"), []byte("abcd"), make([]byte, 9), bytes.Repeat([]byte("a"), 10000), random, text}
}

func TestFiltersAgainstOtherEncoders(t *testing.T) {
	for _, tc := range []struct {
		dict   string
		encode func([]byte) string
	}{
		{"/Filter/FlateDecode", deflated},
		{"/Filter[/FlateDecode]/DecodeParms[null]", deflated},
		{"/Filter/ASCIIHexDecode", func(b []byte) string { return hex.EncodeToString(b) + ">" }},
		{"/Filter/ASCII85Decode", base85},
		{"/Filter[/ASCII85Decode/FlateDecode]", func(b []byte) string { return base85([]byte(deflated(b))) }},
		{"/Filter/RunLengthDecode", runLength},
		{"/Filter/LZWDecode/DecodeParms<</EarlyChange 0>>", lateLZW},
		{"/Filter/LZWDecode", earlyLZW},
		{"/Filter/Crypt", func(b []byte) string { return string(b) }},
	} {
		t.Run(tc.dict, func(t *testing.T) {
			for _, data := range samplesOfData() {
				got, err := decoded(t, tc.dict, tc.encode(data))
				if err != nil || got != string(data) {
					t.Errorf("%d bytes come back as %d, %v", len(data), len(got), err)
				}
			}
		})
	}
}

func deflated(b []byte) string {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.String()
}

func base85(b []byte) string {
	var out bytes.Buffer
	w := ascii85.NewEncoder(&out)
	w.Write(b)
	w.Close()
	return out.String() + "~>"
}

func runLength(b []byte) string {
	var out bytes.Buffer
	for len(b) > 0 {
		n := 1
		for n < len(b) && n < 128 && b[n] == b[0] {
			n++
		}
		if n > 1 {
			out.Write([]byte{byte(257 - n), b[0]})
		} else {
			out.Write([]byte{0, b[0]})
		}
		b = b[n:]
	}
	return out.String() + "\x80"
}

// lateLZW is that of Go, whose codes grow late.
func lateLZW(b []byte) string {
	var out bytes.Buffer
	w := lzw.NewWriter(&out, lzw.MSB, 8)
	w.Write(b)
	w.Close()
	return out.String()
}

// earlyLZW writes codes that grow early, with a dictionary as every encoder has it.
func earlyLZW(b []byte) string {
	var out bytes.Buffer
	var bits uint64
	var n int
	width, next := 9, 258
	table := map[string]int{}
	code := func(c int) {
		bits, n = bits<<width|uint64(c), n+width
		for ; n >= 8; n -= 8 {
			out.WriteByte(byte(bits >> (n - 8)))
		}
	}
	clear := func() {
		code(256)
		width, next, table = 9, 258, map[string]int{}
	}
	of := func(s string) int {
		if len(s) == 1 {
			return int(s[0])
		}
		return table[s]
	}
	clear()
	word := ""
	for _, c := range b {
		longer := word + string([]byte{c})
		if _, known := table[longer]; known || len(longer) == 1 {
			word = longer
			continue
		}
		code(of(word))
		table[longer] = next
		next++
		if next+1 > 1<<width {
			width++
		}
		if next == 4094 {
			clear()
		}
		word = string([]byte{c})
	}
	if word != "" {
		code(of(word))
		next++
		if next+1 > 1<<width {
			width++
		}
	}
	code(257)
	bits, n = bits<<7, n+7
	for ; n >= 8; n -= 8 {
		out.WriteByte(byte(bits >> (n - 8)))
	}
	return out.String()
}

// The example of ISO 32000-2, 7.4.4.2.
func TestLZWExample(t *testing.T) {
	got, err := decoded(t, "/Filter/LZWDecode", "\x80\x0B\x60\x50\x22\x0C\x0C\x85\x01")
	if err != nil || got != "-----A---B" {
		t.Errorf("%q, %v", got, err)
	}
}

// The PNG encoder of Go chooses among all filters by itself.
func TestPNGPredictors(t *testing.T) {
	for _, width := range []int{1, 3, 50} {
		img := image.NewNRGBA(image.Rect(0, 0, width, 40))
		for i := range img.Pix {
			img.Pix[i] = byte(i*i/7 + i/50)
		}
		for y := range 40 {
			img.Set(0, y, color.NRGBA{1, 2, 3, 4})
		}
		var file bytes.Buffer
		if err := png.Encode(&file, img); err != nil {
			t.Fatal(err)
		}
		dict := fmt.Sprintf("/Filter/FlateDecode/DecodeParms<</Predictor 15/Colors 4/Columns %d>>", width)
		got, err := decoded(t, dict, idat(file.Bytes()))
		if err != nil || got != string(img.Pix) {
			t.Errorf("width %d: %d bytes, want %d, %v", width, len(got), len(img.Pix), err)
		}
	}
}

// idat gives the compressed rows of a PNG file.
func idat(file []byte) string {
	var out []byte
	for at := 8; at < len(file); {
		length := int(file[at])<<24 | int(file[at+1])<<16 | int(file[at+2])<<8 | int(file[at+3])
		if string(file[at+4:at+8]) == "IDAT" {
			out = append(out, file[at+8:at+8+length]...)
		}
		at += 12 + length
	}
	return string(out)
}

func TestTIFFPredictor(t *testing.T) {
	for _, tc := range []struct {
		parameters, data, want string
	}{
		{"/Columns 3", "\x01\x01\x01\x05\xFF\x02", "\x01\x02\x03\x05\x04\x06"},
		{"/Columns 2/Colors 3", "\x01\x02\x03\x01\x01\x01", "\x01\x02\x03\x02\x03\x04"},
		{"/Columns 2/BitsPerComponent 16", "\x00\xFF\x00\x02", "\x00\xFF\x01\x01"},
		{"/Columns 4/BitsPerComponent 4", "\x1F\x23", "\x10\x25"},
		{"/Columns 8/BitsPerComponent 1", "\xC0", "\x80"},
	} {
		got, err := decoded(t, "/Filter/FlateDecode/DecodeParms<</Predictor 2"+tc.parameters+">>", deflated([]byte(tc.data)))
		if err != nil || got != tc.want {
			t.Errorf("%s: %x, want %x, %v", tc.parameters, got, tc.want, err)
		}
	}
}

func TestImageFiltersAreNotDecoded(t *testing.T) {
	_, err := decoded(t, "/Filter/DCTDecode", "\xFF\xD8")
	if code(err) != syntax.CodeUnknownFilter {
		t.Error(err)
	}
}
