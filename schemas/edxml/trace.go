package edxml

import (
	"bytes"
	"encoding/xml"
	"slices"
)

// AddTrace gives a copy of a split document with one more TraceHeader, after the
// others, under the prefix that is in use there; s stays as it is. The bytes
// around it are untouched, yet a signature over the whole breaks: ask
// Envelope.Signature first. SHA256 of the copy is zero, for it is not known
// until it is joined, and Join then checks the attachments only.
//
// A status message has no trace: ErrNoTrace. A message that was kept whole cannot
// be changed: ErrNotRebuildable.
func AddTrace(s *Split, t TraceHeader) (*Split, error) {
	if !s.Rebuildable {
		return nil, ErrNotRebuildable
	}
	spot, err := findTraceSpot(s.Skeleton)
	if err != nil {
		return nil, err
	}
	text := spot.render(t)
	added := int64(len(text) - (spot.end - spot.start))
	changed := &Split{
		Skeleton: slices.Concat(s.Skeleton[:spot.start], text, s.Skeleton[spot.end:]),
		Payloads: slices.Clone(s.Payloads), Size: s.Size + added, Rebuildable: true,
	}
	for i := range changed.Payloads {
		if changed.Payloads[i].Offset >= int64(spot.end) {
			changed.Payloads[i].Offset += added
		}
	}
	return changed, nil
}

// traceSpot is where a TraceHeader goes: in place of skeleton[start:end].
type traceSpot struct {
	start, end int
	prefix     string // with its colon, or empty
	list       string // name of the list when it is missing or empty-element
	indent     string // white space before the TraceHeader that stands there
	listStart  string // the list's start tag, when it has to be opened
}

// traceFinder notes the candidates, best last: after MessageHeader when there is
// no list, in the list, after the last TraceHeader.
type traceFinder struct {
	*scanner
	spot     traceSpot
	rank     int
	isStatus bool
	header   int // start of the TraceHeader that is open
}

func findTraceSpot(skeleton []byte) (traceSpot, error) {
	limits := DefaultLimits()
	f := &traceFinder{scanner: newScanner(bytesSource(skeleton, limits.Skeleton), limits)}
	f.onStart, f.onEnd = f.started, f.finished
	if err := f.run(); err != nil {
		return traceSpot{}, err
	}
	if f.isStatus && f.rank < 2 {
		return traceSpot{}, ErrNoTrace
	}
	if f.rank == 0 {
		return traceSpot{}, newSyntaxError(CodeMissingElement, "MessageHeader")
	}
	return f.spot, nil
}

// under says whether the innermost open element has this path of local names.
func (f *traceFinder) under(path ...string) bool {
	if len(f.open) < len(path) {
		return false
	}
	for i, local := range path {
		if !f.isNamed(len(f.open)-len(path)+i, local) {
			return false
		}
	}
	return true
}

func (f *traceFinder) started(t tag) error {
	switch {
	case f.under("MessageHeader", "StatusCode"):
		f.isStatus = true
	case f.under("edXMLHeader", "TraceHeaderList") && f.rank < 2:
		f.rank = 2
		f.spot = traceSpot{start: t.end, end: t.end, prefix: f.prefixOf(t)}
		if t.empty {
			f.spot.start, f.spot.list = t.start, string(f.out[t.name:t.nameEnd])
			f.spot.listStart = string(bytes.TrimRight(f.out[t.start:t.end-2], " \t\r\n")) + ">"
		}
	case f.under("TraceHeaderList", "TraceHeader"):
		f.header = t.start
	}
	return nil
}

func (f *traceFinder) finished(t tag) error {
	switch {
	case f.under("edXMLHeader", "MessageHeader") && f.rank == 0:
		f.rank = 1
		p := f.prefixOf(t)
		f.spot = traceSpot{start: t.end, end: t.end, prefix: p, list: p + "TraceHeaderList", listStart: "<" + p + "TraceHeaderList>"}
	case f.under("edXMLHeader", "TraceHeaderList", "TraceHeader") && f.rank >= 2:
		f.rank = 3
		before := f.out[:f.header]
		blank := before[len(bytes.TrimRight(before, " \t\r\n")):]
		f.spot = traceSpot{start: t.end, end: t.end, prefix: f.prefixOf(t), indent: string(blank)}
	}
	return nil
}

func (f *traceFinder) prefixOf(t tag) string {
	name := f.out[t.name:t.nameEnd]
	return string(name[:len(name)-len(localName(name))])
}

// render gives the bytes to insert.
func (s traceSpot) render(t TraceHeader) []byte {
	var b bytes.Buffer
	element := func(tag, text string) {
		if text == "" {
			return
		}
		b.WriteString("<" + s.prefix + tag + ">")
		_ = xml.EscapeText(&b, []byte(text)) // a bytes.Buffer takes everything
		b.WriteString("</" + s.prefix + tag + ">")
	}
	b.WriteString(s.listStart + s.indent + "<" + s.prefix + "TraceHeader>")
	element("OrganId", t.OrganID)
	element("Timestamp", string(t.Timestamp))
	b.WriteString("</" + s.prefix + "TraceHeader>")
	if s.list != "" {
		b.WriteString("</" + s.list + ">")
	}
	return b.Bytes()
}
