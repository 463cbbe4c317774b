package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"congvan/archive/objects"
	"congvan/schemas"
	"congvan/schemas/edxml"
)

// Accept takes one envelope: bounds it, takes it apart, checks it, stores it and
// routes it, or refuses it with a coded error and nothing stored. Submitting the same
// bytes for the same receivers again, at once or a year later, gives the first receipt.
func (g *Gateway) Accept(ctx context.Context, p Principal, s Submission) (*Acceptance, error) {
	if err := require(p, ScopeSubmit); err != nil {
		return nil, err
	}
	if len(s.IdempotencyKey) > 255 {
		return nil, Errorf(CodeInvalidRequest, "Idempotency-Key", "key of %d bytes", len(s.IdempotencyKey))
	}
	staged := &staging{ctx: ctx, store: g.Objects}
	defer staged.abort()
	split, err := edxml.SplitMessage(s.Body, g.Limits.Envelope, staged)
	if err != nil {
		return nil, splitError(err)
	}
	env, err := edxml.Read(split.Skeleton)
	if err != nil {
		return nil, splitError(err)
	}
	a := &arrival{Gateway: g, principal: p, submission: s, split: split, env: env, staged: staged, at: g.now()}
	if err := a.seal(ctx); err != nil {
		return nil, err
	}
	return a.admit(ctx)
}

// arrival is one submission on its way through the door.
type arrival struct {
	*Gateway
	principal  Principal
	submission Submission
	split      *edxml.Split
	env        *edxml.Envelope
	staged     *staging
	at         time.Time

	sender     *Agency
	addressees []AgencyID
	duplicate  MessageID // see findDuplicate
	warnings   []schemas.Finding
}

func (a *arrival) admit(ctx context.Context) (*Acceptance, error) {
	if err := a.authorize(ctx); err != nil {
		return nil, err
	}
	if err := a.address(); err != nil {
		return nil, err
	}
	fingerprint := a.fingerprint()
	if first, err := a.Store.Submission(ctx, fingerprint); err == nil {
		return accepted(first, nil), nil
	} else if !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	if err := a.findDuplicate(ctx); err != nil {
		return nil, err
	}
	if first, err := a.sameBytes(ctx); first != nil || err != nil {
		return first, err
	}
	admission, err := a.examine(ctx)
	if err != nil {
		return nil, err
	}
	admission.Fingerprint = fingerprint
	if err := a.keep(ctx, admission); err != nil {
		return nil, err
	}
	done, err := a.Store.Admit(ctx, admission)
	if err != nil {
		return nil, err
	}
	if !done.Replayed {
		a.recent.put(&admission.Message, &admission.Original)
		a.archiveSoon(admission)
	}
	return accepted(done, a.warnings), nil
}

// findDuplicate looks once for an earlier new letter under the same DocumentId with
// other content; sameBytes and checkDuplicate judge it.
func (a *arrival) findDuplicate(ctx context.Context) (err error) {
	if a.env.Kind == edxml.KindDocument && a.env.Business.Type == edxml.BusinessNew {
		a.duplicate, err = a.Store.DuplicateOf(ctx, a.sender.ID, a.env.DocumentID, a.contentKey())
	}
	return err
}

// sameBytes recognises a letter that the gateway composed and that now comes back as the
// bytes that it became, for the same receivers: its content is known by the request, not by its bytes.
func (a *arrival) sameBytes(ctx context.Context) (*Acceptance, error) {
	if a.duplicate == "" || a.submission.contentKey != "" {
		return nil, nil
	}
	m, err := a.Store.Message(ctx, a.duplicate)
	if err != nil || m.SHA256 != hex.EncodeToString(a.split.SHA256[:]) || len(a.addressees) != len(a.env.To) {
		return nil, err
	}
	receipts, err := a.Store.Receipts(ctx, a.duplicate)
	if err != nil || len(receipts) == 0 {
		return nil, err
	}
	return &Acceptance{Message: m.ID, DocumentID: m.DocumentID, Receipt: receipts[0], Replayed: true}, nil
}

func accepted(a Admitted, warnings []schemas.Finding) *Acceptance {
	return &Acceptance{Message: a.Message, DocumentID: a.DocumentID, Receipt: a.Receipt, Replayed: a.Replayed, Warnings: warnings}
}

// authorize answers: may this system send as this agency?
func (a *arrival) authorize(ctx context.Context) error {
	code := AgencyID(a.env.From.ID)
	if code == "" {
		return Errorf(CodeInvalidStructure, "From/OrganId", "no sender")
	}
	sender, err := a.Store.Agency(ctx, code)
	if errors.Is(err, ErrNotFound) {
		return Errorf(CodeSenderUnknown, string(code), "sender not in the directory")
	}
	if err != nil {
		return err
	}
	if !a.mayRelayFor(sender) && !a.principal.ActsFor(sender.ID) {
		return Errorf(CodeSenderNotAllowed, string(code), "system %s may not send as %s", a.principal.System, code)
	}
	if f := a.submission.From; f != "" && f != code && f != sender.ID && !slices.Contains(sender.Aliases, f) {
		return Errorf(CodeSenderMismatch, string(f), "transport says %s, envelope says %s", f, code)
	}
	a.sender = sender
	return nil
}

