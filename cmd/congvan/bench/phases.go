package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	letterSize = 320 << 10
	noteSize   = 20 << 10
)

// large sends one large document through, first of all: what the process has used by then is what one
// large document costs.
func (r *runner) large(ctx context.Context) error {
	t := newTemplate(r.Sender.Agency, r.Receivers[:1], letterSize)
	r.serial++
	began := time.Now()
	s := sums{maphash.MakeSeed()}
	var sent maphash.Hash
	sent.SetSeed(s.seed)
	body, size := largeLetter(t, r.serial, r.Large)
	if err := r.client.submit(ctx, r.Sender, io.TeeReader(body, &sent), size); err != nil {
		return err
	}
	t1 := tally{sums: s, want: map[uint64]int{sent.Sum64(): 1}}
	if err := r.pullUntil(ctx, r.Receivers[0], &t1, 1); err != nil {
		return err
	}
	r.account(&t1)
	r.result.LargeMBPerS = float64(size) / 1e6 / time.Since(began).Seconds()
	u, err := r.Probe()
	r.result.RSS = float64(u.PeakRSS) / (1 << 20)
	return err
}

// idle measures from the start of a submission to the answer of the receiver's long poll.
func (r *runner) idle(ctx context.Context) error {
	t := newTemplate(r.Sender.Agency, r.Receivers[:1], noteSize)
	cursor, err := r.lastCursor(ctx, r.Receivers[0])
	if err != nil {
		return err
	}
	var took []time.Duration
	for end := time.Now().Add(r.seconds(3)); time.Now().Before(end); {
		heard := make(chan error, 1)
		go func() {
			kinds, next, err := r.client.events(ctx, r.Receivers[0], cursor, 10*time.Second)
			if err == nil && len(kinds) == 0 {
				err = fmt.Errorf("long poll answered with nothing")
			}
			cursor = next
			heard <- err
		}()
		time.Sleep(20 * time.Millisecond) // let the poll arrive first
		r.serial++
		b := t.letter(r.serial)
		began := time.Now()
		if err := r.client.submit(ctx, r.Sender, bytes.NewReader(b), int64(len(b))); err != nil {
			return err
		}
		if err := <-heard; err != nil {
			return err
		}
		took = append(took, time.Since(began))
		if cursor, err = r.lastCursor(ctx, r.Receivers[0]); err != nil {
			return err
		}
	}
	r.result.IdleP50, r.result.IdleP99 = quantile(took, 0.5), quantile(took, 0.99)
	return r.drain(ctx, r.Receivers[:1])
}

// lastCursor reads the feed to its end.
func (r *runner) lastCursor(ctx context.Context, p Party) (string, error) {
	after := ""
	for {
		kinds, next, err := r.client.events(ctx, p, after, 0)
		if err != nil {
			return "", err
		}
		if len(kinds) == 0 && next == after {
			return next, nil
		}
		after = next
	}
}

// letters measures letters of 320 KiB and, half before and half after, the floor.
func (r *runner) letters(ctx context.Context) error {
	t := newTemplate(r.Sender.Agency, r.Receivers[:1], letterSize)
	before, err := r.floor(t, r.seconds(1.5))
	if err != nil {
		return err
	}
	from, err := r.Probe()
	if err != nil {
		return err
	}
	l, err := r.load(ctx, r.Receivers[:r.pullers()], letterSize, r.seconds(6))
	if err != nil {
		return err
	}
	to, err := r.Probe()
	if err != nil {
		return err
	}
	after, err := r.floor(t, r.seconds(1.5))
	if err != nil {
		return err
	}
	res := r.result
	res.LettersPerS, res.FloorPerS = l.perSecond, (before+after)/2
	res.Ratio = res.LettersPerS / res.FloorPerS
	res.P50, res.P99 = quantile(l.took, 0.5), quantile(l.took, 0.99)
	res.RSSLoad = float64(to.PeakRSS) / (1 << 20)
	res.FsyncsPerLetter = float64(to.Fsyncs-from.Fsyncs) / float64(l.letters)
	res.BytesWrittenPerByte = float64(to.WrittenBytes-from.WrittenBytes) / float64(l.letters*letterSize)
	return nil
}

