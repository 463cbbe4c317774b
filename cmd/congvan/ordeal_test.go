package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"congvan/connectors/vxp"
	"congvan/gateway"
	"congvan/gateway/api/wire"
	"congvan/schemas/edxml"
)

// ordeal is a running gateway to which something terrible is done. What is asked of it each
// time: the exact coded answer on both faces, nothing half stored, memory
// bounded, and that a good letter goes through afterwards.
type ordeal struct {
	*installation
	*node
	t       *testing.T
	objects string                 // folder of the blobs; empty: not on this disk
	vxp     map[string]*vxp.Client // by agency
	http    *http.Client
	serial  atomic.Int64
}

// gates are timeouts short enough to wait for in a test.
const gates = `[listen]
header_timeout = "1s"
stall_timeout = "2s"
`

// face is each way into the gateway, for tests that take both.
type face string

const (
	rest     face = "rest"
	exchange face = "exchange"
)

// endure installs a gateway with further sections, starts it and gives everybody keys for both faces.
func endure(t *testing.T, sections string) *ordeal {
	t.Helper()
	in := install(t, sections)
	return begin(t, in, filepath.Join(filepath.Dir(in.config), "data", "objects"))
}

// begin starts an installation whose blobs lie in a folder.
func begin(t *testing.T, in *installation, objects string) *ordeal {
	t.Helper()
	o := &ordeal{
		installation: in, t: t, vxp: map[string]*vxp.Client{}, objects: objects,
		http: &http.Client{Timeout: 3 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 8}},
	}
	o.node = in.start(freeAddress(t))
	o.ready(20 * time.Second)
	t.Cleanup(func() { o.node.stop() })
	for _, p := range append([]party{in.sender}, in.wards...) {
		o.vxp[p.agency] = o.exchangeKey(p.agency)
	}
	return o
}

// exchangeKey issues a systemid and secret of the exchange protocol.
func (o *ordeal) exchangeKey(agency string) *vxp.Client {
	o.t.Helper()
	id := "sys." + agency
	var k struct {
		Secret string `json:"secret"`
	}
	if err := json.Unmarshal(o.run("key", "create", "system-"+agency, "--vxp", "--systemid", id, "--agency", agency, "--json"), &k); err != nil {
		o.t.Fatal(err)
	}
	return &vxp.Client{SystemID: id, Secret: []byte(k.Secret), Endpoint: o.url + "/vxp", HTTP: o.http}
}

// directory imports further agencies.
func (o *ordeal) directory(agencies ...map[string]any) {
	o.t.Helper()
	text, err := json.Marshal(agencies)
	if err != nil {
		o.t.Fatal(err)
	}
	file := filepath.Join(o.t.TempDir(), "agencies.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		o.t.Fatal(err)
	}
	o.run("agency", "import", file)
}

// refusal is the answer that a submission must get.
type refusal struct {
	code   gateway.Code
	status int    // of REST
	number string // ErrorCode of the exchange protocol
	place  string // how it begins, when not empty
	rule   string // of the first finding, when not empty
}

// parcel is what is submitted: bytes that can be made again, for some have to be hashed before they go out.
type parcel struct {
	size int64
	open func() io.Reader
	from gateway.AgencyID // sender named to the exchange protocol; default: of the key
	kind edxml.Kind       // default: document
}

func parcelOf(body []byte) parcel {
	return parcel{size: int64(len(body)), open: func() io.Reader { return bytes.NewReader(body) }}
}

// submit sends a parcel through REST and gives the answer, whatever it is.
func (o *ordeal) submit(p party, body parcel) (int, []byte) {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.t.Context(), http.MethodPost, o.url+"/v1/letters", body.open())
	if err != nil {
		o.t.Fatal(err)
	}
	req.ContentLength = body.size
	req.Header.Set("Authorization", "Bearer "+p.key)
	req.Header.Set("Content-Type", "application/xml")
	return o.do(req)
}

// ask sends a request without a body through REST.
func (o *ordeal) ask(p party, method, path string, body []byte) (int, []byte) {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.t.Context(), method, o.url+path, bytes.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.key)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return o.do(req)
}

func (o *ordeal) do(req *http.Request) (int, []byte) {
	o.t.Helper()
	resp, err := o.http.Do(req)
	if err != nil {
		o.t.Fatalf("%s %s: %v", req.Method, req.URL.Path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		o.t.Fatalf("%s %s: answer: %v", req.Method, req.URL.Path, err)
	}
	return resp.StatusCode, b
}

// exchange sends a parcel through the exchange protocol.
func (o *ordeal) exchange(c *vxp.Client, p party, body parcel) (string, error) {
	o.t.Helper()
	h := sha256.New()
	if _, err := io.Copy(h, body.open()); err != nil {
		o.t.Fatal(err)
	}
	u := uploadOf(p, body)
	u.SHA256 = hex.EncodeToString(h.Sum(nil))
	return c.Send(o.t.Context(), u)
}

// uploadOf is a parcel as the exchange protocol's client takes it, with a hash of nothing.
func uploadOf(p party, body parcel) vxp.Upload {
	return vxp.Upload{
		Kind: cmp.Or(body.kind, edxml.KindDocument), From: cmp.Or(body.from, gateway.AgencyID(p.agency)),
		Body: body.open(), Size: body.size, SHA256: strings.Repeat("0", 2*sha256.Size),
	}
}

// refused submits a parcel and checks that it is refused as wanted, at once, and that nothing of it is left.
func (o *ordeal) refused(t *testing.T, f face, p party, body parcel, want refusal) {
	t.Helper()
	before, start := o.stock(), time.Now()
	if f == rest {
		status, answer := o.submit(p, body)
		checkProblem(t, status, answer, want)
	} else {
		_, err := o.exchange(o.vxp[p.agency], p, body)
		checkAnswer(t, err, want)
	}
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("the refusal took %s", took)
	}
	o.unchanged(t, before)
}

