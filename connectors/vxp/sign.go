package vxp

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// parseSignHeader reads the text of XroadVnpt-sign-header: a JSON object whose
// keys are full parameter names and whose values are strings. The result is keyed
// by the names without prefix, in the case in which they were signed; keys that do
// not carry the prefix are left out. A key that occurs twice is refused, because two
// readers could take two different values from it.
//
// Clients build this text with more or less care: a backslash that begins no
// JSON escape (a Windows folder in filePath) is taken for itself, and
// numbers and booleans for their own text.
func parseSignHeader(text string) (map[string]string, error) {
	s := signScanner{rest: text}
	if err := s.expect('{'); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for first := true; !s.take('}'); first = false {
		if !first {
			if err := s.expect(','); err != nil {
				return nil, err
			}
		}
		if err := s.member(out); err != nil {
			return nil, err
		}
	}
	s.space()
	if s.rest != "" {
		return nil, errors.New("sign-header: text after the object")
	}
	return out, nil
}

// signScanner walks through a sign-header.
type signScanner struct {
	rest string
}

func (s *signScanner) space() { s.rest = strings.TrimLeft(s.rest, " \t\r\n") }

// take consumes c, after white space, if it stands there.
func (s *signScanner) take(c byte) bool {
	s.space()
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

func (s *signScanner) expect(c byte) error {
	if !s.take(c) {
		return fmt.Errorf("sign-header: %q expected, %d bytes before the end", c, len(s.rest))
	}
	return nil
}

// member reads one "key":value pair.
func (s *signScanner) member(out map[string]string) error {
	key, err := s.str()
	if err != nil {
		return err
	}
	if err := s.expect(':'); err != nil {
		return err
	}
	value, present, err := s.value()
	if err != nil {
		return err
	}
	name, ours := strings.CutPrefix(key, prefix)
	if !ours || !present {
		return nil
	}
	if _, twice := out[name]; twice {
		return fmt.Errorf("sign-header: %q stands twice", key)
	}
	out[name] = value
	return nil
}

// value reads a string or a bare word; a null is as good as absent.
func (s *signScanner) value() (v string, present bool, err error) {
	s.space()
	if strings.HasPrefix(s.rest, `"`) {
		v, err = s.str()
		return v, true, err
	}
	end := strings.IndexAny(s.rest, ",} \t\r\n")
	if end < 0 || !json.Valid([]byte(s.rest[:end])) {
		return "", false, errors.New("sign-header: a value is neither text nor number")
	}
	v, s.rest = s.rest[:end], s.rest[end:]
	if v[0] == '{' || v[0] == '[' {
		return "", false, errors.New("sign-header: a value is neither text nor number")
	}
	return v, v != "null", nil
}

func (s *signScanner) str() (string, error) {
	if err := s.expect('"'); err != nil {
		return "", err
	}
	end := closingQuote(s.rest)
	if end < 0 {
		return "", errors.New("sign-header: a text does not end")
	}
	raw := s.rest[:end]
	s.rest = s.rest[end+1:]
	return unescape(raw), nil
}

// closingQuote finds the quote that ends a text. A backslash before a quote
// escapes it, unless what follows the quote shows that the text ended there: a
// client that does not escape backslashes signs a folder as "C:\edoc\". No
// well-formed sign-header contains what is looked for.
func closingQuote(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i
		case '\\':
			i++
			if i < len(s) && s[i] == '"' && endsHere(s[i+1:]) {
				return i
			}
		}
	}
	return -1
}

func endsHere(after string) bool {
	return after == "}" || strings.HasPrefix(after, `,"`+prefix)
}

// unescape undoes JSON's escapes; where they are not JSON's, only those of the
// quote, the slash and the backslash.
func unescape(raw string) string {
	if !strings.Contains(raw, `\`) {
		return raw
	}
	var s string
	if utf8.ValidString(raw) && json.Unmarshal([]byte(`"`+raw+`"`), &s) == nil {
		return s
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\/`, `/`).Replace(raw)
}
