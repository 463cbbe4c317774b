package store

import (
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"congvan/gateway"
)

// receivers invents agencies.
func receivers(n int) []gateway.AgencyID {
	out := make([]gateway.AgencyID, n)
	for i := range out {
		out[i] = gateway.AgencyID(fmt.Sprintf("H26.99.%d", i+1))
	}
	return out
}

func eachEngine(b *testing.B, bench func(b *testing.B, bed *bed)) {
	for _, driver := range []Driver{SQLite, Postgres} {
		b.Run(string(driver), func(b *testing.B) { bench(b, newBed(b, driver)) })
	}
}

// cost reports the time for each delivery: on the wall, and of this process's
// processors, which other programs on the machine do not change.
func cost(b *testing.B, deliveries int, started time.Duration) {
	n := float64(b.N * deliveries)
	b.ReportMetric(float64(b.Elapsed().Microseconds())/n, "µs/delivery")
	b.ReportMetric(float64((cpu()-started).Microseconds())/n, "cpu-µs/delivery")
}

// cpu is the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkAdmit1(b *testing.B)  { benchmarkAdmit(b, 1) }
func BenchmarkAdmit40(b *testing.B) { benchmarkAdmit(b, 40) }

func benchmarkAdmit(b *testing.B, n int) {
	eachEngine(b, func(b *testing.B, bed *bed) {
		i, started := 0, cpu()
		for b.Loop() {
			bed.admit(newLetter(time.Now(), fmt.Sprintf("H26.99,%d", i), receivers(n)...))
			i++
		}
		cost(b, n, started)
	})
}

// BenchmarkConcurrentAdmit shows group commit: what 16 callers share.
func BenchmarkConcurrentAdmit(b *testing.B) {
	eachEngine(b, func(b *testing.B, bed *bed) {
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				bed.admit(newLetter(time.Now(), newID(), "H26.99.1"))
			}
		})
	})
}

// BenchmarkCycle40 takes letters to 40 receivers all the way: admitted by 8 callers,
// then each receiver's system fetches and acknowledges by itself.
func BenchmarkCycle40(b *testing.B) {
	const n, workers = 40, 16
	eachEngine(b, func(b *testing.B, bed *bed) {
		work := make(chan gateway.Delivery, n)
		var done sync.WaitGroup
		for range workers {
			done.Go(func() {
				for d := range work {
					bed.fetch(d)
					bed.acknowledge(d)
				}
			})
		}
		started := cpu()
		for b.Loop() {
			a := newLetter(time.Now(), newID(), receivers(n)...)
			bed.admit(a)
			for _, d := range a.Deliveries {
				work <- d
			}
		}
		close(work)
		done.Wait()
		cost(b, n, started)
	})
}

// BenchmarkDueReceivers asks who has something due beside a receiver whose system
// is dead and for whom 100,000 deliveries wait, half of them not due.
func BenchmarkDueReceivers(b *testing.B) {
	const backlog, perLetter = 100_000, 500
	eachEngine(b, func(b *testing.B, bed *bed) {
		now := bed.clock.now()
		dead := make([]gateway.AgencyID, perLetter)
		for i := range dead {
			dead[i] = "H26.99.dead"
		}
		for i := range backlog / perLetter {
			a := by("axis", newLetter(now, newID(), dead...))
			for j := range a.Deliveries {
				a.Deliveries[j].NextAt = now.Add(time.Duration(i%2) * time.Hour)
			}
			bed.admit(a)
		}
		bed.admit(by("axis", newLetter(now, newID(), receivers(100)...)))
		b.ResetTimer()
		for b.Loop() {
			due, err := bed.DueReceivers(b.Context(), []string{"axis"}, now, 1000)
			if err != nil || len(due) != 101 {
				b.Fatal(len(due), err)
			}
		}
	})
}

// BenchmarkInboxOfABacklog lists the first page of an inbox in which 50,000 wait.
func BenchmarkInboxOfABacklog(b *testing.B) {
	eachEngine(b, func(b *testing.B, bed *bed) {
		same := make([]gateway.AgencyID, 500)
		for i := range same {
			same[i] = "H26.99.1"
		}
		for range 100 {
			bed.admit(newLetter(bed.clock.now(), newID(), same...))
		}
		for b.Loop() {
			items, err := bed.Inbox(b.Context(), gateway.InboxQuery{Holders: receivers(3), Limit: 100})
			if err != nil || len(items) != 100 {
				b.Fatal(len(items), err)
			}
		}
	})
}
