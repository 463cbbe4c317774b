package gateway

import (
	"context"
	"io"
	"sync"

	"congvan/archive/objects"
	"congvan/schemas/edxml"
)

// staging is where the codec puts what it takes apart: blobs that are written
// but not yet visible. They become durable together, or vanish.
type staging struct {
	ctx      context.Context
	store    objects.Store
	payloads []objects.Writer
	original objects.Writer
}

// Payload implements edxml.Sink.
func (s *staging) Payload(int) (edxml.PayloadFile, error) {
	w, err := s.store.Create(s.ctx)
	if err != nil {
		return nil, err
	}
	s.payloads = append(s.payloads, w)
	return w, nil
}

// Original implements edxml.Sink.
func (s *staging) Original() (io.Writer, error) {
	w, err := s.store.Create(s.ctx)
	s.original = w
	return w, err
}

// commit makes everything durable, several blobs at a time, so that they share
// the device's flushes.
func (s *staging) commit(ctx context.Context) (payloads []objects.Digest, whole objects.Digest, err error) {
	payloads = make([]objects.Digest, len(s.payloads))
	errs := make([]error, len(s.payloads)+1)
	var wg sync.WaitGroup
	slots := make(chan struct{}, 4)
	for i, w := range s.payloads {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			payloads[i], errs[i] = w.Commit(ctx)
		})
	}
	if s.original != nil {
		whole, errs[len(s.payloads)] = s.original.Commit(ctx)
	}
	wg.Wait()
	for _, e := range errs {
		if e != nil {
			return nil, "", e
		}
	}
	return payloads, whole, nil
}

func (s *staging) abort() {
	for _, w := range s.payloads {
		w.Abort()
	}
	if s.original != nil {
		s.original.Abort()
	}
}

// copyTo copies with a buffer that suits files.
func copyTo(w io.Writer, r io.Reader) (int64, error) {
	return io.CopyBuffer(struct{ io.Writer }{w}, r, make([]byte, 64<<10))
}
