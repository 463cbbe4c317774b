package vxp

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"congvan/gateway"
	"congvan/gateway/dispatch"
)

// CarrierOptions say how letters are handed to another exchange.
type CarrierOptions struct {
	Client *Client
	// Idempotent says that the other side gives the first answer again when it gets
	// the same letter for the same receiver a second time, as congvan does. Without it, a letter whose
	// outcome is unknown is looked for in the other side's list of what we sent.
	Idempotent bool
	// Quiet is how long after an attempt that broke off the other side may
	// still be busy with it; default 5 minutes. Only then "not in the list" means "not taken".
	Quiet time.Duration
	Now   func() time.Time
}

// NewCarrier makes the carrier that hands deliveries over with sendEdoc.
func NewCarrier(o CarrierOptions) dispatch.Carrier {
	c := &Carrier{client: o.Client}
	if o.Idempotent {
		return c
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Quiet == 0 {
		o.Quiet = 5 * time.Minute
	}
	return &confirming{Carrier: c, quiet: o.Quiet, now: o.Now, started: o.Now(), broken: map[gateway.DeliveryID]time.Time{}}
}

// Carrier hands deliveries to an exchange that recognizes a letter it already has.
type Carrier struct {
	client *Client
}

// Idempotent implements dispatch.Idempotent.
func (c *Carrier) Idempotent() bool { return true }

// Endpoint implements dispatch.Endpointer: all receivers are reached through one host.
func (c *Carrier) Endpoint(gateway.AgencyID) string {
	u, err := url.Parse(c.client.Endpoint)
	if err != nil {
		return c.client.Endpoint
	}
	return u.Host
}

// Carry implements dispatch.Carrier. The receiver is named by the code that stands
// in the letter, since the other side compares the two.
func (c *Carrier) Carry(ctx context.Context, p dispatch.Parcel) (dispatch.Answer, error) {
	body, err := p.Open(ctx)
	if err != nil {
		return dispatch.Answer{}, err
	}
	defer body.Close()
	id, err := c.client.Send(ctx, Upload{
		Kind: p.Message.Kind, From: p.Message.From, To: []gateway.AgencyID{p.Delivery.Addressed},
		Body: body, Size: body.Size, SHA256: body.SHA256,
	})
	if err != nil {
		return dispatch.Answer{}, classify(err)
	}
	return dispatch.Answer{RemoteID: id, Code: "0", Text: StatusOK}, nil
}

// Error codes of the exchange protocol.
const (
	codeInvalidFile     = "10"
	codeCredential      = "15"
	codeReceiverUnknown = "18"
	codeSenderUnknown   = "19"
	codeSystem          = "20"
	codeProcessing      = "21"
	codeFormat          = "22"
	codeReceiverLocked  = "23"
	codeWrongRoot       = "40"
)

// afterCredential is how long nothing is sent after the other side refused our
// secret: every letter would be refused, and a person has to mend it.
const afterCredential = 10 * time.Minute

// classify says what a failed sendEdoc means for the next attempt.
func classify(err error) *dispatch.CarrierError {
	var a *AnswerError
	if !errors.As(err, &a) || a.Code == "" || errors.Is(err, ErrOutcomeUnknown) {
		return classifySilence(err)
	}
	switch a.Code {
	case codeSystem:
		return dispatch.Temporary(a.Code, a.Text, err)
	case codeInvalidFile, codeFormat, codeProcessing:
		if damagedOnTheWay(a.Text) {
			return dispatch.Temporary(a.Code, a.Text, err)
		}
		return dispatch.Permanent(a.Code, a.Text, err)
	case codeSenderUnknown, codeWrongRoot:
		return dispatch.Permanent(a.Code, a.Text, err)
	case codeReceiverUnknown, codeReceiverLocked:
		// A locked receiver may be opened one day, but the sender should know
		// today; a person can order the letter to be sent again.
		return dispatch.Permanent(a.Code, a.Text, err).OfReceiver()
	case codeCredential:
		return dispatch.Temporary(a.Code, a.Text, err).After(afterCredential)
	}
	return dispatch.Temporary(a.Code, a.Text, err) // a code that nobody has told us about
}

// classifySilence is for failures without an answer of the protocol.
func classifySilence(err error) *dispatch.CarrierError {
	if errors.Is(err, ErrOutcomeUnknown) {
		return dispatch.Unknown("", "", err)
	}
	return dispatch.Temporary("", "", err)
}

// damagedOnTheWay says whether a refusal names what happens to a letter
// between us and the other side, not what is wrong with it.
func damagedOnTheWay(text string) bool {
	return strings.Contains(text, string(gateway.CodeTruncated)) || strings.Contains(text, string(gateway.CodeHashMismatch))
}

var (
	_ dispatch.Carrier    = (*Carrier)(nil)
	_ dispatch.Idempotent = (*Carrier)(nil)
	_ dispatch.Endpointer = (*Carrier)(nil)
	_ dispatch.Confirmer  = (*confirming)(nil)
)
