package canon

import "strings"

// cursor reads what stands in a tag.
type cursor struct {
	p       *parser
	at, end int
}

func (c *cursor) rest() string { return c.p.src[c.at:c.end] }

// space skips white space and says whether there was some.
func (c *cursor) space() bool {
	from := c.at
	for c.at < c.end && isSpace(c.p.src[c.at]) {
		c.at++
	}
	return c.at > from
}

// name reads a qualified name.
func (c *cursor) name() (string, error) {
	from := c.at
	n := nameLen(c.rest())
	c.at += n
	if n > 0 && strings.HasPrefix(c.rest(), ":") {
		c.at++
		n = nameLen(c.rest())
		c.at += n
	}
	if n == 0 {
		return "", c.p.fail(c.at, "a name is expected")
	}
	return c.p.src[from:c.at], nil
}

// attribute reads the next attribute; an empty name when there is none.
func (c *cursor) attribute() (name, value string, err error) {
	spaced := c.space()
	if c.at == c.end {
		return "", "", nil
	}
	if !spaced {
		return "", "", c.p.fail(c.at, "white space is expected")
	}
	if name, err = c.name(); err != nil {
		return "", "", err
	}
	c.space()
	if !strings.HasPrefix(c.rest(), "=") {
		return "", "", c.p.fail(c.at, "= is expected")
	}
	c.at++
	c.space()
	value, err = c.value()
	return name, value, err
}

// value reads a quoted value and normalises it (XML 1.0, 3.3.3, for CDATA).
func (c *cursor) value() (string, error) {
	rest := c.rest()
	if rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return "", c.p.fail(c.at, "a quoted value is expected")
	}
	n := strings.IndexByte(rest[1:], rest[0])
	if n < 0 {
		return "", c.p.fail(c.at, "a value does not end")
	}
	raw := rest[1 : n+1]
	if strings.IndexByte(raw, '<') >= 0 {
		return "", c.p.fail(c.at, "< in a value")
	}
	at := c.at
	c.at += n + 2
	if strings.ContainsAny(raw, "\t\n\r") {
		raw = strings.NewReplacer("\t", " ", "\n", " ").Replace(lineEnds(raw))
	}
	return c.p.unescape(at, raw)
}
