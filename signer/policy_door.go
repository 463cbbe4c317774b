package signer

import (
	"cmp"
	"strings"
)

// Case is what the door knows of a document when it asks what to do with it.
type Case struct {
	Agency       string // the sender's code
	DocumentType string // name of the type, as the envelope gives it
	Envelope     bool   // the envelope's own signature, not an attached PDF's
	Foreign      bool   // none of the signatures is the sending agency's
}

// At gives what the door does with a document of this verdict: by the first rule
// that matches, and by marking it where none does.
func (p *Policy) At(c Case, v Verdict) Action {
	for _, r := range p.Door {
		if !r.matches(c) {
			continue
		}
		if a := r.action(c, v); a != "" {
			return a
		}
	}
	return ActionMark
}

func (r *DoorRule) matches(c Case) bool {
	return r.Envelope == c.Envelope &&
		(r.Agency == "" || r.Agency == c.Agency || under(c.Agency, r.Agency)) &&
		(r.DocumentType == "" || strings.EqualFold(r.DocumentType, c.DocumentType))
}

// under says whether a code stands under a prefix that is written with a closing ".*".
func under(code, pattern string) bool {
	prefix, ok := strings.CutSuffix(pattern, "*")
	return ok && strings.HasPrefix(code, prefix)
}

func (r *DoorRule) action(c Case, v Verdict) Action {
	switch v.Indication {
	case TotalPassed:
		if c.Foreign && r.Foreign != "" {
			return r.Foreign
		}
		return r.Passed
	case NoSignature:
		return r.Unsigned
	case TotalFailed:
		return r.Failed
	}
	return cmp.Or(r.doubt(v.SubIndication), r.Unsure)
}

// doubt gives what the rule says of one kind of doubt; empty for nothing.
func (r *DoorRule) doubt(s SubIndication) Action {
	switch s {
	case TryLater:
		return r.TryLater
	case RevokedNoPOE, RevokedCANoPOE:
		return r.Revoked
	case SigConstraintsFailed:
		return r.Constraints
	}
	return ""
}
