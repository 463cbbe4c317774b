package syntax_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"congvan/signer/pdf/syntax"
)

// walk reads everything of a file: all objects of all revisions, pages, fields and a
// little of each stream. It gives the first error.
func walk(data []byte, o syntax.Options) error {
	f, err := syntax.Open(bytes.NewReader(data), int64(len(data)), o)
	if err != nil {
		return err
	}
	var all []error
	for _, r := range f.Revisions() {
		all = append(all, walkRevision(r))
	}
	return errors.Join(all...)
}

func walkRevision(r *syntax.Revision) error {
	var all []error
	keep := func(err error) { all = append(all, err) }
	for _, ref := range r.Changed() {
		o, err := r.Get(ref)
		keep(err)
		if s, ok := o.(*syntax.Stream); ok {
			keep(drain(s))
		}
		r.Where(ref)
		if d, ok := o.(syntax.Dict); ok {
			for k := range d {
				r.ValueSpan(ref, k)
			}
		}
		if !syntax.Equal(o, syntax.Clone(o)) {
			if _, stream := o.(*syntax.Stream); !stream {
				panic(fmt.Sprintf("%v is not equal to its clone", ref))
			}
		}
	}
	pages := 0
	for _, err := range r.Pages() {
		keep(err)
		pages++
	}
	_, err := r.Page(pages / 2)
	keep(err)
	_, err = r.AllFields()
	keep(err)
	return errors.Join(all...)
}

