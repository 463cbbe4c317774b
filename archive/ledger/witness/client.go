package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"congvan/archive/ledger/checkpoint"
)

var (
	// ErrUnavailable: no answer that means anything; ask again later.
	ErrUnavailable = errors.New("witness: cannot be reached now")
	// ErrRefused: the witness does not cosign this; see the text, and ask its operator.
	ErrRefused = errors.New("witness: refused to cosign")
	// ErrAnswer: it answered with a signature that is not its own; do not rely on it.
	ErrAnswer = errors.New("witness: the answer is not its cosignature")
)

// sizeType is the content type of an answer that tells the witness's own size.
const sizeType = "text/x.tlog.size"

// Conflict is the error of a witness that last signed another size than Old said.
type Conflict struct{ Size int64 }

// Error says which.
func (c *Conflict) Error() string { return fmt.Sprintf("witness: it last signed %d leaves", c.Size) }

// Client asks one witness.
type Client struct {
	Prefix   string        // its submission prefix: …/add-checkpoint is asked
	Verifier note.Verifier // of its cosignatures
	HTTP     *http.Client
}

// Add asks for a cosignature and gives its line, checked. *Conflict, ErrRefused,
// ErrUnavailable, ErrAnswer. It may be called again.
func (c *Client) Add(ctx context.Context, r Request, log note.Verifier) ([]byte, error) {
	url := strings.TrimSuffix(c.Prefix, "/") + "/add-checkpoint"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(r.Marshal()))
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, checkpoint.MaxSize))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, refusal(response, body)
	}
	return c.line(r.Checkpoint, body, log)
}

func refusal(response *http.Response, body []byte) error {
	text := strings.TrimSpace(string(body[:min(len(body), 200)]))
	if response.StatusCode == http.StatusConflict && response.Header.Get("Content-Type") == sizeType {
		if size, err := checkpoint.ParseSize(text); err == nil {
			return &Conflict{size}
		}
	}
	kind := ErrRefused
	if response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests {
		kind = ErrUnavailable
	}
	return fmt.Errorf("%w: %s: %q", kind, response.Status, text)
}

// line finds the witness's own signature in an answer that may hold others.
func (c *Client) line(signed, answer []byte, log note.Verifier) ([]byte, error) {
	both := append(bytes.Clone(signed), answer...)
	_, n, err := checkpoint.Open(both, log, c.Verifier)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	for _, s := range n.Sigs {
		if s.Name == c.Verifier.Name() && s.Hash == c.Verifier.KeyHash() {
			return fmt.Appendf(nil, "— %s %s\n", s.Name, s.Base64), nil
		}
	}
	return nil, ErrAnswer
}
