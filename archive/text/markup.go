package text

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// maxDepth is how deep elements may lie in each other.
const maxDepth = 256

// errMalformed: the file is not what it says it is.
var errMalformed = errors.New("text: malformed")

// errBomb: the file unpacks to more, or lies deeper, than is allowed.
var errBomb = errors.New("text: unpacked beyond bounds")

// walk reads XML and calls visit for each start, end and run of text. Names come without their
// prefix. Nothing is declared, included or expanded: a DTD is passed over, an entity
// that XML itself does not have stays as it is written.
func walk(r io.Reader, visit func(xml.Token) error) error {
	d := xml.NewDecoder(r)
	d.Strict = false
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		e, err := htmlindex.Get(label)
		if err != nil || strings.HasPrefix(strings.ToLower(label), "utf-16") {
			return in, nil // UTF-16 has been decoded before
		}
		return e.NewDecoder().Reader(in), nil
	}
	depth := 0
	for {
		token, err := d.RawToken()
		if err == io.EOF {
			return nil
		}
		var syntax *xml.SyntaxError
		if errors.As(err, &syntax) {
			return fmt.Errorf("%w: %w", errMalformed, err)
		}
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
		if depth > maxDepth {
			return errBomb
		}
		if err := visit(token); err != nil {
			return err
		}
	}
}

// xml takes the text of all elements.
func (w *worker) xml(r io.Reader, h *harvest) (int, error) {
	source, err := w.source(r, h)
	if err != nil {
		return 0, err
	}
	var b strings.Builder
	err = walk(source, func(t xml.Token) error {
		switch t := t.(type) {
		case xml.CharData:
			b.Write(t)
		case xml.EndElement:
			b.WriteByte('\n')
		}
		if b.Len() > maxRead {
			return errFull
		}
		return nil
	})
	return 1, errors.Join(h.add(1, w.spell.orModern(b.String())), err)
}

// source gives an XML file's bytes, UTF-16 turned into UTF-8.
func (w *worker) source(r io.Reader, h *harvest) (io.Reader, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxRead+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxRead {
		data, h.full = data[:maxRead], true
	}
	if order, ok := utf16Order(data); ok {
		text, _ := utf16Text(data, order)
		return strings.NewReader(text), nil
	}
	return strings.NewReader(strings.TrimPrefix(string(data), "\uFEFF")), nil
}

// html takes the text of a page as a reader sees it: no tags, scripts, styles or comments.
func (w *worker) html(r io.Reader, h *harvest) (int, error) {
	source, err := w.decodedHTML(r, h)
	if err != nil {
		return 0, err
	}
	return 1, h.add(1, w.spell.orModern(stripped(source)))
}

// decodedHTML reads HTML in UTF-8, UTF-16 or the encoding it names itself.
func (w *worker) decodedHTML(r io.Reader, h *harvest) (string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxRead+1))
	if err != nil {
		return "", err
	}
	if len(data) > maxRead {
		data, h.full = data[:maxRead], true
	}
	if text, ok := unicodeText(data); ok {
		return text, nil
	}
	if e, err := htmlindex.Get(charset(string(data[:min(len(data), 2048)]))); err == nil {
		if text, err := e.NewDecoder().Bytes(data); err == nil {
			return w.spell.orModern(string(text)), nil
		}
	}
	return w.spell.eightBit(data), nil
}

// charset finds the encoding an HTML file names in its head.
func charset(head string) string {
	_, after, _ := strings.Cut(strings.ToLower(head), "charset=")
	after = strings.TrimLeft(after, `"' `)
	if end := strings.IndexAny(after, "\"' />;"); end >= 0 {
		return after[:end]
	}
	return ""
}

// stripped takes the tags out of HTML.
func stripped(source string) string {
	var b strings.Builder
	for source != "" {
		text, rest, tagged := strings.Cut(source, "<")
		b.WriteString(text)
		if !tagged {
			break
		}
		name, after, ok := tag(rest)
		if !ok {
			b.WriteByte('<')
			source = rest
			continue
		}
		if breaks(name) {
			b.WriteByte('\n')
		}
		source = after
	}
	return html.UnescapeString(b.String())
}

// tag passes over one tag, comment or declaration, and over what a script or style
// holds; not ok when the "<" was only a sign. Of an element closed it gives the
// name with "/".
func tag(rest string) (name, after string, ok bool) {
	if comment, found := strings.CutPrefix(rest, "!--"); found {
		_, after, _ = strings.Cut(comment, "-->")
		return "", after, true
	}
	if rest == "" || !strings.ContainsRune("/!?abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", rune(rest[0])) {
		return "", "", false
	}
	end := tagEnd(rest)
	name = strings.ToLower(rest[:end])
	if i := strings.IndexAny(name, " \t\r\n>"); i >= 0 {
		name = name[:i]
	}
	after = rest[end:]
	switch name {
	case "script", "style", "template", "noscript":
		return "", closed(after, name), true
	}
	return name, after, true
}

// tagEnd is the index behind a tag's ">", which may also stand in a quoted value.
func tagEnd(rest string) int {
	quote := byte(0)
	for i := range len(rest) {
		switch c := rest[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && i > 0 && rest[i-1] == '=':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return len(rest)
}

// closed passes over an element's content up to its end tag.
func closed(content, name string) string {
	for rest := content; ; {
		_, after, found := strings.Cut(rest, "</")
		if !found {
			return ""
		}
		if len(after) >= len(name) && strings.EqualFold(after[:len(name)], name) {
			return after[tagEnd(after):]
		}
		rest = after
	}
}

// breaks tells whether a tag begins a new line or cell: all but those within a line do.
func breaks(name string) bool {
	switch strings.Trim(name, "/") {
	case "a", "abbr", "b", "big", "cite", "code", "em", "font", "i", "img", "ins", "kbd", "label", "mark", "q", "s", "small", "span", "strong", "sub", "sup", "tt", "u", "wbr", "":
		return false
	default:
		return true
	}
}
