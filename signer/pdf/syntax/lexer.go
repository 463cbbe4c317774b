package syntax

// lexer walks over bytes, of the file block by block or of memory.
type lexer struct {
	src    *source // nil over memory
	buf    []byte
	start  int64 // offset of buf[0]
	i      int   // in buf
	end    int64 // nothing is read from here on
	origin int64 // what errors name as the place, -1 for the position itself
	err    error // of reading; the bytes end there
}

func (f *File) lexerAt(offset, end int64) *lexer {
	return &lexer{src: f.src, start: offset, end: min(end, f.src.size), origin: -1}
}

// memoryLexer walks over the contents of a stream whose place in the file is origin.
func memoryLexer(data []byte, origin int64) *lexer {
	return &lexer{buf: data, end: int64(len(data)), origin: origin}
}

func (l *lexer) pos() int64 { return l.start + int64(l.i) }

func (l *lexer) seek(offset int64) {
	if offset >= l.start && offset-l.start <= int64(len(l.buf)) {
		l.i = int(offset - l.start)
		return
	}
	l.start, l.buf, l.i = offset, nil, 0
}

// peek gives the byte at hand, notAnyByte at the end.
func (l *lexer) peek() int {
	if l.i < len(l.buf) || l.fill() {
		return int(l.buf[l.i])
	}
	return notAnyByte
}

// next gives the byte at hand and steps over it.
func (l *lexer) next() int {
	c := l.peek()
	if c != notAnyByte {
		l.i++
	}
	return c
}

// fill brings the block at hand into buf.
func (l *lexer) fill() bool {
	at := l.pos()
	if l.src == nil || at >= l.end || at < 0 || l.err != nil {
		return false
	}
	b, start, err := l.src.block(at)
	if err != nil {
		l.err = err
		return false
	}
	l.buf, l.start, l.i = b[:min(int64(len(b)), l.end-start)], start, int(at-start)
	return true
}

// fail makes an error for the position, or for the failure to read there.
func (l *lexer) fail(code Code) error { return l.failAt(code, l.pos()) }

func (l *lexer) failAt(code Code, at int64) error {
	if l.err != nil {
		return l.err
	}
	if l.origin >= 0 {
		at = l.origin
	}
	return fail(code, at)
}

// Classes of characters (7.2.3).
const (
	regular = iota
	space
	delimiter
)

// classes is read only.
var classes = [256]uint8{
	0: space, '\t': space, '\n': space, '\f': space, '\r': space, ' ': space,
	'(': delimiter, ')': delimiter, '<': delimiter, '>': delimiter, '[': delimiter, ']': delimiter,
	'{': delimiter, '}': delimiter, '/': delimiter, '%': delimiter,
}

func isSpace(c int) bool   { return c >= 0 && classes[c] == space }
func isRegular(c int) bool { return c >= 0 && classes[c] == regular }
func isDigit(c int) bool   { return c >= '0' && c <= '9' }

// skipSpace steps over white space; it says whether there was any.
func (l *lexer) skipSpace() (any bool) {
	for isSpace(l.peek()) {
		l.i++
		any = true
	}
	return any
}

// skip steps over white space and comments.
func (l *lexer) skip() {
	for l.skipSpace(); l.peek() == '%'; l.skipSpace() {
		l.skipLine()
	}
}

// skipLine steps to the end of the line.
func (l *lexer) skipLine() {
	for c := l.peek(); c != '\n' && c != '\r' && c != notAnyByte; c = l.peek() {
		l.i++
	}
}

// literal steps over exactly these bytes, or stays.
func (l *lexer) literal(word string) bool {
	at := l.pos()
	for i := range len(word) {
		if l.peek() != int(word[i]) {
			l.seek(at)
			return false
		}
		l.i++
	}
	return true
}

// keyword steps over a word that ends there, or stays.
func (l *lexer) keyword(word string) bool {
	at := l.pos()
	if l.literal(word) && !isRegular(l.peek()) {
		return true
	}
	l.seek(at)
	return false
}

// unsigned reads decimal digits that end there and fit, or stays.
func (l *lexer) unsigned() (n int64, ok bool) {
	const most = 18 // digits that always fit
	at := l.pos()
	digits := 0
	for ; isDigit(l.peek()) && digits <= most; digits++ {
		n = n*10 + int64(l.next()-'0')
	}
	if digits == 0 || digits > most || isRegular(l.peek()) {
		l.seek(at)
		return 0, false
	}
	return n, true
}

// eol steps over one end of line: CR LF, LF or CR.
func (l *lexer) eol() bool {
	switch l.peek() {
	case '\r':
		l.i++
		if l.peek() == '\n' {
			l.i++
		}
		return true
	case '\n':
		l.i++
		return true
	}
	return false
}
