package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"congvan/schemas/edxml"
)

// Letter is what a client without edXML says of a letter; the gateway builds
// the envelope from it. Particulars of agencies come from the directory.
type Letter struct {
	From         AgencyID           `json:"from"`
	To           []AgencyID         `json:"to"`
	DocumentID   string             `json:"document_id,omitempty"` // default: from,yyyy/MM/dd,number/notation
	Number       string             `json:"number"`
	Notation     string             `json:"notation"`
	Place        string             `json:"place"`
	Date         string             `json:"date"` // yyyy-MM-dd
	Type         string             `json:"type"` // one of the 29 names of NĐ 30/2020, Article 7
	Subject      string             `json:"subject"`
	Content      string             `json:"content,omitempty"`
	Signer       LetterSigner       `json:"signer"`
	DueDate      string             `json:"due_date,omitempty"` // yyyy-MM-dd
	Priority     int                `json:"priority,omitempty"` // 0…4
	Sphere       string             `json:"sphere,omitempty"`
	Pages        int                `json:"pages,omitempty"`
	Appendixes   []string           `json:"appendixes,omitempty"`
	ToPlaces     []string           `json:"to_places,omitempty"`
	Answers      []LetterReference  `json:"answers,omitempty"` // the letters answered (phúc đáp)
	Business     edxml.BusinessType `json:"business,omitempty"`
	Reason       string             `json:"reason,omitempty"`
	Paper        bool               `json:"paper,omitempty"`        // a paper copy follows
	Targets      []LetterReference  `json:"targets,omitempty"`      // recalled, updated or replaced letters
	Staff        LetterStaff        `json:"staff,omitzero"`         // who handled it
	Descriptions []string           `json:"descriptions,omitempty"` // of the files, in their order
}

// LetterSigner is who signed.
type LetterSigner struct {
	Competence string `json:"competence,omitempty"` // TM., KT., TL. …
	Position   string `json:"position,omitempty"`
	Name       string `json:"name"`
}

// LetterReference names another letter.
type LetterReference struct {
	From       AgencyID `json:"from,omitempty"` // its issuer; default: the letter's own
	DocumentID string   `json:"document_id"`
	Code       string   `json:"code,omitempty"` // number/notation
	Date       string   `json:"date,omitempty"` // yyyy-MM-dd
}

// LetterStaff is the person who handled a message.
type LetterStaff struct {
	Department string `json:"department,omitempty"`
	Name       string `json:"name,omitempty"`
	Email      string `json:"email,omitempty"`
	Mobile     string `json:"mobile,omitempty"`
}

// LetterFile is one file of a letter. Open may be called more than once.
type LetterFile struct {
	Name        string
	ContentType string
	Open        func() (io.ReadCloser, error)
}

// StatusNote is a receiver's word on a letter that it got; the gateway builds
// the status message from it.
type StatusNote struct {
	From        AgencyID         `json:"from"`                  // who reports
	Message     MessageID        `json:"message,omitempty"`     // the letter, or
	Sender      AgencyID         `json:"sender,omitempty"`      // its sender and
	DocumentID  string           `json:"document_id,omitempty"` // its DocumentId
	Receiver    AgencyID         `json:"receiver,omitempty"`    // code 13 only: from whom the letter is taken back
	Code        edxml.StatusCode `json:"code"`
	Description string           `json:"description"`
	Staff       LetterStaff      `json:"staff,omitzero"`
}

// Recall asks for a letter to be given back.
type Recall struct {
	Message MessageID   `json:"message"`
	To      []AgencyID  `json:"to,omitempty"` // default: every receiver of the letter
	Reason  string      `json:"reason"`
	Staff   LetterStaff `json:"staff,omitzero"`
}

// Compose builds the envelope of a letter and accepts it through the same door
// as any other. The same request again gives the first receipt, whether or not an
// idempotency key is given.
func (g *Gateway) Compose(ctx context.Context, p Principal, l Letter, files []LetterFile, idempotencyKey string) (*Acceptance, error) {
	if err := require(p, ScopeSubmit); err != nil {
		return nil, err
	}
	key, err := requestKey(l, files)
	if err != nil {
		return nil, err
	}
	env, err := g.envelope(ctx, l, files)
	if err != nil {
		return nil, err
	}
	return g.acceptComposed(ctx, p, env, files, key, idempotencyKey)
}

