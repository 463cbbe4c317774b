package tsa

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"congvan/internal/peers"
	"congvan/signer"
	"congvan/signer/cms"
	"congvan/signer/cms/ber"
)

func client(t testing.TB, o Options, urls ...string) *Client {
	t.Helper()
	for _, u := range urls {
		o.Authorities = append(o.Authorities, Authority{URL: u})
	}
	c, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func digestOf(h crypto.Hash, data string) []byte {
	w := h.New()
	io.WriteString(w, data)
	return w.Sum(nil)
}

// over gives what Token.Verify asks for.
func over(data string) func(crypto.Hash) ([]byte, error) {
	return func(h crypto.Hash) ([]byte, error) { return digestOf(h, data), nil }
}

func file(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestStamp(t *testing.T) {
	server := peers.TSA(t)
	root := file(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Root.Raw}))
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		token, err := client(t, Options{}, server.URL).Stamp(t.Context(), h, digestOf(h, "letter"))
		if err != nil {
			t.Fatal(err)
		}
		if off := time.Since(token.Time); off < -2*time.Second || off > time.Minute {
			t.Errorf("stamped %v ago", off)
		}
		if token.Accuracy != time.Second || !token.Ordering || !token.Policy.Equal(peers.TSAPolicy()) || token.Hash != h || token.HashName != cms.HashName(h) || !token.Certificate.Equal(server.Certificate) {
			t.Errorf("read as %+v", token)
		}
		again, err := ParseToken(append(token.DER, 0, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Verify(over("letter")); err != nil {
			t.Error(err)
		}
		if err := again.Verify(over("another")); !errors.Is(err, ErrImprint) || Verdict(err).SubIndication != signer.HashFailure {
			t.Errorf("over another content: %v", err)
		}
		args := []string{"ts", "-verify", "-token_in", "-in", file(t, token.DER), "-data", file(t, []byte("letter")), "-CAfile", root}
		if text, err := exec.Command(peers.Tool(t, "openssl"), args...).CombinedOutput(); err != nil {
			t.Errorf("the referee: %s", text)
		}
	}
}

func TestStampAtAnotherTime(t *testing.T) {
	at := time.Date(2021, 3, 4, 5, 6, 7, 0, time.UTC)
	server := peers.OwnTSA(t, peers.TSAOptions{Clock: func() time.Time { return at }})
	token, err := client(t, Options{}, server.URL).Stamp(t.Context(), crypto.SHA256, digestOf(crypto.SHA256, "letter"))
	if err != nil || !token.Time.Equal(at) {
		t.Errorf("%v, %v", token, err)
	}
}

func TestPolicyIsAskedFor(t *testing.T) {
	server, other := peers.TSA(t), asn1.ObjectIdentifier{1, 2, 3, 4, 1}
	token, err := client(t, Options{Policy: other}, server.URL).Stamp(t.Context(), crypto.SHA256, digestOf(crypto.SHA256, "x"))
	if err != nil || !token.Policy.Equal(other) {
		t.Fatalf("%v", err)
	}
	_, err = client(t, Options{Policy: asn1.ObjectIdentifier{1, 2, 3, 4, 2}}, server.URL).Stamp(t.Context(), crypto.SHA256, digestOf(crypto.SHA256, "x"))
	failed := wantKind(t, err, ErrRejected)
	if failed.Attempts[0].Reason.Code != "tsa-unaccepted-policy" {
		t.Errorf("reason %+v", failed.Attempts[0].Reason)
	}
	var refused *Rejection
	if !errors.As(failed.Attempts[0].Err, &refused) || refused.Status != 2 || refused.Failure != 15 || refused.Text == "" {
		t.Errorf("refused: %+v", refused)
	}
}

// wantKind checks an error of Stamp, and that it has words for people.
func wantKind(t *testing.T, err, kind error) *Error {
	t.Helper()
	var failed *Error
	if !errors.As(err, &failed) || !errors.Is(err, kind) {
		t.Fatalf("got %v, want %v", err, kind)
	}
	for _, a := range failed.Attempts {
		if a.Authority == "" || a.Err == nil || a.Reason.Code == "" || a.Reason.Vi == "" || a.Reason.En == "" {
			t.Errorf("attempt %+v", a)
		}
	}
	return failed
}

func TestTokensThatAreNotBelieved(t *testing.T) {
	usage := func(set func(*x509.Certificate)) peers.TSAOptions { return peers.TSAOptions{Template: set} }
	alter := func(set func(*peers.TSTInfo)) peers.TSAOptions { return peers.TSAOptions{Alter: set} }
	emailUse := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 4}
	for _, c := range []struct {
		name string
		o    peers.TSAOptions
		why  error // beside ErrAnswer
	}{
		{"wrong nonce", alter(func(i *peers.TSTInfo) { i.Nonce = new(big.Int).Add(i.Nonce, big.NewInt(1)) }), nil},
		{"no nonce", alter(func(i *peers.TSTInfo) { i.Nonce = nil }), nil},
		{"for something else", alter(func(i *peers.TSTInfo) { i.Imprint.Digest[0] ^= 1 }), ErrImprint},
		{"under another digest", alter(func(i *peers.TSTInfo) {
			i.Imprint.Algorithm.Algorithm = cms.OIDOf(crypto.SHA3_256)
		}), nil},
		{"under an unknown digest", alter(func(i *peers.TSTInfo) { i.Imprint.Algorithm.Algorithm = asn1.ObjectIdentifier{1, 2, 3} }), cms.ErrAlgorithm},
		{"another policy", alter(func(i *peers.TSTInfo) { i.Policy = asn1.ObjectIdentifier{1, 2, 3} }), nil},
		{"another version", alter(func(i *peers.TSTInfo) { i.Version = 2 }), cms.ErrMalformed},
		{"usage not critical", usage(func(c *x509.Certificate) { c.ExtraExtensions[0] = peers.TimeStampingUsage(false) }), ErrPurpose},
		{"usage with others", usage(func(c *x509.Certificate) { c.ExtraExtensions[0] = peers.TimeStampingUsage(true, emailUse) }), ErrPurpose},
		{"no usage", usage(func(c *x509.Certificate) { c.ExtraExtensions = nil }), ErrPurpose},
		{"another usage", usage(func(c *x509.Certificate) {
			c.ExtraExtensions, c.ExtKeyUsage = nil, []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}
		}), ErrPurpose},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := client(t, Options{Policy: peers.TSAPolicy()}, peers.OwnTSA(t, c.o).URL).Stamp(t.Context(), crypto.SHA256, digestOf(crypto.SHA256, "x"))
			why := wantKind(t, err, ErrUnavailable).Attempts[0].Err
			if !errors.Is(why, ErrAnswer) || c.why != nil && !errors.Is(why, c.why) {
				t.Errorf("%v, want %v", why, c.why)
			}
		})
	}
}

