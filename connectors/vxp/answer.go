package vxp

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"congvan/gateway"
)

// Values of an answer's status.
const (
	StatusOK   = "OK"
	StatusFail = "FAIL"
)

// answer is what every operation but downloadEdoc answers. No field is ever
// null, which deployed clients do not survive.
type answer struct {
	Status    string  `json:"status"`
	ErrorCode string  `json:"ErrorCode"`
	ErrorDesc string  `json:"ErrorDesc"`
	DocID     *string `json:"DocId,omitempty"` // of sendEdoc, always
	Count     *int    `json:"count,omitempty"`
}

// done is the answer of success.
func done() answer { return answer{Status: StatusOK, ErrorCode: "0"} }

// failed is the answer to an error: the exchange protocol's code and the text
// for people, in Vietnamese without marks and in English.
func failed(err error) answer {
	e := gateway.AsError(err)
	return answer{Status: StatusFail, ErrorCode: gateway.Describe(e.Code).VXP, ErrorDesc: describe(e)}
}

// maxDescription bounds ErrorDesc, in bytes.
const maxDescription = 2000

// maxFindings bounds how many findings of a refused letter ErrorDesc tells.
const maxFindings = 5

func describe(e *gateway.Error) string {
	d := gateway.Describe(e.Code)
	var b strings.Builder
	b.WriteString(d.Vi + " / " + d.En + " [" + string(e.Code))
	if e.Place != "" {
		b.WriteString(": " + e.Place)
	}
	b.WriteString("]")
	for i, f := range e.Findings {
		if i == maxFindings {
			b.WriteString("; ...")
			break
		}
		b.WriteString("; " + f.Element + ": " + f.Vi)
	}
	return cut(ascii(b.String()), maxDescription)
}

// refuse answers an error. Nothing may have been answered before.
func (c *call) refuse(err error) {
	c.logRefusal(err)
	if c.w.started {
		panic(http.ErrAbortHandler)
	}
	a := failed(err)
	if c.name == OpSend {
		a.DocID = new(string)
	}
	c.w.status = http.StatusOK
	if c.raw {
		// A client writes what comes with 200 into its file as the letter.
		c.w.status = gateway.Describe(gateway.AsError(err).Code).HTTP
	}
	c.answer(a)
}

// logRefusal is loud about the gateway's own trouble, and not about a client that went away.
func (c *call) logRefusal(err error) {
	level := slog.LevelInfo
	if errors.Is(gateway.AsError(err).Kind(), gateway.ErrInternal) && !c.w.broken {
		level = slog.LevelError
	}
	c.Log.Log(c.r.Context(), level, "exchange request refused", "operation", cut(ascii(c.name), 64),
		"system", c.principal.System, "code", gateway.AsError(err).Code, "error", err)
}

// answer writes a whole answer.
func (c *call) answer(a answer) {
	body, err := json.Marshal(a)
	if err != nil {
		panic(err) // strings and a number always have a JSON form
	}
	h := c.w.Header()
	h.Set("Content-Type", "application/json")
	h.Del("Content-Length")
	_, _ = c.w.Write(body) // the client is gone when this fails
}

// answerWriter remembers whether the answer has begun, and gives up on a client
// that does not take what it asked for.
type answerWriter struct {
	http.ResponseWriter
	rc      *http.ResponseController
	stall   time.Duration
	status  int // of the answer; 0 for 200
	started bool
	broken  bool // the client does not take it
}

// Write implements io.Writer.
func (w *answerWriter) Write(p []byte) (int, error) {
	if !w.started {
		w.started = true
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if w.status != 0 {
			w.WriteHeader(w.status)
		}
	}
	_ = w.rc.SetWriteDeadline(time.Now().Add(w.stall))
	n, err := w.ResponseWriter.Write(p)
	w.broken = w.broken || err != nil
	return n, err
}
