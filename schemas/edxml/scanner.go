package edxml

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// scanner is the tokenizer: it copies everything but attachment text into out
// (the skeleton) and checks it there, so that a token split over two reads needs
// no second path. It holds the well-formedness rules that matter for safety.
type scanner struct {
	src      *source
	lim      Limits
	out      []byte
	open     []element
	elements int
	rooted   bool
	cuts     []cut
	afterCut bool // a payload ended here: only its end tag may follow
	// onStart is told of each start tag, onEnd of each end, an empty element's
	// included.
	onStart, onEnd func(t tag) error
}

// element is an open element; its name stands in out.
type element struct{ tag, name, nameEnd int }

// tag is a start or end tag in out.
type tag struct {
	start, name, nameEnd, end int
	empty                     bool // <a/>
}

// cut is a place where text was left out of the skeleton, with what is needed to
// say on which line of the original something stands.
type cut struct {
	offset   int
	newlines int
	tail     int // characters after the last newline, or all
}

func newScanner(src *source, lim Limits) *scanner {
	ignore := func(tag) error { return nil }
	return &scanner{src: src, lim: lim, onStart: ignore, onEnd: ignore}
}

// run scans the whole document.
func (s *scanner) run() error {
	err := s.document()
	var syntax *SyntaxError
	if errors.As(err, &syntax) && syntax.Line == 0 {
		s.place(syntax, len(s.out))
	}
	return err
}

func (s *scanner) document() error {
	if err := s.prolog(); err != nil {
		return err
	}
	for {
		start := len(s.out)
		err := s.copyUntil('<', s.lim.Skeleton)
		ended := errors.Is(err, io.EOF)
		switch {
		case err != nil && !ended:
			return err
		case ended && len(s.open) > 0:
			return must(err) // rather than what the cut made of the last character
		}
		if err := s.text(start); err != nil {
			return err
		}
		if ended {
			return s.finish()
		}
		if err := s.markup(); err != nil {
			return err
		}
	}
}

// prolog keeps a UTF-8 byte order mark and refuses the others.
func (s *scanner) prolog() error {
	for len(s.out) < 3 {
		c, err := s.peek()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case len(s.out) == 0 && (c == 0xFE || c == 0xFF || c == 0):
			return newSyntaxError(CodeEncoding, "UTF-16/32")
		case c != bom[len(s.out)]:
			return nil
		}
		s.take()
	}
	return nil
}

const bom = "\xEF\xBB\xBF"

// peek gives the next byte, which stays unread.
func (s *scanner) peek() (byte, error) {
	w, err := s.src.window()
	if err != nil {
		return 0, err
	}
	return w[0], nil
}

// take moves the peeked byte to the skeleton.
func (s *scanner) take() {
	s.out = append(s.out, s.src.buf[s.src.pos])
	s.src.advance(1)
}

// copyUntil moves bytes to the skeleton up to the next c, which stays unread.
// The skeleton may grow to most bytes.
func (s *scanner) copyUntil(c byte, most int64) error {
	for {
		w, err := s.src.window()
		if err != nil {
			return err
		}
		n := bytes.IndexByte(w, c)
		found := n >= 0
		if !found {
			n = len(w)
		}
		if int64(len(s.out)+n) > most {
			return s.overflow(most)
		}
		s.out = append(s.out, w[:n]...)
		s.src.advance(n)
		if found {
			return nil
		}
	}
}

func (s *scanner) overflow(most int64) error {
	if most < s.lim.Skeleton {
		return newSyntaxError(CodeTagTooLong, s.lim.Tag)
	}
	return newSyntaxError(CodeSkeleton, s.lim.Skeleton)
}

// must turns the end of the input into a cut-off message.
func must(err error) error {
	if errors.Is(err, io.EOF) {
		e := newSyntaxError(CodeTruncated)
		e.cause = io.ErrUnexpectedEOF
		return e
	}
	return err
}

// text checks the character data that was copied from start on.
func (s *scanner) text(start int) error {
	b := s.out[start:]
	if len(b) == 0 {
		return nil
	}
	if err := s.chars(start); err != nil {
		return err
	}
	if len(s.open) == 0 {
		if !allSpace(bytes.TrimPrefix(b, []byte(bom))) {
			return s.fail(start, CodeOutsideRoot)
		}
		return nil
	}
	if at := bytes.Index(b, []byte("]]>")); at >= 0 {
		return s.fail(start+at, CodeMarkup, "]]>")
	}
	return s.refs(start, len(s.out))
}

func (s *scanner) chars(start int) error {
	at, code, char := checkChars(s.out[start:])
	switch {
	case at < 0:
		return nil
	case code == CodeChar:
		return s.fail(start+at, code, char)
	}
	return s.fail(start+at, code)
}

// refs checks the references between two offsets of the skeleton.
func (s *scanner) refs(start, end int) error {
	at, code, name := badRef(s.out[start:end])
	switch {
	case at < 0:
		return nil
	case code == CodeEntity:
		return s.fail(start+at, code, name)
	case code == CodeMarkup:
		return s.fail(start+at, code, "&")
	}
	return s.fail(start+at, code)
}

