package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// tell prints each letter's timeline and where its archive copy lies, and counts
// the messages whose record really stands there.
func (p *play) tell(ctx context.Context) (archived int, err error) {
	p.title("Hành trình từng văn bản (timelines)")
	for _, l := range p.letters {
		if err := p.tellOne(ctx, l); err != nil {
			return 0, fmt.Errorf("timeline of %s: %w", l.id, err)
		}
	}
	for _, id := range p.ledger.messages {
		if _, err := p.record(ctx, p.sender(id), id); err != nil {
			return archived, fmt.Errorf("archive record of %s: %w", id, err)
		}
		archived++
	}
	return archived, nil
}

// sender gives who may ask about a message; statuses are asked for by their own reporter.
func (p *play) sender(id gateway.MessageID) gateway.AgencyID { return p.ledger.sender[id] }

func (p *play) tellOne(ctx context.Context, l told) error {
	h, err := newClient(p.Options, l.from).Timeline(ctx, l.id)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Out, "\n   %s  %s\n", l.title, h.Message.Subject)
	for _, line := range fold(h.Events) {
		p.say("  %s", line)
	}
	place, err := p.record(ctx, l.from, l.id)
	if err != nil {
		return err
	}
	p.say("  bản lưu trữ (archive copy): %s", place)
	return nil
}

// record waits for a message's archive record and says where it lies.
func (p *play) record(ctx context.Context, asker gateway.AgencyID, id gateway.MessageID) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, p.Wait)
	defer cancel()
	for {
		h, err := newClient(p.Options, asker).Timeline(ctx, id)
		if err != nil {
			return "", err
		}
		if h.Message.Record != "" {
			return p.Record(h.Message.Record)
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// fold gives one line for each run of events of one kind.
func fold(events []gateway.Event) []string {
	var lines []string
	for i := 0; i < len(events); {
		j := i
		var receivers []string
		for ; j < len(events) && events[j].Kind == events[i].Kind; j++ {
			if r := string(events[j].Receiver); r != "" {
				receivers = append(receivers, r)
			}
		}
		line := events[i].At.In(edxml.VietnamZone).Format("15:04:05.000") + "  " + eventText(events[i].Kind)
		switch n := len(receivers); {
		case n > 3:
			line += fmt.Sprintf(": %s … (%d)", receivers[0], n)
		case n > 0:
			line += ": " + strings.Join(receivers, ", ")
		}
		lines = append(lines, line)
		i = j
	}
	return lines
}

func eventText(k gateway.EventKind) string {
	texts := map[gateway.EventKind]string{
		gateway.EventAccepted:     "tiếp nhận (accepted)",
		gateway.EventArchived:     "lưu trữ (archived)",
		gateway.EventQueued:       "chờ nhận (queued)",
		gateway.EventFetched:      "đã tải (fetched)",
		gateway.EventAcknowledged: "đã xác nhận (acknowledged)",
		gateway.EventCancelled:    "hủy vì thu hồi (cancelled)",
		gateway.EventRecall:       "thu hồi (recall)",
		gateway.EventStatus:       "trạng thái xử lý (status)",
		gateway.EventReceipt:      "biên nhận (receipt)",
	}
	if text, ok := texts[k]; ok {
		return text
	}
	return string(k)
}
