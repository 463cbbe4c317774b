package client

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"congvan/gateway"
	"congvan/gateway/api/wire"
)

// maxProblem bounds the body of a refusal.
const maxProblem = 4 << 20

// Error is the gateway's refusal. errors.Is finds its kind (gateway.ErrConflict, …) and
// errors.As gives it as a *gateway.Error, so gateway.AsError and the command line's
// exit statuses work as if the gateway were in the same process.
type Error struct {
	wire.Problem
	RetryAfter time.Duration // when the gateway says that it makes sense to try again; else 0
}

// Error implements error, in English for logs; people read Vi and En.
func (e *Error) Error() string {
	s := string(e.Code)
	if e.Place != "" {
		s += " at " + e.Place
	}
	return fmt.Sprintf("gateway refused: %s: %s (status %d, request %s)", s, e.En, e.Status, e.RequestID)
}

// Unwrap lets errors.Is find the kind.
func (e *Error) Unwrap() error { return e.kind() }

// As gives the refusal as the error that the gateway had.
func (e *Error) As(target any) bool {
	own, ok := target.(**gateway.Error)
	if ok {
		*own = &gateway.Error{Code: e.domainCode(), Place: e.Place, Findings: e.Findings, Err: fmt.Errorf("request %s", e.RequestID)}
	}
	return ok
}

func (e *Error) kind() error { return gateway.Describe(e.domainCode()).Kind }

// domainCode is the code, or for one that this client does not know what its status means.
func (e *Error) domainCode() gateway.Code {
	own := e.Code == gateway.CodeInternal || e.Code == gateway.CodeDamaged
	if own || gateway.Describe(e.Code).Kind != gateway.ErrInternal {
		return e.Code
	}
	switch {
	case e.Status == http.StatusUnauthorized:
		return gateway.CodeUnauthenticated
	case e.Status == http.StatusForbidden:
		return gateway.CodeScopeMissing
	case e.Status == http.StatusRequestEntityTooLarge:
		return gateway.CodeTooLarge
	case e.Status == http.StatusInsufficientStorage:
		return gateway.CodeStorageFull
	case e.Status == http.StatusTooManyRequests, e.Status == http.StatusBadGateway,
		e.Status == http.StatusServiceUnavailable, e.Status == http.StatusGatewayTimeout:
		return gateway.CodeBusy
	case e.Status < 500:
		return gateway.CodeInvalidRequest
	}
	return gateway.CodeInternal
}

// refusal reads the problem in an answer. One without a problem is from
// something between us and the gateway.
func refusal(resp *http.Response) error {
	e := &Error{}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxProblem))
	if err != nil || json.Unmarshal(data, &e.Problem) != nil || e.Code == "" {
		e.Problem = wire.Problem{
			Code: gateway.Code("http-" + strconv.Itoa(resp.StatusCode)), RequestID: resp.Header.Get("X-Request-Id"),
			Vi: "Máy chủ trả lời " + resp.Status + " và không phải là cổng liên thông; hãy kiểm tra địa chỉ.",
			En: "The server answered " + resp.Status + " and is not the gateway; check the address.",
		}
	}
	e.Status = resp.StatusCode
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		e.RetryAfter = time.Duration(s) * time.Second
	}
	return e
}
