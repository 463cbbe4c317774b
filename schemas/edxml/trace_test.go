package edxml

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAddTrace(t *testing.T) {
	hop := TraceHeader{OrganID: "H26.99 & con", Timestamp: "2026/03/02 08:20:00"}
	base := fixture(t, "new")
	between := func(m, from, to, with string) string {
		i := strings.Index(m, from)
		j := i + strings.Index(m[i:], to) + len(to)
		return m[:i] + with + m[j:]
	}
	for name, tc := range map[string]struct{ message, around string }{
		"after the last": {base, "</edXML:TraceHeader>\n        <edXML:TraceHeader><edXML:OrganId>H26.99 &amp; con<"},
		"own prefix":     {fixture(t, "dotnet"), "</q:TraceHeader>\n        <q:TraceHeader><q:OrganId>"},
		"list without hops": {
			between(base, "<edXML:TraceHeader>", "</edXML:TraceHeader>", ""),
			"<edXML:TraceHeaderList><edXML:TraceHeader>",
		},
		"empty list": {
			between(base, "<edXML:TraceHeaderList>", "</edXML:TraceHeaderList>", `<edXML:TraceHeaderList id="1" />`),
			`<edXML:TraceHeaderList id="1"><edXML:TraceHeader>`,
		},
		"no list": {
			between(base, "<edXML:TraceHeaderList>", "</edXML:TraceHeaderList>", ""),
			"</edXML:MessageHeader><edXML:TraceHeaderList><edXML:TraceHeader>",
		},
		"no prefix": {strings.NewReplacer("edXML:", "", "xmlns:edXML", "xmlns").Replace(base), "</TraceHeader>\n        <TraceHeader><OrganId>"},
	} {
		t.Run(name, func(t *testing.T) {
			before, s, sink := openMessage(t, tc.message)
			changed, err := AddTrace(s, hop)
			if err != nil {
				t.Fatal(err)
			}
			checkIdentity(t, tc.message, s, sink) // s itself is as it was
			var out bytes.Buffer
			if err := changed.Join(&out, sink.open); err != nil {
				t.Fatal(err)
			}
			if changed.SHA256 != [32]byte{} || int64(out.Len()) != changed.Size {
				t.Errorf("size %d for %d bytes", changed.Size, out.Len())
			}
			if squeezed := out.String(); !strings.Contains(squeezed, tc.around) {
				t.Errorf("%q is not in %s", tc.around, squeezed)
			}
			after, _, _ := openMessage(t, out.String())
			if d := cmp.Diff(append(before.Trace, hop), after.Trace); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(before.Attachments, after.Attachments); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAddTraceRefuses(t *testing.T) {
	s, _ := split(t, fixture(t, "status_01"), Limits{})
	if _, err := AddTrace(s, TraceHeader{}); !errors.Is(err, ErrNoTrace) {
		t.Errorf("status: %v", err)
	}
	s, _ = split(t, letter("QR=="), Limits{})
	if _, err := AddTrace(s, TraceHeader{}); !errors.Is(err, ErrNotRebuildable) {
		t.Errorf("kept whole: %v", err)
	}
	s, _ = split(t, "<edXML/>", Limits{})
	if _, err := AddTrace(s, TraceHeader{}); !errors.Is(err, ErrMalformed) {
		t.Errorf("no header: %v", err)
	}
}
