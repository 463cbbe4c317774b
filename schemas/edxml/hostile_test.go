package edxml

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

func splitError(t *testing.T, r io.Reader, limits Limits) *SyntaxError {
	t.Helper()
	_, err := SplitMessage(r, limits, discardSink{})
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		t.Fatalf("got %v, want a SyntaxError", err)
	}
	if syntax.Vi == "" || syntax.En == "" || strings.Contains(err.Error(), "%!") {
		t.Errorf("texts: %v", err)
	}
	return syntax
}

func TestSplitRefuses(t *testing.T) {
	in := func(s string) string { return strings.Replace(letter("QUJD"), "<edXML:MessageHeader/>", s, 1) }
	content := func(s string) string { return letter("\nQUJD\n  " + s) }
	const header = "/edXML/edXMLEnvelope/edXMLHeader"
	const inContent = "/edXML/AttachmentEncoded/Attachment/ContentTransferEncoded"
	for _, tc := range []struct {
		name, message, code string
		kind                error
		place, path         string
	}{
		{"empty", "", CodeEmpty, ErrTruncated, "1:1", ""},
		{"white space", " \r\n", CodeEmpty, ErrTruncated, "2:1", ""},
		{"not XML", "%PDF-1.4", CodeOutsideRoot, ErrMalformed, "1:1", ""},
		{"doctype", "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", CodeDoctype, ErrUnsafe, "1:1", ""},
		{"billion laughs", "<?xml version=\"1.0\"?>\n<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><l>&b;</l>", CodeDoctype, ErrUnsafe, "2:1", ""},
		{"entity declaration", "<!ENTITY a \"b\"><a/>", CodeDoctype, ErrUnsafe, "1:1", ""},
		{"entity", in("<a>\n &xxe;</a>"), CodeEntity, ErrUnsafe, "3:2", header + "/a"},
		{"entity in attribute", in("<a b='&xxe;'/>"), CodeEntity, ErrUnsafe, "", header},
		{"naked ampersand", in("<a>R&D</a>"), CodeMarkup, ErrMalformed, "", header + "/a"},
		{"reference to NUL", in("<a>&#0;</a>"), CodeCharRef, ErrMalformed, "", header + "/a"},
		{"reference too large", in("<a>&#x110000;</a>"), CodeCharRef, ErrMalformed, "", header + "/a"},
		{"Latin-1", `<?xml version="1.0" encoding="ISO-8859-1"?><a/>`, CodeEncoding, ErrMalformed, "1:1", ""},
		{"UTF-16 LE", "\xFF\xFE<\x00a\x00", CodeEncoding, ErrMalformed, "1:1", ""},
		{"UTF-16 without mark", "\x00<\x00a", CodeEncoding, ErrMalformed, "1:1", ""},
		{"XML 1.1", `<?xml version="1.1"?><a/>`, CodeVersion, ErrMalformed, "1:1", ""},
		{"late declaration", "\n<?xml version=\"1.0\"?><a/>", CodeDeclaration, ErrMalformed, "2:1", ""},
		{"broken declaration", "<?xml version='1.0' x?><a/>", CodeDeclaration, ErrMalformed, "1:1", ""},
		{"invalid UTF-8", in("<a>đ\xC4</a>"), CodeUTF8, ErrMalformed, "", header + "/a"},
		{"overlong UTF-8", in("<a>\xC0\xBC</a>"), CodeUTF8, ErrMalformed, "", header + "/a"},
		{"surrogate", in("<a>\xED\xA0\x80</a>"), CodeUTF8, ErrMalformed, "", header + "/a"},
		{"invalid UTF-8 in a tag", in("<a b='\xFF'/>"), CodeUTF8, ErrMalformed, "", header},
		{"NUL", in("<a>\x00</a>"), CodeChar, ErrMalformed, "", header + "/a"},
		{"control character", in("<a>\x1B[2J</a>"), CodeChar, ErrMalformed, "", header + "/a"},
		{"non-character", in("<a>\uFFFE</a>"), CodeChar, ErrMalformed, "", header + "/a"},
		{"mismatch", in("<a>\n</b>"), CodeTagMismatch, ErrMalformed, "3:1", header + "/a"},
		{"unexpected end", "<a/></a>", CodeUnexpectedEnd, ErrMalformed, "1:5", ""},
		{"two roots", "<a/><b/>", CodeOutsideRoot, ErrMalformed, "1:5", ""},
		{"text after the root", "<a/>x", CodeOutsideRoot, ErrMalformed, "1:5", ""},
		{"CDATA outside", "<a/><![CDATA[ ]]>", CodeOutsideRoot, ErrMalformed, "1:5", ""},
		{"bad name", in("<1a/>"), CodeName, ErrMalformed, "", header},
		{"two colons", in("<a:b:c/>"), CodeName, ErrMalformed, "", header},
		{"empty tag", in("<>"), CodeName, ErrMalformed, "", header},
		{"bare attribute", in("<a b/>"), CodeAttribute, ErrMalformed, "", header},
		{"unquoted attribute", in("<a b=c/>"), CodeAttribute, ErrMalformed, "", header},
		{"attributes without space", in("<a b='1'c='2'/>"), CodeAttribute, ErrMalformed, "", header},
		{"less-than in attribute", in("<a b='<'/>"), CodeAttribute, ErrMalformed, "", header},
		{"duplicate attribute", in("<a b='1' b='2'/>"), CodeDuplicateAttr, ErrMalformed, "", header},
		{"CDATA end in text", in("<a>]]></a>"), CodeMarkup, ErrMalformed, "", header + "/a"},
		{"dashes in comment", in("<!-- -- -->"), CodeMarkup, ErrMalformed, "", header},
		{"half a comment", in("<!-x>"), CodeMarkup, ErrMalformed, "", header},
		{"base64 character", content("*"), CodeBase64Char, ErrMalformed, "5:3", inContent},
		{"base64 accent", content("ế"), CodeBase64Char, ErrMalformed, "5:3", inContent},
		{"base64 reference", content("&amp;"), CodeBase64Char, ErrMalformed, "", inContent},
		{"base64 open reference", content("&#13"), CodeMarkup, ErrMalformed, "", inContent},
		{"base64 reference too long", content("&#0000000000013;"), CodeBase64Char, ErrMalformed, "", inContent},
		{"base64 reference to nothing", content("&#0;"), CodeCharRef, ErrMalformed, "", inContent},
		{"base64 cut", content("QUJ"), CodeBase64Length, ErrMalformed, "", inContent},
		{"base64 after padding", content("QQ==QUJD"), CodeBase64Char, ErrMalformed, "", inContent},
		{"base64 early padding", content("Q==="), CodeBase64Char, ErrMalformed, "", inContent},
		{"CDATA in content", content("<![CDATA[QUJD]]>"), CodePayloadMarkup, ErrMalformed, "", inContent},
		{"comment in content", content("<!-- -->"), CodePayloadMarkup, ErrMalformed, "", inContent},
		{"element in content", content("<a/>"), CodePayloadMarkup, ErrMalformed, "", inContent},
		{"two contents", strings.Replace(letter("QUJD"), "</Attachment>", "<ContentTransferEncoded/></Attachment>", 1), CodeContentTwice, ErrMalformed, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := splitError(t, strings.NewReader(tc.message), Limits{})
			if got.Code != tc.code || !errors.Is(got, tc.kind) {
				t.Errorf("got %v, want %s", got, tc.code)
			}
			if place := fmt.Sprintf("%d:%d", got.Line, got.Column); tc.place != "" && place != tc.place {
				t.Errorf("at %s, want %s", place, tc.place)
			}
			if tc.path != "" && got.Path != tc.path {
				t.Errorf("path %q, want %q", got.Path, tc.path)
			}
		})
	}
}

