package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"congvan/connectors/vxp"
	"congvan/gateway"
	"congvan/gateway/api/client"
)

// office is an agency's document software.
type office struct {
	id       gateway.AgencyID
	line     line
	protocol string // what people read
	ledger   *ledger
	verify   Verify // nil: what comes is taken unseen
}

func (p *play) office(id gateway.AgencyID) *office {
	o := &office{id: id, ledger: p.ledger, verify: p.Verify}
	if SpeaksExchange(id) {
		o.line, o.protocol = &exchange{p.exchangeClient(id), p.names}, "VXP"
	} else {
		o.line, o.protocol = &rest{newClient(p.Options, id)}, "REST"
	}
	return o
}

func (p *play) exchangeClient(id gateway.AgencyID) *vxp.Client {
	who := p.VXP[id]
	return &vxp.Client{
		SystemID: who.SystemID, Secret: []byte(who.Secret),
		Endpoint: strings.TrimSuffix(p.URL, "/") + p.VXPPath,
	}
}

func newClient(o Options, id gateway.AgencyID) *client.Client {
	return &client.Client{URL: o.URL, Key: o.Keys[id]}
}

// takeOver fetches, compares and acknowledges all that waits.
func (o *office) takeOver(ctx context.Context) ([]*arrival, error) {
	ids, err := o.line.waiting(ctx)
	if err != nil {
		return nil, err
	}
	var all []*arrival
	for _, id := range ids {
		a, err := o.take(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

func (o *office) take(ctx context.Context, id string) (*arrival, error) {
	data, err := o.line.fetch(ctx, id)
	if err != nil {
		return nil, err
	}
	a, err := unpack(data)
	if err != nil {
		return nil, err
	}
	if o.verify != nil {
		if err := o.verify.examine(ctx, data, a); err != nil {
			return nil, err
		}
	}
	o.ledger.arrive(a, o.id)
	sum := sha256.Sum256(data)
	if err := o.line.done(ctx, id, hex.EncodeToString(sum[:])); err != nil {
		return nil, err
	}
	o.ledger.ack(a.sum, o.id)
	return a, nil
}
