package vxp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"time"

	"congvan/gateway"
)

// Gateway is what the server asks of the domain; *gateway.Gateway does it.
type Gateway interface {
	Letters
	Inbox
	Directory
}

// Letters is where letters come in and where their sender sees what became of them.
type Letters interface {
	// Accept takes one envelope; the same again gives the first acceptance.
	Accept(ctx context.Context, p gateway.Principal, s gateway.Submission) (*gateway.Acceptance, error)
	// Sent lists what the principal's agencies sent, newest first.
	Sent(ctx context.Context, p gateway.Principal, v gateway.SentView) ([]gateway.InboxItem, error)
}

// Inbox is where letters wait for their receivers. Items that are not the principal's are ErrNotFound.
type Inbox interface {
	Inbox(ctx context.Context, p gateway.Principal, v gateway.InboxView) ([]gateway.InboxItem, error)
	CountInbox(ctx context.Context, p gateway.Principal, v gateway.InboxView) (int, error)
	// Fetch may be called any number of times.
	Fetch(ctx context.Context, p gateway.Principal, i gateway.Item) (*gateway.Content, error)
	// Acknowledge may be repeated; one outcome per ack, in order.
	Acknowledge(ctx context.Context, p gateway.Principal, acks []gateway.Ack) ([]gateway.AckOutcome, error)
	NoteProgress(ctx context.Context, p gateway.Principal, i gateway.Item, note string) error
}

// Directory is who exists.
type Directory interface {
	Agency(ctx context.Context, id gateway.AgencyID) (*gateway.Agency, error)
	// SearchAgencies lists in the order of the codes, a page at a time.
	SearchAgencies(ctx context.Context, q gateway.AgencyQuery) ([]gateway.Agency, error)
	PutAgencies(ctx context.Context, p gateway.Principal, agencies []gateway.Agency) (int, error)
	CloseAgency(ctx context.Context, p gateway.Principal, id gateway.AgencyID, successors []gateway.AgencyID) error
}

// Authenticator knows the systems that were issued a systemid and secret.
type Authenticator interface {
	// VXP gives who a systemid is and the secret that it signs with. An error of
	// kind ErrNotFound or ErrUnauthenticated means that there is no such live
	// credential; any other that it cannot be known now. A secret that comes with
	// an error is a decoy, so that the answer takes as long for a stranger.
	VXP(ctx context.Context, systemID string) (gateway.Principal, []byte, error)
}

// Options are what a server is made of. Gateway and Authenticator are required.
type Options struct {
	Gateway       Gateway
	Authenticator Authenticator
	Log           *slog.Logger
	Now           func() time.Time

	// ListLimit bounds the items of one list when the client names no page
	// size; default 10,000. What does not fit comes once the first are acknowledged.
	ListLimit int
	// AllowMissingHash takes sendEdoc without hash-file; one line end after the envelope is then dropped.
	AllowMissingHash bool
	// Stall ends a request whose client neither sends nor takes a byte for so long; default 1 minute.
	Stall time.Duration
}

// NewServer makes the handler that answers every operation under any base path.
//
// Long lists of receivers stand twice in the headers, so the http.Server in
// front of it needs MaxHeaderBytes of 1 MiB (Go's default); less than 256 KiB
// breaks clients.
func NewServer(o Options) http.Handler {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.ListLimit == 0 {
		o.ListLimit = 10_000
	}
	if o.Stall == 0 {
		o.Stall = time.Minute
	}
	return &server{Options: o, operations: operations()}
}

type server struct {
	Options
	operations map[string]operation
}

// operation is one thing that a client may ask.
type operation struct {
	method string
	run    func(*call) error
	upload bool // reads its body itself
	raw    bool // answers with bytes, not with JSON
}

