package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// traffic is offices at work while something terrible happens to the gateway: senders who
// retry each letter until they hold a receipt, and receivers who fetch, compare and acknowledge. What they
// hold at the end is compared with each other: a letter with a receipt has arrived
// just once, unaltered; and nothing else has arrived.
type traffic struct {
	t       *testing.T
	nodes   []string // base URLs; clients move on to the next one when one fails
	sender  party
	wards   []party
	http    *http.Client
	stopped atomic.Bool // senders finish the letter they are at
	all     sync.WaitGroup

	mu       sync.Mutex
	sent     map[string]letterSent // by SHA-256 of the envelope
	arrived  map[string][]string   // SHA-256 → ids of the deliveries that brought it
	acked    map[string]bool       // deliveries whose acknowledgement was answered
	byID     map[string]string     // delivery → SHA-256, to see that a delivery never changes
	retries  int                   // submissions that needed more than one try
	again    int                   // deliveries seen again after they were acknowledged
	contrary []string              // receipts that contradict an earlier one
}

type letterSent struct{ message, receipt string }

// party is one system in the traffic.
type party struct{ agency, key string }

func newTraffic(t *testing.T, sender party, wards []party, nodes ...string) *traffic {
	return &traffic{
		t: t, nodes: nodes, sender: sender, wards: wards,
		http: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 32}},
		sent: map[string]letterSent{}, arrived: map[string][]string{}, acked: map[string]bool{}, byID: map[string]string{},
	}
}

// run starts senders and one receiver a ward; they end with ctx.
func (tr *traffic) run(ctx context.Context, senders int) {
	for n := range senders {
		tr.all.Go(func() { tr.send(ctx, n) })
	}
	for _, w := range tr.wards {
		tr.all.Go(func() { tr.receive(ctx, w) })
	}
}