// acceptComposed writes an envelope and reads it at the door at the same time.
func (g *Gateway) acceptComposed(ctx context.Context, p Principal, env *edxml.Envelope, files []LetterFile, contentKey, idempotencyKey string) (*Acceptance, error) {
	r, w := io.Pipe()
	defer r.Close() // lets the writer go, however the reading ends
	written := make(chan error, 1)
	go func() {
		err := edxml.Write(w, env, func(i int) (io.ReadCloser, error) { return files[i].Open() })
		w.CloseWithError(err)
		written <- err
	}()
	a, err := g.Accept(ctx, p, Submission{
		Body: r, From: AgencyID(env.From.ID), Kind: env.Kind, IdempotencyKey: idempotencyKey, contentKey: contentKey,
	})
	r.CloseWithError(io.ErrClosedPipe)
	if e := <-written; e != nil && !errors.Is(e, io.ErrClosedPipe) {
		return nil, Errorf(CodeInvalidRequest, "file", "write envelope: %w", e)
	}
	return a, err
}

// requestKey is the identity of a composed letter: the request's words and the files' bytes.
func requestKey(l any, files []LetterFile) (string, error) {
	h := sha256.New()
	h.Write(data(l))
	for _, f := range files {
		sum, err := fileSum(f)
		if err != nil {
			return "", Errorf(CodeInvalidRequest, f.Name, "read file: %w", err)
		}
		fmt.Fprintf(h, "\n%q %q %x", f.Name, f.ContentType, sum)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func fileSum(f LetterFile) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	h := sha256.New()
	_, err = copyTo(h, r)
	return h.Sum(nil), err
}

// envelope builds a letter's envelope; particulars of agencies come from the directory.
func (g *Gateway) envelope(ctx context.Context, l Letter, files []LetterFile) (*edxml.Envelope, error) {
	dates, err := wireDates(l.Date, l.DueDate)
	if err != nil {
		return nil, err
	}
	from, err := g.organization(ctx, l.From)
	if err != nil {
		return nil, err
	}
	e := &edxml.Envelope{
		Kind: edxml.KindDocument, From: from, DocumentID: l.DocumentID,
		Code:         edxml.Code{Number: l.Number, Notation: l.Notation},
		Promulgation: edxml.Promulgation{Place: l.Place, Date: dates[0]},
		DocumentType: edxml.DocumentType{Type: "2", Name: l.Type},
		Subject:      l.Subject, Content: l.Content,
		Signer:  edxml.SignerInfo{Competence: l.Signer.Competence, Position: l.Signer.Position, FullName: l.Signer.Name},
		DueDate: dates[1], ToPlaces: l.ToPlaces,
		Other: edxml.OtherInfo{Priority: edxml.Priority(l.Priority), Sphere: l.Sphere, Appendixes: l.Appendixes},
		Trace: []edxml.TraceHeader{{OrganID: string(l.From), Timestamp: edxml.FormatTimestamp(g.now())}},
	}
	if l.Pages > 0 {
		e.Other.PageAmount = strconv.Itoa(l.Pages)
	}
	if e.DocumentID == "" {
		e.DocumentID = fmt.Sprintf("%s,%s,%s", l.From, dates[0], e.Code)
	}
	for _, id := range l.To {
		o, err := g.organization(ctx, id)
		if err != nil {
			return nil, err
		}
		e.To = append(e.To, o)
	}
	if e.ResponseFor, err = references(l.From, l.Answers); err != nil {
		return nil, err
	}
	if err := setBusiness(e, l); err != nil {
		return nil, err
	}
	attach(e, l, files)
	return e, nil
}

// organization describes an agency as an envelope does; an unknown code stands alone.
func (g *Gateway) organization(ctx context.Context, id AgencyID) (edxml.Organization, error) {
	a, err := g.Store.Agency(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return edxml.Organization{ID: string(id), Name: string(id)}, nil
	}
	if err != nil {
		return edxml.Organization{}, err
	}
	return edxml.Organization{
		ID: string(id), InCharge: a.InCharge, Name: a.Name, Address: a.Address,
		Email: a.Email, Telephone: a.Telephone, Website: a.Website,
	}, nil
}

// wireDates gives yyyy-MM-dd dates the form they have in an envelope.
func wireDates(days ...string) ([]edxml.Date, error) {
	out := make([]edxml.Date, len(days))
	for i, d := range days {
		if d == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, d)
		if err != nil {
			return nil, Errorf(CodeInvalidRequest, "date", "%q is not yyyy-MM-dd", d)
		}
		out[i] = edxml.Date(t.Format("2006/01/02"))
	}
	return out, nil
}

