package wording

import (
	"encoding/json"
	"strings"

	"congvan/gateway"
	"congvan/schemas/edxml"
	"congvan/signer"
)

// judged says what was found about the signatures of a part, in one line: the part, the verdict, who
// signed when, and why the verdict is what it is.
func judged(particulars json.RawMessage) string {
	var s gateway.JudgementSummary
	if json.Unmarshal(particulars, &s) != nil {
		return Kind(gateway.EventJudged)
	}
	part := s.Name
	if s.Part == gateway.PartEnvelope {
		part = "gói tin (envelope)"
	}
	words := []string{"chữ ký số của (signatures of) " + part + ": " + Indication(s.Indication)}
	if s.SubIndication != "" {
		words[0] += " " + string(s.SubIndication)
	}
	for _, one := range s.Signatures {
		words = append(words, signature(one))
	}
	if len(s.Reasons) > 0 && s.Indication != signer.TotalPassed {
		words = append(words, s.Reasons[0].Vi+" ("+s.Reasons[0].En+")")
	}
	return strings.Join(words, "; ")
}

func signature(s gateway.SignatureSummary) string {
	text := s.Signer
	if s.Agency != "" && s.Agency != s.Signer {
		text += ", " + s.Agency
	}
	if s.Level != "" {
		text += " [" + string(s.Level) + "]"
	}
	if s.SigningTime != nil {
		text += " " + s.SigningTime.In(edxml.VietnamZone).Format("2006-01-02T15:04:05-07:00")
	}
	return text
}

// Indication names a verdict.
func Indication(i signer.Indication) string {
	switch i {
	case signer.TotalPassed:
		return "hợp lệ (valid)"
	case signer.TotalFailed:
		return "KHÔNG HỢP LỆ (not valid)"
	case signer.Indeterminate:
		return "chưa xác định (indeterminate)"
	case signer.NoSignature:
		return "không có (none)"
	}
	return string(i)
}

// Cause says why a delivery is held, failed or cancelled; a cause without words of its own
// is given as it is.
func Cause(c string) string {
	if c == gateway.CauseSignature {
		return "chữ ký cần người xem xét (" + c + ")"
	}
	return c
}
