package gateway

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"time"

	"congvan/archive/objects"
	"congvan/schemas/edxml"
)

// InboxView asks for what waits for the agencies a principal acts for.
type InboxView struct {
	Agency AgencyID   // one of them; empty for all
	Kind   edxml.Kind // empty: both
	From   time.Time
	To     time.Time
	Offset int
	Limit  int           // 1…1000; 0 means 100
	Lease  time.Duration // when positive, what is listed is hidden from other callers for so long (at most 1 hour)
}

// Inbox lists what waits for the principal's agencies, urgent letters first, then
// oldest first: deliveries that its systems have not acknowledged.
func (g *Gateway) Inbox(ctx context.Context, p Principal, v InboxView) ([]InboxItem, error) {
	q, err := inboxQuery(p, v)
	if err != nil {
		return nil, err
	}
	if v.Lease > 0 {
		return g.Store.LeaseInbox(ctx, q, p.Credential, min(v.Lease, time.Hour))
	}
	return g.Store.Inbox(ctx, q)
}

// CountInbox counts what Inbox would list without a limit.
func (g *Gateway) CountInbox(ctx context.Context, p Principal, v InboxView) (int, error) {
	q, err := inboxQuery(p, v)
	if err != nil {
		return 0, err
	}
	return g.Store.CountInbox(ctx, q)
}

func inboxQuery(p Principal, v InboxView) (InboxQuery, error) {
	if err := require(p, ScopeReceive); err != nil {
		return InboxQuery{}, err
	}
	holders, err := narrow(p, v.Agency)
	if err != nil {
		return InboxQuery{}, err
	}
	limit, err := pageSize(v.Limit)
	return InboxQuery{Holders: holders, Kind: v.Kind, From: v.From, To: v.To, Offset: min(max(v.Offset, 0), maxOffset), Limit: limit}, err
}

// narrow gives the agencies a principal asks for: one that it acts for, or all of them.
func narrow(p Principal, one AgencyID) ([]AgencyID, error) {
	if one == "" {
		return p.Agencies, nil
	}
	if !p.ActsFor(one) {
		return nil, Errorf(CodeNotFound, string(one), "system %s does not act for it", p.System)
	}
	return []AgencyID{one}, nil
}

func pageSize(limit int) (int, error) {
	switch {
	case limit == 0:
		return 100, nil
	case limit < 0 || limit > 1000:
		return 0, Errorf(CodeInvalidRequest, "limit", "limit %d is not within 1…1000", limit)
	}
	return limit, nil
}

// Item names something in an inbox: one delivery, or a message, which means every
// delivery of it that the principal's agencies hold.
type Item struct {
	Delivery DeliveryID
	Message  MessageID
}

// Fetch gives a message's original bytes to a receiver and notes that its system asked
// for them and got them: the note is made before the first byte, so that a recall can never
// claim that a letter was unread which is on the wire. Fetching again gives the same bytes.
// Writing the content fails with code CodeDamaged before its end if a stored byte has changed.
func (g *Gateway) Fetch(ctx context.Context, p Principal, i Item) (*Content, error) {
	if err := require(p, ScopeReceive); err != nil {
		return nil, err
	}
	moved, err := g.Store.Fetched(ctx, FetchMark{
		Delivery: i.Delivery, Message: i.Message, Holders: p.Agencies, At: g.now(), Actor: string(p.System),
	})
	if err != nil {
		return nil, err
	}
	c, err := g.content(ctx, moved[0].Message)
	if err != nil {
		return nil, err
	}
	c.Delivery = moved
	return c, nil
}

// Envelope gives a message's original bytes to its sender or to an operator; it
// changes nothing.
func (g *Gateway) Envelope(ctx context.Context, p Principal, id MessageID) (*Content, error) {
	m, err := g.Store.Message(ctx, id)
	if err != nil {
		return nil, err
	}
	if !p.May(ScopeOperate) && !p.ActsFor(m.From) {
		return nil, Errorf(CodeNotFound, string(id), "not a letter of system %s", p.System)
	}
	return g.content(ctx, id)
}

