package api_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"congvan/gateway"
	"congvan/gateway/api/client"
	"congvan/gateway/api/wire"
)

// benchHouse has letters of 20 KiB in ward B's inbox, and clients without the contract.
func benchHouse(b *testing.B, letters int) (*house, *client.Client, []gateway.InboxItem) {
	b.Helper()
	h := newHouse(b)
	for range letters {
		e := letterEnvelope(fmt.Sprint(h.serial.Add(1)), wardA, wardB)
		_, err := h.as(wardA).SubmitEnvelope(b.Context(), client.Envelope{
			Body: strings.NewReader(string(envelopeBytes(b, e, strings.Repeat("x", 14<<10)))),
		})
		h.must(err)
	}
	c := h.as(wardB)
	c.HTTP = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	items, err := c.Inbox(b.Context(), client.InboxQuery{Limit: 1000})
	h.must(err)
	return h, c, items
}

func BenchmarkFetch(b *testing.B) {
	h, c, items := benchHouse(b, 8)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		h.must(c.FetchDelivery(b.Context(), items[i%len(items)].Delivery.ID, io.Discard))
	}
}

func BenchmarkInbox100(b *testing.B) {
	h, c, _ := benchHouse(b, 100)
	b.ReportAllocs()
	for b.Loop() {
		_, err := c.Inbox(b.Context(), client.InboxQuery{Limit: 100})
		h.must(err)
	}
}

func BenchmarkAck100Again(b *testing.B) {
	h, c, items := benchHouse(b, 100)
	var acks []wire.Ack
	for _, i := range items {
		h.must(c.FetchDelivery(b.Context(), i.Delivery.ID, io.Discard))
		acks = append(acks, wire.Ack{Delivery: i.Delivery.ID, SHA256: i.Message.SHA256})
	}
	b.ReportAllocs()
	for b.Loop() {
		_, err := c.AcknowledgeAll(b.Context(), acks)
		h.must(err)
	}
}

// BenchmarkKeySet is what the API itself costs, with client and server: no key, no store.
func BenchmarkKeySet(b *testing.B) {
	h, c, _ := benchHouse(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		_, err := c.Keys(b.Context())
		h.must(err)
	}
}
