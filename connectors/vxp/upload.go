package vxp

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// Upload is one envelope to send.
type Upload struct {
	Kind   edxml.Kind
	From   gateway.AgencyID
	To     []gateway.AgencyID // restricts the receivers; empty for all of the envelope's
	Body   io.Reader          // read once; exactly Size bytes
	Size   int64
	SHA256 string // of the envelope, hex: the digest is signed before the first byte goes out
}

// ErrOutcomeUnknown says that a sendEdoc failed after the whole envelope had gone
// out, or with an answer that is none: the other side may or may not have it.
var ErrOutcomeUnknown = errors.New("outcome unknown")

// Send sends an envelope and gives the id that the other side knows it by. It is done
// once the other side has answered OK. An *AnswerError is its refusal; of all
// other errors those that are not ErrOutcomeUnknown mean that it has nothing.
func (c *Client) Send(ctx context.Context, u Upload) (docID string, err error) {
	params, err := c.uploadParams(&u)
	if err != nil {
		return "", err
	}
	body := newUploadBody(&u)
	req, err := c.request(ctx, http.MethodPost, OpSend, body, "application/octet-stream", params)
	if err != nil {
		return "", err
	}
	req.ContentLength = u.Size + int64(len(lineEnd))
	req.Header.Set("Cache-Control", "no-cache")
	req.Header.Set("Pragma", "no-cache")
	req.Header.Set("Accept", "text/html, image/gif, image/jpeg, */*; q=0.2")
	res, err := c.client().Do(req)
	if err != nil {
		return "", doubt(body, fmt.Errorf("%s: %w", OpSend, err))
	}
	defer res.Body.Close()
	return sendAnswer(body, res)
}

// sendAnswer reads the answer. One that is not of the protocol says nothing about
// the letter, whatever stands between us and the other side made it.
func sendAnswer(body *uploadBody, res *http.Response) (string, error) {
	text, err := readAnswer(OpSend, res)
	var answered *AnswerError
	if err != nil && (!errors.As(err, &answered) || answered.Code == "") {
		return "", doubt(body, err)
	}
	if err != nil {
		return "", err
	}
	var a struct {
		DocID looseString `json:"DocId"`
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return "", doubt(body, err)
	}
	return string(a.DocID), nil
}

// doubt marks a failure after which the other side may have the letter.
func doubt(body *uploadBody, err error) error {
	if body.complete() {
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	}
	return err
}

func (c *Client) uploadParams(u *Upload) ([]param, error) {
	digest, err := hex.DecodeString(u.SHA256)
	if err != nil || len(digest) != 32 {
		return nil, fmt.Errorf("%s: %q is no SHA-256", OpSend, u.SHA256)
	}
	hashFile := unpadded(digest)
	if c.PaddedHash {
		hashFile = hex.EncodeToString(digest)
	}
	params := []param{
		{paramServiceType, serviceType},
		{paramMessageType, messageType(u.Kind)},
		{paramHashFile, hashFile},
		{paramFrom, string(u.From)},
	}
	if len(u.To) == 0 {
		return params, nil
	}
	to := make([]string, 0, len(u.To))
	for _, code := range u.To {
		to = append(to, quote(string(code)))
	}
	return append(params, param{paramTo, "[" + strings.Join(to, ",") + "]"}), nil
}

// uploadBody is the envelope and the line end that clients add, counted.
type uploadBody struct {
	io.Reader
	left atomic.Int64
}

func newUploadBody(u *Upload) *uploadBody {
	b := &uploadBody{Reader: io.MultiReader(u.Body, strings.NewReader(lineEnd))}
	b.left.Store(u.Size)
	return b
}

// Read implements io.Reader.
func (b *uploadBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.left.Add(-int64(n))
	return n, err
}

// complete says whether the whole envelope was handed to the connection.
func (b *uploadBody) complete() bool { return b.left.Load() <= 0 }
