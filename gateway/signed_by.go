package gateway

import (
	"slices"
	"strings"

	"congvan/signer"
)

// isSignedBy says whether a signature that passed is an agency's own: its certificate bears one of
// the agency's codes, or one of the names that it has or had. Certificates of the government's
// authority bear names alone.
func isSignedBy(a *Agency, r *signer.Report) bool {
	return slices.ContainsFunc(r.Signatures, func(s signer.Signature) bool {
		return s.Indication == signer.TotalPassed && (a.hasCode(s.AgencyCode) || a.hasName(s.Agency) || a.hasName(s.Signer))
	})
}

func (a *Agency) hasCode(code string) bool {
	return code != "" && (AgencyID(code) == a.ID || slices.Contains(a.Aliases, AgencyID(code)))
}

func (a *Agency) hasName(name string) bool {
	name = plainName(name)
	if name == " " {
		return false
	}
	return name == plainName(a.Name) || slices.ContainsFunc(a.Names, func(n AgencyName) bool { return plainName(n.Name) == name })
}

// plainName is a name as two clerks who write it differently would still take it for the same:
// folded, and the usual abbreviation written out.
func plainName(name string) string {
	return strings.ReplaceAll(Fold(name)+" ", " ubnd ", " uy ban nhan dan ")
}
