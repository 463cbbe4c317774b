package edxml

import (
	"bytes"
	"strings"
)

// readTag moves a tag to the skeleton through its >, quotes respected.
func (s *scanner) readTag(start int) error {
	limit := min(int64(start+s.lim.Tag), s.lim.Skeleton)
	var quote byte
	for seen := start; ; {
		if err := s.copyUntil('>', limit); err != nil {
			return must(err)
		}
		s.take()
		for _, c := range s.out[seen:] {
			switch {
			case c == quote:
				quote = 0
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			}
		}
		if quote == 0 {
			return s.chars(start)
		}
		seen = len(s.out)
	}
}

func (s *scanner) startTag(start int) error {
	if err := s.readTag(start); err != nil {
		return err
	}
	t, err := s.parseTag(start)
	if err != nil {
		return err
	}
	if err := s.count(start); err != nil {
		return err
	}
	s.open = append(s.open, element{tag: t.start, name: t.name, nameEnd: t.nameEnd})
	if len(s.open) > s.lim.Depth {
		return s.fail(start, CodeTooDeep, s.lim.Depth)
	}
	if err := s.onStart(t); err != nil || !t.empty {
		return err
	}
	return s.close(t)
}

// count admits one more element.
func (s *scanner) count(start int) error {
	if len(s.open) == 0 {
		if s.rooted {
			return s.fail(start, CodeOutsideRoot)
		}
		s.rooted = true
	}
	s.elements++
	if s.elements > s.lim.Elements {
		return s.fail(start, CodeTooManyElements, s.lim.Elements)
	}
	return nil
}

func (s *scanner) close(t tag) error {
	err := s.onEnd(t)
	s.open = s.open[:len(s.open)-1]
	return err
}

func (s *scanner) endTag(start int) error {
	if err := s.readTag(start); err != nil {
		return err
	}
	name := s.out[start+2 : len(s.out)-1]
	name = name[:nameLen(name)]
	t := tag{start: start, name: start + 2, nameEnd: start + 2 + len(name), end: len(s.out)}
	if !isQName(name) || !allSpace(s.out[t.nameEnd:t.end-1]) {
		return s.fail(start, CodeName)
	}
	if len(s.open) == 0 {
		return s.fail(start, CodeUnexpectedEnd, name)
	}
	top := s.open[len(s.open)-1]
	opened := s.out[top.name:top.nameEnd]
	if !bytes.Equal(name, opened) {
		line, _ := position(s.out, s.cuts, top.tag)
		return s.fail(start, CodeTagMismatch, name, opened, line)
	}
	return s.close(t)
}

// parseTag reads the start tag at the end of the skeleton.
func (s *scanner) parseTag(start int) (tag, error) {
	b := s.out
	t := tag{start: start, name: start + 1, end: len(b)}
	t.nameEnd = t.name + nameLen(b[t.name:])
	if !isQName(b[t.name:t.nameEnd]) {
		return t, s.fail(start, CodeName)
	}
	stop := t.end - 1
	if b[stop-1] == '/' {
		t.empty = true
		stop--
	}
	return t, s.attributes(t.nameEnd, stop)
}

// attributes checks the attributes between two offsets of the skeleton.
func (s *scanner) attributes(at, stop int) error {
	var seen [][]byte
	for {
		next := skipSpace(s.out, at, stop)
		if next == stop {
			return nil
		}
		a, err := s.attribute(next, stop)
		if err != nil {
			return err
		}
		if next == at {
			return s.fail(at, CodeAttribute)
		}
		if len(seen) == s.lim.Attributes {
			return s.fail(next, CodeTooManyAttrs, s.lim.Attributes)
		}
		for _, other := range seen {
			if bytes.Equal(other, a.name) {
				return s.fail(next, CodeDuplicateAttr, a.name)
			}
		}
		seen, at = append(seen, a.name), a.end
	}
}

// attribute is name="value" in the skeleton.
type attribute struct {
	name, value []byte
	end         int // after the closing quote
}

func (s *scanner) attribute(at, stop int) (attribute, error) {
	a, ok := parseAttribute(s.out[:stop], at)
	if !ok {
		return a, s.fail(at, CodeAttribute)
	}
	return a, s.refs(a.end-1-len(a.value), a.end-1)
}

// parseAttribute reads name = "value" at an offset of b.
func parseAttribute(b []byte, at int) (a attribute, ok bool) {
	end := at + nameLen(b[at:])
	a.name = b[at:end]
	if !isQName(a.name) {
		return a, false
	}
	at = skipSpace(b, end, len(b))
	if at == len(b) || b[at] != '=' {
		return a, false
	}
	at = skipSpace(b, at+1, len(b))
	if at == len(b) || b[at] != '"' && b[at] != '\'' {
		return a, false
	}
	n := bytes.IndexByte(b[at+1:], b[at])
	if n < 0 {
		return a, false
	}
	a.value = b[at+1 : at+1+n]
	a.end = at + n + 2
	return a, bytes.IndexByte(a.value, '<') < 0
}

func skipSpace(b []byte, at, stop int) int {
	for at < stop && isSpace(b[at]) {
		at++
	}
	return at
}

// xmlDeclaration checks version and encoding; body is what follows <?xml.
func (s *scanner) xmlDeclaration(start int, body []byte) error {
	for at := 0; ; {
		next := skipSpace(body, at, len(body))
		if next == len(body) {
			break
		}
		a, ok := parseAttribute(body, next)
		if !ok || next == at {
			return s.fail(start, CodeDeclaration)
		}
		value := string(a.value)
		switch string(a.name) {
		case "version":
			if value != "1.0" {
				return s.fail(start, CodeVersion)
			}
		case "encoding":
			if !strings.EqualFold(value, "UTF-8") && !strings.EqualFold(value, "UTF8") {
				return s.fail(start, CodeEncoding, value)
			}
		case "standalone":
		default:
			return s.fail(start, CodeDeclaration)
		}
		at = a.end
	}
	if !bytes.Contains(body, []byte("version")) {
		return s.fail(start, CodeVersion)
	}
	return nil
}
