package vxp

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// Client speaks the protocol as the vendor's own client does on the wire. It is
// safe for concurrent use; unlike the vendor's it starts every call with a clean
// set of parameters. SystemID, Secret and Endpoint are required.
type Client struct {
	SystemID string
	Secret   []byte
	Endpoint string       // base URL; the operation is added to its path
	HTTP     *http.Client // default http.DefaultClient
	Now      func() time.Time
	// PaddedHash sends hash-file as a correct SHA-256 in hex. The default is what
	// every deployed client sends: bytes below 0x10 without their leading zero.
	PaddedHash bool
}

// AnswerError is an answer by which the other side refuses.
type AnswerError struct {
	Operation string
	HTTP      int    // status of the HTTP answer
	Code      string // ErrorCode; empty when the answer was not one of the protocol
	Text      string // ErrorDesc
}

// Error implements error.
func (e *AnswerError) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("%s: HTTP %d without an answer of the protocol: %s", e.Operation, e.HTTP, e.Text)
	}
	return fmt.Sprintf("%s: error %s: %s", e.Operation, e.Code, e.Text)
}

// maxAnswer bounds answers that are held in memory: a directory of 120,000
// agencies is about 30 MB.
const maxAnswer = 256 << 20

// param is one signed parameter.
type param struct{ name, value string }

// Agencies lists who may be written to.
func (c *Client) Agencies(ctx context.Context) ([]Agency, error) {
	return list[Agency](ctx, c, OpAgencies)
}

// AgenciesQD20 lists who may be written to, with the codes of both formats.
func (c *Client) AgenciesQD20(ctx context.Context) ([]AgencyQD20, error) {
	return list[AgencyQD20](ctx, c, OpAgenciesQD20)
}

// SyncUnits lists every agency that there is or was.
func (c *Client) SyncUnits(ctx context.Context) ([]SyncUnit, error) {
	return list[SyncUnit](ctx, c, OpSync)
}

// Register enters an agency in the other side's directory.
func (c *Client) Register(ctx context.Context, r Registration) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = c.ask(ctx, OpRegister, string(body))
	return err
}

// Delete closes an agency in the other side's directory.
func (c *Client) Delete(ctx context.Context, code gateway.AgencyID) error {
	_, err := c.ask(ctx, OpDelete, emptyObject, param{paramAgencyCode, string(code)})
	return err
}

// ReceivedQuery selects what waits in the inbox. Zero fields select all.
type ReceivedQuery struct {
	Kind edxml.Kind // required
	From time.Time
	To   time.Time
}

// Received lists what waits in the inbox.
func (c *Client) Received(ctx context.Context, q ReceivedQuery) ([]ReceivedItem, error) {
	params := []param{{paramServiceType, serviceType}, {paramMessageType, messageType(q.Kind)}}
	if !q.From.IsZero() {
		params = append(params, param{paramFromDate, q.From.In(edxml.VietnamZone).Format(layoutFilter)})
	}
	if !q.To.IsZero() {
		params = append(params, param{paramToDate, q.To.In(edxml.VietnamZone).Format(layoutFilter)})
	}
	return list[ReceivedItem](ctx, c, OpReceived, params...)
}

// Sent lists what was sent, one row per receiver; of one letter when docID is not empty.
func (c *Client) Sent(ctx context.Context, k edxml.Kind, docID string) ([]SentItem, error) {
	params := []param{{paramServiceType, serviceType}, {paramMessageType, messageType(k)}}
	if docID != "" {
		params = append(params, param{paramDocID, docID})
	}
	return list[SentItem](ctx, c, OpSent, params...)
}

// UpdateStatus gives the receiver's word on an item: WordDone, WordFail or
// another of the protocol. The description loses what is not ASCII, since the
// protocol cannot carry it.
func (c *Client) UpdateStatus(ctx context.Context, docID, word, description string) error {
	params := []param{{paramDocIDLower, docID}, {paramStatus, word}}
	if description != "" {
		params = append(params, param{paramDescription, strings.TrimSpace(cut(ascii(description), maxDescription))})
	}
	_, err := c.ask(ctx, OpUpdateStatus, emptyObject, params...)
	return err
}

// Count says how many documents or statuses wait in the inbox.
func (c *Client) Count(ctx context.Context, k edxml.Kind) (int, error) {
	op := OpCountEdoc
	if k == edxml.KindStatus {
		op = OpCountStatus
	}
	text, err := c.ask(ctx, op, emptyObject)
	if err != nil {
		return 0, err
	}
	var counted struct {
		Count int `json:"count"`
	}
	err = json.Unmarshal(text, &counted)
	return counted.Count, err
}

