package edxml

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func readAll(t testing.TB, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// zipOf makes a ZIP of entries, name and content in turn.
func zipOf(t testing.TB, entries ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		w, err := z.Create(entries[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, entries[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func openContent(name, contentType, payload string, limits ZipLimits) (*Content, error) {
	return OpenContent(Attachment{Name: name, ContentType: contentType}, strings.NewReader(payload), int64(len(payload)), limits)
}

func TestOpenContent(t *testing.T) {
	one := zipOf(t, "../../etc/0b1c.edxml", "nội dung")
	same := zipOf(t, "x.txt", "nội dung")
	two := zipOf(t, "[Content_Types].xml", "a", "word/document.xml", "b")
	folder := zipOf(t, "dir/", "", "dir/x.txt", "nội dung")
	for _, tc := range []struct {
		name, contentType, payload string
		wrapped                    bool
		quirks                     string
	}{
		{"thu.txt", "application/zip", same, true, "[]"},
		{"thu.doc", "application/zip", one, true, "[zip-alien-entry]"},
		{"BAO CAO.PDF", "application/zip", one, true, "[zip-alien-entry]"},
		{"thu.pdf", "application/pdf", one, true, "[zip-mislabelled zip-alien-entry]"},
		{"thu.txt", "text/plain", same, true, "[zip-mislabelled]"},
		{"bang.xlsx", "application/zip", one, true, "[zip-alien-entry]"},
		{"thu.txt", "application/x-zip-compressed; a=b", folder, true, "[]"},
		{"goc.zip", "application/zip", one, false, "[]"},
		{"GOC.ZIP", "application/zip", one, false, "[]"},
		{"thu.docx", "application/docx", two, false, "[]"},
		{"thu.docx", "application/docx", one, false, "[]"},
		{"thu.docx", "application/zip", two, false, "[zip-not-wrapped]"},
		{"thu.doc", "application/doc", two, false, "[]"},
		{"thu.pdf", "application/pdf", "%PDF-1.4", false, "[]"},
		{"thu.txt", "application/zip", "chữ trơn", false, "[zip-not-wrapped]"},
		{"thu.txt", "application/zip", "", false, "[]"},
		{"thu.pdf", "application/pdf", "PK\x03\x04 không phải ZIP", false, "[zip-unreadable]"},
	} {
		t.Run(tc.name+" "+tc.contentType, func(t *testing.T) {
			c, err := openContent(tc.name, tc.contentType, tc.payload, ZipLimits{})
			if err != nil {
				t.Fatal(err)
			}
			want := tc.payload
			if tc.wrapped {
				want = "nội dung"
			}
			if got := readAll(t, c); got != want || c.Wrapped != tc.wrapped || c.Size != int64(len(want)) {
				t.Errorf("got %q, wrapped %v, size %d", got, c.Wrapped, c.Size)
			}
			var names []string
			for _, q := range c.Quirks {
				names = append(names, q.Name)
			}
			if got := fmt.Sprint(names); got != tc.quirks {
				t.Errorf("quirks %s, want %s", got, tc.quirks)
			}
			if c.Name != tc.name {
				t.Errorf("name %q", c.Name)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			a := Attachment{Name: tc.name, ContentType: tc.contentType}
			if tc.wrapped && !MayBeWrapped(a, strings.NewReader(tc.payload), int64(len(tc.payload))) {
				t.Error("MayBeWrapped denies it")
			}
		})
	}
}

func TestOpenContentRefuses(t *testing.T) {
	bomb := zipOf(t, "a.txt", strings.Repeat("0", 8<<20))
	liar := strings.NewReplacer("\x00\x00\x80\x00", "\x10\x00\x00\x00").Replace(bomb) // claims 16 bytes
	if liar == bomb {
		t.Fatal("the size was not found")
	}
	many := zipOf(t, strings.Split(strings.Repeat("a,,", 1001)+"a,", ",")[:2002]...)
	good := zipOf(t, "a.txt", strings.Repeat("nội dung ", 100))
	damaged := good[:60] + "????" + good[64:]
	end := strings.LastIndex(good, "PK\x05\x06")
	encrypted := []byte(good)
	directory := strings.LastIndex(good, "PK\x01\x02")
	encrypted[6] |= 1
	encrypted[directory+8] |= 1
	claims := []byte(good)
	binary.LittleEndian.PutUint16(claims[end+10:], 0xFFFF)
	zip64 := []byte(good)
	binary.LittleEndian.PutUint32(zip64[end+16:], 0xFFFFFFFF)
	for _, tc := range []struct {
		name, payload string
		limits        ZipLimits
		want          error
	}{
		{"ratio", bomb, ZipLimits{}, ErrZipBomb},
		{"size", bomb, ZipLimits{Size: 1 << 20, Ratio: 1 << 20}, ErrZipBomb},
		{"a false size", liar, ZipLimits{Ratio: 1 << 20}, ErrZipDamaged},
		{"entries", many, ZipLimits{}, ErrZipEntries},
		{"claimed entries", string(claims), ZipLimits{}, ErrZipEntries},
		{"64-bit directory", string(zip64), ZipLimits{}, ErrZipDamaged},
		{"damaged", damaged, ZipLimits{}, ErrZipDamaged},
		{"cut off", good[:len(good)-30], ZipLimits{}, ErrZipDamaged},
		{"encrypted", string(encrypted), ZipLimits{}, ErrZipEncrypted},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := openContent("a.txt", "application/zip", tc.payload, tc.limits)
			if err == nil {
				_, err = io.Copy(io.Discard, c)
			}
			if !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			if !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrMalformed) {
				t.Errorf("%v is of no kind", err)
			}
		})
	}
	if _, err := openContent("a.pdf", "application/pdf", many, ZipLimits{}); err != nil {
		t.Errorf("many entries under another type: %v", err)
	}
}

// A directory without end is not read to its end.
func TestOpenContentEndlessDirectory(t *testing.T) {
	entry := "PK\x01\x02" + strings.Repeat("\x00", 42)
	payload := zipMagic + strings.Repeat("\x00", 26) + strings.Repeat(entry, 200_000) + "PK\x05\x06" + strings.Repeat("\x00", 18)
	b := []byte(payload)
	binary.LittleEndian.PutUint16(b[len(b)-12:], 1)
	binary.LittleEndian.PutUint32(b[len(b)-10:], uint32(200_000*len(entry)))
	binary.LittleEndian.PutUint32(b[len(b)-6:], 30)
	_, err := openContent("a.txt", "application/zip", string(b), ZipLimits{})
	if !errors.Is(err, ErrZipEntries) {
		t.Errorf("got %v", err)
	}
}

func TestDisplayName(t *testing.T) {
	for in, want := range map[string]string{
		"Công văn.pdf":                     "Công văn.pdf",
		"Co\u0302ng va\u0306n.pdf":         "Công văn.pdf",
		"../../etc/passwd":                 "passwd",
		`C:\Users\x\thu.doc`:               "thu.doc",
		"":                                 fallbackName,
		"..":                               fallbackName,
		"a/":                               fallbackName,
		".bashrc":                          "bashrc",
		"a\x00b\r\nc\u202Efdp.exe":         "abcfdp.exe",
		`q: "a" <b>?.txt`:                  "q_ _a_ _b__.txt",
		"\xff\xfe.pdf":                     "pdf",
		"  nhiều   khoảng  trắng.pdf ":     "nhiều khoảng trắng.pdf",
		strings.Repeat("đ", 200) + ".docx": strings.Repeat("đ", 125) + ".docx",
		strings.Repeat("x", 300):           strings.Repeat("x", 255),
		"a." + strings.Repeat("ê", 200):    "a." + strings.Repeat("ê", 126),
	} {
		if got := DisplayName(in); got != want {
			t.Errorf("DisplayName(%q) = %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		in := string(rapid.SliceOfN(rapid.Byte(), 0, 600).Draw(t, "name"))
		if rapid.Bool().Draw(t, "text") {
			in = rapid.StringN(0, 400, -1).Draw(t, "text name")
		}
		got := DisplayName(in)
		if got == "" || len(got) > maxName || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\x00\n") || got[0] == '.' {
			t.Fatalf("DisplayName(%q) = %q", in, got)
		}
		if again := DisplayName(got); again != got {
			t.Fatalf("DisplayName is not stable: %q, %q", got, again)
		}
	})
}