// mayRelayFor says whether the principal is the axis bringing a letter from
// one of the agencies beyond it.
func (a *arrival) mayRelayFor(sender *Agency) bool {
	return a.principal.May(ScopeRelay) && sender.Reach == ReachAxis
}

// address finds whom the message is for, as the codes stand in it.
func (a *arrival) address() error {
	named := make([]AgencyID, 0, len(a.env.To))
	for _, o := range a.env.To {
		named = append(named, AgencyID(o.ID))
	}
	if a.env.Kind == edxml.KindStatus && len(a.env.ResponseFor) > 0 {
		named = append(named, AgencyID(a.env.ResponseFor[0].OrganID))
	}
	to := a.submission.To
	for _, id := range to {
		if a.env.Kind == edxml.KindDocument && !slices.Contains(named, id) {
			return Errorf(CodeReceiverUnknown, string(id), "receiver of the transport is not in the envelope")
		}
	}
	if len(to) == 0 {
		to = named
	}
	to = slices.Compact(slices.Sorted(slices.Values(to)))
	to = slices.DeleteFunc(to, func(id AgencyID) bool { return id == "" })
	if len(to) == 0 {
		return Errorf(CodeNoReceiver, "To", "no receiver")
	}
	if len(to) > a.Limits.Receivers {
		return Errorf(CodeTooManyReceivers, "To", "%d receivers", len(to))
	}
	a.addressees = to
	return nil
}

