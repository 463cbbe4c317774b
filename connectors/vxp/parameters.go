package vxp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"congvan/gateway"
)

// parameters are what a request was signed with, beside the headers it came in.
type parameters struct {
	signed map[string]string // by name without prefix, case kept
	loose  http.Header
}

// get gives the first of the named parameters that was signed; empty when none was.
//
// A client repeats each signed parameter as a header. A value that was not
// repeated, or a header of that name that nobody signed, is refused. Headers of
// earlier calls leak into later ones, and docId and docid are one header to HTTP:
// so a header counts as signed when any spelling of its name was signed with its value.
func (p parameters) get(names ...string) (string, error) {
	for _, name := range names {
		value, ok := p.signed[name]
		if !ok {
			continue
		}
		if !slices.Contains(p.loose.Values(prefix+name), strings.TrimSpace(value)) {
			return "", gateway.Errorf(gateway.CodeUnsignedParameter, prefix+name, "the header does not carry the signed value")
		}
		return value, nil
	}
	if p.hasUnsigned(names[0]) {
		return "", gateway.Errorf(gateway.CodeUnsignedParameter, prefix+names[0], "the header is not signed")
	}
	return "", nil
}

// need is get for a parameter without which the operation has no meaning.
func (p parameters) need(names ...string) (string, error) {
	v, err := p.get(names...)
	if err == nil && strings.TrimSpace(v) == "" {
		err = gateway.Errorf(gateway.CodeInvalidRequest, prefix+names[0], "missing")
	}
	return v, err
}

// hasUnsigned says whether a header carries a value that no spelling of its name was signed with.
func (p parameters) hasUnsigned(name string) bool {
	for _, v := range p.loose.Values(prefix + name) {
		if !p.signedAnyCase(name, v) {
			return true
		}
	}
	return false
}

func (p parameters) signedAnyCase(name, value string) bool {
	for n, v := range p.signed {
		if strings.EqualFold(n, name) && strings.TrimSpace(v) == value {
			return true
		}
	}
	return false
}

// maxReceivers bounds the list of receivers in a header; the gateway's own limit is not above it.
const maxReceivers = 10_000

// receivers reads a list of agency codes: a JSON array or, from simpler clients,
// codes with commas between them. Empty text is no restriction.
func receivers(text string) ([]gateway.AgencyID, error) {
	text = strings.TrimSpace(text)
	var codes []string
	if strings.HasPrefix(text, "[") {
		if err := json.Unmarshal([]byte(text), &codes); err != nil {
			return nil, fmt.Errorf("list of receivers: %w", err)
		}
	} else {
		codes = strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' })
	}
	if len(codes) > maxReceivers {
		return nil, fmt.Errorf("list of receivers: %d codes", len(codes))
	}
	var out []gateway.AgencyID
	for _, c := range codes {
		if c = strings.TrimSpace(c); c != "" {
			out = append(out, gateway.AgencyID(c))
		}
	}
	return out, nil
}