func (r *runner) notes(ctx context.Context) error {
	l, err := r.load(ctx, r.Receivers[:r.pullers()], noteSize, r.seconds(5))
	if err == nil {
		r.result.NotesPerS = l.perSecond
	}
	return err
}

// pullers is the number of receiving systems of letters that go to one receiver each.
func (r *runner) pullers() int { return min(4, len(r.Receivers)) }

// loaded is what a load phase found.
type loaded struct {
	letters   int
	perSecond float64
	took      []time.Duration
}

// load submits letters of one size to one receiver each for a while, pulls and
// acknowledges them all, and counts those that went the whole way; the clock
// stops when the last one is acknowledged.
func (r *runner) load(ctx context.Context, to []Party, size int, d time.Duration) (loaded, error) {
	t := tally{sums: sums{maphash.MakeSeed()}, want: map[uint64]int{}}
	templates := make([]*template, len(to))
	for i, p := range to {
		templates[i] = newTemplate(r.Sender.Agency, []Party{p}, size)
	}
	began := time.Now()
	took, done, err := r.submitAndPull(ctx, templates, to, &t, 1, d)
	if err != nil {
		return loaded{}, err
	}
	r.account(&t)
	n := len(took)
	return loaded{n, float64(n) / done.Sub(began).Seconds(), took}, nil
}

// fanOut sends each letter to every receiver.
func (r *runner) fanOut(ctx context.Context) error {
	t := tally{sums: sums{maphash.MakeSeed()}, want: map[uint64]int{}}
	began := time.Now()
	took, done, err := r.submitAndPull(ctx, []*template{newTemplate(r.Sender.Agency, r.Receivers, noteSize)}, r.Receivers, &t, len(r.Receivers), r.seconds(5))
	if err != nil {
		return err
	}
	r.account(&t)
	r.result.DeliveriesPerS = float64(len(took)*len(r.Receivers)) / done.Sub(began).Seconds()
	return nil
}

// submitAndPull runs the submitters for a while and the receivers until everything
// has arrived; copies says how many receivers each letter has.
func (r *runner) submitAndPull(ctx context.Context, templates []*template, to []Party, t *tally, copies int, d time.Duration) (took []time.Duration, done time.Time, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var submitting, pulling sync.WaitGroup
	var mu sync.Mutex
	var serial atomic.Int64
	serial.Store(int64(r.serial))
	var expected, submitted atomic.Int64
	expected.Store(-1)
	end := time.Now().Add(d)
	for range r.Writers {
		submitting.Go(func() {
			for time.Now().Before(end) && ctx.Err() == nil {
				// do not run away from the receivers: what counts is letters that went all the way
				for submitted.Load()*int64(copies)-t.arrived.Load() > int64(64*copies) && ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
				n := int(serial.Add(1))
				b := templates[n%len(templates)].letter(n)
				t.sent(b, copies)
				at := time.Now()
				if err := r.client.submit(ctx, r.Sender, bytes.NewReader(b), int64(len(b))); err != nil {
					cancel(err)
					return
				}
				submitted.Add(1)
				mu.Lock()
				took = append(took, time.Since(at))
				mu.Unlock()
			}
		})
	}
	for _, p := range to {
		pulling.Go(func() {
			if err := r.pull(ctx, p, t, &expected); err != nil {
				cancel(err)
			}
		})
	}
	submitting.Wait()
	r.serial = int(serial.Load())
	expected.Store(submitted.Load() * int64(copies))
	pulling.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, done, err
	}
	return took, time.Now(), nil
}

// pull leases, fetches, compares and acknowledges until everything has arrived.
func (r *runner) pull(ctx context.Context, p Party, t *tally, expected *atomic.Int64) error {
	quiet := time.Now()
	for {
		if n := expected.Load(); n >= 0 && t.arrived.Load() >= n {
			return nil
		}
		items, err := r.client.inbox(ctx, p, 64)
		if err != nil {
			return err
		}
		if len(items) == 0 {
			if expected.Load() >= 0 && time.Since(quiet) > 10*time.Second {
				return nil // the tally will tell what is missing
			}
			time.Sleep(2 * time.Millisecond)
			continue
		}
		quiet = time.Now()
		if err := r.take(ctx, p, items, t); err != nil {
			return err
		}
	}
}

