package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"congvan/connectors/vxp"
	"congvan/gateway"
	"congvan/gateway/api/client"
	"congvan/schemas/edxml"
	"congvan/signer"
)

// line is how an office's software talks to the gateway.
type line interface {
	// send submits a letter and gives the message's id.
	send(ctx context.Context, d *draft) (gateway.MessageID, error)
	// report submits a status message.
	report(ctx context.Context, n note) (gateway.MessageID, error)
	// waiting names what lies in the inbox, in the order in which the gateway offers it.
	waiting(ctx context.Context) ([]string, error)
	// fetch gives the original bytes of one that waits.
	fetch(ctx context.Context, id string) ([]byte, error)
	// done acknowledges one that was fetched, with the hash of what came.
	done(ctx context.Context, id, sha string) error
}

// findings takes apart what the exchange protocol has one text for: the code's own words, and
// after them the findings.
func findings(text string) []string {
	words, found, more := strings.Cut(text, "]; ")
	words, _, _ = strings.Cut(words, " [")
	if !more {
		return []string{words}
	}
	return append([]string{words}, strings.Split(found, "; ")...)
}

// refused says that the gateway said no, with which code of ours or of the protocol, and
// what it found.
type refused struct {
	code     string
	findings []string // each in the words that the line has for it
	err      error
}

func (r *refused) Error() string { return "refused with code " + r.code + ": " + r.err.Error() }
func (r *refused) Unwrap() error { return r.err }

// exchange is a line over the exchange protocol.
type exchange struct {
	client *vxp.Client
	names  map[gateway.AgencyID]string
}

func (x *exchange) send(ctx context.Context, d *draft) (gateway.MessageID, error) {
	packed, err := pack(d.envelope(x.names), d.pdf)
	if err != nil {
		return "", err
	}
	return x.upload(ctx, edxml.KindDocument, d.from, packed)
}

func (x *exchange) report(ctx context.Context, n note) (gateway.MessageID, error) {
	packed, err := pack(n.envelope(x.names), nil)
	if err != nil {
		return "", err
	}
	return x.upload(ctx, edxml.KindStatus, n.from, packed)
}

func (x *exchange) upload(ctx context.Context, k edxml.Kind, from gateway.AgencyID, packed []byte) (gateway.MessageID, error) {
	sum := sha256.Sum256(packed)
	id, err := x.client.Send(ctx, vxp.Upload{
		Kind: k, From: from, Body: bytes.NewReader(packed), Size: int64(len(packed)), SHA256: hex.EncodeToString(sum[:]),
	})
	if answer := (*vxp.AnswerError)(nil); errors.As(err, &answer) && answer.Code != "" {
		return "", &refused{answer.Code, findings(answer.Text), err}
	}
	return gateway.MessageID(id), err
}

func (x *exchange) waiting(ctx context.Context) ([]string, error) {
	var ids []string
	for _, k := range []edxml.Kind{edxml.KindDocument, edxml.KindStatus} {
		items, err := x.client.Received(ctx, vxp.ReceivedQuery{Kind: k})
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			ids = append(ids, i.DocID)
		}
	}
	return ids, nil
}