// withoutCertificate gets a token that does not carry its certificate.
func withoutCertificate(t *testing.T, server *peers.TSAServer, data string) *Token {
	t.Helper()
	query := filepath.Join(t.TempDir(), "query")
	if text, err := exec.Command(peers.Tool(t, "openssl"), "ts", "-query", "-data", file(t, []byte(data)), "-sha256", "-out", query).CombinedOutput(); err != nil {
		t.Fatalf("%s", text)
	}
	text, err := os.ReadFile(query)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.Answer(text)
	if err != nil {
		t.Fatal(err)
	}
	token, err := readAnswer(answer)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTokenBindsItsCertificate(t *testing.T) {
	server := peers.OwnTSA(t, peers.TSAOptions{Clock: time.Now})
	twin := *server.Certificate // the same name, number and key
	twin.NotAfter, twin.ExtraExtensions = twin.NotAfter.AddDate(1, 0, 0), twin.Extensions
	der, err := x509.CreateCertificate(nil, &twin, server.Root, server.Certificate.PublicKey, server.RootKey)
	if err != nil {
		t.Fatal(err)
	}
	another, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	token := withoutCertificate(t, server, "letter")
	if token.Certificate != nil {
		t.Fatal("a certificate where none was asked for")
	}
	if err := token.Verify(over("letter")); !errors.Is(err, cms.ErrNoCertificate) {
		t.Errorf("without certificate: %v", err)
	}
	token.Complete([]*x509.Certificate{server.Root, another})
	if err := token.Verify(over("letter")); !errors.Is(err, cms.ErrCertificate) || Verdict(err).SubIndication != signer.NoSigningCertificateFound {
		t.Errorf("with its twin: %v", err)
	}
	token.Complete([]*x509.Certificate{another, server.Certificate})
	if err := token.Verify(over("letter")); err != nil {
		t.Errorf("with its own: %v", err)
	}
}

// serve answers with fixed bytes.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func reply(kind string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Write(body)
	}
}

// status is an answer without a token.
func status(code byte, more ...[]byte) []byte {
	parts := append([][]byte{{ber.Integer, 1, code}}, more...)
	return ber.Encode(ber.Sequence, ber.Encode(ber.Sequence, parts...))
}

