package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"syscall"
	"testing"
	"time"

	"congvan/gateway"
	"congvan/internal/peers"
)

// TestOrdealOfLostDatabase: PostgreSQL crashes under traffic and comes back, twice. Who asks meanwhile hears that the store cannot be
// reached; nothing is lost and nothing comes twice.
func TestOrdealOfLostDatabase(t *testing.T) {
	cluster := peers.OwnPostgres(t, true)
	o := endure(t, fmt.Sprintf("[database]\ndriver = \"postgres\"\ndsn = %q\n", cluster.Database(t)))
	o.carries(t)
	o.outage(t, cluster.Stop, func() { cluster.Start(t) }, true)
}

// TestOrdealOfLostObjects: the S3 server goes away under traffic and comes back, twice.
func TestOrdealOfLostObjects(t *testing.T) {
	server := peers.OwnS3(t)
	o := endure(t, objectsIn(t, server.Bucket(t)))
	o.objects = ""
	o.carries(t)
	o.outage(t, server.Stop, func() { server.Start(t) }, false)
}

// outage takes a peer away and brings it back under traffic. Reading the directory and what waits
// needs the database alone.
func (o *ordeal) outage(t *testing.T, stop, start func(), database bool) {
	t.Helper()
	tr := newTraffic(t, o.sender, o.wards, o.url)
	ctx, end := background(t)
	defer end()
	tr.run(ctx, 3)
	for range 2 {
		time.Sleep(1500 * time.Millisecond)
		stop()
		o.turns(t, http.StatusServiceUnavailable)
		o.unavailable(t, database)
		start()
		o.turns(t, http.StatusOK)
	}
	time.Sleep(time.Second)
	tr.finish(ctx, end)
	o.carries(t)
	o.slim(t)
}

// unavailable checks what is heard while a store is away.
func (o *ordeal) unavailable(t *testing.T, database bool) {
	t.Helper()
	away := refusal{gateway.CodeStorageUnavailable, http.StatusServiceUnavailable, "20", "", ""}
	begun := time.Now()
	status, answer := o.submit(o.sender, parcelOf(o.letter(o.wards[0].agency)))
	checkProblem(t, status, answer, away)
	_, err := o.exchange(o.vxp[o.sender.agency], o.sender, parcelOf(o.letter(o.wards[0].agency)))
	checkAnswer(t, err, away)
	status, answer = o.ask(o.wards[0], http.MethodGet, "/v1/inbox", nil)
	if database {
		checkProblem(t, status, answer, away)
	} else if status != http.StatusOK {
		t.Errorf("the inbox answers %d %s", status, answer)
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("three answers took %s", took)
	}
}

// TestOrdealOfStop: SIGTERM under load. What is under way is finished and answered, nothing is lost, the process ends
// with status 0.
func TestOrdealOfStop(t *testing.T) {
	in := install(t, "")
	address := freeAddress(t)
	n := in.start(address)
	n.ready(10 * time.Second)
	tr := newTraffic(t, in.sender, in.wards, n.url)
	ctx, end := background(t)
	defer end()
	tr.run(ctx, 3)
	for range 3 {
		time.Sleep(700 * time.Millisecond)
		slow := in.underWay(t, n, 8)
		n.cmd.Process.Signal(syscall.SIGTERM)
		time.Sleep(300 * time.Millisecond)
		slow.finish(t, tr)
		n.stop()
		n = in.start(address)
		n.ready(10 * time.Second)
		slow.kept(t, in, n)
	}
	defer n.stop()
	tr.finish(ctx, end)
}

// submissions are letters of which half is on the wire.
type submissions struct {
	lines  []*line
	bodies [][]byte
	ids    []gateway.MessageID
}

// slowly numbers the letters of underWay.
const slowly = 3000

func (in *installation) underWay(t *testing.T, n *node, count int) *submissions {
	t.Helper()
	o := &ordeal{installation: in, node: n, t: t}
	s := &submissions{}
	for i := range count {
		number := fmt.Sprintf("%d%d", slowly+i, time.Now().UnixNano()%1_000_000)
		body := envelopeOf(t, in.sender.agency, number, [][]byte{bytes.Repeat([]byte(number), 20_000)}, in.wards[0].agency)
		l := o.dial(t)
		l.says(o.knock(rest, body), length(len(body)), body[:len(body)/2])
		s.lines, s.bodies = append(s.lines, l), append(s.bodies, body)
	}
	time.Sleep(50 * time.Millisecond) // until their headers were read
	return s
}

// finish sends the other halves; each must be answered with a receipt.
func (s *submissions) finish(t *testing.T, tr *traffic) {
	t.Helper()
	for i, l := range s.lines {
		l.says(s.bodies[i][len(s.bodies[i])/2:])
		id := l.accepts()
		s.ids = append(s.ids, id)
		tr.hold(sum(t, bytes.NewReader(s.bodies[i])), letterSent{message: string(id)}, 1)
	}
}

// kept looks the letters up in the process that came after.
func (s *submissions) kept(t *testing.T, in *installation, n *node) {
	t.Helper()
	o := &ordeal{installation: in, node: n, t: t, http: http.DefaultClient}
	for i, id := range s.ids {
		if again := o.accepted(t, rest, in.sender, parcelOf(s.bodies[i])); again != id {
			t.Errorf("a letter answered as %s before the stop is %s after it", id, again)
		}
	}
}

// TestOrdealOfTwoProcessesOnOneFile: two gateways on one SQLite file and one folder take turns, and share the work;
// one is killed in the middle.
func TestOrdealOfTwoProcessesOnOneFile(t *testing.T) {
	in := install(t, "")
	first, second := in.start(freeAddress(t)), in.start(freeAddress(t))
	first.ready(20 * time.Second)
	second.ready(20 * time.Second)
	defer second.stop()
	tr := newTraffic(t, in.sender, in.wards, first.url, second.url)
	ctx, end := background(t)
	defer end()
	tr.run(ctx, 4)
	time.Sleep(3 * time.Second)
	first.kill()
	time.Sleep(2 * time.Second)
	tr.finish(ctx, end)
}

// TestOrdealOfRevokedKeys: keys are revoked while they are in use. Within the two seconds of the cache both faces refuse
// them; what was accepted stays, and other keys go on.
func TestOrdealOfRevokedKeys(t *testing.T) {
	o := endure(t, "")
	ward := o.wards[0]
	var k struct{ ID, Secret string }
	if err := json.Unmarshal(o.run("key", "create", "system-"+selfAgency, "--agency", selfAgency, "--json"), &k); err != nil {
		t.Fatal(err)
	}
	doomed := party{selfAgency, k.Secret}
	body := parcelOf(o.letter(ward.agency))
	m := o.accepted(t, rest, doomed, body)
	o.run("key", "revoke", k.ID)
	o.run("key", "revoke", o.vxp[selfAgency].SystemID)
	refused := func() bool {
		status, _ := o.ask(doomed, http.MethodGet, "/v1/sent", nil)
		_, err := o.vxp[selfAgency].Agencies(t.Context())
		return status == http.StatusUnauthorized && err != nil
	}
	if !soon(4*time.Second, refused) {
		t.Error("a revoked key still works after 4 s")
	}
	want := refusal{gateway.CodeUnauthenticated, http.StatusUnauthorized, "15", "", ""}
	o.refused(t, rest, doomed, parcelOf(o.letter(ward.agency)), want)
	o.refused(t, exchange, o.sender, parcelOf(o.letter(ward.agency)), want)
	o.taken(t, rest, m, body, ward)
	o.travels(t, rest, parcelOf(o.letter(ward.agency)), ward)
}
