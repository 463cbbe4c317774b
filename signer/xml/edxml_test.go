package xmlsig

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"congvan/schemas/edxml"
	"congvan/signer"
	"congvan/signer/trust/democa"
)

// memory keeps what the splitter takes out.
type memory struct{ files []*file }

type file struct{ bytes.Buffer }

func (f *file) ReadAt(b []byte, at int64) (int, error) {
	return bytes.NewReader(f.Bytes()).ReadAt(b, at)
}

func (m *memory) Payload(int) (edxml.PayloadFile, error) {
	m.files = append(m.files, &file{})
	return m.files[len(m.files)-1], nil
}

func (m *memory) Original() (io.Writer, error) { return io.Discard, nil }

// adapt is how a split letter becomes a Message: the text of an attachment is what Join
// makes of a skeleton that is empty.
func adapt(t testing.TB, s *edxml.Split, open func(int) (io.ReadCloser, error)) Message {
	t.Helper()
	envelope, err := s.Envelope()
	if err != nil {
		t.Fatal(err)
	}
	m := Message{Skeleton: s.Skeleton}
	for i, p := range s.Payloads {
		one := edxml.Split{Payloads: []edxml.Payload{p}, Rebuildable: s.Rebuildable}
		one.Payloads[0].Offset = 0
		one.Size, _ = one.JoinedSize()
		content := func(int) (io.ReadCloser, error) { return open(i) }
		m.Payloads = append(m.Payloads, Payload{
			Offset: p.Offset, ContentID: envelope.Attachments[i].ContentID, SHA256: p.SHA256[:],
			Text:    func() (io.ReadCloser, error) { return one.Reader(content), nil },
			Content: func() (io.ReadCloser, error) { return open(i) },
		})
	}
	return m
}

// A letter is signed after it was split, goes over the wire, is split again and verified.
func TestSplitLetter(t *testing.T) {
	w := newWorld(t)
	split := func(wire []byte) (Message, *edxml.Split, *memory) {
		kept := &memory{}
		s, err := edxml.SplitMessage(bytes.NewReader(wire), edxml.Limits{}, kept)
		if err != nil {
			t.Fatal(err)
		}
		return adapt(t, s, func(i int) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(kept.files[i].Bytes())), nil
		}), s, kept
	}
	unsigned := letter(attachment{"209", "\n  QUJDREVG\nR0g=\n"}, attachment{"7", strings.Repeat("QUJDREVG", 5000)})
	before, _, _ := split(join(t, unsigned))
	signed := w.sign(before, democa.P256, SignOptions{})
	wire := join(t, signed)
	after, s, kept := split(wire)
	wants(t, "split", w.verify(after), signer.TotalPassed, "", "")
	kept.files[1].Bytes()[3] ^= 1
	r := w.verify(after)
	wants(t, "changed in the store", r, signer.Indeterminate, signer.SignedDataNotFound, "data-unreadable")
	if !s.Rebuildable {
		t.Error("the letter cannot be rebuilt")
	}
	if out, err := newXMLSec(t, signed).verify(wire, w.ca.Root().Certificate); err != nil {
		t.Errorf("xmlsec1: %v\n%s", err, out)
	}
}
