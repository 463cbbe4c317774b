package edxml

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// seeds gives the fixtures and some small messages around the corners.
func seeds(f *testing.F) []string {
	f.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "*.edxml"))
	if err != nil {
		f.Fatal(err)
	}
	all := []string{
		letter(), letter(""), letter("QUJD", "\n QR==\n"), letter("QU&#74;D&#13;\n"), bom + letter("QUJD"),
		"<edXML><edXMLEnvelope><edXMLHeader><MessageHeader><StatusCode>1</StatusCode></MessageHeader></edXMLHeader></edXMLEnvelope></edXML>",
		"<edXML><a:Attachment><Attachment><ContentTransferEncoded>QUJD</ContentTransferEncoded></Attachment><ContentTransferEncoded/></a:Attachment></edXML>",
		"<!DOCTYPE a><a/>", "<?xml version='1.0' encoding='x'?><a/>", "<a><![CDATA[<b>]]><!-- c --><?d e?></a>",
	}
	for _, n := range names {
		all = append(all, fixture(f, strings.TrimSuffix(filepath.Base(n), ".edxml")))
	}
	return all
}

// FuzzSplit: nothing panics, and whatever is accepted comes back byte for byte
// and is read with one attachment for each payload.
func FuzzSplit(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, message string, chunk int) {
		sink := &memorySink{}
		r := chunked{strings.NewReader(message), 1 + int(uint(chunk)%4096)}
		s, err := SplitMessage(r, Limits{Layout: 4}, sink)
		var syntax *SyntaxError
		if err != nil {
			if !errors.As(err, &syntax) || syntax.Line < 1 || strings.Contains(err.Error(), "%!") {
				t.Fatalf("error without a place: %v", err)
			}
			return
		}
		checkIdentity(t, message, s, sink)
		e, err := s.Envelope()
		if err != nil {
			return
		}
		if len(e.Attachments) != len(s.Payloads) {
			t.Fatalf("%d attachments for %d payloads", len(e.Attachments), len(s.Payloads))
		}
		checkTraced(t, s, sink)
	})
}

func checkTraced(t *testing.T, s *Split, sink *memorySink) {
	t.Helper()
	changed, err := AddTrace(s, TraceHeader{OrganID: "H26.99", Timestamp: "2026/03/02 08:00:00"})
	if err != nil {
		return
	}
	var out bytes.Buffer
	if err := changed.Join(&out, sink.open); err != nil {
		t.Fatalf("Join after AddTrace: %v", err)
	}
	if _, err := SplitMessage(&out, Limits{}, &memorySink{}); err != nil {
		t.Fatalf("a trace broke the message: %v", err)
	}
}

// FuzzRead: nothing panics, and a letter that is complete can be written and
// read again.
func FuzzRead(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, skeleton []byte) {
		e, err := Read(skeleton)
		if err != nil {
			return
		}
		if len(e.Quirks) > maxQuirks+2 || (e.Kind == KindStatus) != (e.Status != nil) {
			t.Fatalf("read as %+v", e)
		}
		var out bytes.Buffer
		empty := func(int) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("")), nil }
		if err := Write(&out, e, empty); err != nil {
			if !errors.Is(err, ErrIncomplete) {
				t.Fatalf("Write: %v", err)
			}
			return
		}
		s, err := SplitMessage(&out, Limits{}, &memorySink{})
		if err != nil {
			t.Fatalf("what was written does not split: %v", err)
		}
		again, err := Read(s.Skeleton)
		if err != nil {
			t.Fatalf("what was written does not read: %v", err)
		}
		type essence struct {
			Kind                   Kind
			From                   Organization
			To                     []Organization
			DocumentID, Subject, S string
			Names                  int
		}
		gist := func(e *Envelope) essence {
			return essence{e.Kind, e.From, e.To, e.DocumentID, e.Subject, e.Content, len(e.Attachments)}
		}
		want := gist(e)
		if e.Kind == KindStatus {
			want.To, want.DocumentID, want.Subject, want.S = nil, "", "", ""
		}
		if d := cmp.Diff(want, gist(again)); d != "" {
			t.Fatal(d)
		}
	})
}
