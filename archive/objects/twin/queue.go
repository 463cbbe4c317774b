package twin

import (
	"context"
	"maps"
	"slices"
	"time"
)

// take waits for a debt to settle; nil when the context has ended.
func (j *journal) take(ctx context.Context) *owed {
	defer context.AfterFunc(ctx, func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.changed.Broadcast()
	})()
	j.mu.Lock()
	defer j.mu.Unlock()
	for ctx.Err() == nil {
		if e := j.head(); e != nil {
			return e
		}
		j.changed.Wait()
	}
	return nil
}

// owedNow lists the objects that are owed something, and the number of the last debt. What was
// tried in vain may be tried again.
func (j *journal) owedNow() (keys []string, last uint64) {
	j.retry()
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Collect(maps.Keys(j.debts)), j.number
}

// takeKey takes the debt to one object unless it is newer than a number, or somebody is settling it.
func (j *journal) takeKey(key string, last uint64) (e *owed, busy bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e = j.debts[key]
	if e == nil || e.number > last {
		return nil, false
	}
	if e.busy {
		return nil, true
	}
	e.busy = true
	return e, false
}

// head takes the first valid debt off the queue. It is called with mu held.
func (j *journal) head() *owed {
	for len(j.queue) > 0 {
		t := j.queue[0]
		j.queue = j.queue[1:]
		if e := j.debts[t.key]; e != nil && e.number == t.number && !e.busy {
			e.busy = true
			return e
		}
	}
	j.queue = nil // frees what was shifted out
	return nil
}

// changedSince says whether another debt has taken the place of one that was taken.
func (j *journal) changedSince(e *owed) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.debts[e.key] != e
}

// putBack queues a debt again, to be tried at once when it was not its own fault.
func (j *journal) putBack(e *owed, err error, own bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := j.debts[e.key]
	if now == nil {
		return
	}
	now.busy = false
	if now.number != e.number {
		j.push(now)
		return
	}
	now.err = err
	if !own {
		j.push(now)
		return
	}
	now.tries++
	j.late = append(j.late, now)
	j.changed.Broadcast()
}

// retry queues those that were tried in vain.
func (j *journal) retry() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.late {
		if j.debts[e.key] == e {
			j.push(e)
		}
	}
	j.late = nil
}

// pending says what is owed to an object; empty: nothing.
func (j *journal) pending(key string) op {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e := j.debts[key]; e != nil {
		return e.op
	}
	return ""
}

func (j *journal) broken() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.failed
}

func (j *journal) lag() Lag {
	j.mu.Lock()
	defer j.mu.Unlock()
	l := Lag{Count: len(j.debts), Damaged: j.damaged}
	var last *owed
	for _, e := range j.debts {
		l.Bytes += e.size
		if l.Oldest.IsZero() || e.since.Before(l.Oldest) {
			l.Oldest = e.since
		}
		if e.err == nil {
			continue
		}
		l.Failing++
		if last == nil || e.number > last.number {
			last = e
		}
	}
	if last != nil {
		l.Err = last.err
	}
	return l
}

// retryAfter is how long debts that were tried in vain wait.
const retryAfter = time.Minute

// retryRegularly queues them again until the context ends.
func (j *journal) retryRegularly(ctx context.Context) {
	tick := time.NewTicker(retryAfter)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			j.retry()
		}
	}
}
