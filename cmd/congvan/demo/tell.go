package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"congvan/cmd/congvan/wording"
	"congvan/gateway"
	"congvan/schemas/edxml"
)

// tell prints each letter's timeline and where its archive copy lies, and counts the
// letters taken back and returned, and the messages whose record really stands in the archive.
func (p *play) tell(ctx context.Context, t *Tally) error {
	p.title("Hành trình từng văn bản (timelines)")
	for _, l := range p.letters {
		if err := p.tellOne(ctx, l, t); err != nil {
			return fmt.Errorf("timeline of %s: %w", l.id, err)
		}
	}
	for _, id := range p.ledger.messages {
		if _, err := p.record(ctx, p.ledger.sender[id], id); err != nil {
			return fmt.Errorf("archive record of %s: %w", id, err)
		}
		t.Archived++
	}
	return nil
}

func (p *play) tellOne(ctx context.Context, l told, t *Tally) error {
	h, err := newClient(p.Options, l.from).Timeline(ctx, l.id)
	if err != nil {
		return err
	}
	t.count(h.Deliveries)
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

// count adds a letter's deliveries to the tally.
func (t *Tally) count(deliveries []gateway.Delivery) {
	for _, d := range deliveries {
		if d.Recall == gateway.RecallAgreed {
			t.Recalled++
		}
		if d.Status == edxml.StatusRejection {
			t.Returned++
		}
	}
}

// fewEvents is how many events are told one by one.
const fewEvents = 16

// fold gives one line an event or, of many, one line for all of a kind.
func fold(events []gateway.Event) []string {
	var runs [][]gateway.Event
	for _, e := range events {
		// What was found about signatures is told each time.
		same := func(run []gateway.Event) bool { return run[0].Kind == e.Kind && e.Kind != gateway.EventJudged }
		if i := slices.IndexFunc(runs, same); i >= 0 && len(events) > fewEvents {
			runs[i] = append(runs[i], e)
			continue
		}
		runs = append(runs, []gateway.Event{e})
	}
	lines := make([]string, len(runs))
	for i, run := range runs {
		lines[i] = runLine(run)
	}
	return lines
}

func runLine(run []gateway.Event) string {
	first, last := clock(run[0]), clock(run[len(run)-1])
	if len(run) > 1 {
		return fmt.Sprintf("%s  %s: %d, đến %s", first, wording.Kind(run[0].Kind), len(run), last)
	}
	return strings.TrimSuffix(fmt.Sprintf("%s  %s: %s", first, wording.Event(run[0]), run[0].Receiver), ": ")
}

func clock(e gateway.Event) string { return e.At.In(edxml.VietnamZone).Format("15:04:05.000") }
