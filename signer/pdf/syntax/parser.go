package syntax

import (
	"math"
	"strconv"
)

// parser reads objects (7.3) from a lexer.
type parser struct {
	*lexer
	file  *File // notes oddities
	depth int   // levels that may still be opened
	items int   // objects that may still be read
}

func (f *File) parser(l *lexer) *parser {
	return &parser{lexer: l, file: f, depth: f.limits.Depth, items: f.limits.Items}
}

// object reads one object.
func (p *parser) object() (Object, error) {
	p.skip()
	if p.items--; p.items < 0 {
		return nil, p.fail(CodeObjectSize)
	}
	switch c := p.peek(); {
	case isDigit(c):
		return p.numberOrRef()
	case c == '+' || c == '-' || c == '.':
		return p.number()
	case c == '/':
		return p.name()
	case c == '(':
		return p.literalString()
	case c == '[':
		return p.array()
	case c == '<':
		return p.dictOrHex()
	case c == notAnyByte:
		return nil, p.fail(CodeUnexpectedEnd)
	}
	return p.word()
}

// word reads true, false or null.
func (p *parser) word() (Object, error) {
	switch {
	case p.keyword("true"):
		return true, nil
	case p.keyword("false"):
		return false, nil
	case p.keyword("null"):
		return nil, nil
	}
	return nil, p.fail(CodeToken)
}

// numberOrRef reads a number, or a reference where two integers and R follow each other.
func (p *parser) numberOrRef() (Object, error) {
	first, err := p.number()
	if err != nil {
		return nil, err
	}
	number, ok := first.(int64)
	if !ok || !isSpace(p.peek()) {
		return first, nil
	}
	back := p.pos()
	p.skip()
	if generation, ok := p.unsigned(); ok {
		p.skip()
		if p.keyword("R") {
			return p.ref(number, generation, back)
		}
	}
	p.seek(back)
	return first, nil
}

// maxNumber bounds object numbers: a generous tenfold of what Annex C.2 names.
const maxNumber = 1 << 27

func (p *parser) ref(number, generation, at int64) (Object, error) {
	if number > maxNumber || generation > math.MaxUint16 {
		return nil, p.failAt(CodeNumber, at)
	}
	if number == 0 {
		return nil, nil // object 0 is always free
	}
	return Ref{int(number), int(generation)}, nil
}

// number reads an integer or real number (7.3.3).
func (p *parser) number() (Object, error) {
	const longest = 64
	at := p.pos()
	var text [longest]byte
	n, dots, digits := 0, 0, 0
	for c := p.peek(); isRegular(c); c = p.peek() {
		switch {
		case isDigit(c):
			digits++
		case c == '.':
			dots++
		case (c == '+' || c == '-') && n == 0:
		default:
			return nil, p.failAt(CodeNumber, at)
		}
		if n == longest {
			return nil, p.failAt(CodeNumber, at)
		}
		text[n] = byte(c)
		n++
		p.i++
	}
	if digits == 0 || dots > 1 {
		return nil, p.failAt(CodeNumber, at)
	}
	return p.convert(text[:n], dots == 0, at)
}

func (p *parser) convert(text []byte, integer bool, at int64) (Object, error) {
	if integer {
		if n, ok := small(text); ok {
			return n, nil
		}
		n, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil {
			return nil, p.failAt(CodeNumber, at)
		}
		return n, nil
	}
	x, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return nil, p.failAt(CodeNumber, at)
	}
	return x, nil
}

// small converts digits without sign that certainly fit, as nearly all do.
func small(text []byte) (n int64, ok bool) {
	if len(text) > 18 {
		return 0, false
	}
	for _, c := range text {
		if !isDigit(int(c)) {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// maxName is longer than any name in use; Annex C.2 names 127.
const maxName = 4 << 10

// name reads a name (7.3.5). A # without two hexadecimal digits, or one that hides a
// NUL, is refused: readers differ in what they make of it.
func (p *parser) name() (Name, error) {
	at := p.pos()
	p.i++ // the solidus
	var room [64]byte
	b := room[:0]
	for c := p.peek(); isRegular(c); c = p.peek() {
		p.i++
		if c == '#' {
			hi, lo := hexDigit(p.next()), hexDigit(p.next())
			if hi < 0 || lo < 0 || hi == 0 && lo == 0 {
				return "", p.failAt(CodeName, at)
			}
			c = hi<<4 | lo
		}
		if b = append(b, byte(c)); len(b) > maxName {
			return "", p.failAt(CodeName, at)
		}
	}
	return Name(b), nil
}

// hexDigit gives the value of a hexadecimal digit, -1 for any other character or none.
func hexDigit(c int) int {
	if c < 0 {
		return -1
	}
	return int(hexValues[c]) - 1
}

// hexValues is one more than the value of a hexadecimal digit, 0 for all else; read only.
var hexValues = [256]uint8{
	'0': 1, '1': 2, '2': 3, '3': 4, '4': 5, '5': 6, '6': 7, '7': 8, '8': 9, '9': 10,
	'a': 11, 'b': 12, 'c': 13, 'd': 14, 'e': 15, 'f': 16, 'A': 11, 'B': 12, 'C': 13, 'D': 14, 'E': 15, 'F': 16,
}

// enter opens one level; what it gives closes it.
func (p *parser) enter() error {
	if p.depth--; p.depth < 0 {
		return p.fail(CodeDepth)
	}
	return nil
}

func (p *parser) array() (Object, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	p.i++
	a := Array{}
	for {
		p.skip()
		if p.peek() == ']' {
			p.i++
			p.depth++
			return a, nil
		}
		o, err := p.object()
		if err != nil {
			return nil, err
		}
		a = append(a, o)
	}
}

func (p *parser) dictOrHex() (Object, error) {
	if p.literal("<<") {
		return p.dict(nil)
	}
	return p.hexString()
}

// dict reads a dictionary behind its <<. Each value's key and place are told to see,
// where that is not nil.
func (p *parser) dict(see func(key Name, start, end int64)) (Dict, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	d := Dict{}
	nulls := false
	for {
		p.skip()
		if p.literal(">>") {
			break
		}
		if p.peek() != '/' {
			return nil, p.fail(CodeDict)
		}
		null, err := p.entry(d, see)
		if err != nil {
			return nil, err
		}
		nulls = nulls || null
	}
	p.depth++
	if nulls {
		dropNulls(d)
	}
	return d, nil
}

// entry reads a key and its value.
func (p *parser) entry(d Dict, see func(key Name, start, end int64)) (null bool, err error) {
	at := p.pos()
	key, err := p.name()
	if err != nil {
		return false, err
	}
	p.skip()
	start := p.pos()
	value, err := p.object()
	if err != nil {
		return false, err
	}
	if before, twice := d[key]; twice {
		if err := p.twice(before, value, at); err != nil {
			return false, err
		}
	}
	if see != nil {
		see(key, start, p.pos())
	}
	d[key] = value
	return value == nil, nil
}

// twice bears a key that stands twice only where it does not matter which one is taken.
func (p *parser) twice(a, b Object, at int64) error {
	if !Equal(a, b) {
		return p.failAt(CodeDuplicateKey, at)
	}
	if p.origin >= 0 {
		at = p.origin
	}
	p.file.note(CodeDuplicateKey, at)
	return nil
}

// dropNulls makes entries with a null absent (7.3.7). They were kept so long to find
// keys that stand twice.
func dropNulls(d Dict) {
	for k, v := range d {
		if v == nil {
			delete(d, k)
		}
	}
}
