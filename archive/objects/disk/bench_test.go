package disk_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"congvan/archive/objects/disk"
	"congvan/archive/objects/objectstest"
)

// BenchmarkPut keeps letters of 320 KiB, every one different, and compares with
// the floor: the same bytes written, fsynced and renamed into one folder without
// digest, deduplication or a durable name. The two take turns, a round each, so
// that a busy machine slows both alike.
//
//	go test ./archive/objects/disk -run xxx -bench Put -benchtime 2000x
func BenchmarkPut(b *testing.B) {
	for _, writers := range []int{1, 4, 8} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			const size, rounds = 320 << 10, 10
			b.SetBytes(size)
			var fsyncs atomic.Int64
			s := open(b, b.TempDir(), disk.Options{Observe: func(disk.Fsync) { fsyncs.Add(1) }})
			floor := b.TempDir()
			syscall.Sync() // what making 256 folders owes must not be paid below
			fsyncs.Store(0)
			var ours, theirs time.Duration
			done := 0
			for round := range rounds {
				letters := b.N*(round+1)/rounds - done
				theirs += spread(writers, done, letters, size, func(n int, p []byte) error {
					return floorPut(filepath.Join(floor, fmt.Sprint(n)), p)
				})
				ours += spread(writers, done, letters, size, func(_ int, p []byte) error { return write(s, p) })
				done += letters
			}
			b.ReportMetric(float64(b.N)/ours.Seconds(), "puts/s")
			b.ReportMetric(float64(b.N)/theirs.Seconds(), "floor/s")
			b.ReportMetric(theirs.Seconds()/ours.Seconds(), "ratio")
			b.ReportMetric(float64(fsyncs.Load())/float64(b.N), "fsyncs/put")
		})
	}
}

// spread lets writers share letters numbered from first and gives the time it took.
func spread(writers, first, letters, size int, put func(n int, p []byte) error) time.Duration {
	payload := objectstest.Bytes(uint64(size), size)
	var next atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for range writers {
		wg.Go(func() {
			p := append([]byte(nil), payload...)
			for n := int(next.Add(1)); n <= letters; n = int(next.Add(1)) {
				binary.LittleEndian.PutUint64(p, uint64(first+n))
				if err := put(first+n, p); err != nil {
					panic(err)
				}
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

func floorPut(name string, p []byte) error {
	f, err := os.Create(name + ".t")
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(p); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return os.Rename(name+".t", name)
}