// content opens a message's original bytes.
func (g *Gateway) content(ctx context.Context, id MessageID) (*Content, error) {
	m, o, err := g.parts(ctx, id)
	if err != nil {
		return nil, err
	}
	return &Content{Message: m, Size: m.Size, SHA256: m.SHA256, WriterTo: &rejoiner{ctx, g.Objects, m.Size, o}}, nil
}

// parts reads what a message's bytes are put together from.
func (g *Gateway) parts(ctx context.Context, id MessageID) (*Message, *Original, error) {
	if l, ok := g.recent.get(id); ok {
		return l.message, l.original, nil
	}
	m, err := g.Store.Message(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	o, err := g.Store.Original(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	g.recent.put(m, o)
	return m, o, nil
}

// rejoiner puts a message's original bytes together again.
type rejoiner struct {
	ctx     context.Context
	objects objects.Store
	size    int64
	*Original
}

// WriteTo implements io.WriterTo. The last byte goes out when all of them were seen to be right, so
// that a reader who knows the size never has a damaged letter whole.
func (r *rejoiner) WriteTo(w io.Writer) (int64, error) {
	out := &reserved{Writer: w, left: r.size}
	err := r.write(out)
	if err == nil {
		err = out.release()
	}
	return out.n, contentError(err)
}

// contentError says what it means that stored bytes could not be given out.
func contentError(err error) error {
	switch {
	case errors.Is(err, objects.ErrCorrupt), errors.Is(err, objects.ErrNotFound), errors.Is(err, edxml.ErrCorrupt):
		return &Error{Code: CodeDamaged, Err: err}
	case isStorage(err):
		return storageError(err)
	}
	return err
}

func (r *rejoiner) write(w io.Writer) error {
	if r.Whole == "" {
		return r.Split.Join(w, r.payload)
	}
	b, err := r.objects.Open(r.ctx, objects.Digest(r.Whole))
	if err != nil {
		return err
	}
	defer b.Close()
	_, err = io.Copy(w, b)
	return err
}

// payload opens one attachment. It is read past the blob's own check: Join checks the
// whole, and hashing every byte twice would buy nothing.
func (r *rejoiner) payload(i int) (io.ReadCloser, error) {
	b, err := r.objects.Open(r.ctx, objects.Digest(r.Payloads[i]))
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(b, 0, b.Size()), b}, nil
}

// reserved passes on what is written to it but for the last of the bytes that are to come.
type reserved struct {
	io.Writer
	left int64  // still to come
	last []byte // the byte kept back
	n    int64  // passed on
}

// Write implements io.Writer.
func (r *reserved) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if r.left -= int64(len(b)); r.left < 0 {
		return 0, Errorf(CodeDamaged, "", "more bytes than were accepted")
	}
	if r.left == 0 {
		r.last = append(r.last, b[len(b)-1])
		if n, err := r.pass(b[:len(b)-1]); err != nil {
			return n, err
		}
		return len(b), nil
	}
	return r.pass(b)
}

func (r *reserved) pass(b []byte) (int, error) {
	n, err := r.Writer.Write(b)
	r.n += int64(n)
	return n, err
}

// release lets the last byte go.
func (r *reserved) release() error {
	_, err := r.pass(r.last)
	return err
}

// Ack is a receiver's word on an item that its system has fetched.
type Ack struct {
	Item
	// SHA256 of the bytes that the receiver has, lower-case hex; when given and
	// different from ours the acknowledgement is refused with CodeHashMismatch.
	SHA256      string
	Unreadable  bool // the receiver's system could not read it
	Description string
}

// Acknowledge notes that the receiver's system took items over, or could not
// read them. Acknowledging twice is the same as once. One outcome per ack, in order.
func (g *Gateway) Acknowledge(ctx context.Context, p Principal, acks []Ack) ([]AckOutcome, error) {
	if err := require(p, ScopeReceive); err != nil {
		return nil, err
	}
	out := make([]AckOutcome, len(acks))
	var words []Acknowledgement
	var places []int
	at := g.now()
	for i, a := range acks {
		if err := g.compareHash(ctx, p, a); err != nil {
			out[i] = AckOutcome{Delivery: a.Delivery, Err: err}
			continue
		}
		words = append(words, Acknowledgement{
			Delivery: a.Delivery, Message: a.Message, Unreadable: a.Unreadable,
			Description: clip(a.Description, 1000), At: at,
		})
		places = append(places, i)
	}
	if len(words) == 0 {
		return out, nil
	}
	done, err := g.Store.Acknowledge(ctx, words, p.Agencies, string(p.System))
	if err != nil {
		return nil, err
	}
	for n, o := range done {
		out[places[n]] = o
	}
	return out, nil
}

