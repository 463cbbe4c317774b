package dispatch

import (
	"context"
	"time"
)

const (
	sweepBatch  = 500 // deliveries that expire in one transaction
	sweepRounds = 200 // transactions of one sweep; the rest waits for the next
)

// sweep expires what nobody took in time, in small transactions, until ctx ends.
// The senders learn of it by the events that the queue writes.
func (d *Dispatcher) sweep(ctx context.Context) {
	ticker := time.NewTicker(d.Times.Expire)
	defer ticker.Stop()
	for {
		if n := d.expireAll(ctx); n > 0 {
			d.Count(CountExpired, "", n)
			d.Log.InfoContext(ctx, "dispatch: expired", "deliveries", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (d *Dispatcher) expireAll(ctx context.Context) (total int) {
	for range sweepRounds {
		n, err := d.expireSome(ctx)
		if err != nil {
			d.storeFailed(ctx, "expire", err)
			return total
		}
		total += n
		if n < sweepBatch {
			return total
		}
	}
	return total
}

func (d *Dispatcher) expireSome(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, d.Times.Store)
	defer cancel()
	return d.Queue.Expire(ctx, moment(), sweepBatch)
}
