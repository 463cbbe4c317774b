package syntax

// literalString reads a string in parentheses (7.3.4.2).
func (p *parser) literalString() (Object, error) {
	at := p.pos()
	p.i++
	b := make([]byte, 0, 32)
	for open := 1; ; {
		c := p.next()
		switch c {
		case notAnyByte:
			return nil, p.failAt(CodeUnexpectedEnd, at)
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				return String(b), nil
			}
		case '\r': // an end of line in any form reads as line feed
			if p.peek() == '\n' {
				p.i++
			}
			c = '\n'
		case '\\':
			var any bool
			if c, any = p.escape(); !any {
				continue
			}
		}
		b = append(b, byte(c))
	}
}

// escape reads what follows a reverse solidus; it may stand for no byte at all.
func (p *parser) escape() (c int, any bool) {
	c = p.next()
	switch c {
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case '\r':
		if p.peek() == '\n' {
			p.i++
		}
		return 0, false
	case '\n', notAnyByte:
		return 0, false
	}
	if c >= '0' && c <= '7' {
		return p.octal(c - '0'), true
	}
	return c, true // of an unknown escape the reverse solidus is ignored
}

// octal reads up to two more digits; overflow is ignored (table 3).
func (p *parser) octal(n int) int {
	for range 2 {
		c := p.peek()
		if c < '0' || c > '7' {
			break
		}
		n = n<<3 | (c - '0')
		p.i++
	}
	return n & 0xFF
}

// hexString reads a string in angle brackets (7.3.4.3).
func (p *parser) hexString() (Object, error) {
	at := p.pos()
	p.i++
	d := hexDecoder{b: make([]byte, 0, 32), high: -1}
	for {
		// Signatures are long: what is at hand is decoded in one go.
		if p.i < len(p.buf) {
			p.i += d.decode(p.buf[p.i:])
		}
		switch c := p.next(); {
		case c == '>':
			return d.string(), nil
		case c == notAnyByte:
			return nil, p.failAt(CodeUnexpectedEnd, at)
		case hexDigit(c) >= 0:
			d.add(hexDigit(c))
		case !isSpace(c):
			return nil, p.failAt(CodeString, at)
		}
	}
}

// hexDecoder joins hexadecimal digits to bytes.
type hexDecoder struct {
	b    []byte
	high int // digit that waits for the second one, -1 for none
}

func (d *hexDecoder) add(digit int) {
	if d.high < 0 {
		d.high = digit
		return
	}
	d.b = append(d.b, byte(d.high<<4|digit))
	d.high = -1
}

// decode takes the pairs of digits that data begins with and gives their length.
func (d *hexDecoder) decode(data []byte) (n int) {
	if d.high >= 0 {
		return 0
	}
	for ; n+1 < len(data); n += 2 {
		hi, lo := hexDigit(int(data[n])), hexDigit(int(data[n+1]))
		if hi < 0 || lo < 0 {
			break
		}
		d.b = append(d.b, byte(hi<<4|lo))
	}
	return n
}

// string ends the string; a digit that is missing is 0.
func (d *hexDecoder) string() String {
	if d.high >= 0 {
		d.add(0)
	}
	return String(d.b)
}
