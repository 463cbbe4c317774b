package signing

import (
	"bytes"
	"context"
	"errors"
	"io"

	"congvan/schemas/edxml"
	"congvan/signer"
	xmlsig "congvan/signer/xml"
)

// Format is what a file is by its content.
type Format string

// The formats that bear signatures.
const (
	FormatPDF Format = "pdf"
	FormatXML Format = "xml"
)

// ErrFormat: the file is neither PDF nor XML.
var ErrFormat = errors.New("neither PDF nor XML")

// FormatOf tells the format of a file by its content. What a PDF reader would open is
// a PDF, whatever else it is. Errors: ErrFormat, and those of r.
func FormatOf(r io.ReaderAt, size int64) (Format, error) {
	head := make([]byte, min(int64(signer.PDFHead), size))
	if n, err := r.ReadAt(head, 0); n < len(head) {
		return "", err
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case signer.IsPDF(head):
		return FormatPDF, nil
	case bytes.HasPrefix(text, []byte("<")):
		return FormatXML, nil
	}
	return "", ErrFormat
}

// File judges the signatures of a file in either format, asking responders unless that
// is forbidden. Errors: ErrFormat, and those of r before the format is known.
func (s *Signing) File(ctx context.Context, r io.ReaderAt, size int64) (*signer.Report, error) {
	format, err := FormatOf(r, size)
	if err != nil {
		return nil, err
	}
	if format == FormatPDF {
		return s.online.pdf.Verify(ctx, r, size), nil
	}
	m, err := ReadXML(r, size)
	if err != nil {
		return s.unfit(err), nil
	}
	return s.online.xml.Verify(ctx, m), nil
}

// ReadXML takes a letter, or any other XML document, for what the signer takes. Its
// attachments stay where they are. Errors: *edxml.SyntaxError, and those of r.
func ReadXML(r io.ReaderAt, size int64) (xmlsig.Message, error) {
	split, err := edxml.SplitMessage(io.NewSectionReader(r, 0, size), edxml.DefaultLimits(), nowhere{})
	if err != nil {
		return xmlsig.Message{}, err
	}
	env, err := split.Envelope()
	if err != nil {
		env = &edxml.Envelope{} // no letter: what it refers to cannot be known, the rest is judged
	}
	return xmlsig.FromOriginal(r, size, split.Skeleton, payloads(split, env, nil))
}

// WriteXML writes a message with its attachments.
func WriteXML(w io.Writer, m xmlsig.Message) error {
	from := int64(0)
	for _, p := range m.Payloads {
		if _, err := w.Write(m.Skeleton[from:p.Offset]); err != nil {
			return err
		}
		from = p.Offset
		if err := copyText(w, p); err != nil {
			return err
		}
	}
	_, err := w.Write(m.Skeleton[from:])
	return err
}

func copyText(w io.Writer, p xmlsig.Payload) error {
	text, err := p.Text()
	if err != nil {
		return err
	}
	defer text.Close()
	_, err = io.Copy(w, text)
	return err
}

// unfit is the report on an XML file that cannot be taken apart.
func (s *Signing) unfit(err error) *signer.Report {
	r := &signer.Report{Policy: s.policy.Name, At: s.now()}
	var fault *edxml.SyntaxError
	switch {
	case !errors.As(err, &fault):
		r.Verdict = signer.Unsure(signer.SignedDataNotFound, signer.FileUnreadable(err))
	case errors.Is(err, edxml.ErrTooLarge):
		r.Verdict = signer.Unsure(signer.SignedDataNotFound, signer.Reason{Code: fault.Code, Vi: fault.Vi, En: fault.En})
	default:
		r.Verdict = signer.Failed(signer.FormatFailure, signer.Reason{Code: fault.Code, Vi: fault.Vi, En: fault.En})
	}
	r.Conclude()
	return r
}

// nowhere takes attachments that are read again from the file itself. What it gives
// back when a message cannot be rebuilt only goes to the original, which goes nowhere too.
type nowhere struct{}

// Payload implements edxml.Sink.
func (nowhere) Payload(int) (edxml.PayloadFile, error) { return nowhere{}, nil }

// Original implements edxml.Sink.
func (nowhere) Original() (io.Writer, error) { return io.Discard, nil }

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

// ReadAt implements io.ReaderAt: zeros without end.
func (nowhere) ReadAt(p []byte, _ int64) (int, error) {
	clear(p)
	return len(p), nil
}
