package witness

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"congvan/archive/ledger/checkpoint"
	"congvan/archive/ledger/internal/local"
)

// Options of a witness.
type Options struct {
	Name    string   // the witness's name: a host and path, such as congvan.example.gov.vn/witness
	KeyFile string   // of its Ed25519 signing key; made at first use. Not the key of a log
	Logs    []string // public keys of the logs it cosigns
	Now     func() time.Time
	// Alarm is told when what a log has really signed does not follow from what it signed
	// before. Two roots for one size prove that the log has two histories: keep the request. A
	// proof that does not hold is only a reason to ask, for anybody can send one. It may be nil.
	Alarm func(ctx context.Context, origin string, request []byte, why error)
}

// Server is a witness of other logs, an http.Handler for POST …/add-checkpoint. It is safe
// for concurrent use, also by several processes with one folder.
type Server struct {
	dir      string
	cosigner *checkpoint.Cosigner
	logs     map[string]note.Verifier
	alarm    func(context.Context, string, []byte, error)
	mu       sync.Mutex
}

// Open makes a witness that remembers what it signed in a folder of its own. If
// that folder is ever lost, make a new key: the old one would sign what contradicts
// its earlier signatures.
func Open(dir string, o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Alarm == nil {
		o.Alarm = func(context.Context, string, []byte, error) {}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	private, err := checkpoint.LoadKey(o.KeyFile, o.Name)
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	cosigner, err := checkpoint.NewCosigner(private, o.Now)
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	s := &Server{dir: dir, cosigner: cosigner, logs: map[string]note.Verifier{}, alarm: o.Alarm}
	for _, key := range o.Logs {
		v, err := note.NewVerifier(key)
		if err != nil {
			return nil, fmt.Errorf("witness: key of a log: %w", err)
		}
		s.logs[v.Name()] = v
	}
	return s, nil
}

// PublicKey is what the logs, and those who check their proofs, configure.
func (s *Server) PublicKey() string { return s.cosigner.PublicKey() }

// answer is what the protocol says in one case; err is why it is a refusal.
type answer struct {
	status int
	size   int64 // of the newest checkpoint that was signed, with status 409
	err    error
	alarm  bool
}

func refuse(status int, format string, args ...any) *answer {
	return &answer{status: status, err: fmt.Errorf(format, args...)}
}

// ServeHTTP answers add-checkpoint.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "POST a checkpoint", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxRequest))
	if err != nil {
		http.Error(w, "the request is too long or broke off", http.StatusBadRequest)
		return
	}
	line, refused := s.add(r.Context(), body)
	switch {
	case refused == nil:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(line)
	case refused.status == http.StatusConflict:
		w.Header().Set("Content-Type", sizeType)
		w.WriteHeader(refused.status)
		_, _ = fmt.Fprintf(w, "%d\n", refused.size)
	default:
		http.Error(w, refused.err.Error(), refused.status)
	}
}

// add is the protocol: it gives the line of a cosignature, or a refusal.
func (s *Server) add(ctx context.Context, body []byte) ([]byte, *answer) {
	request, err := ParseRequest(body)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "%w", err)
	}
	claimed, err := checkpoint.Unverified(request.Checkpoint)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "%w", err)
	}
	log, ok := s.logs[claimed.Origin]
	if !ok {
		return nil, refuse(http.StatusNotFound, "this witness does not know the log")
	}
	next, n, err := checkpoint.Open(request.Checkpoint, log)
	if err != nil {
		return nil, refuse(http.StatusForbidden, "%w", err)
	}
	line, refused := s.advance(request, next, n)
	if refused != nil && refused.alarm {
		s.alarm(ctx, next.Origin, body, refused.err)
	}
	return line, refused
}

// advance compares with what was signed last and remembers the new one, as one step:
// between the two nobody else may sign for this log.
func (s *Server) advance(request Request, next checkpoint.Checkpoint, n *note.Note) ([]byte, *answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lock, err := local.Lock(filepath.Join(s.dir, "lock"))
	if err != nil {
		return nil, internal(err)
	}
	defer lock.Close()
	last, err := s.last(next.Origin)
	if err != nil {
		return nil, internal(err)
	}
	if refused := judge(request, last, next); refused != nil {
		return nil, refused
	}
	// Only the log's own signature is kept and cosigned, not what else stood on the note.
	signed, err := note.Sign(&note.Note{Text: n.Text, Sigs: n.Sigs}, s.cosigner)
	if err != nil {
		return nil, internal(err)
	}
	if err := local.Replace(s.place(next.Origin), signed); err != nil {
		return nil, internal(err)
	}
	return signed[bytes.LastIndexByte(signed[:len(signed)-1], '\n')+1:], nil
}

func internal(error) *answer {
	return &answer{status: http.StatusInternalServerError, err: errors.New("the witness cannot sign now")}
}

// judge says why a checkpoint may not be signed after the last one.
func judge(r Request, last, next checkpoint.Checkpoint) *answer {
	switch {
	case r.Old > next.Size:
		return refuse(http.StatusBadRequest, "the old size is above the checkpoint's")
	case next.Size == 0 && next.Root != sha256.Sum256(nil):
		return refuse(http.StatusUnprocessableEntity, "an empty tree has another root")
	case r.Old != last.Size:
		a := refuse(http.StatusConflict, "%d leaves were signed before", last.Size)
		a.size = last.Size
		return a
	case r.Old == next.Size && last.Size > 0 && next.Root != last.Root:
		a := refuse(http.StatusConflict, "two histories of %d leaves", last.Size)
		a.size, a.alarm = last.Size, true
		return a
	}
	if err := grown(r, last, next); err != nil {
		a := refuse(http.StatusUnprocessableEntity, "the proof does not hold: %w", err)
		a.alarm = true
		return a
	}
	return nil
}

func grown(r Request, last, next checkpoint.Checkpoint) error {
	if r.Old == 0 || r.Old == next.Size {
		if len(r.Proof) > 0 {
			return errors.New("a proof where none belongs")
		}
		return nil
	}
	return tlog.CheckTree(r.Proof, next.Size, next.Root, last.Size, last.Root)
}

// Last gives the newest checkpoint of a log that this witness signed, as a note with
// both signatures; nil when there is none.
func (s *Server) Last(origin string) ([]byte, error) {
	if _, ok := s.logs[origin]; !ok {
		return nil, nil
	}
	data, err := os.ReadFile(s.place(origin))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// last reads it and checks that this witness signed it: whoever can write the folder
// must not be able to make it forget.
func (s *Server) last(origin string) (checkpoint.Checkpoint, error) {
	data, err := s.Last(origin)
	if data == nil || err != nil {
		return checkpoint.Checkpoint{Origin: origin}, err
	}
	opened, err := note.Open(data, note.VerifierList(s.cosigner))
	if err != nil {
		return checkpoint.Checkpoint{}, err
	}
	c, err := checkpoint.Parse(opened.Text)
	if err == nil && c.Origin != origin {
		err = checkpoint.ErrSignature
	}
	return c, err
}

func (s *Server) place(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return filepath.Join(s.dir, hex.EncodeToString(sum[:])+".checkpoint")
}
