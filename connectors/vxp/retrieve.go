package vxp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Get fetches an envelope with getEdoc. The base64 within the JSON is decoded
// while it is read, so memory stays flat; reading ends with io.EOF only when the
// answer turned out to be a success. The caller closes it.
func (c *Client) Get(ctx context.Context, docID string) (io.ReadCloser, error) {
	res, err := c.retrieve(ctx, http.MethodPost, OpGet, docID)
	if err != nil {
		return nil, err
	}
	answer := &answerReader{op: OpGet, status: res.StatusCode, r: bufio.NewReaderSize(res.Body, 64<<10)}
	if err := answer.open(); err != nil {
		res.Body.Close()
		return nil, err
	}
	return &retrieved{Reader: &decoded{r: base64.NewDecoder(base64.StdEncoding, answer), answer: answer}, Closer: res.Body}, nil
}

// Download fetches an envelope with downloadEdoc, as bytes. The caller closes it.
func (c *Client) Download(ctx context.Context, docID string) (io.ReadCloser, error) {
	res, err := c.retrieve(ctx, http.MethodGet, OpDownload, docID)
	if err != nil {
		return nil, err
	}
	body := bufio.NewReaderSize(res.Body, 64<<10)
	first, err := body.Peek(1)
	if err == nil && res.StatusCode == http.StatusOK && !bytes.Equal(first, []byte("{")) {
		return &retrieved{Reader: body, Closer: res.Body}, nil
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(body, maxSmallBody))
	if err != nil {
		return nil, fmt.Errorf("%s: answer: %w", OpDownload, err)
	}
	if err := refusal(OpDownload, res.StatusCode, text); err != nil {
		return nil, err
	}
	return nil, &AnswerError{Operation: OpDownload, HTTP: res.StatusCode, Text: "no letter in the answer"}
}

func (c *Client) retrieve(ctx context.Context, method, op, docID string) (*http.Response, error) {
	var body io.Reader
	if method == http.MethodPost {
		body = bytes.NewReader([]byte(emptyObject))
	}
	params := []param{{paramDocID, docID}, {paramFilePath, "."}}
	req, err := c.request(ctx, method, op, body, "application/json", params)
	if err != nil {
		return nil, err
	}
	res, err := c.client().Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return res, nil
}

type retrieved struct {
	io.Reader
	io.Closer
}

// decoded gives the decoded data of an answer, and its outcome at the end.
type decoded struct {
	r      io.Reader
	answer *answerReader
}

// Read implements io.Reader.
func (d *decoded) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if errors.Is(err, io.EOF) {
		if outcome := d.answer.outcome(); outcome != nil {
			err = outcome
		}
	}
	return n, err
}
