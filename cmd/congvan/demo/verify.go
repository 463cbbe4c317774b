package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"congvan/signer"
)

// errUnverified: what a receiver got does not bear the signatures that it should.
var errUnverified = errors.New("a received letter whose signatures do not hold")

// Verify judges the signatures of a PDF or an XML file. The error is a failure to read.
type Verify func(ctx context.Context, r io.ReaderAt, size int64) (*signer.Report, error)

// examine does what a careful receiver does: it checks the signatures of the letter, which
// must be the person's and the seal's, and the gateway's on the envelope, which is there
// when the gateway wrote the envelope.
func (v Verify) examine(ctx context.Context, message []byte, a *arrival) error {
	envelope, err := v(ctx, bytes.NewReader(message), int64(len(message)))
	if err != nil {
		return err
	}
	if a.sealed = envelope.Indication == signer.TotalPassed; !a.sealed && envelope.Indication != signer.NoSignature {
		return unverified("envelope", envelope)
	}
	if a.pdf == nil {
		return nil
	}
	letter, err := v(ctx, bytes.NewReader(a.pdf), int64(len(a.pdf)))
	if err != nil {
		return err
	}
	if letter.Indication != signer.TotalPassed || len(letter.Signatures) != 2 {
		return unverified("letter", letter)
	}
	a.signatures = letter.Signatures
	return nil
}

func unverified(what string, r *signer.Report) error {
	var why []string
	for _, v := range append([]signer.Signature{{Verdict: r.Verdict}}, r.Signatures...) {
		for _, reason := range v.Reasons {
			why = append(why, reason.En)
		}
	}
	return fmt.Errorf("%w: %s with %d signatures: %s %s: %s", errUnverified, what, len(r.Signatures), r.Indication, r.SubIndication, strings.Join(why, " "))
}

// sayVerified tells what the receivers found about the signatures of what they got.
func (p *play) sayVerified(all []*arrival) {
	var who []string
	letters, sealed := 0, 0
	for _, a := range all {
		if len(a.signatures) == 0 {
			continue
		}
		letters++
		if a.sealed {
			sealed++
		}
		for _, s := range a.signatures {
			if name := signedBy(s); !slices.Contains(who, name) {
				who = append(who, name)
			}
		}
	}
	if letters == 0 {
		return
	}
	p.say("kiểm tra %d văn bản đã nhận: %s đều hợp lệ (signatures valid)", letters, strings.Join(who, ", "))
	if sealed > 0 {
		p.say("  %d gói tin mang chữ ký hợp lệ của cổng (envelopes signed by the gateway)", sealed)
	}
}

func signedBy(s signer.Signature) string {
	if s.Field == sealField {
		return "dấu của " + s.Signer
	}
	return "chữ ký của " + s.Signer
}
