package text

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// sniffed is how much of a file's beginning its format is told from.
const sniffed = 8 << 10

// kinds that are known but not read.
const (
	kindZip     Format = "zip"
	kindOLE     Format = "ole"
	kindPicture Format = "picture"
	kindBinary  Format = "binary"
)

// sniff tells what a file is from its beginning. Zip archives are looked into later.
func sniff(head []byte) Format {
	for _, m := range []struct {
		magic string
		kind  Format
	}{
		{"PK\x03\x04", kindZip},
		{"PK\x05\x06", kindZip},
		{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", kindOLE},
		{"\x89PNG\r\n", kindPicture},
		{"\xFF\xD8\xFF", kindPicture},
		{"II*\x00", kindPicture},
		{"MM\x00*", kindPicture},
		{"GIF8", kindPicture},
		{"{\\rtf", kindBinary},
		{"%!PS", kindBinary},
	} {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.kind
		}
	}
	// Readers of PDF look for the header in the first 1024 bytes.
	if bytes.Contains(head[:min(len(head), 1024)], []byte("%PDF-")) {
		return PDF
	}
	return sniffText(head)
}

// sniffText tells markup, plain text and bytes that are neither apart.
func sniffText(head []byte) Format {
	text, ok := unicodeText(head)
	if !ok {
		if controls(head)*50 > len(head) || bytes.IndexByte(head, 0) >= 0 {
			return kindBinary
		}
		text = string(head)
	}
	start := strings.ToLower(strings.TrimSpace(text[:min(len(text), 2048)]))
	switch {
	case strings.HasPrefix(start, "<!doctype html"), strings.HasPrefix(start, "<html"):
		return HTML
	case !strings.HasPrefix(start, "<"):
		return Plain
	case strings.Contains(start, "<html"):
		return HTML
	case strings.HasPrefix(start, "<?xml"), element(start):
		return XML
	default:
		return Plain
	}
}

// element tells whether text begins with a tag.
func element(text string) bool {
	return len(text) > 2 && (text[1] >= 'a' && text[1] <= 'z' || text[1] == '!') && strings.Contains(text, ">")
}

// controls counts the bytes that text does not have.
func controls(data []byte) int {
	n := 0
	for _, c := range data {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' {
			n++
		}
	}
	return n
}

// unicodeText decodes UTF-8 and UTF-16, with their marks or without; not ok when it is neither.
func unicodeText(data []byte) (string, bool) {
	if rest, ok := bytes.CutPrefix(data, []byte("\xEF\xBB\xBF")); ok {
		return string(rest), true
	}
	if order, ok := utf16Order(data); ok {
		return utf16Text(data, order)
	}
	// The end may have been cut within a character.
	whole := data
	for i := 0; i < utf8.UTFMax && len(whole) > 0 && !utf8.Valid(whole); i++ {
		whole = whole[:len(whole)-1]
	}
	if !utf8.Valid(whole) || controls(whole)*50 > len(whole) || bytes.IndexByte(whole, 0) >= 0 {
		return "", false
	}
	return string(whole), true
}
