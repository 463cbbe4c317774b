package text

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf16"
)

// maxRead is how much of a text file is read: UTF-16 and markup take more bytes than
// the text they hold.
const maxRead = 4 * MaxText

// plain reads a text file, page by page where form feeds divide it.
func (w *worker) plain(r io.Reader, h *harvest) (int, error) {
	text, err := w.decoded(r, h)
	if err != nil {
		return 0, err
	}
	n := 0
	for page := range strings.SplitSeq(text, "\f") {
		n++
		if err := h.add(n, page); err != nil {
			return n, err
		}
	}
	return n, nil
}

// decoded reads a text file of any encoding, as much as is wanted of it.
func (w *worker) decoded(r io.Reader, h *harvest) (string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxRead+1))
	if err != nil {
		return "", err
	}
	if len(data) > maxRead {
		data, h.full = data[:maxRead], true
	}
	if text, ok := unicodeText(data); ok {
		return w.spell.orModern(text), nil
	}
	return w.spell.eightBit(data), nil
}

// orModern is modern without the question whether anything was changed.
func (s *speller) orModern(text string) string {
	text, _ = s.modern(text)
	return text
}

// utf16Order tells whether data is UTF-16 and in what order its bytes are: by
// its mark, or because every other byte of its beginning is mostly 0.
func utf16Order(data []byte) (binary.ByteOrder, bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xFF\xFE")):
		return binary.LittleEndian, true
	case bytes.HasPrefix(data, []byte("\xFE\xFF")):
		return binary.BigEndian, true
	}
	var zeros [2]int
	head := data[:min(len(data), 1024)&^1]
	for i, c := range head {
		if c == 0 {
			zeros[i%2]++
		}
	}
	half := len(head) / 2
	switch {
	case half < 4:
		return nil, false
	case zeros[1]*2 > half && zeros[0] == 0:
		return binary.LittleEndian, true
	case zeros[0]*2 > half && zeros[1] == 0:
		return binary.BigEndian, true
	default:
		return nil, false
	}
}

func utf16Text(data []byte, order binary.ByteOrder) (string, bool) {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	text := strings.TrimPrefix(string(utf16.Decode(units)), "\uFEFF")
	return text, !strings.ContainsRune(text, 0)
}