func drain(s *syntax.Stream) error {
	r, err := s.Open()
	if errors.Is(err, syntax.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = new(bytes.Buffer).ReadFrom(r)
	return err
}

func TestMalformedFiles(t *testing.T) {
	plain := tabled(book())
	start := strings.Index(string(plain), "xref\n0 8")
	startxref := fmt.Sprintf("startxref\n%d\n", start)
	entry := func(n int) string {
		return fmt.Sprintf("%010d 00000 n", bytes.Index(plain, []byte(fmt.Sprintf("\n%d 0 obj", n)))+1)
	}
	object := func(n int, text string) []byte {
		all := book()
		all[n] = text
		return tabled(all)
	}
	swap := func(old, with string) []byte { return replaced(t, plain, old, with) }
	twice := appended(t, plain, func(u *syntax.Update) { u.Add(syntax.Dict{}) })
	for _, tc := range []struct {
		name string
		data []byte
		want syntax.Code
	}{
		{"empty", nil, syntax.CodeNoHeader},
		{"not a PDF", []byte("PK\x03\x04"), syntax.CodeNoHeader},
		{"header without version", swap("%PDF-1.7", "%PDF-xyz"), syntax.CodeNoHeader},
		{"header too late", append(bytes.Repeat([]byte(" "), 1100), plain...), syntax.CodeNoHeader},
		{"truncated", plain[:len(plain)-40], syntax.CodeNoStartXRef},
		{"no %%EOF", swap("%%EOF", "%%EOT"), syntax.CodeNoEOF},
		{"comment before %%EOF", swap("%%EOF", "%a\n%%EOF"), syntax.CodeNoEOF},
		{"startxref without number", swap(startxref, "startxref\nnone\n"), syntax.CodeStartXRef},
		{"startxref beyond the file", swap(startxref, "startxref\n99999\n"), syntax.CodeXRefOffset},
		{"startxref of 4 GB", swap(startxref, "startxref\n4294967296\n"), syntax.CodeXRefOffset},
		{"startxref at nothing", swap(startxref, "startxref\n20\n"), syntax.CodeObjectHeader},
		{"startxref at an object", swap(startxref, fmt.Sprintf("startxref\n%d\n", bytes.Index(plain, []byte("1 0 obj")))), syntax.CodeXRef},
		{"no xref word", swap("xref\n0 8", "xxxx\n0 8"), syntax.CodeObjectHeader},
		{"count of entries too large", swap("xref\n0 8", "xref\n0 9"), syntax.CodeXRef},
		{"count of entries absurd", swap("xref\n0 8", "xref\n0 99999999"), syntax.CodeObjects},
		{"count beyond all numbers", swap("xref\n0 8", "xref\n0 4294967296"), syntax.CodeXRefSize},
		{"entry without type", swap(entry(1), strings.Replace(entry(1), "n", "x", 1)), syntax.CodeXRef},
		{"entry with letters", swap(entry(1), "00000000x0 00000 n"), syntax.CodeXRef},
		{"generation too large", swap(entry(1), strings.Replace(entry(1), " 00000 ", " 70000 ", 1)), syntax.CodeXRef},
		{"offset beyond the file", swap(entry(5), "0000099999 00000 n"), syntax.CodeXRefOffset},
		{"offset of 4 GB", swap(entry(5), "4294967296 00000 n"), syntax.CodeXRefOffset},
		{"offset at another object", swap(entry(5), entry(6)), syntax.CodeObjectHeader},
		{"another generation", swap("5 0 obj", "5 1 obj"), syntax.CodeObjectHeader},
		{"section twice", swap("xref\n0 8", "xref\n0 1\n0000000000 65535 f \n0 8"), syntax.CodeXRefOverlap},
		{"size of another type", swap("/Size 8", "/Size(8)"), syntax.CodeTrailer},
		{"no trailer", swap("trailer", "triumph"), syntax.CodeXRef},
		{"no root", swap("/Root 1 0 R", "/Boot 1 0 R"), syntax.CodeNoRoot},
		{"root is absent", swap("/Root 1 0 R", "/Root 9 0 R"), syntax.CodeNoRoot},
		{"prev is itself", swap("/Info 5 0 R", fmt.Sprintf("/Prev %d", start)), syntax.CodePrevLoop},
		{"prev is a reference", swap("/Info 5 0 R", "/Prev 5 0 R"), syntax.CodeXRefOffset},
		{"prev is negative", swap("/Info 5 0 R", "/Prev -1"), syntax.CodeXRefOffset},
		{"prev beyond the file", swap("/Info 5 0 R", "/Prev 4294967296"), syntax.CodeXRefOffset},
		{"prev in a circle of two", bytes.Replace(forwardPrev(twice, start), []byte("/Past"), []byte("/Prev"), 1), syntax.CodePrevLoop},
		{"prev forward", forwardPrev(twice, start), syntax.CodePrevForward},
		{"old table points into an update", bytes.Replace(twice, []byte(entry(5)), fmt.Appendf(nil, "%010d 00000 n", len(plain)), 1), syntax.CodeXRefOffset},
		{"revision without end", bytes.Replace(twice, []byte("%%EOF"), []byte("%%END"), 1), syntax.CodeNoEOF},
		{"revision ends elsewhere", bytes.Replace(twice, []byte(startxref), []byte(fmt.Sprintf("startxref\n%d\n", start+1)), 1), syntax.CodeStartXRef},
		{"XRefStm beyond its table", swap("/Info 5 0 R", "/XRefStm 9999"), syntax.CodeXRefOffset},
		{"XRefStm at nothing", swap("/Info 5 0 R", "/XRefStm 20"), syntax.CodeObjectHeader},
		{"hybrid with two places", replaced(t, hybrid(book()), "\x01\x00\x00\x0F\x00", "\x01\x00\x00\x10\x00"), syntax.CodeHybridConflict},
		{"trailer with a key twice", swap("/Info 5 0 R", "/Size 9"), syntax.CodeDuplicateKey},

		{"key twice", object(5, "<</A 1/A 2>>"), syntax.CodeDuplicateKey},
		{"key twice, written differently", object(5, "<</AB 1/A#42 2>>"), syntax.CodeDuplicateKey},
		{"key twice, one null", object(5, "<</A null/A 2>>"), syntax.CodeDuplicateKey},
		{"key is no name", object(5, "<<(A) 1>>"), syntax.CodeDict},
		{"value missing", object(5, "<</A>>"), syntax.CodeToken},
		{"dictionary without end", object(5, "<</A 1"), syntax.CodeDict},
		{"array without end", object(5, "[1 2"), syntax.CodeToken},
		{"string without end", object(7, "(abc"), syntax.CodeUnexpectedEnd},
		{"hexadecimal string with letters", object(5, "<0G>"), syntax.CodeString},
		{"name with half an escape", object(5, "/A#4"), syntax.CodeName},
		{"name with NUL", object(5, "/A#00"), syntax.CodeName},
		{"number of two signs", object(5, "--5"), syntax.CodeNumber},
		{"number with exponent", object(5, "1e5"), syntax.CodeNumber},
		{"number too large", object(5, "99999999999999999999"), syntax.CodeNumber},
		{"number of two points", object(5, "1.2.3"), syntax.CodeNumber},
		{"word", object(5, "nil"), syntax.CodeToken},
		{"two objects", object(5, "1 2"), syntax.CodeNoEndObj},
		{"no endobj", swap("\nendobj\n6 0 obj", "\nendxxx\n6 0 obj"), syntax.CodeNoEndObj},
		{"too deep", object(5, strings.Repeat("[", 200)+strings.Repeat("]", 200)), syntax.CodeDepth},
		{"reference to itself", object(5, "5 0 R"), ""},

		{"stream longer than it says", object(4, "<</Length 3>>\nstream\nabcdef\nendstream"), syntax.CodeStreamLength},
		{"stream shorter than it says", object(4, "<</Length 9>>\nstream\nabcdef\nendstream"), syntax.CodeStreamLength},
		{"stream of 4 GB", object(4, "<</Length 4294967296>>\nstream\nabc\nendstream"), syntax.CodeStreamLength},
		{"stream of negative length", object(4, "<</Length -1>>\nstream\nabc\nendstream"), syntax.CodeStreamLength},
		{"stream without length", object(4, "<<>>\nstream\nabc\nendstream"), syntax.CodeStreamLength},
		{"length is the stream itself", object(4, "<</Length 4 0 R>>\nstream\nabc\nendstream"), syntax.CodeReferenceLoop},
		{"length is a string", object(4, "<</Length(3)>>\nstream\nabc\nendstream"), syntax.CodeStreamLength},
		{"stream after a lone CR", object(4, "<</Length 3>>\nstream\rabc\nendstream"), syntax.CodeStream},
		{"data in another file", object(4, "<</Length 3/F(x)>>\nstream\nabc\nendstream"), syntax.CodeStream},
		{"filter is a number", object(4, stream("/Filter 3", "abc")), syntax.CodeFilter},
		{"parameters are a number", object(4, stream("/Filter/FlateDecode/DecodeParms 3", "abc")), syntax.CodeFilter},
		{"predictor unknown", object(4, stream("/Filter/FlateDecode/DecodeParms<</Predictor 9>>", "abc")), syntax.CodeFilter},
		{"columns absurd", object(4, stream("/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 4294967296>>", "abc")), syntax.CodeFilter},
		{"not zlib", object(4, stream("/Filter/FlateDecode", "abcdefgh")), syntax.CodeFilterData},
		{"nothing to inflate", object(4, stream("/Filter/FlateDecode", "")), syntax.CodeFilterData},
		{"too many filters", object(4, stream("/Filter["+strings.Repeat("/A85 ", 9)+"]", "")), syntax.CodeFilter},
		{"bad hexadecimal data", object(4, stream("/Filter/ASCIIHexDecode", "xy>")), syntax.CodeFilterData},
		{"bad base-85 data", object(4, stream("/Filter/ASCII85Decode", "zzz}~>")), syntax.CodeFilterData},
		{"bad LZW data", object(4, stream("/Filter/LZWDecode", "\xFF\xFF\xFF")), syntax.CodeFilterData},
		{"run of nothing", object(4, stream("/Filter/RunLengthDecode", "\xFE")), syntax.CodeFilterData},

		{"page tree is a circle", object(2, "<</Type/Pages/Kids[2 0 R]/Count 1>>"), syntax.CodePageTree},
		{"page twice", object(2, "<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>"), syntax.CodePageTree},
		{"count of pages wrong", object(2, "<</Type/Pages/Kids[3 0 R]/Count 2>>"), syntax.CodePageTree},
		{"page in the page tree's array", object(2, "<</Type/Pages/Kids[<<>>]/Count 1>>"), syntax.CodePageTree},
		{"page of another type", object(3, "<</Type/Font>>"), syntax.CodePageTree},
		{"pages missing", object(1, "<</Type/Catalog>>"), syntax.CodePageTree},
		{"field is its own kid", object(6, "<</T(a)/Kids[6 0 R]>>"), syntax.CodeFieldTree},
		{"field listed twice", object(1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R 6 0 R]>>>>"), syntax.CodeFieldTree},
		{"fields are a name", object(1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields/None>>>>"), syntax.CodeWrongType},
		{"encryption of nothing", swap("/Info 5 0 R", "/Encrypt 9 0 R"), syntax.CodeEncryption},
		{"encryption by others", swap("/Info 5 0 R", "/Encrypt<</Filter/Other>>"), syntax.CodeHandler},
		{"encryption of version 9", swap("/Info 5 0 R", "/Encrypt<</Filter/Standard/V 9>>"), syntax.CodeHandler},
		{"encryption without keys", swap("/Info 5 0 R", "/Encrypt<</Filter/Standard/V 1/R 2>>"), syntax.CodeEncryption},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := walk(tc.data, syntax.Options{})
			if code(err) != tc.want {
				t.Fatalf("%v, want %s", err, tc.want)
			}
			var e *syntax.Error
			if errors.As(err, &e) && (e.Vi == "" || e.En == "" || e.Offset > int64(len(tc.data))) {
				t.Errorf("%#v", e)
			}
		})
	}
}

// forwardPrev points the first revision's table at the second's.
func forwardPrev(data []byte, start int) []byte {
	second := bytes.LastIndex(data, []byte("\nxref\n")) + 1
	data = bytes.Replace(data, []byte(fmt.Sprintf("/Prev %d", start)), []byte(fmt.Sprintf("/Past %d", start)), 1)
	out := bytes.Replace(data, []byte("/Info 5 0 R>>"), []byte(fmt.Sprintf("/Prev %d >>", second)), 1)
	shift := len(out) - len(data)
	out = bytes.Replace(out, []byte(fmt.Sprintf("/Prev %d >>", second)), []byte(fmt.Sprintf("/Prev %d >>", second+shift)), 1)
	return bytes.Replace(out, []byte(fmt.Sprintf("startxref\n%d\n%%%%EOF\n", second)), []byte(fmt.Sprintf("startxref\n%d\n%%%%EOF\n", start)), 1)
}

func TestMalformedPackedFiles(t *testing.T) {
	plain := packed(book())
	swap := func(old, with string) []byte { return replaced(t, plain, old, with) }
	for _, tc := range []struct {
		name string
		data []byte
		want syntax.Code
	}{
		{"well-formed", plain, ""},
		{"not a cross-reference stream", swap("/Type/XRef", "/Type/YRef"), syntax.CodeXRef},
		{"widths of text", swap("/W[1 3 1]", "/W[1 3 A]"), syntax.CodeToken},
		{"widths too large", swap("/W[1 3 1]", "/W[1 9 1]"), syntax.CodeXRef},
		{"widths too few", swap("/W[1 3 1]", "/W[1 3  ]"), syntax.CodeXRef},
		{"widths larger than the data", swap("/W[1 3 1]", "/W[1 3 8]"), syntax.CodeXRef},
		{"data larger than the widths", swap("/W[1 3 1]", "/W[1 1 1]"), syntax.CodeXRef},
		{"container is itself packed", swap("\x02\x00\x00\x08\x00", "\x02\x00\x00\x02\x00"), syntax.CodeObjectStream},
		{"container is the object itself", swap("\x02\x00\x00\x08\x00", "\x02\x00\x00\x01\x00"), syntax.CodeXRef},
		{"container is 0", swap("\x02\x00\x00\x08\x00", "\x02\x00\x00\x00\x00"), syntax.CodeXRef},
		{"container is another stream", swap("\x02\x00\x00\x08\x00", "\x02\x00\x00\x04\x00"), syntax.CodeObjectStream},
		{"index of another object", swap("\x02\x00\x00\x08\x00", "\x02\x00\x00\x08\x01"), syntax.CodeObjectHeader},
		{"index too large", swap("\x02\x00\x00\x08\x00", "\x02\x00\x00\x08\xFF"), syntax.CodeObjectHeader},
		{"count of packed objects too large", swap("/N 6", "/N 9"), syntax.CodeObjectStream},
		{"first object outside", swap("/First 3", "/First 9"), syntax.CodeObjectStream},
		{"numbers twice", swap("\n1 0 2 ", "\n1 0 1 "), syntax.CodeObjectStream},
		{"second number twice", swap("\n1 0 2 ", "\n2 0 2 "), syntax.CodeObjectStream},
		{"extends itself", swap("/Type/ObjStm/N", "/Extends 8 0 R/Type/ObjStm/N"), syntax.CodeObjectHeader},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := walk(tc.data, syntax.Options{}); code(err) != tc.want {
				t.Fatalf("%v, want %s", err, tc.want)
			}
		})
	}
}

