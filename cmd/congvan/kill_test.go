package main

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// kills is how often the gateway is killed under load.
const kills = 100

// TestKilledUnderLoad kills the gateway at random moments while offices send and receive, starts it
// again each time, and compares in the end what senders and receivers hold.
func TestKilledUnderLoad(t *testing.T) {
	in := install(t, "")
	address := freeAddress(t)
	n := in.start(address)
	n.ready(10 * time.Second)
	tr := newTraffic(t, in.sender, in.wards, n.url)
	ctx, stop := background(t)
	defer stop()
	tr.run(ctx, 3)
	var took []time.Duration
	for range kills {
		time.Sleep(50*time.Millisecond + rand.N(350*time.Millisecond))
		n.kill()
		n = in.start(address)
		took = append(took, n.ready(10*time.Second))
	}
	defer n.stop()
	tr.finish(ctx, stop)
	slices.Sort(took)
	t.Logf("killed %d times; ready again after %s (median), %s (longest)", kills, took[len(took)/2], took[len(took)-1])
	if longest := took[len(took)-1]; longest > 2*time.Second {
		t.Errorf("once it took %s to be ready again; want at most 2 s", longest)
	}
}