func TestSplitLimits(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }
	attrs := func(n int) string {
		s := "<a"
		for i := range n {
			s += fmt.Sprintf(" a%d=''", i)
		}
		return s + "/>"
	}
	d := DefaultLimits()
	for _, tc := range []struct {
		name, code string
		good, bad  string
		limits     Limits
	}{
		{"depth", CodeTooDeep, deep(d.Depth), deep(256), Limits{}},
		{"attributes", CodeTooManyAttrs, attrs(d.Attributes), attrs(d.Attributes + 1), Limits{}},
		{"elements", CodeTooManyElements, "<a><b/><b/></a>", "<a><b/><b/><b/></a>", Limits{Elements: 3}},
		{"tag", CodeTagTooLong, "<a b='" + strings.Repeat("x", d.Tag-100) + "'/>", "<a b='" + strings.Repeat("x", d.Tag) + "'/>", Limits{}},
		{"skeleton", CodeSkeleton, "<a>" + strings.Repeat("x", 80) + "</a>", "<a>" + strings.Repeat("x", 99) + "</a>", Limits{Skeleton: 100}},
		{"comment", CodeSkeleton, "<a><!--" + strings.Repeat("x", 80) + "--></a>", "<a><!--" + strings.Repeat("x", 99) + "--></a>", Limits{Skeleton: 100}},
		{"size", CodeTooLong, letter(""), letter(strings.Repeat("QUJD", 100)), Limits{Size: 600}},
		{"attachments", CodeTooManyFiles, letter("", ""), letter("", "", ""), Limits{Attachments: 2}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := SplitMessage(strings.NewReader(tc.good), tc.limits, discardSink{}); err != nil {
				t.Errorf("within the limit: %v", err)
			}
			got := splitError(t, strings.NewReader(tc.bad), tc.limits)
			if got.Code != tc.code || !errors.Is(got, ErrTooLarge) {
				t.Errorf("got %v, want %s", got, tc.code)
			}
		})
	}
}

