package witness

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/transparency-dev/formats/log"
	cosignature "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"congvan/archive/ledger/checkpoint"
)

const origin = "ward.h26-99.example/ledger"

var now = time.Date(2026, 11, 3, 2, 0, 0, 0, time.UTC)

// history is a log in memory; variant makes its leaves differ from some place on.
type history struct {
	stored []tlog.Hash
	signer note.Signer
}

func newHistory(t *testing.T, signer note.Signer, size, from int, variant string) *history {
	t.Helper()
	h := &history{signer: signer}
	for n := range size {
		leaf := []byte{byte(n), byte(n >> 8)}
		if n >= from {
			leaf = append(leaf, variant...)
		}
		hashes, err := tlog.StoredHashes(int64(n), leaf, h)
		if err != nil {
			t.Fatal(err)
		}
		h.stored = append(h.stored, hashes...)
	}
	return h
}

func (h *history) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = h.stored[x]
	}
	return out, nil
}

func (h *history) at(t *testing.T, size int64) []byte {
	t.Helper()
	root, err := tlog.TreeHash(size, h)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := checkpoint.Checkpoint{Origin: origin, Size: size, Root: root}.Sign(h.signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func (h *history) request(t *testing.T, old, size int64) Request {
	t.Helper()
	r := Request{Old: old, Checkpoint: h.at(t, size)}
	if old > 0 && old < size {
		var err error
		if r.Proof, err = tlog.ProveTree(size, old, h); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

type fixture struct {
	signer  note.Signer
	log     note.Verifier
	options Options
	dir     string
	alarms  []string
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{dir: filepath.Join(t.TempDir(), "witness")}
	f.signer, _ = note.NewSigner(private)
	f.log, _ = note.NewVerifier(public)
	f.options = Options{
		Name: "city.h26-99.example/witness", KeyFile: filepath.Join(t.TempDir(), "key"), Logs: []string{public},
		Now:   func() time.Time { return now },
		Alarm: func(_ context.Context, _ string, _ []byte, why error) { f.alarms = append(f.alarms, why.Error()) },
	}
	return f
}

func (f *fixture) open(t *testing.T) *Server {
	t.Helper()
	s, err := Open(f.dir, f.options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func post(s http.Handler, body []byte) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/add-checkpoint", bytes.NewReader(body)))
	return w
}

// Each step follows the ones before; the witness is opened anew for each.
func TestProtocol(t *testing.T) {
	f := newFixture(t)
	good := newHistory(t, f.signer, 600, 600, "")
	fork := newHistory(t, f.signer, 600, 100, "another history")
	strangerPrivate, _, _ := note.GenerateKey(rand.Reader, origin)
	stranger, _ := note.NewSigner(strangerPrivate)
	unsigned := newHistory(t, stranger, 600, 600, "")
	other := bytes.Replace(good.request(t, 0, 10).Marshal(), []byte(origin), []byte("nobody.example/log"), 2)
	badProof := good.request(t, 200, 300)
	badProof.Proof[0][0] ^= 1
	needless := good.request(t, 200, 200)
	needless.Proof = tlog.TreeProof{tlog.Hash{}}
	for _, step := range []struct {
		name   string
		body   []byte
		status int
		answer string
		alarms int
	}{
		{"not a request", []byte("hello"), 400, "", 0},
		{"no old size", []byte("old \n\n" + string(good.at(t, 5))), 400, "", 0},
		{"a size with a zero before it", []byte("old 00\n\n" + string(good.at(t, 5))), 400, "", 0},
		{"no checkpoint", []byte("old 0\n\nhello\n"), 400, "", 0},
		{"too many lines", []byte("old 1\n" + strings.Repeat("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", 64) + "\n" + string(good.at(t, 5))), 400, "", 0},
		{"unknown log", other, 404, "", 0},
		{"not the log's key", unsigned.request(t, 0, 10).Marshal(), 403, "", 0},
		{"old above the size", good.request(t, 20, 10).Marshal(), 400, "", 0},
		{"a size never signed", good.request(t, 5, 10).Marshal(), 409, "0\n", 0},
		{"first", good.request(t, 0, 50).Marshal(), 200, "", 0},
		{"same again", good.request(t, 50, 50).Marshal(), 200, "", 0},
		{"grown", good.request(t, 50, 200).Marshal(), 200, "", 0},
		{"from an older one", good.request(t, 50, 300).Marshal(), 409, "200\n", 0},
		{"rolled back", good.request(t, 0, 100).Marshal(), 409, "200\n", 0},
		{"a bad proof", badProof.Marshal(), 422, "", 1},
		{"a needless proof", needless.Marshal(), 422, "", 1},
		{"same size, other history", fork.request(t, 200, 200).Marshal(), 409, "200\n", 1},
		{"larger, other history", fork.request(t, 200, 300).Marshal(), 422, "", 1},
		{"grown after all", good.request(t, 200, 600).Marshal(), 200, "", 0},
	} {
		f.alarms = nil
		s := f.open(t)
		w := post(s, step.body)
		if w.Code != step.status || step.answer != "" && w.Body.String() != step.answer || len(f.alarms) != step.alarms {
			t.Errorf("%s: %d %q, alarms %v; want %d %q", step.name, w.Code, w.Body, f.alarms, step.status, step.answer)
		}
		if w.Code == http.StatusConflict && w.Header().Get("Content-Type") != "text/x.tlog.size" {
			t.Errorf("%s: content type %q", step.name, w.Header().Get("Content-Type"))
		}
	}
	last, err := f.open(t).Last(origin)
	if c, _, openErr := checkpoint.Open(last, f.log); err != nil || openErr != nil || c.Size != 600 {
		t.Errorf("last %q, %v, %v", last, err, openErr)
	}
}

// The cosignature is one that another project's library accepts, and the other way round.
func TestCosignaturesAreTheStandards(t *testing.T) {
	f := newFixture(t)
	s := f.open(t)
	signed := newHistory(t, f.signer, 10, 10, "").at(t, 10)
	w := post(s, Request{Checkpoint: signed}.Marshal())
	verifier, err := cosignature.NewVerifierForCosignatureV1(s.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	both := append(bytes.Clone(signed), w.Body.Bytes()...)
	parsed, _, n, err := log.ParseCheckpoint(both, origin, f.log, verifier)
	if err != nil || len(n.Sigs) != 2 || parsed.Size != 10 {
		t.Fatalf("%v, %v", n, err)
	}
	if at, err := cosignature.CoSigV1Timestamp(n.Sigs[1]); err != nil || !at.Equal(now) || !checkpoint.CosignedAt(n.Sigs[1]).Equal(now) {
		t.Errorf("time %v, %v", at, err)
	}

	private, public, _ := note.GenerateKey(rand.Reader, "theirs.example/w")
	theirs, err := cosignature.NewSignerForCosignatureV1(private)
	if err != nil {
		t.Fatal(err)
	}
	cosigned, err := note.Sign(&note.Note{Text: n.Text, Sigs: n.Sigs[:1]}, theirs)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := checkpoint.NewCosignatureVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	if _, n, err = checkpoint.Open(cosigned, f.log, ours); err != nil || len(n.Sigs) != 2 {
		t.Errorf("%v, %v", n, err)
	}
}

// Of many that ask at once with different histories, one is signed.
func TestOneHistoryWins(t *testing.T) {
	f := newFixture(t)
	servers := []*Server{f.open(t), f.open(t)} // as two processes have it
	for _, s := range servers {
		s.alarm = func(context.Context, string, []byte, error) {}
	}
	bodies := make([][]byte, 8)
	for i := range bodies {
		bodies[i] = newHistory(t, f.signer, 20, 0, string(rune('a'+i))).request(t, 0, 20).Marshal()
	}
	codes := make([]int, len(bodies))
	var wg sync.WaitGroup
	for i, body := range bodies {
		wg.Go(func() { codes[i] = post(servers[i%2], body).Code })
	}
	wg.Wait()
	signed := 0
	for _, code := range codes {
		if code == http.StatusOK {
			signed++
		}
	}
	if signed != 1 {
		t.Errorf("%d histories were signed: %v", signed, codes)
	}
}

func TestSpoiltMemoryStopsTheWitness(t *testing.T) {
	f := newFixture(t)
	s := f.open(t)
	h := newHistory(t, f.signer, 30, 30, "")
	if w := post(s, h.request(t, 0, 10).Marshal()); w.Code != 200 {
		t.Fatal(w.Code)
	}
	if err := os.WriteFile(s.place(origin), h.at(t, 5), 0o644); err != nil { // without its own signature
		t.Fatal(err)
	}
	if w := post(s, h.request(t, 5, 20).Marshal()); w.Code != http.StatusInternalServerError {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestClientAndServer(t *testing.T) {
	f := newFixture(t)
	s := f.open(t)
	server := httptest.NewServer(s)
	defer server.Close()
	verifier, _ := checkpoint.NewCosignatureVerifier(s.PublicKey())
	client := &Client{Prefix: server.URL + "/", Verifier: verifier, HTTP: server.Client()}
	h := newHistory(t, f.signer, 30, 30, "")
	line, err := client.Add(context.Background(), h.request(t, 0, 10), f.log)
	if err != nil || !strings.HasPrefix(string(line), "— "+f.options.Name+" ") {
		t.Fatalf("%q, %v", line, err)
	}
	var conflict *Conflict
	if _, err = client.Add(context.Background(), h.request(t, 0, 20), f.log); !errors.As(err, &conflict) || conflict.Size != 10 {
		t.Errorf("%v", err)
	}
	server.Close()
	if _, err = client.Add(context.Background(), h.request(t, 10, 20), f.log); !errors.Is(err, ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

func TestOtherMethodsAndLongRequests(t *testing.T) {
	s := newFixture(t).open(t)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/add-checkpoint", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Error(w.Code)
	}
	if w := post(s, make([]byte, MaxRequest+1)); w.Code != http.StatusBadRequest {
		t.Error(w.Code)
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte("old 0\n\norigin\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— x AAAA\n"))
	f.Add([]byte("old 5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\nx"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := ParseRequest(body)
		if err != nil {
			return
		}
		again, err := ParseRequest(r.Marshal())
		if err != nil || again.Old != r.Old || len(again.Proof) != len(r.Proof) || !bytes.Equal(again.Checkpoint, r.Checkpoint) {
			t.Errorf("%+v, %+v, %v", r, again, err)
		}
	})
}