func operations() map[string]operation {
	post := func(run func(*call) error) operation { return operation{method: http.MethodPost, run: run} }
	return map[string]operation{
		OpSend:         {method: http.MethodPost, run: (*call).send, upload: true},
		OpReceived:     post((*call).received),
		OpSent:         post((*call).sent),
		OpGet:          post((*call).get),
		OpDownload:     {method: http.MethodGet, run: (*call).download, raw: true},
		OpUpdateStatus: post((*call).updateStatus),
		OpCountEdoc:    post((*call).countDocuments),
		OpCountStatus:  post((*call).countStatuses),
		OpAgencies:     post((*call).agencies),
		OpAgenciesQD20: post((*call).agenciesQD20),
		OpSync:         post((*call).synchronize),
		OpRegister:     {method: http.MethodPost, run: (*call).register, upload: true},
		OpDelete:       post((*call).deleteAgency),
	}
}

// call is one request on its way.
type call struct {
	*server
	operation
	name      string
	w         *answerWriter
	r         *http.Request
	principal gateway.Principal
	params    parameters
}

// ServeHTTP implements http.Handler. Whatever happens, the answer is a JSON object.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{server: s, name: path.Base(r.URL.Path), r: r}
	c.w = &answerWriter{ResponseWriter: w, rc: http.NewResponseController(w), stall: s.Stall}
	defer c.recover()
	if err := c.serve(); err != nil {
		c.refuse(err)
	}
}

func (c *call) serve() error {
	op, known := c.operations[c.name]
	c.operation = op
	if !known {
		return gateway.Errorf(gateway.CodeInvalidRequest, "operation", "unknown operation %q", c.name)
	}
	if c.r.Method != op.method {
		return gateway.Errorf(gateway.CodeInvalidRequest, "method "+op.method, "method %s", c.r.Method)
	}
	if err := c.authenticate(); err != nil {
		return err
	}
	c.r.Body = &stallReader{ReadCloser: c.r.Body, rc: c.w.rc, stall: c.Stall}
	if !op.upload {
		// Clients announce their two bytes with Expect: 100-continue. Reading
		// them keeps the connection in use.
		c.drain(maxSmallBody)
	}
	return op.run(c)
}

// maxSmallBody bounds the bodies of operations that carry none, or a small JSON object.
const maxSmallBody = 64 << 10

// maxRefusedBody is how much of a refused upload is read on, so that a client that
// writes all before it reads gets its answer.
const maxRefusedBody = 64 << 20

// drain reads on and throws away. What stays unread closes the connection.
func (c *call) drain(n int64) {
	_, _ = io.CopyN(io.Discard, c.r.Body, n)
}

// recover turns a panic into an answer or, when the answer has begun, breaks
// the connection so that nobody takes half an answer for a whole one.
func (c *call) recover() {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler || c.w.started {
		c.logPanic(v)
		panic(http.ErrAbortHandler)
	}
	c.logPanic(v)
	c.refuse(gateway.Errorf(gateway.CodeInternal, "", "panic"))
}

func (c *call) logPanic(v any) {
	if v != http.ErrAbortHandler {
		c.Log.ErrorContext(c.r.Context(), "exchange request panicked", "operation", c.name, "panic", v, "stack", string(debug.Stack()))
	}
}

// stallReader gives up on a client that sends nothing for too long, and lets
// one that sends take as long as it needs.
type stallReader struct {
	io.ReadCloser
	rc    *http.ResponseController
	stall time.Duration
	end   error
}

// Read implements io.Reader.
func (s *stallReader) Read(p []byte) (int, error) {
	if s.end != nil {
		return 0, s.end
	}
	_ = s.rc.SetReadDeadline(time.Now().Add(s.stall))
	n, err := s.ReadCloser.Read(p)
	s.end = err
	switch {
	case errors.Is(err, io.EOF):
		_ = s.rc.SetReadDeadline(time.Time{}) // from here on the connection is only watched
	case err != nil:
		_ = s.rc.SetReadDeadline(time.Now()) // or the HTTP server would wait for the rest without end
	}
	return n, err
}
