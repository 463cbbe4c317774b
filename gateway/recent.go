package gateway

import "sync"

// A letter is mostly fetched soon after it was accepted, and one to forty schools
// forty times. What its bytes are put together from never changes, so that it may be remembered.
const (
	recentLetters  = 256
	recentSkeleton = 32 << 10 // bytes; a larger one is read from the database each time
)

// recent remembers the originals of the last letters accepted or fetched here.
type recent struct {
	mu    sync.Mutex
	known map[MessageID]recentLetter
	order [recentLetters]MessageID // a ring
	next  int
}

type recentLetter struct {
	message  *Message
	original *Original
}

func (r *recent) get(id MessageID) (recentLetter, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l, ok := r.known[id]
	return l, ok
}

func (r *recent) put(m *Message, o *Original) {
	if len(o.Split.Skeleton) > recentSkeleton {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.known[m.ID]; ok {
		return
	}
	if r.known == nil {
		r.known = make(map[MessageID]recentLetter, recentLetters)
	}
	delete(r.known, r.order[r.next])
	r.order[r.next] = m.ID
	r.next = (r.next + 1) % recentLetters
	r.known[m.ID] = recentLetter{m, o}
}