func references(own AgencyID, refs []LetterReference) ([]edxml.ResponseFor, error) {
	var out []edxml.ResponseFor
	for _, r := range refs {
		dates, err := wireDates(r.Date)
		if err != nil {
			return nil, err
		}
		from := r.From
		if from == "" {
			from = own
		}
		out = append(out, edxml.ResponseFor{OrganID: string(from), Code: r.Code, PromulgationDate: dates[0], DocumentID: r.DocumentID})
	}
	return out, nil
}

// setBusiness says what the letter does to its targets, where the official samples say it.
func setBusiness(e *edxml.Envelope, l Letter) error {
	b := edxml.Business{Present: true, Type: l.Business, Reason: l.Reason, Paper: "0", Staff: staffInfo(l.Staff)}
	if l.Paper {
		b.Paper = "1"
	}
	if b.Reason == "" {
		b.Reason = businessReason(l.Business)
	}
	if l.Business != edxml.BusinessNew && len(l.Targets) == 0 {
		return Errorf(CodeInvalidRequest, "targets", "business %d names no earlier letter", l.Business)
	}
	switch l.Business {
	case edxml.BusinessRecall:
		targets, err := references(l.From, l.Targets)
		if err != nil {
			return err
		}
		e.ResponseFor = targets
	case edxml.BusinessUpdate:
		b.DocumentID, b.DocumentInfo, b.DocumentReceiver = l.Targets[0].DocumentID, "1", "0"
	case edxml.BusinessReplace:
		for _, t := range l.Targets {
			r := edxml.Replacement{DocumentID: t.DocumentID}
			for _, o := range e.To {
				r.OrganIDs = append(r.OrganIDs, o.ID)
			}
			b.Replacements = append(b.Replacements, r)
		}
	}
	e.Business = b
	return nil
}

func businessReason(t edxml.BusinessType) string {
	switch t {
	case edxml.BusinessRecall:
		return "Thu hồi văn bản điện tử"
	case edxml.BusinessUpdate:
		return "Cập nhật văn bản điện tử"
	case edxml.BusinessReplace:
		return "Văn bản thay thế"
	}
	return "Văn bản điện tử mới"
}

func staffInfo(s LetterStaff) edxml.StaffInfo {
	return edxml.StaffInfo{Department: s.Department, Staff: s.Name, Email: s.Email, Mobile: s.Mobile}
}

func attach(e *edxml.Envelope, l Letter, files []LetterFile) {
	for i, f := range files {
		name := edxml.DisplayName(f.Name)
		description := name
		if i < len(l.Descriptions) && l.Descriptions[i] != "" {
			description = l.Descriptions[i]
		}
		cid := strconv.Itoa(i + 1)
		e.References = append(e.References, edxml.Reference{ContentID: cid, ContentType: f.ContentType, Name: name, Description: description})
		e.Attachments = append(e.Attachments, edxml.Attachment{Index: i, ContentID: cid, Name: name, Description: description, ContentType: f.ContentType})
	}
}

