package main

import (
	"context"
	"strings"

	"congvan/cmd/congvan/wording"
	"congvan/gateway"
	"congvan/schemas/edxml"
)

// timelineCommand tells what happened to a letter.
type timelineCommand struct {
	connection

	Message gateway.MessageID `arg:"" help:"Mã gói tin của văn bản / the letter's message id."`
}

// Run prints the deliveries and every event.
func (c *timelineCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	api, _, err := c.open(g)
	if err != nil {
		return err
	}
	h, err := api.Timeline(ctx, c.Message)
	if err != nil {
		return err
	}
	return t.print(h, func() { t.history(h) })
}

func (t *terminal) history(h *gateway.History) {
	t.say("%s", oneLine(&h.Message))
	t.say("từ (from) %s, %d byte, sha256 %s", h.Message.From, h.Message.Size, h.Message.SHA256)
	if h.Message.Record != "" {
		t.say("bản lưu trữ (archive copy) %s", h.Message.Record)
	}
	for _, d := range h.Deliveries {
		t.say("  %-20s %s", d.Receiver, strings.Join(words(
			wording.State(d.State), wording.Cause(d.Cause), wording.Redirect(d.Redirect, d.Addressed), wording.Status(d.Status), wording.Recall(d.Recall)), ", "))
	}
	for _, e := range h.Events {
		t.say("  %s  %s", e.At.In(edxml.VietnamZone).Format("2006-01-02 15:04:05.000"),
			strings.Join(words(wording.Event(e), string(e.Receiver), e.Actor), "  "))
	}
}

// words leaves the empty ones out.
func words(all ...string) []string {
	var out []string
	for _, w := range all {
		if w != "" {
			out = append(out, w)
		}
	}
	return out
}