func TestBadAuthorities(t *testing.T) {
	const right = "application/timestamp-reply"
	timeOut := []byte{ber.BitString, 3, 0, 0, 2}     // timeNotAvailable
	badAlgorithm := []byte{ber.BitString, 2, 7, 128} // badAlg
	text := ber.Encode(ber.Sequence, ber.Encode(ber.UTF8String, []byte("no\x1b[31m "+strings.Repeat("x", 5000))))
	stop := make(chan struct{})
	defer close(stop)
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		kind   error
		code   string
	}{
		{"silent", func(_ http.ResponseWriter, r *http.Request) { <-stop }, ErrUnavailable, "tsa-unavailable"},
		{"breaks off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", right)
			w.Header().Set("Content-Length", "100")
			w.Write([]byte{0x30})
		}, ErrUnavailable, "tsa-unavailable"},
		{"endless", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", right)
			for chunk := make([]byte, 1<<16); ; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}, ErrUnavailable, "tsa-wrong-answer"},
		{"error page", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadGateway) }, ErrUnavailable, "tsa-unavailable"},
		{"portal", reply("text/html", []byte("<html>")), ErrUnavailable, "tsa-wrong-answer"},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, ErrUnavailable, "tsa-unavailable"},
		{"credentials", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, ErrRejected, "tsa-credentials"},
		{"nothing", reply(right, nil), ErrUnavailable, "tsa-wrong-answer"},
		{"garbage", reply(right, []byte("\x30\x84\xff\xff\xff\xffgarbage")), ErrUnavailable, "tsa-wrong-answer"},
		{"granted without token", reply(right, status(0)), ErrUnavailable, "tsa-wrong-answer"},
		{"granted, token is none", reply(right, ber.Encode(ber.Sequence, ber.Encode(ber.Sequence, []byte{2, 1, 0}), ber.Encode(ber.Sequence))), ErrUnavailable, "tsa-wrong-answer"},
		{"no time", reply(right, status(2, text, timeOut)), ErrUnavailable, "tsa-time-not-available"},
		{"waiting", reply(right, status(3)), ErrUnavailable, "tsa-rejected"},
		{"bad algorithm", reply(right, status(2, badAlgorithm)), ErrRejected, "tsa-bad-algorithm"},
		{"revoked", reply(right, status(5)), ErrRejected, "tsa-revoked"},
		{"refuses without a word", reply(right, status(2)), ErrRejected, "tsa-rejected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := serve(t, c.answer)
			t.Cleanup(http.DefaultClient.CloseIdleConnections)
			if c.name == "silent" {
				t.Cleanup(func() { stop <- struct{}{} })
			}
			start := time.Now()
			_, err := client(t, Options{Timeout: 300 * time.Millisecond}, url).Stamp(t.Context(), crypto.SHA256, digestOf(crypto.SHA256, "x"))
			failed := wantKind(t, err, c.kind)
			if got := failed.Attempts[0].Reason.Code; got != c.code {
				t.Errorf("reason %s, want %s: %v", got, c.code, err)
			}
			if time.Since(start) > 5*time.Second || len(err.Error()) > 1000 || strings.ContainsRune(err.Error(), 0x1b) {
				t.Errorf("after %v: %q", time.Since(start), err)
			}
		})
	}
}

func TestReplyByAnotherName(t *testing.T) {
	server := peers.TSA(t)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		query, _ := io.ReadAll(r.Body)
		answer, err := server.Answer(query)
		if err != nil {
			t.Error(err)
		}
		reply("application/octet-stream", answer)(w, r)
	})
	if _, err := client(t, Options{}, url).Stamp(t.Context(), crypto.SHA256, digestOf(crypto.SHA256, "x")); err != nil {
		t.Error(err)
	}
}

func TestFailover(t *testing.T) {
	broken := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	refusing := serve(t, reply("application/timestamp-reply", status(2)))
	good := peers.TSA(t)
	if _, err := client(t, Options{}, broken, refusing, good.URL).Stamp(t.Context(), crypto.SHA256, digestOf(crypto.SHA256, "x")); err != nil {
		t.Error(err)
	}
	_, err := client(t, Options{}, refusing, broken).Stamp(t.Context(), crypto.SHA256, digestOf(crypto.SHA256, "x"))
	if failed := wantKind(t, err, ErrUnavailable); len(failed.Attempts) != 2 {
		t.Errorf("%d attempts", len(failed.Attempts))
	}
}

// road carries requests without a network, so that time can be the test's own.
type road func(*http.Request) (*http.Response, error)

func (r road) RoundTrip(q *http.Request) (*http.Response, error) { return r(q) }

