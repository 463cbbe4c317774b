package gateway_test

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"congvan/gateway"
)

// BenchmarkLetter takes letters the whole way, without the network: accepted, fetched, acknowledged.
func BenchmarkLetter(b *testing.B) {
	for _, size := range []int{20 << 10, 320 << 10} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) { benchmarkLetter(b, size) })
	}
}

func benchmarkLetter(b *testing.B, size int) {
	h := newHouse(b)
	raw := string(bytesOf(b, letter("00001", district, wardA), strings.Repeat("x", size*3/4)))
	at := strings.Index(raw, "JVBERi0xLjcKeHh4") + 16
	var serial atomic.Int64
	b.SetBytes(int64(len(raw)))
	b.SetParallelism(4)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := serial.Add(1)
			text := strings.Replace(raw, "00001", fmt.Sprintf("%d", n+10000), 3)
			body := io.MultiReader(strings.NewReader(text[:at]), strings.NewReader(fmt.Sprintf("%012d", n)), strings.NewReader(text[at+12:]))
			a, err := h.Accept(b.Context(), principal(district), gateway.Submission{Body: body})
			if err != nil {
				b.Error(err, findings(err))
				return
			}
			c, err := h.Fetch(b.Context(), principal(wardA), gateway.Item{Message: a.Message})
			if err != nil {
				b.Error(err)
				return
			}
			if _, err := c.WriteTo(io.Discard); err != nil {
				b.Error(err)
				return
			}
			if _, err := h.Acknowledge(b.Context(), principal(wardA), []gateway.Ack{{Item: gateway.Item{Message: a.Message}}}); err != nil {
				b.Error(err)
			}
		}
	})
}
