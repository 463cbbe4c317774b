package tsa

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"
	"mime"
	"net/http"
	"strings"

	"congvan/internal/keyfile"
	"congvan/signer/cms"
	"congvan/signer/cms/ber"
)

// question is a TimeStampReq (RFC 3161, 2.4.1).
type question struct {
	hash   crypto.Hash
	digest []byte
	policy asn1.ObjectIdentifier // nil for any
	nonce  *big.Int
}

// draw picks a nonce that nobody can foresee.
func (q *question) draw() error {
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return fmt.Errorf("nonce: %w", err)
	}
	q.nonce = nonce
	return nil
}

// encode writes the request, which asks for the certificate. The digest's parameters
// are NULL, since some authorities refuse a request without.
func (q question) encode() []byte {
	null := []byte{ber.Null, 0}
	imprint := ber.Encode(ber.Sequence,
		ber.Encode(ber.Sequence, encode(cms.OIDOf(q.hash)), null),
		ber.Encode(ber.OctetString, q.digest))
	var policy []byte
	if q.policy != nil {
		policy = encode(q.policy)
	}
	return ber.Encode(ber.Sequence, []byte{ber.Integer, 1, 1}, imprint, policy, encode(q.nonce), []byte{ber.Boolean, 1, 0xff})
}

// encode writes an object identifier or an integer; nothing for what is neither.
func encode(value any) []byte {
	der, err := asn1.Marshal(value)
	if err != nil {
		return nil
	}
	return der
}

// exchange sends a request over HTTP and gives the bytes of the answer (RFC 3161, 3.4).
func (c *Client) exchange(ctx context.Context, a Authority, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	r.Header.Set("Content-Type", "application/timestamp-query")
	r.Header.Set("Accept", "application/timestamp-reply")
	if err := a.authenticate(r); err != nil {
		return nil, err
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer answer.Body.Close()
	if err := expected(answer); err != nil {
		return nil, err
	}
	return readBounded(answer.Body)
}

// authenticate adds the credentials of the file.
func (a Authority) authenticate(r *http.Request) error {
	if a.CredentialsFile == "" {
		return nil
	}
	text, err := keyfile.Read(a.CredentialsFile)
	if err != nil {
		return fmt.Errorf("%w: credentials: %w", ErrUnavailable, err)
	}
	user, password, ok := strings.Cut(strings.TrimRight(string(text), "\r\n"), ":")
	if !ok {
		return fmt.Errorf("%w: credentials: %s does not hold user:password", ErrUnavailable, a.CredentialsFile)
	}
	r.SetBasicAuth(user, password)
	return nil
}

// expected checks an answer's status and content type. Authorities in use name their
// replies variously; what is text is an error page or a portal that asks for a login.
func expected(answer *http.Response) error {
	switch code := answer.StatusCode; {
	case code == http.StatusOK:
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return fmt.Errorf("%w: HTTP %d: the credentials are not accepted", ErrRejected, code)
	default:
		return fmt.Errorf("%w: HTTP %d", ErrUnavailable, code)
	}
	kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "application/") {
		return fmt.Errorf("%w: content type %.80q", ErrAnswer, answer.Header.Get("Content-Type"))
	}
	return nil
}

func readBounded(r io.Reader) ([]byte, error) {
	der, err := io.ReadAll(io.LimitReader(r, MaxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if len(der) > MaxAnswer {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrAnswer, MaxAnswer)
	}
	return der, nil
}
