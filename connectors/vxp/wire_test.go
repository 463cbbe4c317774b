package vxp

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// wire is a request as deployed clients put it on a socket, byte by byte.
type wire struct {
	method, path string
	signed       []param  // after systemid, in signing order
	loose        []param  // further headers that repeat nothing
	plain        []string // further header lines
	body         string
	contentType  string
	unsigned     bool                // no hash-header
	spoil        func(string) string // changes the request's text before it is sent
}

// text makes the request. The order of its headers is that of a hash map: any.
func (w wire) text() string {
	contentType := w.contentType
	if contentType == "" {
		contentType = "application/json"
	}
	params := append([]param{{paramSystemID, testSystem}}, w.signed...)
	params = append(params, param{paramTimestamp, "23112026T181050+0669"}, param{paramContentType, contentType})
	var signText, names []string
	lines := append([]string{"Content-Type: " + contentType, "Host: gateway", headerVersion + ": " + protocolVersion, "User-Agent: " + userAgent}, w.plain...)
	for _, p := range params {
		signText = append(signText, fmt.Sprintf(`"%s%s":"%s"`, prefix, p.name, strings.ReplaceAll(p.value, `"`, `\"`)))
		names = append(names, p.name)
		lines = append(lines, prefix+p.name+": "+p.value)
	}
	for _, p := range w.loose {
		lines = append(lines, prefix+p.name+": "+p.value)
	}
	signHeader := "{" + strings.Join(signText, ",") + "}"
	lines = append(lines, headerSign+": "+signHeader, headerSignKeys+": "+strings.Join(names, ";"))
	if !w.unsigned {
		lines = append(lines, headerHash+": "+hex.EncodeToString(mac([]byte(testSecret), signHeader)))
	}
	rand.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	text := w.method + " " + w.path + " HTTP/1.1\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n" + w.body
	if w.spoil != nil {
		text = w.spoil(text)
	}
	return text
}

// post is a call with a small body, announced as Apache HttpClient does.
func post(op, body string, signed ...param) wire {
	return wire{
		method: "POST", path: "/any/base/" + op, signed: signed, body: body,
		plain: []string{fmt.Sprintf("Content-Length: %d", len(body)), "Accept-Encoding: gzip,deflate", "Connection: Keep-Alive"},
	}
}

// upload is a sendEdoc as java.net.HttpURLConnection makes it.
func upload(file string, signed ...param) wire {
	d := digestOf(file)
	raw, _ := hex.DecodeString(d)
	params := append([]param{{paramServiceType, "eDoc"}}, signed...)
	params = append(params, param{paramHashFile, unpadded(raw)})
	body := file + "\r\n"
	return wire{
		method: "POST", path: "/sendEdoc", signed: params, body: body, contentType: "application/octet-stream",
		plain: []string{
			fmt.Sprintf("Content-Length: %d", len(body)), "Cache-Control: no-cache", "Pragma: no-cache",
			"Accept: text/html, image/gif, image/jpeg, */*; q=0.2", "Connection: keep-alive",
		},
	}
}

// reply is what came back.
type reply struct {
	*http.Response
	text []byte
	json map[string]any // nil when the body is no JSON object
}

func (r reply) str(field string) string {
	s, _ := r.json[field].(string)
	return s
}

// start serves and gives the address.
func start(t *testing.T, o Options) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(NewServer(o))
	s.Config.MaxHeaderBytes = 1 << 20
	s.Config.ErrorLog = nil
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// exchange sends a request over a connection of its own.
func exchange(t *testing.T, s *httptest.Server, w wire) reply {
	t.Helper()
	c := dial(t, s)
	if _, err := io.WriteString(c, w.text()); err != nil {
		t.Fatal(err)
	}
	return receive(t, bufio.NewReader(c), w.method)
}

func dial(t *testing.T, s *httptest.Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

func receive(t *testing.T, r *bufio.Reader, method string) reply {
	t.Helper()
	res, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := reply{Response: res, text: text}
	if json.Unmarshal(text, &out.json) != nil {
		out.json = nil
	}
	return out
}

// wantAnswer checks what every answer of the protocol must be, and its code.
func wantAnswer(t *testing.T, r reply, code string) {
	t.Helper()
	if r.StatusCode != http.StatusOK {
		t.Errorf("HTTP %d, want 200", r.StatusCode)
	}
	if got := r.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
	if r.json == nil {
		t.Fatalf("answer is no JSON object: %q", r.text)
	}
	status := StatusOK
	if code != "0" {
		status = StatusFail
	}
	for field, want := range map[string]string{"status": status, "ErrorCode": code} {
		if got, ok := r.json[field].(string); !ok || got != want {
			t.Errorf("%s = %v, want %q; answer %s", field, r.json[field], want, r.text)
		}
	}
	desc, ok := r.json["ErrorDesc"].(string)
	if !ok || (desc == "") != (code == "0") {
		t.Errorf("ErrorDesc = %v", r.json["ErrorDesc"])
	}
	if i := strings.IndexFunc(desc, func(c rune) bool { return c > 126 || c < 32 }); i >= 0 {
		t.Errorf("ErrorDesc is not ASCII: %q", desc)
	}
}

// fields collects a field of every item in data.
func (r reply) fields(name string) []string {
	var out []string
	data, _ := r.json["data"].([]any)
	for _, d := range data {
		item, _ := d.(map[string]any)
		s, _ := item[name].(string)
		out = append(out, s)
	}
	return out
}

// awaitContinue reads an interim answer.
func awaitContinue(t *testing.T, r *bufio.Reader) {
	t.Helper()
	line, err := r.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 100 ") {
		t.Fatalf("interim answer %q, %v", line, err)
	}
	if blank, err := r.ReadString('\n'); err != nil || blank != "\r\n" {
		t.Fatalf("after the interim answer %q, %v", blank, err)
	}
}

func replaceOnce(old, by string) func(string) string {
	return func(s string) string {
		if !strings.Contains(s, old) {
			panic("nothing to replace")
		}
		return strings.Replace(s, old, by, 1)
	}
}

// brokenBody says whether a reply's body ended before its announced length.
func brokenBody(t *testing.T, s *httptest.Server, w wire) bool {
	t.Helper()
	c := dial(t, s)
	if _, err := io.WriteString(c, w.text()); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: w.method})
	if err != nil {
		return true
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return err != nil
}