// fingerprint is the identity of the submission: what was sent, to whom. It
// does not name the system, so that an office that changes its software or its
// connector still gets its first receipts.
func (a *arrival) fingerprint() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n", a.contentKey())
	for _, id := range a.addressees {
		fmt.Fprintf(h, "%s\n", id)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (a *arrival) contentKey() string {
	if k := a.submission.contentKey; k != "" {
		return k
	}
	return hex.EncodeToString(a.split.SHA256[:])
}

// examine checks everything that can be checked before anything is kept, and
// makes the admission.
func (a *arrival) examine(ctx context.Context) (*Admission, error) {
	if err := a.checkStructure(); err != nil {
		return nil, err
	}
	if err := a.checkSenderOpen(); err != nil {
		return nil, err
	}
	m := a.message()
	if err := a.checkDuplicate(); err != nil {
		return nil, err
	}
	files, err := a.inspectAttachments()
	if err != nil {
		return nil, err
	}
	m.Attachments = files
	deliveries, err := a.route(ctx, m)
	if err != nil {
		return nil, err
	}
	judgements, err := a.judge(ctx, m, deliveries)
	if err != nil {
		return nil, err
	}
	status, err := a.statusChange(ctx)
	if err != nil {
		return nil, err
	}
	relations, err := a.relations(ctx)
	if err != nil {
		return nil, err
	}
	return &Admission{
		Message:        *m,
		Original:       Original{Split: *a.split},
		ContentKey:     a.contentKey(),
		IdempotencyKey: a.submission.IdempotencyKey,
		Deliveries:     deliveries,
		Relations:      relations,
		Status:         status,
		Judgements:     judgements,
		Node:           a.Node,
		Actor:          string(a.principal.System),
	}, nil
}

func (a *arrival) checkStructure() error {
	if k := a.submission.Kind; k != "" && k != a.env.Kind {
		return Errorf(CodeInvalidStructure, "messagetype", "transport says %s, envelope is %s", k, a.env.Kind)
	}
	report := a.Validator.Validate(a.env, a.split.Skeleton)
	a.warnings = report.Warnings()
	faults := report.Errors()
	if len(faults) == 0 {
		return nil
	}
	code := CodeInvalidStructure
	if slices.ContainsFunc(faults, func(f schemas.Finding) bool { return f.Rule == schemas.RuleStateSecret }) {
		code = CodeStateSecret
	}
	e := Errorf(code, faults[0].Element, "%d findings, first %s", len(faults), faults[0].Rule)
	e.Findings = faults
	return e
}

func (a *arrival) checkSenderOpen() error {
	if !a.sender.OpenOn(today(a.at)) {
		return Errorf(CodeSenderClosed, string(a.sender.ID), "sender is %s", a.sender.Status)
	}
	return nil
}

// checkDuplicate refuses early what Admit would refuse, so that nothing is
// kept of it; Admit's own check is the one that holds under concurrency.
func (a *arrival) checkDuplicate() error {
	if a.duplicate == "" {
		return nil
	}
	return Errorf(CodeDuplicateDocument, a.env.DocumentID, "already used by message %s", a.duplicate)
}

// message makes the message of the envelope.
func (a *arrival) message() *Message {
	e := a.env
	m := &Message{
		ID:         MessageID(newID()),
		Kind:       e.Kind,
		Business:   e.Business.Type,
		From:       a.sender.ID,
		DocumentID: e.DocumentID,
		Number:     e.Code.Number,
		Notation:   e.Code.Notation,
		Type:       e.DocumentType.Name,
		Subject:    e.Subject,
		Date:       string(e.Promulgation.Date),
		Signer:     e.Signer.FullName,
		Priority:   e.Other.Priority,
		DueDate:    string(e.DueDate),
		Size:       a.split.Size,
		SHA256:     hex.EncodeToString(a.split.SHA256[:]),
		System:     a.principal.System,
		AcceptedAt: a.at,
	}
	if e.Status != nil {
		m.StatusCode = e.Status.Code
		m.Subject = e.Status.Description
		if len(e.ResponseFor) > 0 {
			m.DocumentID = e.ResponseFor[0].DocumentID
		}
	}
	return m
}

// inspectAttachments describes each attachment as a person will open it; what is
// wrapped in a ZIP is unwrapped once, within limits, to learn its size and hash.
func (a *arrival) inspectAttachments() ([]Attachment, error) {
	files := make([]Attachment, 0, len(a.env.Attachments))
	for _, at := range a.env.Attachments {
		f, err := a.inspect(at)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

func (a *arrival) inspect(at edxml.Attachment) (Attachment, error) {
	p := a.split.Payloads[at.Index]
	f := Attachment{
		Index:       at.Index,
		Name:        edxml.DisplayName(at.Name),
		ContentType: at.ContentType,
		PayloadSize: p.Size,
		Payload:     hex.EncodeToString(p.SHA256[:]),
		Size:        p.Size,
		SHA256:      hex.EncodeToString(p.SHA256[:]),
	}
	c, err := edxml.OpenContent(at, a.staged.payloads[at.Index], p.Size, a.Limits.Unzip)
	if err != nil {
		return f, attachmentError(at, err)
	}
	defer c.Close()
	if !c.Wrapped {
		return f, nil
	}
	h := sha256.New()
	n, err := copyTo(h, c)
	if err != nil {
		return f, attachmentError(at, err)
	}
	f.Wrapped, f.Size, f.SHA256 = true, n, hex.EncodeToString(h.Sum(nil))
	return f, nil
}

// keep makes the bytes durable and signs the receipt. After it, the only thing missing
// is the transaction; if that fails, what was kept is unreferenced and harmless.
func (a *arrival) keep(ctx context.Context, adm *Admission) error {
	payloads, whole, err := a.staged.commit(ctx)
	if err != nil {
		return storageError(err)
	}
	for i, d := range payloads {
		if want := hex.EncodeToString(a.split.Payloads[i].SHA256[:]); string(d) != want {
			return Errorf(CodeDamaged, "", "payload %d was written as %s, read as %s", i, d, want)
		}
		adm.Original.Payloads = append(adm.Original.Payloads, string(d))
	}
	adm.Original.Whole = string(whole)
	adm.Receipt, err = a.submissionReceipt(adm)
	return err
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// splitError gives what the codec found the code that a client understands.
func splitError(err error) error {
	var own *Error
	var syntax *edxml.SyntaxError
	switch {
	case errors.As(err, &own):
		return err
	case errors.As(err, &syntax):
		return syntaxError(syntax, err)
	case isStorage(err):
		return storageError(err)
	}
	// the reader's own error: the body did not come to its end
	return &Error{Code: CodeTruncated, Err: err}
}

func syntaxError(s *edxml.SyntaxError, err error) error {
	code := CodeMalformed
	switch {
	case errors.Is(err, edxml.ErrTooLarge):
		code = CodeTooLarge
	case errors.Is(err, edxml.ErrTruncated):
		code = CodeTruncated
	case strings.HasPrefix(s.Code, "base64-"), s.Code == edxml.CodePayloadMarkup:
		code = CodeBadAttachment
	}
	finding := schemas.Finding{
		Severity: schemas.SeverityError, Rule: s.Code, Element: s.Path,
		Line: s.Line, Column: s.Column, Vi: s.Vi, En: s.En,
	}
	return &Error{Code: code, Place: place(s), Findings: []schemas.Finding{finding}, Err: err}
}

func place(s *edxml.SyntaxError) string {
	return strings.TrimSpace(fmt.Sprintf("%s %d:%d", s.Path, s.Line, s.Column))
}

func attachmentError(at edxml.Attachment, err error) error {
	if isStorage(err) {
		return storageError(err)
	}
	return &Error{Code: CodeBadAttachment, Place: edxml.DisplayName(at.Name), Err: err}
}

func isStorage(err error) bool {
	return errors.Is(err, objects.ErrFull) || errors.Is(err, objects.ErrReadOnly) ||
		errors.Is(err, objects.ErrUnavailable) || errors.Is(err, objects.ErrCorrupt)
}

// storageError translates what the object store says.
func storageError(err error) error {
	switch {
	case errors.Is(err, objects.ErrFull):
		return &Error{Code: CodeStorageFull, Err: err}
	case errors.Is(err, objects.ErrCorrupt):
		return &Error{Code: CodeDamaged, Err: err}
	case errors.Is(err, objects.ErrReadOnly), errors.Is(err, objects.ErrUnavailable):
		return &Error{Code: CodeStorageUnavailable, Err: err}
	}
	return err
}
