package vxp

import (
	"errors"
	"strings"

	"congvan/gateway"
)

// Words of updateStatus. Done and Fail take an item off the inbox; the others
// only say how far the receiver's system is. None of them is a business status:
// those travel as status messages.
const (
	WordDone       = "done"
	WordFail       = "fail"
	wordProcessing = "processing"
)

// updateStatus is the receiver's word on an item. The id is taken from docid
// when that was signed, else from docId: the one may have leaked from an earlier
// call beside the other.
func (c *call) updateStatus() error {
	id, err := c.params.need(paramDocIDLower, paramDocID)
	if err != nil {
		return err
	}
	word, err := c.params.need(paramStatus)
	if err != nil {
		return err
	}
	note, err := c.params.get(paramDescription)
	if err != nil {
		return err
	}
	if err := c.report(id, strings.ToLower(strings.TrimSpace(word)), note); err != nil {
		return err
	}
	c.answer(done())
	return nil
}

func (c *call) report(id, word, note string) error {
	switch word {
	case WordDone, WordFail:
		return item(id, func(i gateway.Item) error { return c.acknowledge(i, word == WordFail, note) })
	case wordProcessing, "inbox", "acceptance", "rejection", "assignment", "cancellation":
		if note != "" {
			word += ": " + note
		}
		return item(id, func(i gateway.Item) error {
			return c.Gateway.NoteProgress(c.r.Context(), c.principal, i, word)
		})
	}
	return gateway.Errorf(gateway.CodeInvalidRequest, prefix+paramStatus, "unknown word %q", word)
}

func (c *call) acknowledge(i gateway.Item, unreadable bool, note string) error {
	acks := []gateway.Ack{{Item: i, Unreadable: unreadable, Description: note}}
	outcomes, err := c.Gateway.Acknowledge(c.r.Context(), c.principal, acks)
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		if o.Err != nil {
			return notFetched(o.Err)
		}
	}
	return nil
}

// notFetched gives a conflict without a code the one that it has here.
func notFetched(err error) error {
	var coded *gateway.Error
	if errors.Is(err, gateway.ErrConflict) && !errors.As(err, &coded) {
		return &gateway.Error{Code: gateway.CodeNotFetched, Err: err}
	}
	return err
}
