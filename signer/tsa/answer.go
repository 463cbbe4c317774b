package tsa

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"congvan/signer"
	"congvan/signer/cms/ber"
)

// Kinds of failure to get a time stamp.
var (
	// ErrUnavailable: none could be had now. Try later; the signature may stay without
	// one until then.
	ErrUnavailable = errors.New("no time-stamping authority is available")
	// ErrRejected: every authority refused the request. The same request will be refused
	// again: the configuration has to change.
	ErrRejected = errors.New("the time-stamping authority refuses")
	// ErrAnswer: an authority gave something that is no right answer to the request. It
	// is treated like one that is not available.
	ErrAnswer = errors.New("the time-stamping authority's answer is wrong")
)

// Rejection is an authority's refusal (PKIStatusInfo, RFC 3161, 2.4.2).
type Rejection struct {
	Status  int    // PKIStatus: 2 rejection, 3 waiting, 4 revocation warning, 5 revoked
	Failure int    // bit of PKIFailureInfo; -1 where not stated
	Text    string // the authority's own words, cut short
}

// Error says what the authority said.
func (r *Rejection) Error() string {
	return fmt.Sprintf("status %d, failure %d: %q", r.Status, r.Failure, r.Text)
}

// Unwrap gives the kind: some failures pass by themselves.
func (r *Rejection) Unwrap() error {
	const waiting, timeNotAvailable, systemFailure = 3, 14, 25
	if r.Status == waiting || r.Failure == timeNotAvailable || r.Failure == systemFailure {
		return ErrUnavailable
	}
	return ErrRejected
}

// Reason tells people why the authority refused.
func (r *Rejection) Reason() signer.Reason {
	for _, f := range failures() {
		if f.bit == r.Failure {
			return signer.Reason{Code: "tsa-" + f.code, Vi: f.vi, En: f.en}
		}
	}
	if r.Status == 4 || r.Status == 5 {
		return signer.Reason{
			Code: "tsa-revoked",
			Vi:   "Chứng thư của cơ quan cấp dấu thời gian đã hoặc sắp bị thu hồi.",
			En:   "The time-stamping authority's certificate is revoked or about to be.",
		}
	}
	return signer.Reason{
		Code: "tsa-rejected",
		Vi:   "Cơ quan cấp dấu thời gian từ chối yêu cầu mà không nêu lý do.",
		En:   "The time-stamping authority refused the request without a reason.",
	}
}

type failureInfo struct {
	bit          int
	code, vi, en string
}

// failures lists PKIFailureInfo (RFC 3161, 2.4.2).
func failures() []failureInfo {
	return []failureInfo{
		{0, "bad-algorithm", "Cơ quan cấp dấu thời gian không chấp nhận thuật toán băm này.", "The time-stamping authority does not accept this digest algorithm."},
		{2, "bad-request", "Cơ quan cấp dấu thời gian không phục vụ yêu cầu này.", "The time-stamping authority does not serve this request."},
		{5, "bad-data-format", "Cơ quan cấp dấu thời gian không đọc được yêu cầu.", "The time-stamping authority cannot read the request."},
		{14, "time-not-available", "Nguồn thời gian của cơ quan cấp dấu thời gian đang gián đoạn; sẽ thử lại sau.", "The time-stamping authority has no source of time now; it will be asked again."},
		{15, "unaccepted-policy", "Cơ quan cấp dấu thời gian không hỗ trợ chính sách được yêu cầu.", "The time-stamping authority does not support the policy that was asked for."},
		{16, "unaccepted-extension", "Cơ quan cấp dấu thời gian không hỗ trợ phần mở rộng được yêu cầu.", "The time-stamping authority does not support an extension that was asked for."},
		{17, "information-not-available", "Cơ quan cấp dấu thời gian không có thông tin bổ sung được yêu cầu.", "The time-stamping authority does not have information that was asked for."},
		{25, "system-failure", "Hệ thống của cơ quan cấp dấu thời gian gặp sự cố; sẽ thử lại sau.", "The time-stamping authority's system failed; it will be asked again."},
	}
}

