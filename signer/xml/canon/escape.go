package canon

import "strings"

// textEscape gives how a byte of text is written; empty for as it is.
func textEscape(b byte) string {
	switch b {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '\r':
		return "&#xD;"
	}
	return ""
}

// valueEscape gives how a byte of an attribute's value is written; empty for as it is.
func valueEscape(b byte) string {
	switch b {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '"':
		return "&quot;"
	case '\t':
		return "&#x9;"
	case '\n':
		return "&#xA;"
	case '\r':
		return "&#xD;"
	}
	return ""
}

// escape writes s with each byte as how says.
func (c *writer) escape(s string, how func(byte) string) {
	if !strings.ContainsAny(s, "&<>\"\t\n\r") {
		c.write(s)
		return
	}
	from := 0
	for i := range len(s) {
		if e := how(s[i]); e != "" {
			c.write(s[from:i], e)
			from = i + 1
		}
	}
	c.write(s[from:])
}