// Three million elements are refused after a few, in little memory.
func TestSplitManyElements(t *testing.T) {
	r := io.MultiReader(strings.NewReader("<a>"), &repeated{line: []byte("<b/>"), left: 3_000_000 * 4}, strings.NewReader("</a>"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if got := splitError(t, r, Limits{}); got.Code != CodeTooManyElements {
		t.Errorf("got %v", got)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
		t.Errorf("took %d bytes", used)
	}
}

// A large attachment passes through flat memory, described or not.
func TestSplitFlatMemory(t *testing.T) {
	for name, line := range map[string]string{"one line": "QUJD", "lines": strings.Repeat("QUJD", 19) + "\r\n", "irregular": "QUJD QUJDQUJD\n"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := SplitMessage(largeLetter(32<<20, line), Limits{}, sparseSink{}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 2<<20 {
			t.Errorf("%s: took %d bytes", name, used)
		}
	}
}

// sparseSink keeps nothing but can be read again: its letters are ABC for ever.
type sparseSink struct{ discardSink }

func (sparseSink) Payload(int) (PayloadFile, error) { return sparseFile{}, nil }

type sparseFile struct{ discardFile }

func (sparseFile) ReadAt(b []byte, off int64) (int, error) {
	for i := range b {
		b[i] = "ABC"[(off+int64(i))%3]
	}
	return len(b), nil
}

// Whatever is missing at the end, it is an error; nearly always the plain "cut off".
func TestSplitTruncated(t *testing.T) {
	message := strings.TrimSpace(fixture(t, "new"))
	for n := range len(message) {
		_, err := SplitMessage(strings.NewReader(message[:n]), Limits{}, &memorySink{})
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Fatalf("cut at %d of %d: %v", n, len(message), err)
		}
		if !errors.Is(err, ErrTruncated) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}

func TestSplitReaderFails(t *testing.T) {
	cause := errors.New("connection reset")
	for n := range 2000 {
		r := io.MultiReader(io.LimitReader(strings.NewReader(letter(strings.Repeat("QUJD", 1000))), int64(n)), iotest.ErrReader(cause))
		if _, err := SplitMessage(r, Limits{}, &memorySink{}); !errors.Is(err, cause) {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
	r := io.MultiReader(strings.NewReader("<a>"), iotest.ErrReader(io.ErrUnexpectedEOF))
	_, err := SplitMessage(r, Limits{}, &memorySink{})
	if !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, ErrTruncated) {
		t.Errorf("a body that breaks off: %v", err)
	}
	if _, err := SplitMessage(silent{}, Limits{}, &memorySink{}); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a reader that gives nothing: %v", err)
	}
}

type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

var errDisk = errors.New("disk full")

// fullSink fails at a chosen place.
type fullSink struct {
	memorySink
	at string
}

type fullFile struct {
	*memoryFile
	at string
}

func (f fullFile) Write(b []byte) (int, error) {
	if f.at == "write" {
		return 0, errDisk
	}
	return f.memoryFile.Write(b)
}

func (f fullFile) ReadAt(b []byte, off int64) (int, error) {
	if f.at == "read" {
		return 0, errDisk
	}
	return f.memoryFile.ReadAt(b, off)
}

func (s *fullSink) Payload(i int) (PayloadFile, error) {
	if s.at == "payload" {
		return nil, errDisk
	}
	return fullFile{&memoryFile{}, s.at}, nil
}

func (s *fullSink) Original() (io.Writer, error) {
	switch s.at {
	case "original":
		return nil, errDisk
	case "keep":
		return failingWriter{}, nil
	}
	return s.memorySink.Original()
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errDisk }

func TestSplitSinkFails(t *testing.T) {
	for _, at := range []string{"payload", "write", "read", "original", "keep"} {
		_, err := SplitMessage(strings.NewReader(letter("QUJD", "QUJDQR==")), Limits{}, &fullSink{at: at})
		if !errors.Is(err, errDisk) {
			t.Errorf("%s: %v", at, err)
		}
	}
}