func (x *exchange) fetch(ctx context.Context, id string) ([]byte, error) {
	r, err := x.client.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func (x *exchange) done(ctx context.Context, id, _ string) error {
	return x.client.UpdateStatus(ctx, id, vxp.WordDone, "")
}

// rest is a line over the REST API.
type rest struct{ client *client.Client }

func (r *rest) send(ctx context.Context, d *draft) (gateway.MessageID, error) {
	file := client.File{Name: d.fileName(), ContentType: "application/pdf", Body: bytes.NewReader(d.pdf)}
	a, err := r.client.SubmitLetter(ctx, d.letter(), []client.File{file}, "")
	return accepted(a, err)
}

func (r *rest) report(ctx context.Context, n note) (gateway.MessageID, error) {
	s := gateway.StatusNote{
		From: n.from, Sender: n.about.from, DocumentID: n.about.documentID, Code: n.code, Description: n.description,
		Staff: gateway.LetterStaff{Department: "Văn thư", Name: "Trần Thị B"},
	}
	if n.code == edxml.StatusCancellation {
		s.Receiver = n.to
	}
	a, err := r.client.ReportStatus(ctx, s, "")
	return accepted(a, err)
}

func accepted(a *gateway.Acceptance, err error) (gateway.MessageID, error) {
	if err != nil {
		return "", refusal(err)
	}
	return a.Message, nil
}

// refusal tells the gateway's no from trouble on the way.
func refusal(err error) error {
	var e *client.Error
	if errors.As(err, &e) {
		no := &refused{code: string(e.Code), err: err}
		for _, f := range e.Findings {
			no.findings = append(no.findings, f.Vi+" ("+f.En+")")
		}
		return no
	}
	return err
}

func (r *rest) waiting(ctx context.Context) ([]string, error) {
	items, err := r.client.Inbox(ctx, client.InboxQuery{Limit: 1000})
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = string(item.Delivery.ID)
	}
	return ids, nil
}

func (r *rest) fetch(ctx context.Context, id string) ([]byte, error) {
	var b bytes.Buffer
	err := r.client.FetchDelivery(ctx, gateway.DeliveryID(id), &b)
	return b.Bytes(), err
}

func (r *rest) done(ctx context.Context, id, sha string) error {
	return r.client.Acknowledge(ctx, gateway.DeliveryID(id), sha)
}

// arrival is one message as an office's software sees it.
type arrival struct {
	envelope *edxml.Envelope
	sum      string // comparable with draft.sum, note.sum and recallSum
	pdf      []byte // of a letter

	sealed     bool               // the gateway signed the envelope
	signatures []signer.Signature // found in the PDF, all valid
}

// unpack takes a message apart as a receiver does.
func unpack(data []byte) (*arrival, error) {
	var files memory
	split, err := edxml.SplitMessage(bytes.NewReader(data), edxml.DefaultLimits(), &files)
	if err != nil {
		return nil, fmt.Errorf("a received message: %w", err)
	}
	e, err := edxml.Read(split.Skeleton)
	if err != nil {
		return nil, fmt.Errorf("a received message: %w", err)
	}
	a := &arrival{envelope: e}
	switch {
	case e.Kind == edxml.KindStatus:
		n := note{from: gateway.AgencyID(e.From.ID), code: e.Status.Code, description: e.Status.Description}
		n.about.documentID = e.ResponseFor[0].DocumentID
		a.sum = n.sum()
	case e.Business.Type == edxml.BusinessRecall:
		a.sum = recallSum(e.ResponseFor[0].DocumentID)
	case len(e.Attachments) == 1:
		a.pdf, err = files.content(e.Attachments[0])
		h := sha256.Sum256(a.pdf)
		a.sum = hex.EncodeToString(h[:])
	default:
		err = fmt.Errorf("a letter with %d files", len(e.Attachments))
	}
	return a, err
}

// recallSum identifies the recall of a letter.
func recallSum(documentID string) string {
	h := sha256.Sum256([]byte("recall\n" + documentID))
	return hex.EncodeToString(h[:])
}

// memory keeps a small message's files.
type memory struct{ files []*memoryFile }

type memoryFile struct{ data []byte }

// Write implements io.Writer.
func (m *memoryFile) Write(p []byte) (int, error) {
	m.data = append(m.data, p...)
	return len(p), nil
}

// ReadAt implements io.ReaderAt.
func (m *memoryFile) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(m.data).ReadAt(p, off)
}

// Payload implements edxml.Sink.
func (m *memory) Payload(int) (edxml.PayloadFile, error) {
	f := &memoryFile{}
	m.files = append(m.files, f)
	return f, nil
}

// Original implements edxml.Sink.
func (m *memory) Original() (io.Writer, error) { return io.Discard, nil }

func (m *memory) content(a edxml.Attachment) ([]byte, error) {
	f := m.files[a.Index]
	c, err := edxml.OpenContent(a, f, int64(len(f.data)), edxml.DefaultZipLimits())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return io.ReadAll(c)
}