// compareHash refuses an acknowledgement of other bytes than ours. To a stranger
// there is no such item, whatever hash he names.
func (g *Gateway) compareHash(ctx context.Context, p Principal, a Ack) error {
	if a.SHA256 == "" {
		return nil
	}
	if b, err := hex.DecodeString(a.SHA256); err != nil || len(b) != 32 {
		return Errorf(CodeInvalidRequest, "sha256", "not a SHA-256 in hexadecimal")
	}
	d, err := g.held(ctx, p, a.Item)
	if err != nil {
		return err
	}
	m, err := g.Store.Message(ctx, d.Message)
	if err != nil {
		return err
	}
	if m.SHA256 != a.SHA256 {
		return Errorf(CodeHashMismatch, "sha256", "receiver has %s, we have %s", a.SHA256, m.SHA256)
	}
	return nil
}

// clip shortens text to at most n bytes, at a character's edge.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

// NoteProgress records that the receiver's system is still working on an item
// (the exchange protocol's "processing"). The item stays in the inbox.
func (g *Gateway) NoteProgress(ctx context.Context, p Principal, i Item, note string) error {
	if err := require(p, ScopeReceive); err != nil {
		return err
	}
	d, err := g.held(ctx, p, i)
	if err != nil {
		return err
	}
	m, err := g.Store.Message(ctx, d.Message)
	if err != nil {
		return err
	}
	return g.Store.Append(ctx, Event{
		At: g.now(), Kind: EventProgress, Message: d.Message, Delivery: d.ID,
		Sender: m.From, Receiver: d.Receiver, Holder: d.Holder, Actor: string(p.System),
		Data: data(map[string]string{"note": clip(note, 1000)}),
	})
}

// held finds a delivery that the principal's agencies hold.
func (g *Gateway) held(ctx context.Context, p Principal, i Item) (*Delivery, error) {
	if i.Delivery != "" {
		d, err := g.Store.Delivery(ctx, i.Delivery)
		if err == nil && !p.ActsFor(d.Holder) {
			err = Errorf(CodeNotFound, string(i.Delivery), "not held by system %s", p.System)
		}
		return d, err
	}
	all, err := g.Store.DeliveriesOf(ctx, i.Message)
	if err != nil {
		return nil, err
	}
	n := slices.IndexFunc(all, func(d Delivery) bool { return p.ActsFor(d.Holder) })
	if n < 0 {
		return nil, Errorf(CodeNotFound, string(i.Message), "not held by system %s", p.System)
	}
	return &all[n], nil
}

// SentView asks for what the principal's agencies sent.
type SentView struct {
	Agency  AgencyID // one of them; empty for all
	Kind    edxml.Kind
	Message MessageID
	From    time.Time
	To      time.Time
	Offset  int // 0…10,000
	Limit   int // 1…1000; 0 means 100
}

// maxOffset bounds how far a list is paged into.
const maxOffset = 10_000

// Sent lists what the principal's agencies sent, newest first, one item per delivery.
func (g *Gateway) Sent(ctx context.Context, p Principal, v SentView) ([]InboxItem, error) {
	if err := require(p, ScopeSubmit); err != nil {
		return nil, err
	}
	senders, err := narrow(p, v.Agency)
	if err != nil {
		return nil, err
	}
	limit, err := pageSize(v.Limit)
	if err != nil {
		return nil, err
	}
	return g.Store.Sent(ctx, SentQuery{
		Senders: senders, Kind: v.Kind, Message: v.Message, From: v.From, To: v.To, Offset: min(max(v.Offset, 0), maxOffset), Limit: limit,
	})
}
