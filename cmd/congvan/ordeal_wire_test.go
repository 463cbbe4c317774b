package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"congvan/connectors/vxp"
	"congvan/gateway"
)

// line is a connection as a broken or hostile client uses it, byte by byte.
type line struct {
	*net.TCPConn
	t *testing.T
	r *bufio.Reader
}

func (o *ordeal) dial(t *testing.T) *line {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(o.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &line{c.(*net.TCPConn), t, bufio.NewReader(c)}
}

// says sends text; the other side may have hung up.
func (l *line) says(pieces ...any) {
	l.t.Helper()
	for _, p := range pieces {
		if b, ok := p.([]byte); ok {
			_, _ = l.Write(b)
			continue
		}
		_, _ = io.WriteString(l, fmt.Sprint(p))
	}
}

// hears reads one answer.
func (l *line) hears() (int, []byte) {
	l.t.Helper()
	resp, err := http.ReadResponse(l.r, nil)
	if err != nil {
		l.t.Fatalf("no answer: %v", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		l.t.Fatalf("answer: %v", err)
	}
	return resp.StatusCode, b
}

// status reads the status of an answer whose text may be lost: the other side hung up
// while this one was still sending.
func (l *line) status() int {
	l.t.Helper()
	resp, err := http.ReadResponse(l.r, nil)
	if err != nil {
		l.t.Fatalf("no answer: %v", err)
	}
	return resp.StatusCode
}

// ends waits until the other side hangs up and says how long that took.
func (l *line) ends() time.Duration {
	l.t.Helper()
	start := time.Now()
	_, err := io.Copy(io.Discard, l.r)
	var slow net.Error
	if errors.As(err, &slow) && slow.Timeout() {
		l.t.Fatalf("the connection was still open after %s", time.Since(start))
	}
	return time.Since(start)
}

// knock is the header of a submission, up to the headers about its body.
func (o *ordeal) knock(f face, body []byte) string {
	if f == rest {
		return "POST /v1/letters HTTP/1.1\r\nHost: congvan\r\nAuthorization: Bearer " + o.sender.key + "\r\nContent-Type: application/xml\r\n"
	}
	var b strings.Builder
	b.WriteString("POST /vxp/sendEdoc HTTP/1.1\r\nHost: congvan\r\n")
	for name, values := range o.signed(body) {
		fmt.Fprintf(&b, "%s: %s\r\n", name, values[0])
	}
	return b.String()
}

// signed gives the headers that the exchange protocol's client sends with a letter.
func (o *ordeal) signed(body []byte) http.Header {
	o.t.Helper()
	caught := &catch{}
	c := *o.vxp[o.sender.agency]
	c.HTTP = &http.Client{Transport: caught}
	if _, err := o.exchange(&c, o.sender, parcelOf(body)); !errors.Is(err, errCaught) {
		o.t.Fatal(err)
	}
	return caught.header
}

// catch keeps a request's header and sends nothing.
type catch struct{ header http.Header }

var errCaught = errors.New("caught")

// RoundTrip implements http.RoundTripper.
func (c *catch) RoundTrip(r *http.Request) (*http.Response, error) {
	c.header = r.Header.Clone()
	return nil, errCaught
}

// refuses reads an answer on either face and checks it.
func (l *line) refuses(f face, want refusal) {
	l.t.Helper()
	status, b := l.hears()
	if f == rest {
		checkProblem(l.t, status, b, want)
		return
	}
	var a struct{ Status, ErrorCode, ErrorDesc string }
	if err := json.Unmarshal(b, &a); err != nil {
		l.t.Fatalf("answer %d %q: %v", status, b, err)
	}
	checkAnswer(l.t, &vxp.AnswerError{HTTP: status, Code: a.ErrorCode, Text: a.ErrorDesc}, want)
}

// accepts reads an answer on either face that must be a success, and gives the message's id.
func (l *line) accepts() gateway.MessageID {
	l.t.Helper()
	status, b := l.hears()
	var a struct {
		Message gateway.MessageID `json:"message"`
		DocID   gateway.MessageID `json:"DocId"`
	}
	if err := json.Unmarshal(b, &a); err != nil || status/100 != 2 || a.Message+a.DocID == "" {
		l.t.Fatalf("answer %d %s", status, b)
	}
	return a.Message + a.DocID
}

func length(n int) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n", n) }

// TestOrdealOfConnections: lengths that lie, bodies that stop, clients that fall silent or hang up. Each
// hears what happened, if it still listens, and nothing of it is kept.
func TestOrdealOfConnections(t *testing.T) {
	o := besieged(t)
	truncated := refusal{gateway.CodeTruncated, http.StatusBadRequest, "10", "", ""}
	mismatch := refusal{code: gateway.CodeHashMismatch, number: "10"} // the signed hash tells first
	before := o.stock()
	t.Run("all at once", func(t *testing.T) {
		for _, f := range []face{rest, exchange} {
			body := o.letter(o.wards[0].agency)
			half, header := len(body)/2, o.knock(f, body)
			bad := func(name string, do func(l *line)) {
				t.Run(name+" "+string(f), func(t *testing.T) {
					t.Parallel()
					do(o.dial(t))
				})
			}
			bad("length too short", func(l *line) {
				l.says(header, length(half), body)
				if f == rest {
					l.refuses(f, truncated)
				} else {
					l.refuses(f, mismatch)
				}
				l.ends()
			})
			bad("length too long", func(l *line) {
				l.says(header, length(len(body)+1000), body)
				l.refuses(f, truncated)
				l.ends()
			})
			bad("two lengths", func(l *line) {
				l.says(header, fmt.Sprintf("Content-Length: %d\r\n", half), length(len(body)), body)
				if status := l.status(); status != http.StatusBadRequest {
					l.t.Errorf("answer %d", status)
				}
			})
			bad("broken chunk", func(l *line) {
				l.says(header, "Transfer-Encoding: chunked\r\n\r\n", fmt.Sprintf("%x\r\n", half), body[:half], "\r\nkhông phải số\r\n")
				l.refuses(f, truncated)
			})
			bad("cut off, still listening", func(l *line) {
				l.says(header, length(len(body)), body[:half])
				if err := l.CloseWrite(); err != nil {
					l.t.Fatal(err)
				}
				l.refuses(f, truncated)
			})
			bad("cut off", func(l *line) {
				l.says(header, length(len(body)), body[:half])
				l.Close()
			})
			bad("reset", func(l *line) {
				l.says(header, length(len(body)), body[:half])
				if err := l.SetLinger(0); err != nil {
					l.t.Fatal(err)
				}
				l.Close()
			})
			bad("silent in the body", func(l *line) {
				l.says(header, length(len(body)), body[:half])
				start := time.Now()
				l.refuses(f, truncated)
				l.ends()
				if took := time.Since(start); took > 6*time.Second {
					l.t.Errorf("it was given up after %s", took)
				}
			})
			bad("silent in the header", func(l *line) {
				l.says(header[:len(header)-40])
				if took := l.ends(); took > 4*time.Second {
					l.t.Errorf("it was given up after %s", took)
				}
			})
			bad("header without end", func(l *line) {
				l.says(header, "X-Dai: ", bytes.Repeat([]byte("x"), 3<<20))
				if status := l.status(); status != http.StatusRequestHeaderFieldsTooLarge {
					l.t.Errorf("answer %d", status)
				}
			})
		}
	})
	o.unchanged(t, before)
	o.carries(t)
	o.slim(t)
}

// TestOrdealOfSlowLines: a client may take its time, and need not know its letter's length.
func TestOrdealOfSlowLines(t *testing.T) {
	o := besieged(t)
	t.Run("all at once", func(t *testing.T) {
		for _, f := range []face{rest, exchange} {
			good := func(name string, send func(l *line, header string, body []byte)) {
				body := o.letter(o.wards[0].agency)
				t.Run(name+" "+string(f), func(t *testing.T) {
					t.Parallel()
					l := o.dial(t)
					send(l, o.knock(f, body), body)
					o.taken(t, f, l.accepts(), parcelOf(body), o.wards[0])
				})
			}
			good("in chunks", func(l *line, header string, body []byte) {
				l.says(header, "Transfer-Encoding: chunked\r\n\r\n")
				for piece := range slices.Chunk(body, 999) {
					l.says(fmt.Sprintf("%x\r\n", len(piece)), piece, "\r\n")
				}
				l.says("0\r\n\r\n")
			})
			good("slowly", func(l *line, header string, body []byte) {
				l.says(header, length(len(body)))
				for piece := range slices.Chunk(body, len(body)/7+1) {
					l.says(piece)
					time.Sleep(500 * time.Millisecond) // in all longer than a silence may be
				}
			})
		}
	})
	o.carries(t)
}

// TestOrdealOfSleepingReaders: who asks for a letter and then does not take it is let go, and disturbs nobody.
func TestOrdealOfSleepingReaders(t *testing.T) {
	o := endure(t, gates)
	body := o.heavy(24 << 20)
	m := o.accepted(t, rest, o.sender, body)
	var asleep []*line
	for range 10 {
		l := o.dial(t)
		if err := l.SetReadBuffer(64 << 10); err != nil {
			t.Fatal(err)
		}
		l.says("GET /v1/letters/", m, "/envelope HTTP/1.1\r\nHost: congvan\r\nAuthorization: Bearer ", o.wards[0].key, "\r\n\r\n")
		asleep = append(asleep, l)
	}
	o.carries(t)
	time.Sleep(4 * time.Second)
	for _, l := range asleep {
		if n, _ := io.Copy(io.Discard, l); n >= body.size {
			t.Errorf("%d bytes came after four silent seconds", n)
		}
	}
	o.taken(t, rest, m, body, o.wards[0])
	o.slim(t)
}

// TestOrdealOfIdleConnections: a thousand clients that keep their connection and say nothing disturb nobody.
func TestOrdealOfIdleConnections(t *testing.T) {
	o := endure(t, "")
	const crowd = 1000
	for n := range crowd {
		l := o.dial(t)
		if n%2 == 0 {
			continue // has not said anything yet
		}
		l.says("GET /livez HTTP/1.1\r\nHost: congvan\r\n\r\n")
		if status, _ := l.hears(); status != http.StatusOK {
			t.Fatalf("client %d: %d", n, status)
		}
	}
	start := time.Now()
	o.carries(t)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("two letters took %s", took)
	}
	o.slim(t)
}