// checkProblem checks an answer of the REST API.
func checkProblem(t *testing.T, status int, answer []byte, want refusal) {
	t.Helper()
	var p wire.Problem
	if err := json.Unmarshal(answer, &p); err != nil {
		t.Fatalf("answer %d %q: %v", status, answer, err)
	}
	d := gateway.Describe(want.code)
	if status != want.status || p.Status != want.status || p.Code != want.code || p.Type != wire.TypePrefix+string(want.code) {
		t.Errorf("answer %d %s, want %d %s: %s", status, p.Code, want.status, want.code, answer)
	}
	if p.Vi != d.Vi || p.En != d.En || p.Detail != d.Vi+" "+d.En || p.RequestID == "" {
		t.Errorf("texts are not those of %s: %s", want.code, answer)
	}
	if !strings.HasPrefix(p.Place, want.place) {
		t.Errorf("place %q, want %q", p.Place, want.place)
	}
	if want.rule == "" {
		return
	}
	if len(p.Findings) == 0 || p.Findings[0].Rule != want.rule || p.Findings[0].Vi == "" || p.Findings[0].En == "" {
		t.Errorf("findings %+v, want %s first, in two languages", p.Findings, want.rule)
	}
}

// checkAnswer checks an answer of the exchange protocol, whose texts carry no marks.
func checkAnswer(t *testing.T, err error, want refusal) {
	t.Helper()
	var a *vxp.AnswerError
	if !errors.As(err, &a) {
		t.Fatalf("answer %v, want a refusal with %s", err, want.number)
	}
	d := gateway.Describe(want.code)
	if a.HTTP != http.StatusOK || a.Code != want.number {
		t.Errorf("answer HTTP %d, ErrorCode %s, want 200 and %s: %s", a.HTTP, a.Code, want.number, a.Text)
	}
	text := unmarked(d.Vi) + " / " + d.En + " [" + string(want.code)
	if want.place != "" {
		text += ": " + want.place
	}
	if !strings.HasPrefix(a.Text, text) {
		t.Errorf("text %q, want %q", a.Text, text)
	}
	if want.rule != "" && !strings.Contains(a.Text, "]; ") {
		t.Errorf("text %q, want the first finding in it", a.Text)
	}
	if a.Text != unmarked(a.Text) {
		t.Errorf("text %q is not ASCII", a.Text)
	}
}

// unmarked is Vietnamese as the exchange protocol can carry it, without its marks.
func unmarked(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(strings.NewReplacer("đ", "d", "Đ", "D").Replace(s)))
}

// stock is everything that is kept: what a refused letter must not change.
type stock struct {
	blobs, staged, sent int
	inboxes             [3]int
}

func (o *ordeal) stock() stock {
	o.t.Helper()
	var s stock
	if o.objects != "" {
		s.blobs = countFiles(o.t, filepath.Join(o.objects, "blobs"))
		s.staged = countFiles(o.t, filepath.Join(o.objects, "staging"))
	}
	var page struct {
		Items []json.RawMessage `json:"items"`
	}
	o.answered(o.sender, "/v1/sent?limit=1000", &page)
	s.sent = len(page.Items)
	for i, w := range o.wards {
		var n wire.Count
		o.answered(w, "/v1/inbox/count", &n)
		s.inboxes[i] = n.Count
	}
	return s
}

// answered asks for something that must be there.
func (o *ordeal) answered(p party, path string, into any) {
	o.t.Helper()
	status, b := o.ask(p, http.MethodGet, path, nil)
	if status != http.StatusOK {
		o.t.Fatalf("GET %s: %d %s", path, status, b)
	}
	if err := json.Unmarshal(b, into); err != nil {
		o.t.Fatal(err)
	}
}

func countFiles(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it was thrown away while we looked
		}
		if err == nil && d.Type().IsRegular() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// unchanged waits a little, for a client that went away is noticed and not awaited, and compares.
func (o *ordeal) unchanged(t *testing.T, before stock) {
	t.Helper()
	before.staged = 0
	var now stock
	if !soon(2*time.Second, func() bool { now = o.stock(); return now == before }) {
		t.Errorf("something was kept: %+v, before %+v", now, before)
	}
}

// soon waits until a condition holds.
func soon(limit time.Duration, holds func() bool) bool {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return true
		}
	}
	return holds()
}

