package main

import "context"

// inOrder works on items, several at once, and hands the results over in the order of
// the items. Only so many wait for one that takes long, so memory does not grow with
// the items. It ends with the first error of put, or when the context does.
func inOrder[T, R any](ctx context.Context, workers int, items []T, work func(T) R, put func(R) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	turns := start(ctx, workers, items, work)
	var failed error
	for done := range turns {
		r := <-done
		if failed != nil || ctx.Err() != nil {
			continue // let those that were begun end
		}
		if failed = put(r); failed != nil {
			cancel()
		}
	}
	if failed != nil {
		return failed
	}
	return ctx.Err()
}

// start gives, in the order of the items, channels that will hold one result each.
func start[T, R any](ctx context.Context, workers int, items []T, work func(T) R) <-chan chan R {
	const waiting = 8 // results per worker that wait for an earlier one
	turns, free := make(chan chan R, waiting*workers), make(chan struct{}, workers)
	go func() {
		defer close(turns)
		for _, item := range items {
			done := make(chan R, 1)
			select {
			case <-ctx.Done():
				return
			case turns <- done:
			}
			free <- struct{}{}
			go func() {
				done <- work(item)
				<-free
			}()
		}
	}()
	return turns
}
