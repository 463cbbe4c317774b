package pdf

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"io"
	"testing"

	"pgregory.net/rapid"
)

// TestHashSpans holds the digests of one pass against those of each span alone.
func TestHashSpans(t *testing.T) {
	file := make([]byte, 3*passBuffer+17)
	for i := range file {
		file[i] = byte(i * 31 >> 3)
	}
	hashes := []crypto.Hash{crypto.SHA256, crypto.SHA512, crypto.SHA1, crypto.SHA3_256}
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{10, 1000, passBuffer, passBuffer + 1, len(file)}).Draw(t, "size")
		spans := make([]*span, rapid.IntRange(0, 8).Draw(t, "spans"))
		for i := range spans {
			gap := rapid.Int64Range(1, int64(size)-3).Draw(t, "gap")
			resume := rapid.Int64Range(gap+1, int64(size)-1).Draw(t, "resume")
			end := rapid.Int64Range(resume+1, int64(size)).Draw(t, "end")
			spans[i] = &span{gap: gap, resume: resume, end: end, hash: rapid.SampledFrom(hashes).Draw(t, "hash")}
		}
		if err := hashSpans(t.Context(), bytes.NewReader(file[:size]), int64(size), spans); err != nil {
			t.Fatal(err)
		}
		for _, s := range spans {
			h := s.hash.New()
			h.Write(file[:s.gap])
			h.Write(file[s.resume:s.end])
			if s.err != nil || !bytes.Equal(s.sum, h.Sum(nil)) {
				t.Fatalf("%v over [0,%d) and [%d,%d): %x, %v", s.hash, s.gap, s.resume, s.end, s.sum, s.err)
			}
		}
	})
}

func TestHashSpansRefusesEndlessWork(t *testing.T) {
	file := make([]byte, 8<<20)
	var spans []*span
	for i := range 100 {
		spans = append(spans, &span{gap: int64(i + 1), resume: int64(i + 2), end: int64(len(file)), hash: crypto.SHA256})
	}
	if err := hashSpans(t.Context(), bytes.NewReader(file), int64(len(file)), spans); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, s := range spans {
		if errors.Is(s.err, errTooMuchHashing) {
			refused++
		} else if s.sum == nil {
			t.Errorf("the span with its gap at %d was forgotten", s.gap)
		}
	}
	if refused < 80 {
		t.Errorf("only %d of 100 spans over the whole file were refused", refused)
	}
}

func TestHashSpansSaysWhatItCannotRead(t *testing.T) {
	s := &span{gap: 1, resume: 2, end: 100, hash: crypto.SHA256}
	if err := hashSpans(t.Context(), bytes.NewReader(make([]byte, 50)), 100, []*span{s}); !errors.Is(err, io.EOF) {
		t.Errorf("a file that is shorter than said gives %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := hashSpans(ctx, bytes.NewReader(make([]byte, 100)), 100, []*span{s}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled pass gives %v", err)
	}
	u := &span{gap: 1, resume: 2, end: 100}
	if err := hashSpans(t.Context(), bytes.NewReader(make([]byte, 100)), 100, []*span{u}); err != nil || u.err == nil {
		t.Errorf("an unknown digest gives %v, %v", err, u.err)
	}
}
