package vxp

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"sync"
	"time"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// Acceptor takes envelopes in; *gateway.Gateway does.
type Acceptor interface {
	// Accept takes one envelope; the same again gives the first acceptance. Once
	// it has returned without an error the envelope is durable.
	Accept(ctx context.Context, p gateway.Principal, s gateway.Submission) (*gateway.Acceptance, error)
}

// SourceOptions say how letters are taken from another exchange. Client, Gateway and Principal are required.
type SourceOptions struct {
	Client    *Client
	Gateway   Acceptor
	Principal gateway.Principal // of the other exchange; it may relay
	Log       *slog.Logger
	Now       func() time.Time

	Interval time.Duration // between two polls; default 1 minute
	Workers  int           // letters taken at the same time; default 4
	Timeout  time.Duration // of one letter; default 30 minutes
	// Download uses downloadEdoc, which sends a third fewer bytes than getEdoc but
	// is not offered by every exchange.
	Download bool
}

// Source takes from another exchange what waits there for us. A letter is
// acknowledged there after it is durable here, never before; one that breaks in between is
// taken again and recognized. Each letter stands for itself.
type Source struct {
	SourceOptions
	mu    sync.Mutex
	later map[string]postponed // by docId; only of letters still listed
}

// postponed is a letter that could not be taken.
type postponed struct {
	failures int
	until    time.Time
}

// NewSource makes a source.
func NewSource(o SourceOptions) *Source {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Interval == 0 {
		o.Interval = time.Minute
	}
	if o.Workers == 0 {
		o.Workers = 4
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Minute
	}
	return &Source{SourceOptions: o, later: map[string]postponed{}}
}

// Run polls until ctx ends, and returns nil once nothing of it runs any more.
func (s *Source) Run(ctx context.Context) error {
	tick := time.NewTicker(s.Interval)
	defer tick.Stop()
	for {
		if _, err := s.Poll(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "axis could not be asked", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Poll takes once what waits, documents and statuses, and says how many were
// taken and acknowledged. An error means that a list could not be had; the
// trouble of single letters is logged.
func (s *Source) Poll(ctx context.Context) (int, error) {
	documents, err1 := s.list(ctx, edxml.KindDocument)
	statuses, err2 := s.list(ctx, edxml.KindStatus)
	items := append(documents, statuses...)
	if err1 == nil && err2 == nil {
		s.forget(items)
	}
	return s.takeAll(ctx, items), errors.Join(err1, err2)
}

// listTimeout bounds the wait for a list, and for an acknowledgement.
const listTimeout = 2 * time.Minute

func (s *Source) list(ctx context.Context, k edxml.Kind) ([]ReceivedItem, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	items, err := s.Client.Received(ctx, ReceivedQuery{Kind: k})
	for i := range items {
		items[i].MessageType = messageType(k)
	}
	return items, err
}

// takeAll takes items, a few at a time, and counts those that were taken.
func (s *Source) takeAll(ctx context.Context, items []ReceivedItem) int {
	var wg sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	slots := make(chan struct{}, s.Workers)
	for _, i := range items {
		if ctx.Err() != nil || s.postponed(i.DocID) {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if s.take(ctx, i) {
				mu.Lock()
				defer mu.Unlock()
				taken++
			}
		})
	}
	wg.Wait()
	return taken
}

// take takes one item and tells the other side what became of it.
func (s *Source) take(ctx context.Context, i ReceivedItem) bool {
	accepted, err := s.accept(ctx, i)
	if err == nil {
		err = s.acknowledge(ctx, i, WordDone, "")
	} else if refusedForGood(err) {
		s.Log.WarnContext(ctx, "letter from the axis refused", "docId", i.DocID, "from", i.From, "error", err)
		err = s.acknowledge(ctx, i, WordFail, describe(gateway.AsError(err)))
	}
	if err != nil {
		s.postpone(i.DocID)
		s.Log.WarnContext(ctx, "letter from the axis not taken yet", "docId", i.DocID, "from", i.From, "error", err)
		return false
	}
	return accepted != nil
}

func (s *Source) accept(ctx context.Context, i ReceivedItem) (*gateway.Acceptance, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	to, err := receivers(i.To)
	if err != nil {
		return nil, err
	}
	get := s.Client.Get
	if s.Download {
		get = s.Client.Download
	}
	body, err := get(ctx, i.DocID)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	kind, _ := kindOf(i.MessageType)
	whole := checked(body, i.ContentSHA256)
	accepted, err := s.Gateway.Accept(ctx, s.Principal, gateway.Submission{Body: whole, To: to, Kind: kind})
	if err == nil {
		return accepted, nil
	}
	// What is refused must be the letter and not a damaged copy of it.
	if _, broken := io.Copy(io.Discard, whole); broken != nil {
		return nil, &gateway.Error{Code: gateway.CodeTruncated, Place: i.DocID, Err: errors.Join(broken, err)}
	}
	return nil, err
}

// acknowledge tells the other side, also while stopping: a letter that was
// taken would otherwise be fetched once more.
func (s *Source) acknowledge(ctx context.Context, i ReceivedItem, word, reason string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), listTimeout)
	defer cancel()
	return s.Client.UpdateStatus(ctx, i.DocID, word, reason)
}

// refusedForGood says whether the same bytes would be refused again, whatever
// happens here. A directory that is not up to date, a missing right, a lost
// connection or a full disk are our trouble, and the letter waits for their end.
func refusedForGood(err error) bool {
	var e *gateway.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case gateway.CodeMalformed, gateway.CodeInvalidStructure, gateway.CodeStateSecret, gateway.CodeTooLarge,
		gateway.CodeBadAttachment, gateway.CodeReceiverClosed, gateway.CodeNoReceiver,
		gateway.CodeTooManyReceivers, gateway.CodeDuplicateDocument:
		return true
	}
	return false
}

// maxPostponed is the longest time for which a letter that makes trouble is left alone.
const maxPostponed = time.Hour

func (s *Source) postponed(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Now().Before(s.later[id].until)
}

// postpone leaves a letter alone for a while, each time for longer.
func (s *Source) postpone(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.later[id]
	p.failures++
	wait := s.Interval << min(p.failures-1, 10)
	p.until = s.Now().Add(min(wait, maxPostponed))
	s.later[id] = p
}

// forget drops what is remembered of letters that are no longer listed.
func (s *Source) forget(items []ReceivedItem) {
	listed := make(map[string]bool, len(items))
	for _, i := range items {
		listed[i.DocID] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.later {
		if !listed[id] {
			delete(s.later, id)
		}
	}
}

// checked compares what is read with a digest, when there is one.
func checked(r io.Reader, digest string) io.Reader {
	if len(digest) != hex.EncodedLen(sha256.Size) {
		digest = ""
	}
	return &checkedReader{r: r, want: digest, sum: sha256.New()}
}

// checkedReader ends as it ended the first time, however often it is read.
type checkedReader struct {
	r    io.Reader
	want string // empty: not checked
	sum  hash.Hash
	end  error
}

// Read implements io.Reader.
func (c *checkedReader) Read(p []byte) (int, error) {
	if c.end != nil {
		return 0, c.end
	}
	n, err := c.r.Read(p)
	c.sum.Write(p[:n])
	if errors.Is(err, io.EOF) && c.want != "" && !sameDigest(c.want, c.sum.Sum(nil)) {
		err = &gateway.Error{Code: gateway.CodeHashMismatch, Place: "contentSha256", Err: fmt.Errorf("got %x", c.sum.Sum(nil))}
	}
	c.end = err
	return n, err
}
