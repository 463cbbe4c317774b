package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"

	"congvan/schemas"
	"congvan/schemas/edxml"
)

// scratch keeps attachments in temporary files while a message is checked.
type scratch struct{ files []*os.File }

// Payload implements edxml.Sink.
func (s *scratch) Payload(int) (edxml.PayloadFile, error) {
	f, err := os.CreateTemp("", "congvan-check-")
	if err != nil {
		return nil, err
	}
	// Without its name the file vanishes with the process, however that ends.
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	s.files = append(s.files, f)
	return f, nil
}

// Original implements edxml.Sink. A check has no use for the original.
func (s *scratch) Original() (io.Writer, error) { return io.Discard, nil }

func (s *scratch) remove() {
	for _, f := range s.files {
		f.Close()
	}
}

// attachments opens each attachment as its receiver would.
func (r *checkResult) attachments(env *edxml.Envelope, s *scratch) {
	for _, at := range env.Attachments {
		if at.Index >= len(s.files) {
			continue
		}
		a, err := inspect(at, s.files[at.Index])
		r.Attachments = append(r.Attachments, a)
		if err != nil {
			r.Findings = append(r.Findings, attachmentFinding(a.Name, err))
		}
	}
}

func inspect(at edxml.Attachment, f *os.File) (checkAttachment, error) {
	a := checkAttachment{Name: edxml.DisplayName(at.Name), ContentType: at.ContentType}
	info, err := f.Stat()
	if err != nil {
		return a, err
	}
	content, err := edxml.OpenContent(at, f, info.Size(), edxml.DefaultZipLimits())
	if err != nil {
		return a, err
	}
	defer content.Close()
	h := sha256.New()
	if a.Size, err = io.Copy(h, content); err != nil {
		return a, err
	}
	a.Wrapped, a.SHA256 = content.Wrapped, hex.EncodeToString(h.Sum(nil))
	return a, nil
}

func attachmentFinding(name string, err error) schemas.Finding {
	f := schemas.Finding{
		Severity: schemas.SeverityError, Rule: "bad-attachment", Element: "/edXML/AttachmentEncoded/Attachment",
		Vi: "Tệp “" + name + "” không mở được: " + err.Error() + ".",
		En: "The file “" + name + "” cannot be opened: " + err.Error() + ".",
	}
	var s *edxml.SyntaxError
	if errors.As(err, &s) {
		f.Rule, f.Line, f.Column, f.Vi, f.En = s.Code, s.Line, s.Column, s.Vi, s.En
	}
	return f
}