func TestObjectStreamsMayNotExtendThemselves(t *testing.T) {
	all := book()
	p := newPen()
	p.object(4, all[4])
	head := "1 0 "
	p.object(8, stream(fmt.Sprintf("/Type/ObjStm/N 1/First %d/Extends 8 0 R", len(head)), head+all[1]))
	p.end(p.rows(9, 8, []int{1}, ""))
	if err := walk(p.Bytes(), syntax.Options{}); code(err) != syntax.CodeObjectStream {
		t.Error(err)
	}
}

// Writers that repeat an object word for word exist; every reader sees the same.
func TestObjectStreamsMayRepeatThemselves(t *testing.T) {
	all := book()
	p := newPen()
	p.object(4, all[4])
	inside := []int{1, 2, 3, 5, 6, 7}
	p.pack(8, all, append(inside, 3, 1))
	p.end(p.rows(9, 8, inside, ""))
	if err := walk(p.Bytes(), syntax.Options{}); err != nil {
		t.Error(err)
	}
}

// A later revision may not change what an earlier stream is without naming it.
func TestLengthMayNotChangeLater(t *testing.T) {
	all := book()
	all[4] = "<</Length 8 0 R>>\nstream\nabc\nendstream\nendobj\nxyz\nendstream"
	all[8] = "24"
	data := tabled(all)
	if err := walk(data, syntax.Options{}); err != nil {
		t.Fatal(err)
	}
	changed := appended(t, data, func(u *syntax.Update) { u.Put(syntax.Ref{Number: 8}, int64(3)) })
	if _, err := mustOpen(t, changed).Latest().Get(syntax.Ref{Number: 4}); code(err) != syntax.CodeLengthChanged {
		t.Error(err)
	}
	same := appended(t, data, func(u *syntax.Update) { u.Put(syntax.Ref{Number: 8}, int64(24)) })
	if _, err := mustOpen(t, same).Latest().Get(syntax.Ref{Number: 4}); err != nil {
		t.Error(err)
	}
}