// letter makes a good letter that nobody has sent yet.
func (o *ordeal) letter(to ...string) []byte {
	n := o.serial.Add(1)
	file := bytes.Repeat(fmt.Appendf(nil, "Văn bản số %d. ", n), 400)
	return envelopeOf(o.t, o.sender.agency, strconv.FormatInt(7000+n, 10), [][]byte{file}, to...)
}

// carries shows that the gateway is well: a good letter goes in at each door and comes out at the other, byte for byte.
func (o *ordeal) carries(t *testing.T) {
	t.Helper()
	o.travels(t, rest, parcelOf(o.letter(o.wards[0].agency)), o.wards[0])
	o.travels(t, exchange, parcelOf(o.letter(o.wards[1].agency)), o.wards[1])
}

// travels submits a letter and lets its receiver fetch it by the other face and acknowledge it.
func (o *ordeal) travels(t *testing.T, f face, body parcel, to party) gateway.MessageID {
	t.Helper()
	message := o.accepted(t, f, o.sender, body)
	o.taken(t, f, message, body, to)
	return message
}

// accepted submits a parcel that must be accepted.
func (o *ordeal) accepted(t *testing.T, f face, from party, body parcel) gateway.MessageID {
	t.Helper()
	if f == exchange {
		id, err := o.exchange(o.vxp[from.agency], from, body)
		if err != nil {
			t.Fatalf("a good letter through the exchange protocol: %v", err)
		}
		return gateway.MessageID(id)
	}
	status, answer := o.submit(from, body)
	var a gateway.Acceptance
	if err := json.Unmarshal(answer, &a); err != nil || status/100 != 2 || a.Receipt.JWS == "" {
		t.Fatalf("a good letter through REST: %d %s", status, answer)
	}
	return a.Message
}

// taken lets the receiver fetch a message by the face it did not come in by, compare and acknowledge it.
func (o *ordeal) taken(t *testing.T, came face, message gateway.MessageID, body parcel, to party) {
	t.Helper()
	want := sum(t, body.open())
	if got := o.fetch(t, came, message, to); got != want {
		t.Fatalf("message %s came out as %s, went in as %s", message, got, want)
	}
	if came == rest {
		if err := o.vxp[to.agency].UpdateStatus(t.Context(), string(message), vxp.WordDone, ""); err != nil {
			t.Fatal(err)
		}
		return
	}
	out := o.acknowledge(t, to, wire.Ack{Message: message, SHA256: want})
	if out.State != gateway.DeliveryAcknowledged {
		t.Fatalf("acknowledgement answered %+v", out)
	}
}

func (o *ordeal) acknowledge(t *testing.T, p party, ack wire.Ack) wire.Outcome {
	t.Helper()
	body, err := json.Marshal(wire.Acks{Items: []wire.Ack{ack}})
	if err != nil {
		t.Fatal(err)
	}
	status, answer := o.ask(p, http.MethodPost, "/v1/acks", body)
	var done wire.Outcomes
	if err := json.Unmarshal(answer, &done); err != nil || status != http.StatusOK || len(done.Items) != 1 {
		t.Fatalf("acknowledgement: %d %s", status, answer)
	}
	return done.Items[0]
}

// fetch gives the SHA-256 of a message as its receiver gets it.
func (o *ordeal) fetch(t *testing.T, came face, message gateway.MessageID, to party) string {
	t.Helper()
	if came == rest {
		r, err := o.vxp[to.agency].Download(t.Context(), string(message))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		return sum(t, r)
	}
	resp, err := o.get(t.Context(), to, "/v1/letters/"+string(message)+"/envelope")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(resp.Body)
		t.Fatalf("fetch: %s %s", resp.Status, b)
	}
	return sum(t, resp.Body)
}

// get begins a GET; the caller reads and closes the body.
func (o *ordeal) get(ctx context.Context, p party, path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.url+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+p.key)
	return o.http.Do(req)
}

func sum(t *testing.T, r io.Reader) string {
	t.Helper()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// maxMemory is what the process may have taken at its worst moment, code included.
const maxMemory = 100 << 20

// slim checks the greatest memory that the process ever held.
func (o *ordeal) slim(t *testing.T) {
	t.Helper()
	held, err := peakMemory(o.cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the process held at most %d MiB", held>>20)
	if held > maxMemory {
		t.Errorf("the process held %d MiB, want at most %d", held>>20, maxMemory>>20)
	}
}

// peakMemory gives the most bytes that a running process ever held. What wait4 tells of one that has
// ended counts the process that started it, too.
func peakMemory(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0, fmt.Errorf("process %d has ended", pid)
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	return kib << 10, err
}

// readiness gives the status of /readyz; 0 when nobody answers.
func (o *ordeal) readiness() int {
	resp, err := o.http.Get(o.url + "/readyz")
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// turns waits until /readyz answers with a status.
func (o *ordeal) turns(t *testing.T, status int) {
	t.Helper()
	got := 0
	if !soon(15*time.Second, func() bool { got = o.readiness(); return got == status }) {
		t.Errorf("/readyz answers %d, want %d", got, status)
	}
}
