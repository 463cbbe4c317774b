package vxp

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"congvan/gateway"
	"congvan/gateway/dispatch"
	"congvan/schemas/edxml"
)

// errUnclear says that the other side cannot yet say whether it has a letter; it is asked again later.
var errUnclear = errors.New("vxp: not in the list of sent letters, but it may still be on its way")

// confirming hands deliveries to an exchange that would take the same letter
// twice. After an unknown outcome it looks for the letter in getSentEdocList.
type confirming struct {
	*Carrier
	quiet   time.Duration
	now     func() time.Time
	started time.Time // attempts of an earlier process ended before

	mu     sync.Mutex
	broken map[gateway.DeliveryID]time.Time // when our last attempt broke off, if it did so lately
}

// Idempotent implements dispatch.Idempotent: this other side is not.
func (c *confirming) Idempotent() bool { return false }

// Carry implements dispatch.Carrier and remembers attempts that broke off.
func (c *confirming) Carry(ctx context.Context, p dispatch.Parcel) (dispatch.Answer, error) {
	answer, err := c.Carrier.Carry(ctx, p)
	c.note(p.Delivery.ID, errors.Is(err, ErrOutcomeUnknown))
	return answer, err
}

func (c *confirming) note(id gateway.DeliveryID, broken bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	// What is quiet long enough need not be remembered, and may never be carried again.
	maps.DeleteFunc(c.broken, func(_ gateway.DeliveryID, since time.Time) bool { return now.Sub(since) >= c.quiet })
	if broken {
		c.broken[id] = now
	} else {
		delete(c.broken, id)
	}
}

// Confirm implements dispatch.Confirmer. A letter is found when exactly one row of the list
// has its sender, receiver, notation and subject and was sent since we accepted
// it; with several such rows nobody can say which is meant.
func (c *confirming) Confirm(ctx context.Context, p dispatch.Parcel) (bool, string, error) {
	rows, err := c.client.Sent(ctx, p.Message.Kind, "")
	if err != nil {
		return false, "", err
	}
	var match []SentItem
	for _, row := range rows {
		if sameLetter(&row, &p) {
			match = append(match, row)
		}
	}
	switch {
	case len(match) == 1:
		return true, match[0].SenderDocID, nil
	case len(match) > 1 || !c.quietSince(p.Delivery.ID) || !reachesBack(rows, p.Message.AcceptedAt):
		return false, "", errUnclear
	}
	return false, "", nil
}

// fullList is how many rows a list has that may have been cut off there.
const fullList = 1000

// reachesBack says whether a list goes back to a moment, so that what is not in it was not sent since.
func reachesBack(rows []SentItem, moment time.Time) bool {
	return len(rows) < fullList || slices.ContainsFunc(rows, func(r SentItem) bool {
		sent, err := time.ParseInLocation(layoutItem, r.SentTime, edxml.VietnamZone)
		return err == nil && sent.Before(moment.Add(-clockSkew))
	})
}

// quietSince says whether an attempt that broke off can no longer take effect.
func (c *confirming) quietSince(id gateway.DeliveryID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	since, ok := c.broken[id]
	if !ok {
		since = c.started
	}
	return c.now().Sub(since) >= c.quiet
}

// clockSkew is how far the other side's clock may be behind ours.
const clockSkew = 10 * time.Minute

func sameLetter(row *SentItem, p *dispatch.Parcel) bool {
	m := &p.Message
	if row.FromCode != string(m.From) || row.ToCode != string(p.Delivery.Addressed) && row.ToCode != string(p.Delivery.Receiver) {
		return false
	}
	notation := edxml.Code{Number: m.Number, Notation: m.Notation}.String()
	if !sameText(row.Notation, notation) || !sameText(row.Title, m.Subject) {
		return false
	}
	sent, err := time.ParseInLocation(layoutItem, row.SentTime, edxml.VietnamZone)
	return err == nil && sent.After(m.AcceptedAt.Add(-clockSkew))
}

// sameText compares texts that may have been re-spaced on their way.
func sameText(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}