// ReportStatus builds a status message and accepts it.
func (g *Gateway) ReportStatus(ctx context.Context, p Principal, n StatusNote, idempotencyKey string) (*Acceptance, error) {
	if err := require(p, ScopeSubmit); err != nil {
		return nil, err
	}
	about, err := g.reportedOn(ctx, p, n)
	if err != nil {
		return nil, err
	}
	from, err := g.organization(ctx, n.From)
	if err != nil {
		return nil, err
	}
	env := &edxml.Envelope{
		Kind: edxml.KindStatus, From: from, ResponseFor: []edxml.ResponseFor{about},
		Status: &edxml.StatusReport{
			Staff: staffInfo(n.Staff), Code: n.Code, Description: n.Description,
			Timestamp: edxml.FormatTimestamp(g.now()),
		},
	}
	key, err := requestKey(n, nil)
	if err != nil {
		return nil, err
	}
	return g.acceptComposed(ctx, p, env, nil, key, idempotencyKey)
}

// reportedOn names the letter that a status is about.
func (g *Gateway) reportedOn(ctx context.Context, p Principal, n StatusNote) (edxml.ResponseFor, error) {
	m, err := g.noted(ctx, p, n)
	if err != nil {
		return edxml.ResponseFor{}, err
	}
	about := edxml.ResponseFor{
		OrganID: string(m.From), DocumentID: m.DocumentID, PromulgationDate: edxml.Date(m.Date),
		Code: edxml.Code{Number: m.Number, Notation: m.Notation}.String(),
	}
	if n.Code == edxml.StatusCancellation {
		if n.Receiver == "" {
			return about, Errorf(CodeInvalidRequest, "receiver", "code 13 names the receiver who is asked")
		}
		about.OrganID = string(n.Receiver)
	}
	return about, nil
}

// noted finds the letter of a status note among those the principal may see.
func (g *Gateway) noted(ctx context.Context, p Principal, n StatusNote) (*Message, error) {
	if n.Message == "" {
		sender := n.Sender
		if n.Code == edxml.StatusCancellation && sender == "" {
			sender = n.From
		}
		return g.MessageOf(ctx, p, sender, n.DocumentID)
	}
	return g.Look(ctx, p, n.Message)
}

// RecallLetter builds a recall of an accepted letter and accepts it. Receivers who have
// not fetched the letter will never see it; the others are asked to give it back.
func (g *Gateway) RecallLetter(ctx context.Context, p Principal, r Recall, idempotencyKey string) (*Acceptance, error) {
	if err := require(p, ScopeSubmit); err != nil {
		return nil, err
	}
	m, err := g.Look(ctx, p, r.Message)
	if err != nil {
		return nil, err
	}
	if !p.ActsFor(m.From) || m.Kind != edxml.KindDocument {
		return nil, Errorf(CodeNotFound, string(r.Message), "not a letter of system %s", p.System)
	}
	env, err := g.recallOf(ctx, m, r)
	if err != nil {
		return nil, err
	}
	key, err := requestKey(r, nil)
	if err != nil {
		return nil, err
	}
	return g.acceptComposed(ctx, p, env, nil, key, idempotencyKey)
}

// recallOf makes a recall's envelope of the letter's own: same letter, same receivers or
// some of them, no attachments.
func (g *Gateway) recallOf(ctx context.Context, m *Message, r Recall) (*edxml.Envelope, error) {
	o, err := g.Store.Original(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	e, err := edxml.Read(o.Split.Skeleton)
	if err != nil {
		return nil, Errorf(CodeDamaged, string(m.ID), "read skeleton: %w", err)
	}
	if len(r.To) > 0 {
		e.To = slices.DeleteFunc(e.To, func(o edxml.Organization) bool { return !slices.Contains(r.To, AgencyID(o.ID)) })
	}
	e.ResponseFor = []edxml.ResponseFor{{
		OrganID: e.From.ID, Code: e.Code.String(), PromulgationDate: e.Promulgation.Date, DocumentID: m.DocumentID,
	}}
	e.Business = edxml.Business{
		Present: true, Type: edxml.BusinessRecall, Reason: r.Reason, Paper: "0", Staff: staffInfo(r.Staff),
	}
	if e.Business.Reason == "" {
		e.Business.Reason = businessReason(edxml.BusinessRecall)
	}
	e.Trace = []edxml.TraceHeader{{OrganID: e.From.ID, Timestamp: edxml.FormatTimestamp(g.now())}}
	e.References, e.Attachments, e.Signature, e.Quirks = nil, nil, edxml.Signature{}, nil
	return e, nil
}
