package main

import (
	"context"
	"time"
)

const (
	expireBatch   = 500
	expireTimeout = 10 * time.Second
)

// expire sweeps deliveries that nobody took in time, on a gateway without a
// dispatcher, which would do it otherwise.
func (a *app) expire(ctx context.Context) error {
	tick := time.NewTicker(a.config.Delivery.ExpireEvery.Std())
	defer tick.Stop()
	for {
		a.expireAll(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (a *app) expireAll(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := a.expireSome(ctx)
		if err != nil {
			a.log.WarnContext(ctx, "expired deliveries not swept", "err", err)
			return
		}
		if n > 0 {
			a.log.InfoContext(ctx, "deliveries expired", "count", n)
		}
		if n < expireBatch {
			return
		}
	}
}

func (a *app) expireSome(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, expireTimeout)
	defer cancel()
	return a.store.Expire(ctx, time.Now().UTC(), expireBatch)
}