func TestCoolDown(t *testing.T) {
	server := peers.TSA(t)
	synctest.Test(t, func(t *testing.T) {
		asked, down := map[string]int{}, true
		c := client(t, Options{CoolDown: time.Minute, HTTP: &http.Client{Transport: road(func(q *http.Request) (*http.Response, error) {
			asked[q.URL.Host]++
			if q.URL.Host == "first" && down {
				return nil, errors.New("no route")
			}
			body, err := io.ReadAll(q.Body)
			if err != nil {
				return nil, err
			}
			w := httptest.NewRecorder()
			answer, err := server.Answer(body)
			if err != nil {
				return nil, err
			}
			reply("application/timestamp-reply", answer)(w, q)
			return w.Result(), nil
		})}}, "http://first", "http://second")
		get := func(first, second int) {
			t.Helper()
			if _, err := c.Stamp(t.Context(), crypto.SHA256, digestOf(crypto.SHA256, "x")); err != nil {
				t.Fatal(err)
			}
			if asked["first"] != first || asked["second"] != second {
				t.Fatalf("asked %v, want %d and %d", asked, first, second)
			}
		}
		get(1, 1) // the first fails
		get(1, 2) // and is left alone
		time.Sleep(59 * time.Second)
		get(1, 3)
		time.Sleep(2 * time.Second)
		get(2, 4) // asked again, in vain
		down = false
		time.Sleep(61 * time.Second)
		get(3, 4) // back
		get(4, 4)
	})
}

func TestAllRest(t *testing.T) {
	asked := 0
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { asked++; w.WriteHeader(http.StatusInternalServerError) })
	c := client(t, Options{}, url)
	for range 3 {
		_, err := c.Stamp(t.Context(), crypto.SHA256, digestOf(crypto.SHA256, "x"))
		wantKind(t, err, ErrUnavailable)
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

func TestCallerGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { cancel() })
	server := peers.TSA(t)
	c := client(t, Options{}, url, server.URL)
	if _, err := c.Stamp(ctx, crypto.SHA256, digestOf(crypto.SHA256, "x")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if !c.ready(0) {
		t.Error("the authority is blamed for it")
	}
}

func TestCredentials(t *testing.T) {
	server := peers.TSA(t)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "van-thu" || password != "mật:khẩu" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		server.ServeHTTP(w, r)
	})
	secret := file(t, []byte("van-thu:mật:khẩu\n"))
	loose := file(t, []byte("van-thu:mật:khẩu\n"))
	if err := os.Chmod(loose, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		file string
		kind error
	}{{secret, nil}, {"", ErrRejected}, {file(t, []byte("van-thu:sai")), ErrRejected}, {file(t, []byte("van-thu")), ErrUnavailable}, {loose, ErrUnavailable}, {"/nowhere", ErrUnavailable}} {
		_, err := client(t, Options{Authorities: []Authority{{URL: url, CredentialsFile: c.file}}}).Stamp(t.Context(), crypto.SHA256, digestOf(crypto.SHA256, "x"))
		if c.kind == nil && err != nil || c.kind != nil && !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, want %v", c.file, err, c.kind)
		}
		if err != nil && strings.Contains(err.Error(), "khẩu") {
			t.Errorf("the password is told: %v", err)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, urls := range [][]string{{}, {""}, {"ftp://x"}, {"http://"}, {"ca.gov.vn/tsa"}, {"http://u:secret@x/"}, {"http://good", "http://\x00"}} {
		var o Options
		for _, u := range urls {
			o.Authorities = append(o.Authorities, Authority{URL: u})
		}
		if _, err := NewClient(o); !errors.Is(err, ErrInvalidOptions) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", urls, err)
		}
	}
	c := client(t, Options{}, "http://127.0.0.1:1")
	for _, digest := range [][]byte{nil, make([]byte, 31)} {
		if _, err := c.Stamp(t.Context(), crypto.SHA256, digest); !errors.Is(err, cms.ErrDigest) {
			t.Errorf("%d bytes: %v", len(digest), err)
		}
	}
	if _, err := c.Stamp(t.Context(), crypto.MD5, make([]byte, 16)); err == nil {
		t.Error("MD5 is stamped")
	}
}

func BenchmarkVerify(b *testing.B) {
	server := peers.TSA(b)
	digest := sha256.Sum256([]byte("letter"))
	token, err := client(b, Options{}, server.URL).Stamp(b.Context(), crypto.SHA256, digest[:])
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		t, err := ParseToken(token.DER)
		if err != nil {
			b.Fatal(err)
		}
		if err := t.Verify(over("letter")); err != nil {
			b.Fatal(err)
		}
	}
}