// markup handles what begins with the < that is next.
func (s *scanner) markup() error {
	start := len(s.out)
	if int64(start) >= s.lim.Skeleton {
		return s.overflow(s.lim.Skeleton)
	}
	s.take()
	c, err := s.peek()
	if err != nil {
		return must(err)
	}
	if s.afterCut && c != '/' {
		return newSyntaxError(CodePayloadMarkup)
	}
	s.afterCut = false
	switch c {
	case '/':
		return s.endTag(start)
	case '?':
		return s.instruction(start)
	case '!':
		return s.declaration(start)
	}
	return s.startTag(start)
}

// declaration handles comments and CDATA, and refuses DOCTYPE and its kin as soon
// as it is recognised.
func (s *scanner) declaration(start int) error {
	s.take()
	for _, known := range [...]string{"--", "[CDATA["} {
		ok, err := s.literal(known)
		switch {
		case err != nil:
			return err
		case ok && known == "--":
			return s.comment(start)
		case ok:
			return s.cdata(start)
		}
	}
	return s.fail(start, CodeDoctype)
}

// literal takes the text when it comes next; of a text that only begins alike
// it is an error of its own.
func (s *scanner) literal(text string) (bool, error) {
	for i := range len(text) {
		c, err := s.peek()
		switch {
		case err != nil:
			return false, must(err)
		case c == text[i]:
			s.take()
		case i == 0:
			return false, nil
		default:
			return false, newSyntaxError(CodeMarkup, "<!")
		}
	}
	return true, nil
}

// copyThrough moves bytes to the skeleton through the next end, which finishes in >.
func (s *scanner) copyThrough(end string) error {
	from := len(s.out)
	for {
		if err := s.copyUntil('>', s.lim.Skeleton); err != nil {
			return must(err)
		}
		s.take()
		if len(s.out)-from >= len(end) && bytes.HasSuffix(s.out, []byte(end)) {
			return nil
		}
	}
}

func (s *scanner) comment(start int) error {
	if err := s.copyThrough("-->"); err != nil {
		return err
	}
	body := s.out[start+len("<!--") : len(s.out)-len("-->")]
	if bytes.Contains(body, []byte("--")) || bytes.HasSuffix(body, []byte("-")) {
		return s.fail(start, CodeMarkup, "--")
	}
	return s.chars(start)
}

func (s *scanner) cdata(start int) error {
	if len(s.open) == 0 {
		return s.fail(start, CodeOutsideRoot)
	}
	if err := s.copyThrough("]]>"); err != nil {
		return err
	}
	return s.chars(start)
}

// instruction handles the XML declaration and processing instructions, which
// mean nothing here.
func (s *scanner) instruction(start int) error {
	s.take()
	if err := s.copyThrough("?>"); err != nil {
		return err
	}
	if err := s.chars(start); err != nil {
		return err
	}
	body := s.out[start+2 : len(s.out)-2]
	target := body[:nameLen(body)]
	switch {
	case len(target) == 0 || bytes.IndexByte(target, ':') >= 0:
		return s.fail(start, CodeName)
	case !strings.EqualFold(string(target), "xml"):
		return nil
	case string(target) != "xml" || len(bytes.TrimPrefix(s.out[:start], []byte(bom))) > 0:
		return s.fail(start, CodeDeclaration)
	}
	return s.xmlDeclaration(start, body[len(target):])
}

func (s *scanner) finish() error {
	switch {
	case s.rooted:
		return nil
	case allSpace(bytes.TrimPrefix(s.out, []byte(bom))):
		return s.fail(len(s.out), CodeEmpty)
	}
	return must(io.EOF)
}

// fail makes an error that points at an offset of the skeleton.
func (s *scanner) fail(at int, code string, args ...any) error {
	e := newSyntaxError(code, args...)
	s.place(e, at)
	return e
}

func (s *scanner) place(e *SyntaxError, at int) {
	e.Line, e.Column = position(s.out, s.cuts, at)
	e.Path = s.path()
}

// path names the open elements without their prefixes.
func (s *scanner) path() string {
	var b strings.Builder
	for _, el := range s.open {
		b.WriteByte('/')
		b.Write(localName(s.out[el.name:el.nameEnd]))
	}
	return b.String()
}

// position gives line and column in the original of an offset in the skeleton.
func position(out []byte, cuts []cut, at int) (line, column int) {
	line = 1
	from := 0 // where the current stretch of skeleton begins
	advance := func(to int) {
		b := out[from:to]
		if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
			line += bytes.Count(b, []byte("\n"))
			column = 0
			b = b[i+1:]
		}
		column += utf8.RuneCount(b)
		from = to
	}
	for _, c := range cuts {
		if c.offset > at {
			break
		}
		advance(c.offset)
		if c.newlines > 0 {
			line += c.newlines
			column = 0
		}
		column += c.tail
	}
	advance(at)
	if bytes.HasPrefix(out, []byte(bom)) && line == 1 {
		column--
	}
	return line, max(column, 0) + 1
}