func (tr *traffic) send(ctx context.Context, n int) {
	for i := 0; ctx.Err() == nil && !tr.stopped.Load(); i++ {
		body := tr.envelope(n, i)
		sum := sha256.Sum256(body)
		for try := 1; ctx.Err() == nil; try++ {
			a, err := tr.submit(ctx, tr.node(n+try), body)
			if err == nil {
				tr.hold(hex.EncodeToString(sum[:]), a, try)
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func (tr *traffic) node(n int) string { return tr.nodes[n%len(tr.nodes)] }

// envelope makes letter i of sender n: to one ward, with a PDF of random size.
func (tr *traffic) envelope(n, i int) []byte {
	ward := tr.wards[(n+i)%len(tr.wards)]
	pdf := make([]byte, 200+rand.IntN(60_000))
	rand.NewChaCha8([32]byte{byte(n), byte(i), byte(i >> 8), byte(i >> 16)}).Read(pdf)
	return envelopeOf(tr.t, tr.sender.agency, fmt.Sprintf("%d%05d", n+1, i+1), [][]byte{pdf}, ward.agency)
}

func (tr *traffic) submit(ctx context.Context, node string, body []byte) (letterSent, error) {
	var a struct {
		Message string `json:"message"`
		Receipt struct {
			JWS string `json:"jws"`
		} `json:"receipt"`
	}
	err := tr.call(ctx, http.MethodPost, node+"/v1/letters", tr.sender.key, body, &a)
	return letterSent{a.Message, a.Receipt.JWS}, err
}

func (tr *traffic) hold(sum string, a letterSent, try int) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if try > 1 {
		tr.retries++
	}
	if first, ok := tr.sent[sum]; ok && first != a {
		tr.contrary = append(tr.contrary, sum)
	}
	tr.sent[sum] = a
}

func (tr *traffic) receive(ctx context.Context, w party) {
	for n := 0; ctx.Err() == nil; n++ {
		if err := tr.takeAll(ctx, tr.node(n), w); err != nil {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

var errIdle = errors.New("nothing waits")

// takeAll takes one page of an inbox; errIdle when it is empty.
func (tr *traffic) takeAll(ctx context.Context, node string, w party) error {
	var page struct {
		Items []struct {
			Delivery struct {
				ID string `json:"id"`
			} `json:"delivery"`
			Message struct {
				SHA256 string `json:"sha256"`
			} `json:"message"`
		} `json:"items"`
	}
	if err := tr.call(ctx, http.MethodGet, node+"/v1/inbox?lease=1s&limit=20", w.key, nil, &page); err != nil {
		return err
	}
	if len(page.Items) == 0 {
		return errIdle
	}
	for _, i := range page.Items {
		if err := tr.take(ctx, node, w, i.Delivery.ID, i.Message.SHA256); err != nil {
			return err
		}
	}
	return nil
}

func (tr *traffic) take(ctx context.Context, node string, w party, id, announced string) error {
	body, err := tr.get(ctx, node+"/v1/deliveries/"+id+"/envelope", w.key)
	if err != nil {
		return err
	}
	raw := sha256.Sum256(body)
	sum := hex.EncodeToString(raw[:])
	if sum != announced {
		tr.t.Errorf("delivery %s: announced %s, got %s", id, announced, sum)
	}
	tr.got(id, sum)
	ack, _ := json.Marshal(map[string]any{"items": []any{map[string]string{"delivery": id, "sha256": sum}}})
	var out struct {
		Items []struct {
			State string `json:"state"`
		} `json:"items"`
	}
	if err := tr.call(ctx, http.MethodPost, node+"/v1/acks", w.key, ack, &out); err != nil {
		return err
	}
	if len(out.Items) != 1 || out.Items[0].State != "acknowledged" {
		return fmt.Errorf("ack answered %+v", out)
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.acked[id] = true
	return nil
}

// got notes the bytes of a delivery. One that comes after the gateway had said that it was
// acknowledged is counted: the gateway forgot what it had promised.
func (tr *traffic) got(id, sum string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.acked[id] {
		tr.again++
	}
	before, seen := tr.byID[id]
	if seen && before != sum {
		tr.t.Errorf("delivery %s changed from %s to %s", id, before, sum)
	}
	tr.byID[id] = sum
	if !seen {
		tr.arrived[sum] = append(tr.arrived[sum], id)
	}
}

// call speaks JSON to the gateway; anything but a success is an error.
func (tr *traffic) call(ctx context.Context, method, url, key string, body []byte, out any) error {
	b, err := tr.do(ctx, method, url, key, body)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, out)
}

func (tr *traffic) get(ctx context.Context, url, key string) ([]byte, error) {
	return tr.do(ctx, http.MethodGet, url, key, nil)
}

func (tr *traffic) do(ctx context.Context, method, url, key string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/xml")
	if strings.HasSuffix(url, "/acks") {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := tr.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		if resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests {
			tr.t.Errorf("%s %s: %s: %s", method, url, resp.Status, b)
		}
		return nil, fmt.Errorf("%s: %s", resp.Status, b)
	}
	return b, nil
}

// finish lets the senders end, drains the inboxes and compares.
func (tr *traffic) finish(ctx context.Context, stop context.CancelFunc) {
	tr.stopped.Store(true)
	deadline := time.Now().Add(60 * time.Second)
	for time.Now().Before(deadline) && !tr.complete() {
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(1500 * time.Millisecond) // a second copy would show once its lease ends
	stop()
	tr.all.Wait()
	tr.compare()
}

func (tr *traffic) complete() bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for sum := range tr.sent {
		if len(tr.arrived[sum]) == 0 {
			return false
		}
	}
	return true
}

func (tr *traffic) compare() {
	t := tr.t
	t.Helper()
	var lost, twice, strange int
	messages := map[string]string{}
	for sum, a := range tr.sent {
		switch n := len(tr.arrived[sum]); {
		case n == 0:
			lost++
		case n > 1:
			twice++
		}
		if other, ok := messages[a.message]; ok {
			t.Errorf("message %s stands for two letters: %s and %s", a.message, sum, other)
		}
		messages[a.message] = sum
	}
	for sum := range tr.arrived {
		if _, ok := tr.sent[sum]; !ok {
			strange++
		}
	}
	t.Logf("%d letters with a receipt (%d after retries), %d lost, %d twice, %d unknown or altered, %d seen again after the acknowledgement",
		len(tr.sent), tr.retries, lost, twice, strange, tr.again)
	if lost+twice+strange+tr.again+len(tr.contrary) > 0 || len(tr.sent) == 0 {
		t.Errorf("lost %d, twice %d, unknown %d, again %d, contradicting receipts %d, letters %d", lost, twice, strange, tr.again, len(tr.contrary), len(tr.sent))
	}
}