// list asks for a list of items.
func list[T any](ctx context.Context, c *Client, op string, params ...param) ([]T, error) {
	text, err := c.ask(ctx, op, "", params...)
	if err != nil {
		return nil, err
	}
	var listed struct {
		Data []T `json:"data"`
	}
	if err := json.Unmarshal(text, &listed); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return listed.Data, nil
}

// emptyObject is the body of operations that send one and have nothing to say.
const emptyObject = "{}"

// ask does one operation with a small body and gives the answer's text.
func (c *Client) ask(ctx context.Context, op, body string, params ...param) ([]byte, error) {
	req, err := c.request(ctx, http.MethodPost, op, strings.NewReader(body), "application/json", params)
	if err != nil {
		return nil, err
	}
	if body != "" {
		req.Header.Set("Expect", "100-continue")
	}
	res, err := c.client().Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer res.Body.Close()
	return readAnswer(op, res)
}

// readAnswer reads a whole answer and turns a refusal into an *AnswerError.
func readAnswer(op string, res *http.Response) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("%s: answer: %w", op, err)
	}
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("%s: answer above %d bytes", op, maxAnswer)
	}
	return text, refusal(op, res.StatusCode, text)
}

// refusal reads the outcome of an answer; nil for success. What is not an
// answer of the protocol (a proxy's page, nothing at all) is no success.
func refusal(op string, status int, text []byte) error {
	var a struct {
		Status    string      `json:"status"`
		ErrorCode looseString `json:"ErrorCode"`
		ErrorDesc looseString `json:"ErrorDesc"`
	}
	err := json.Unmarshal(text, &a)
	switch {
	case err != nil || a.Status == "" && a.ErrorCode == "":
		return &AnswerError{Operation: op, HTTP: status, Text: cut(ascii(string(bytes.ToValidUTF8(head(text, 200), nil))), 200)}
	case a.ErrorCode != "" && a.ErrorCode != "0", strings.EqualFold(a.Status, StatusFail), status != http.StatusOK:
		return &AnswerError{Operation: op, HTTP: status, Code: string(a.ErrorCode), Text: string(a.ErrorDesc)}
	}
	return nil
}

func head(b []byte, n int) []byte { return b[:min(n, len(b))] }

// looseString reads a JSON string, number or null.
type looseString string

// UnmarshalJSON implements json.Unmarshaler.
func (l *looseString) UnmarshalJSON(b []byte) error {
	if b[0] != '"' {
		*l = looseString(strings.TrimPrefix(string(b), "null"))
		return nil
	}
	var s string
	err := json.Unmarshal(b, &s)
	*l = looseString(s)
	return err
}

// request makes a signed request. The parameters keep the case of their names.
func (c *Client) request(ctx context.Context, method, op string, body io.Reader, contentType string, params []param) (*http.Request, error) {
	target, err := url.JoinPath(c.Endpoint, op)
	if err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("User-Agent", userAgent)
	all := []param{{paramSystemID, c.SystemID}}
	all = append(all, params...)
	all = append(all, param{paramTimestamp, timestamp(c.now())}, param{paramContentType, contentType})
	c.sign(req.Header, all)
	return req, nil
}

// sign sets the parameters and what signs them. Assigning to the map keeps the
// case of the names, as the vendor's client does.
func (c *Client) sign(h http.Header, params []param) {
	names := make([]string, 0, len(params))
	var text strings.Builder
	text.WriteString("{")
	for i, p := range params {
		names = append(names, p.name)
		h[prefix+p.name] = []string{p.value}
		if i > 0 {
			text.WriteString(",")
		}
		text.WriteString(quote(prefix+p.name) + ":" + quote(p.value))
	}
	text.WriteString("}")
	h[headerSignKeys] = []string{strings.Join(names, ";")}
	h[headerSign] = []string{text.String()}
	h[headerHash] = []string{hex.EncodeToString(mac(c.Secret, text.String()))}
	h[headerVersion] = []string{protocolVersion}
}

// quote writes a JSON string without escaping what need not be.
func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always has a JSON form
	return strings.TrimSuffix(b.String(), "\n")
}

// timestamp writes a moment as the vendor's client does; the digits after the plus are
// milliseconds, though they look like a zone.
func timestamp(t time.Time) string {
	t = t.In(edxml.VietnamZone)
	return t.Format("02012006T150405") + fmt.Sprintf("+%04d", t.Nanosecond()/int(time.Millisecond))
}

func (c *Client) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

func (c *Client) client() *http.Client {
	if c.HTTP != nil {
		return c.HTTP
	}
	return http.DefaultClient
}
