package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"congvan/schemas"
	"congvan/schemas/edxml"
)

// checkCommand checks files without a gateway.
type checkCommand struct {
	Files []string `arg:"" name:"file" help:"Tệp edXML; - là đầu vào chuẩn / edXML files; - is standard input."`
}

// checkResult is what check says of one file.
type checkResult struct {
	File        string              `json:"file"`
	OK          bool                `json:"ok"`
	Kind        edxml.Kind          `json:"kind,omitempty"`
	Business    *edxml.BusinessType `json:"business,omitempty"` // of a document
	DocumentID  string              `json:"document_id,omitempty"`
	From        string              `json:"from,omitempty"`
	To          []string            `json:"to"`
	Quirks      []checkQuirk        `json:"quirks"`
	Findings    []schemas.Finding   `json:"findings"`
	Attachments []checkAttachment   `json:"attachments"`

	unreadable bool
}

type checkQuirk struct {
	Name string `json:"name"`
	Path string `json:"path,omitempty"`
	Line int    `json:"line,omitempty"`
	schemas.Reason
}

type checkAttachment struct {
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size"` // of the file a person opens
	SHA256      string `json:"sha256"`
	Wrapped     bool   `json:"wrapped"` // came in a ZIP
}

// Run checks each file: exit status 0 when nothing refuses any of them, 1 when
// something does, 2 when a file could not be read.
func (c *checkCommand) Run(ctx context.Context, t *terminal) error {
	v, err := schemas.New(time.Now)
	if err != nil {
		return err
	}
	status := 0
	for _, name := range c.Files {
		r := checkFile(ctx, t, v, name)
		if err := t.print(r, func() { t.checked(r) }); err != nil {
			return err
		}
		status = max(status, r.status())
	}
	if status != 0 {
		return exitStatus(status)
	}
	return nil
}

func (r *checkResult) status() int {
	switch {
	case r.unreadable:
		return exitUsage
	case !r.OK:
		return exitFindings
	}
	return 0
}

func checkFile(ctx context.Context, t *terminal, v *schemas.Validator, name string) *checkResult {
	in := t.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return unreadable(name, err)
		}
		defer f.Close()
		in = f
	}
	return check(ctx, v, name, in)
}

func newCheckResult(name string) *checkResult {
	return &checkResult{File: name, To: []string{}, Quirks: []checkQuirk{}, Findings: []schemas.Finding{}, Attachments: []checkAttachment{}}
}

func unreadable(name string, err error) *checkResult {
	r := newCheckResult(name)
	r.unreadable = true
	r.Findings = append(r.Findings, schemas.Finding{
		Severity: schemas.SeverityError, Rule: "unreadable-file",
		Vi: "Không đọc được tệp: " + err.Error() + ".", En: "The file cannot be read: " + err.Error() + ".",
	})
	return r
}

// check takes one message apart into temporary files and says what it found.
func check(ctx context.Context, v *schemas.Validator, name string, in io.Reader) *checkResult {
	r := newCheckResult(name)
	scratch := &scratch{}
	defer scratch.remove()
	split, err := edxml.SplitMessage(in, edxml.DefaultLimits(), scratch)
	if err != nil {
		return r.broken(name, err)
	}
	env, err := edxml.Read(split.Skeleton)
	if err != nil {
		return r.broken(name, err)
	}
	r.describe(env)
	r.Findings = append(r.Findings, v.Validate(env, split.Skeleton).Findings...)
	r.attachments(env, scratch)
	r.OK = (&schemas.Report{Findings: r.Findings}).OK() && ctx.Err() == nil
	return r
}

// broken is the result for something that is no message.
func (r *checkResult) broken(name string, err error) *checkResult {
	var s *edxml.SyntaxError
	if !errors.As(err, &s) {
		return unreadable(name, err)
	}
	r.Findings = append(r.Findings, schemas.Finding{
		Severity: schemas.SeverityError, Rule: s.Code, Element: s.Path, Line: s.Line, Column: s.Column, Vi: s.Vi, En: s.En,
	})
	return r
}

func (r *checkResult) describe(env *edxml.Envelope) {
	r.Kind, r.DocumentID, r.From = env.Kind, env.DocumentID, env.From.ID
	if env.Kind == edxml.KindDocument {
		r.Business = &env.Business.Type
	}
	for _, to := range env.To {
		r.To = append(r.To, to.ID)
	}
	if env.Kind == edxml.KindStatus && len(env.ResponseFor) > 0 {
		r.DocumentID = env.ResponseFor[0].DocumentID
		if len(r.To) == 0 {
			r.To = append(r.To, env.ResponseFor[0].OrganID)
		}
	}
	for _, q := range env.Quirks {
		reason, _ := schemas.QuirkReason(q.Name)
		r.Quirks = append(r.Quirks, checkQuirk{q.Name, q.Path, q.Line, reason})
	}
}

// checked prints a result for people.
func (t *terminal) checked(r *checkResult) {
	verdict := "đúng (ok)"
	if !r.OK {
		verdict = "có lỗi (refused)"
	}
	t.say("%s: %s", r.File, verdict)
	if r.Kind != "" {
		t.say("  %s %s, từ (from) %s, đến (to) %s", r.Kind, r.DocumentID, r.From, strings.Join(r.To, ", "))
	}
	for _, a := range r.Attachments {
		t.say("  tệp (file) %s, %s, %d byte, sha256 %s", a.Name, a.ContentType, a.Size, a.SHA256)
	}
	for _, q := range r.Quirks {
		t.say("  khác chuẩn, chấp nhận được (quirk) %s [%s] %s (%s)", q.Path, q.Name, q.Vi, q.En)
	}
	for _, f := range r.Findings {
		t.say("  %s", findingLine(f))
	}
}