func TestObjectStreamMayNotBeReplacedLater(t *testing.T) {
	data := packed(book())
	changed := appended(t, data, func(u *syntax.Update) {
		u.Put(syntax.Ref{Number: 8}, syntax.NewStream(syntax.Dict{"Type": syntax.Name("ObjStm")}, nil, false))
	})
	if _, err := open(changed); code(err) != syntax.CodeStreamReplaced {
		t.Error(err)
	}
}

func TestLimits(t *testing.T) {
	all := book()
	all[5] = "[" + strings.Repeat("1 ", 5000) + "]"
	all[4] = stream("/Filter/RunLengthDecode", strings.Repeat("\x81a", 1000)+"\x80")
	data := tabled(all)
	many := data
	for range 5 {
		many = appended(t, many, func(u *syntax.Update) { u.Add(nil) })
	}
	for _, tc := range []struct {
		name   string
		data   []byte
		limits syntax.Limits
		want   syntax.Code
	}{
		{"within", data, syntax.Limits{}, ""},
		{"objects", data, syntax.Limits{Objects: 7}, syntax.CodeObjects},
		{"revisions", many, syntax.Limits{Revisions: 4}, syntax.CodeRevisions},
		{"items", data, syntax.Limits{Items: 4000}, syntax.CodeObjectSize},
		{"bytes of an object", data, syntax.Limits{Object: 4000}, syntax.CodeObjectSize},
		{"bytes of a stream", data, syntax.Limits{Stream: 100000}, syntax.CodeStreamSize},
		{"packed bytes", packed(book()), syntax.Limits{Packed: 40}, syntax.CodeStreamSize},
		{"nodes of the page tree", data, syntax.Limits{Pages: 1}, syntax.CodeObjects},
		{"work", data, syntax.Limits{Work: 10000}, syntax.CodeWork},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := walk(tc.data, syntax.Options{Limits: tc.limits})
			if code(err) != tc.want || err != nil && !errors.Is(err, syntax.ErrTooLarge) {
				t.Errorf("%v, want %s", err, tc.want)
			}
		})
	}
}