// fetches is how many letters a receiving system fetches at once.
const fetches = 4

// take fetches and acknowledges one page of an inbox.
func (r *runner) take(ctx context.Context, p Party, items []item, t *tally) error {
	ids := make([]string, len(items))
	errs := make([]error, fetches)
	var next atomic.Int64
	var running sync.WaitGroup
	for n := range min(fetches, len(items)) {
		running.Go(func() {
			buf := make([]byte, 64<<10)
			for i := int(next.Add(1)) - 1; i < len(items) && errs[n] == nil; i = int(next.Add(1)) - 1 {
				ids[i] = items[i].Delivery.ID
				errs[n] = r.fetch(ctx, p, ids[i], t, buf)
			}
		})
	}
	running.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := r.client.ack(ctx, p, ids); err != nil {
		return err
	}
	t.arrived.Add(int64(len(ids)))
	return nil
}

// fetch takes one letter and compares it.
func (r *runner) fetch(ctx context.Context, p Party, delivery string, t *tally, buf []byte) error {
	resp, err := r.client.envelope(ctx, p, delivery)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	sum, _, err := t.sums.read(resp.Body, buf)
	if err != nil {
		return err
	}
	t.got(sum, delivery)
	return nil
}

// pullUntil pulls for one receiver until n deliveries have arrived.
func (r *runner) pullUntil(ctx context.Context, p Party, t *tally, n int64) error {
	var expected atomic.Int64
	expected.Store(n)
	return r.pull(ctx, p, t, &expected)
}

// drain takes everything out of inboxes without looking.
func (r *runner) drain(ctx context.Context, to []Party) error {
	t := &tally{sums: sums{maphash.MakeSeed()}}
	for _, p := range to {
		for {
			items, err := r.client.inbox(ctx, p, 500)
			if err != nil {
				return err
			}
			if len(items) == 0 {
				break
			}
			if err := r.take(ctx, p, items, t); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *runner) account(t *tally) {
	lost, altered, doubled := t.count()
	r.result.Lost += lost
	r.result.Altered += altered
	r.result.Doubled += doubled
}

// tally compares what was sent with what arrived.
type tally struct {
	sums    sums
	arrived atomic.Int64
	mu      sync.Mutex
	want    map[uint64]int // copies still to come
	strange int            // arrived, but never sent
	seen    map[string]bool
	doubled int
}

func (t *tally) sent(b []byte, copies int) {
	sum := t.sums.of(b)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.want[sum] += copies
}

func (t *tally) got(sum uint64, delivery string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil {
		t.seen = map[string]bool{}
	}
	if t.seen[delivery] {
		t.doubled++
	}
	t.seen[delivery] = true
	n, ok := t.want[sum]
	switch {
	case !ok:
		t.strange++
	case n == 0:
		t.doubled++
	default:
		t.want[sum] = n - 1
	}
}

func (t *tally) count() (lost, altered, doubled int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range t.want {
		lost += n
	}
	return lost, t.strange, t.doubled
}

// floor writes the payloads with fsync and rename, by as many writers, and
// gives letters per second. The files stay until the whole folder is removed in the
// end: ext4 does not use the inodes of deleted files again for some seconds, and
// searching past thousands of them would slow down whatever is measured next.
func (r *runner) floor(t *template, d time.Duration) (float64, error) {
	dir, err := os.MkdirTemp(r.Dir, "floor-")
	if err != nil {
		return 0, err
	}
	b := t.letter(0)
	var n atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	began := time.Now()
	for w := range r.Writers {
		wg.Go(func() {
			for i := 0; time.Since(began) < d; i++ {
				if err := writeDurably(filepath.Join(dir, fmt.Sprintf("%d-%d", w, i)), b); err != nil {
					failed.Store(&err)
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(n.Load()) / time.Since(began).Seconds(), nil
}

func writeDurably(name string, b []byte) error {
	f, err := os.Create(name + ".part")
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(b); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return os.Rename(name+".part", name)
}

func quantile(took []time.Duration, q float64) float64 {
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return float64(took[min(int(q*float64(len(took))), len(took)-1)].Microseconds()) / 1000
}