// readAnswer reads a TimeStampResp (RFC 3161, 2.4.2). Its errors are an ErrAnswer or a
// *Rejection.
func readAnswer(der []byte) (*Token, error) {
	c := ber.Open(der)
	in := c.Inside(ber.Sequence)
	status := readStatus(in.Inside(ber.Sequence))
	var token []byte
	if !in.Empty() {
		token = in.Take(ber.Sequence).Full
	}
	in.End()
	c.End()
	if err := c.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	const granted, grantedWithChanges = 0, 1
	if status.Status != granted && status.Status != grantedWithChanges {
		return nil, status
	}
	if token == nil {
		return nil, fmt.Errorf("%w: granted, but without a token", ErrAnswer)
	}
	t, err := ParseToken(token)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return t, nil
}

// readStatus reads PKIStatusInfo.
func readStatus(c *ber.Cursor) *Rejection {
	r := &Rejection{Status: c.Int(ber.Integer, 1000), Failure: -1}
	if c.Is(ber.Sequence) {
		r.Text = readText(c.Inside(ber.Sequence))
	}
	if c.Is(ber.BitString) {
		r.Failure = firstBit(c.Take(ber.BitString).Body)
	}
	c.End()
	return r
}

// readText joins the lines of PKIFreeText to one short printable line.
func readText(c *ber.Cursor) string {
	const most = 200
	var lines []string
	for !c.Empty() && len(lines) < 10 {
		lines = append(lines, string(c.Next().Body))
	}
	text := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(strings.Join(lines, " "), "?"))
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// firstBit gives the number of the first bit that is set in a BIT STRING; -1 for none.
func firstBit(body []byte) int {
	if len(body) == 0 {
		return -1
	}
	for i := range (len(body) - 1) * 8 {
		if body[1+i/8]&(0x80>>(i%8)) != 0 {
			return i
		}
	}
	return -1
}

// Error says why no authority gave a time stamp.
type Error struct {
	Kind     error     // ErrUnavailable where any of them may give one later, else ErrRejected
	Attempts []Attempt // of all authorities, in order
}

// Attempt is what came of asking one authority.
type Attempt struct {
	Authority string // its address
	Reason    signer.Reason
	Err       error
}

func (e *Error) Error() string {
	var all strings.Builder
	for _, a := range e.Attempts {
		fmt.Fprintf(&all, "; %s: %v", a.Authority, a.Err)
	}
	return "tsa: " + e.Kind.Error() + all.String()
}

// Unwrap gives the kind.
func (e *Error) Unwrap() error { return e.Kind }

func failure(all []Attempt) error {
	e := &Error{Kind: ErrRejected, Attempts: all}
	for _, a := range all {
		if !errors.Is(a.Err, ErrRejected) {
			e.Kind = ErrUnavailable
		}
	}
	return e
}

func attempt(a Authority, err error) Attempt {
	return Attempt{Authority: a.URL, Reason: reason(err), Err: err}
}

var errResting = fmt.Errorf("%w: it failed a moment ago", ErrUnavailable)

func resting(a Authority) Attempt { return attempt(a, errResting) }

// reason tells people why an authority gave no time stamp.
func reason(err error) signer.Reason {
	var refused *Rejection
	switch {
	case errors.As(err, &refused):
		return refused.Reason()
	case errors.Is(err, ErrAnswer):
		return signer.Reason{
			Code: "tsa-wrong-answer",
			Vi:   "Cơ quan cấp dấu thời gian trả lời không đúng với yêu cầu.",
			En:   "The time-stamping authority gave a wrong answer to the request.",
		}
	case errors.Is(err, ErrRejected):
		return signer.Reason{
			Code: "tsa-credentials",
			Vi:   "Cơ quan cấp dấu thời gian không chấp nhận tài khoản truy cập.",
			En:   "The time-stamping authority does not accept the credentials.",
		}
	}
	return signer.Reason{
		Code: "tsa-unavailable",
		Vi:   "Hiện không kết nối được với cơ quan cấp dấu thời gian; sẽ thử lại sau.",
		En:   "The time-stamping authority cannot be reached now; it will be asked again.",
	}
}

// lower writes a sentence so that it can follow a colon.
func lower(sentence string) string {
	runes := []rune(sentence)
	if len(runes) > 0 {
		runes[0] = unicode.ToLower(runes[0])
	}
	return string(runes)
}
