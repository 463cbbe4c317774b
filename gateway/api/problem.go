package api

import (
	"net/http"

	"congvan/gateway"
	"congvan/gateway/api/wire"
	"congvan/schemas"
)

// fault makes an error that only HTTP knows.
func fault(c gateway.Code, place string) error { return &httpFault{code: c, place: place} }

// httpFault is a fault of the request as HTTP, which no other face of the gateway has.
type httpFault struct {
	code  gateway.Code
	place string
}

func (f *httpFault) Error() string { return string(f.code) + " at " + f.place }

// description of a fault, in the form that the domain's own codes have.
func (f *httpFault) description() gateway.Description {
	switch f.code {
	case wire.CodeMethodNotAllowed:
		return gateway.Description{
			HTTP: http.StatusMethodNotAllowed,
			Vi:   "Địa chỉ này không nhận phương thức đã dùng; xem tiêu đề Allow.",
			En:   "This address does not take that method; see the Allow header.",
		}
	case wire.CodeUnsupportedMedia:
		return gateway.Description{
			HTTP: http.StatusUnsupportedMediaType,
			Vi:   "Kiểu nội dung (Content-Type) không được hỗ trợ ở đây; xem /v1/openapi.yaml.",
			En:   "The Content-Type is not taken here; see /v1/openapi.yaml.",
		}
	}
	return gateway.Description{
		HTTP: http.StatusNotFound,
		Vi:   "Không có địa chỉ này; xem /v1/openapi.yaml.",
		En:   "There is no such address; see /v1/openapi.yaml.",
	}
}

// describe gives any error the form that a client may see.
func describe(err error) *wire.Problem {
	if f, ok := err.(*httpFault); ok {
		return problem(f.code, f.place, f.description(), nil)
	}
	e := gateway.AsError(err)
	return problem(e.Code, e.Place, gateway.Describe(e.Code), e.Findings)
}

func problem(c gateway.Code, place string, d gateway.Description, findings []schemas.Finding) *wire.Problem {
	return &wire.Problem{
		Type: wire.TypePrefix + string(c), Title: d.En, Status: d.HTTP, Detail: d.Vi + " " + d.En,
		Code: c, Place: place, Vi: d.Vi, En: d.En, Findings: findings,
	}
}

// invalid says that a parameter or a member of the body is wrong.
func invalid(place, format string, args ...any) error {
	return gateway.Errorf(gateway.CodeInvalidRequest, place, format, args...)
}
