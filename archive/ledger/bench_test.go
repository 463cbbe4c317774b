package ledger

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// BenchmarkAppend writes batches as the feeder does; entries/s is what counts.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 100, 1000, 10_000} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			l := newLog(b, 0)
			n := 0
			for b.Loop() {
				if _, err := l.Append(context.Background(), entries(n, n+size)); err != nil {
					b.Fatal(err)
				}
				n += size
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "entries/s")
			b.ReportMetric(float64(folderSize(b, l.dir))/float64(n), "stored-B/entry")
		})
	}
}

// BenchmarkMillion is what is done with a log of a million entries, which takes a while to make.
func BenchmarkMillion(b *testing.B) {
	l := newLog(b, 0)
	const size = 1_000_000
	for n := 0; n < size; n += 10_000 {
		if _, err := l.Append(context.Background(), entries(n, n+10_000)); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("prove", func(b *testing.B) { benchProve(b, l, size) })
	b.Run("find a recent event", func(b *testing.B) { benchFind(b, l, size-1000) })
	b.Run("find the oldest event", func(b *testing.B) { benchFind(b, l, 0) })
	b.Run("check a proof", func(b *testing.B) { benchCheck(b, l) })
	b.Run("verify", func(b *testing.B) { benchVerify(b, l, size) })
	b.Run("open", func(b *testing.B) { benchOpen(b, l) })
}

func benchProve(b *testing.B, l *Log, size int64) {
	for i := int64(0); b.Loop(); i += 7919 {
		if _, err := l.Prove(context.Background(), i%size); err != nil {
			b.Fatal(err)
		}
	}
}

func benchCheck(b *testing.B, l *Log) {
	trust := Trust{Log: l.PublicKey()}
	p, err := l.Prove(context.Background(), 4711)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := p.Verify(trust); err != nil {
			b.Fatal(err)
		}
	}
}

func benchFind(b *testing.B, l *Log, n int) {
	for b.Loop() {
		if at, err := l.Find(context.Background(), entry(n).Event); err != nil || at != int64(n) {
			b.Fatal(at, err)
		}
	}
}

// benchVerify reads all entries and compares them with the events.
func benchVerify(b *testing.B, l *Log, size int) {
	for b.Loop() {
		stop := watchHeap()
		r := verify(b, l.Reader, VerifyOptions{Source: endless(size)})
		mustBeClean(b, r)
		b.ReportMetric(stop()/(1<<20), "heap-MiB")
	}
}

func benchOpen(b *testing.B, l *Log) {
	copied := copyDir(b, l.dir)
	for b.Loop() {
		again, err := Open(context.Background(), copied, l.options)
		if err != nil {
			b.Fatal(err)
		}
		again.Close()
	}
}

// watchHeap says, when stopped, how large the heap was at most.
func watchHeap() func() float64 {
	done, most := make(chan struct{}), make(chan float64)
	go func() {
		var highest uint64
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			highest = max(highest, m.HeapInuse)
			select {
			case <-done:
				most <- float64(highest)
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return func() float64 { close(done); return <-most }
}

func folderSize(b *testing.B, dir string) (size int64) {
	b.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return size
}
