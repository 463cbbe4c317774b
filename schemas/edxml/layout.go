package edxml

import (
	"bufio"
	"strconv"
	"strings"
)

// maxSeparator bounds one separator of a layout, in bytes.
const maxSeparator = 256

// run is a stretch of base64 text of one shape: count times n characters
// followed by the separator sep. What follows the last run has no separator.
//
// As text a run is n, *count when that is not 1, and the separator, in which the
// white space characters are written s, t, n and r, each with a number when it
// repeats, and character references as they stand; | ends it. Base64 in lines of
// 76 that end in &#13; and LF is "76*1234&#13;n|".
type run struct {
	n, count int64
	sep      string
}

// layout collects the runs of one payload while it is read.
type layout struct {
	runs []run
	seg  int64  // characters since the last separator
	sep  []byte // the separator that is being read
}

// push closes the segment and its separator.
func (l *layout) push() {
	if i := len(l.runs) - 1; i >= 0 && l.runs[i].n == l.seg && l.runs[i].sep == string(l.sep) {
		l.runs[i].count++
	} else {
		l.runs = append(l.runs, run{n: l.seg, count: 1, sep: string(l.sep)})
	}
	l.seg, l.sep = 0, l.sep[:0]
}

func (l *layout) String() string { return formatLayout(l.runs) }

func formatLayout(runs []run) string {
	var b strings.Builder
	for _, r := range runs {
		b.WriteString(strconv.FormatInt(r.n, 10))
		if r.count != 1 {
			b.WriteByte('*')
			b.WriteString(strconv.FormatInt(r.count, 10))
		}
		formatSeparator(&b, r.sep)
		b.WriteByte('|')
	}
	return b.String()
}

func formatSeparator(b *strings.Builder, sep string) {
	for i := 0; i < len(sep); {
		if sep[i] == '&' {
			end := i + strings.IndexByte(sep[i:], ';') + 1
			b.WriteString(sep[i:end])
			i = end
			continue
		}
		n := 1
		for i+n < len(sep) && sep[i+n] == sep[i] {
			n++
		}
		b.WriteByte(separatorNames[strings.IndexByte(separatorChars, sep[i])])
		if n > 1 {
			b.WriteString(strconv.Itoa(n))
		}
		i += n
	}
}

const (
	separatorChars = " \t\n\r"
	separatorNames = "stnr"
)

// parseLayout reads what formatLayout wrote. It is strict: a layout comes from
// storage, and a damaged one must not come out as other white space.
func parseLayout(text string) ([]run, bool) {
	var runs []run
	for len(text) > 0 {
		one, rest, ok := strings.Cut(text, "|")
		if !ok {
			return nil, false
		}
		r, ok := parseRun(one)
		if !ok {
			return nil, false
		}
		runs, text = append(runs, r), rest
	}
	return runs, true
}

func parseRun(text string) (r run, ok bool) {
	r.count = 1
	if r.n, text, ok = cutNumber(text); !ok {
		return r, false
	}
	if after, found := strings.CutPrefix(text, "*"); found {
		if r.count, text, ok = cutNumber(after); !ok || r.count == 0 {
			return r, false
		}
	}
	r.sep, ok = parseSeparator(text)
	return r, ok
}

// cutNumber takes a number of up to 15 digits off the front.
func cutNumber(text string) (n int64, rest string, ok bool) {
	i := 0
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	if i == 0 || i > 15 {
		return 0, text, false
	}
	n, err := strconv.ParseInt(text[:i], 10, 64)
	return n, text[i:], err == nil
}

func parseSeparator(text string) (string, bool) {
	var b strings.Builder
	for len(text) > 0 && b.Len() <= maxSeparator {
		if text[0] == '&' {
			end := strings.IndexByte(text, ';') + 1
			if end == 0 || !isSpaceRef([]byte(text[:end])) {
				return "", false
			}
			b.WriteString(text[:end])
			text = text[end:]
			continue
		}
		i := strings.IndexByte(separatorNames, text[0])
		if i < 0 {
			return "", false
		}
		n, rest, counted := cutNumber(text[1:])
		switch {
		case !counted:
			n = 1
		case n > maxSeparator:
			return "", false
		}
		b.WriteString(strings.Repeat(separatorChars[i:i+1], int(n)))
		text = rest
	}
	return b.String(), b.Len() > 0 && b.Len() <= maxSeparator
}

// isSpaceRef says whether ref is a numeric reference to white space, & and ;
// included.
func isSpaceRef(ref []byte) bool {
	if len(ref) < 4 || ref[1] != '#' {
		return false
	}
	r, ok := charRef(ref[1 : len(ref)-1])
	return ok && r < 0x80 && isSpace(byte(r))
}

// spread writes base64 characters with the separators of a layout between them.
type spread struct {
	w    *bufio.Writer
	runs []run
	left int64 // characters before the next separator
	size int64 // bytes written
}

// newSpread begins a text; a separator that comes first is written at once.
func newSpread(w *bufio.Writer, runs []run) (*spread, error) {
	s := &spread{w: w, runs: append([]run(nil), runs...)}
	if len(runs) > 0 {
		s.left = runs[0].n
	}
	return s, s.separate()
}

func (s *spread) Write(chars []byte) (int, error) {
	total := len(chars)
	for len(s.runs) > 0 && int64(len(chars)) >= s.left {
		if err := s.emit(chars[:s.left]); err != nil {
			return 0, err
		}
		chars = chars[s.left:]
		s.left = 0
		if err := s.separate(); err != nil {
			return 0, err
		}
	}
	s.left -= int64(len(chars))
	return total, s.emit(chars)
}

func (s *spread) emit(b []byte) error {
	s.size += int64(len(b))
	_, err := s.w.Write(b)
	return err
}

// separate writes the separators that are due.
func (s *spread) separate() error {
	for len(s.runs) > 0 && s.left == 0 {
		r := &s.runs[0]
		s.size += int64(len(r.sep))
		if _, err := s.w.WriteString(r.sep); err != nil {
			return err
		}
		if r.count--; r.count == 0 {
			s.runs = s.runs[1:]
		}
		if len(s.runs) > 0 {
			s.left = s.runs[0].n
		}
	}
	return nil
}

// separators gives the bytes that the runs add to a text, and how many
// characters they cover.
func separators(runs []run) (added, covered int64) {
	for _, r := range runs {
		added += r.count * int64(len(r.sep))
		covered += r.count * r.n
	}
	return added, covered
}

// lineShift gives how many newlines the runs hold.
func lineShift(runs []run) (n int) {
	for _, r := range runs {
		n += int(r.count) * strings.Count(r.sep, "\n")
	}
	return n
}
