package twin_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/objectstest"
	"congvan/archive/objects/twin"
	"congvan/internal/peers"
	"congvan/internal/peers/stores"
)

// BenchmarkPut keeps letters of 320 KiB in one store, and in one that a second follows: what the
// writer pays for the journal.
//
//	go test ./archive/objects/twin -run xxx -bench Put -benchtime 1000x
func BenchmarkPut(b *testing.B) {
	for _, writers := range []int{1, 8} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			const size, rounds = 320 << 10, 5
			alone, first := stores.Disk(b), stores.Disk(b)
			both := open(b, b.TempDir(), first, stores.Disk(b))
			var one, two time.Duration
			for round := range rounds {
				one += letters(b, alone, writers, b.N/rounds, uint64(round), size)
				two += letters(b, both, writers, b.N/rounds, uint64(round), size)
			}
			b.SetBytes(size)
			b.ReportMetric(float64(b.N)/one.Seconds(), "alone/s")
			b.ReportMetric(float64(b.N)/two.Seconds(), "twin/s")
			b.ReportMetric(one.Seconds()/two.Seconds(), "ratio")
		})
	}
}

func letters(b *testing.B, s objects.Store, writers, n int, round uint64, size int) time.Duration {
	var next atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for range writers {
		wg.Go(func() {
			data := objectstest.Bytes(round, size)
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				binary.LittleEndian.PutUint64(data, uint64(i))
				objectstest.Keep(b, s, data)
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

// BenchmarkCompare lists 100,000 objects on both sides, one of them a real S3 server. They are put
// in its folder by hand: it is the listing that is measured.
//
//	go test ./archive/objects/twin -run xxx -bench Compare -benchtime 1x -timeout 20m
func BenchmarkCompare(b *testing.B) {
	const count = 100_000
	bucket := peers.S3(b)
	first, second := stores.Disk(b), stores.S3Plain(b, bucket)
	for i := range count {
		d := objectstest.Address(fmt.Append(nil, i))
		for _, dir := range []string{first.Dir, second.Dir} {
			file := filepath.Join(dir, "blobs", string(d[:2]), string(d))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				b.Fatal(err)
			}
			if err := os.WriteFile(file, bytes.Repeat([]byte("x"), i%50), 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
	s := open(b, b.TempDir(), first, second)
	for b.Loop() {
		c, err := s.Compare(context.Background(), func(d twin.Difference) error { return fmt.Errorf("%+v", d) })
		if err != nil || c.First != count || c.Second != count {
			b.Fatalf("%+v, %v", c, err)
		}
	}
}
