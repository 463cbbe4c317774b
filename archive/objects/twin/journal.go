package twin

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/internal/local"
)

// op is what the second store owes to an object.
type op string

const (
	keep    op = "keep"    // have it as the first store has it, under the same locks
	drop    op = "drop"    // not have it any more
	release op = "release" // end one hold
	mend    op = "mend"    // owed to the first store: it is damaged or lacks the object
	done    op = "done"    // in the file only: no more is owed
)

// owed is what is owed to one object. A newer debt takes the place of an older one, since each
// is settled by looking at what the first store holds then.
type owed struct {
	op     op
	key    string
	size   int64
	since  time.Time
	number uint64 // of the line that made it
	busy   bool   // somebody is settling it
	tries  int
	err    error // of the last try
}

// Lag is how far the second store is behind the first.
type Lag struct {
	Count   int       // objects that are owed something
	Bytes   int64     // what they hold, as far as it is known
	Oldest  time.Time // since when the oldest is owed; zero when nothing is
	Failing int       // those of them that were tried in vain
	Err     error     // the last failure of one that is still owed
	Damaged int       // lines of the journal that could not be read: run Compare
}

// journal is the list of what is owed, on disk and in memory (some 250 bytes an object).
//
// The file holds a line a debt and a line a settlement, each with a checksum. A debt is durable
// before it is promised; those who come together share an fsync. A settlement that is lost is
// settled once more. A line that a crash cut off was promised to nobody.
type journal struct {
	now func() time.Time

	mu      sync.Mutex
	changed sync.Cond // on mu: a debt came, went or may be tried again
	dir     *os.Root
	lock    *os.File
	file    *os.File
	length  int64
	lines   int
	number  uint64
	debts   map[string]*owed
	queue   []turn
	late    []*owed // tried in vain
	damaged int
	failed  error

	syncing sync.Mutex
	synced  int64 // bytes of this file known to be durable
}

// turn is a debt's place in the queue, void when the debt has changed since.
type turn struct {
	key    string
	number uint64
}

const (
	journalName = "owed"
	rewriteName = "owed.new"
	// The file is rewritten when it holds this many lines, and eightfold what is owed.
	rewriteLines = 8192
	rewriteRatio = 8
	maxLine      = 2048 // above eight parts of 100 letters and a digest
)

func openJournal(dir string, now func() time.Time) (*journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, local.Kind(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, local.Kind(err)
	}
	j := &journal{now: now, dir: root, debts: map[string]*owed{}}
	j.changed.L = &j.mu
	if err := j.open(); err != nil {
		j.close()
		return nil, local.Kind(err)
	}
	return j, nil
}

func (j *journal) open() (err error) {
	if j.lock, err = j.dir.Open("."); err != nil {
		return err
	}
	if err := syscall.Flock(int(j.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("%w: another process has it open: %w", objects.ErrUnavailable, err)
	}
	if err := j.load(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return j.rewrite()
}

// load reads the file of an earlier run.
func (j *journal) load() error {
	f, err := j.dir.Open(journalName)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, maxLine)
	for {
		line, err := r.ReadString('\n')
		if err == io.EOF {
			return nil // what is left was cut off
		}
		if err != nil {
			return err
		}
		j.replay(line)
	}
}

func (j *journal) replay(line string) {
	e, ok := parse(line)
	if !ok {
		j.damaged++
		return
	}
	j.number = max(j.number, e.number)
	if e.op != done {
		j.debts[e.key] = e
		j.queue = append(j.queue, turn{e.key, e.number})
		return
	}
	if now := j.debts[e.key]; now != nil && now.number <= e.number {
		delete(j.debts, e.key)
	}
}

func (e *owed) line() string {
	text := fmt.Sprintf("%d %s %d %d %s", e.number, e.op, e.since.Unix(), e.size, e.key)
	return fmt.Sprintf("%08x %s\n", crc32.ChecksumIEEE([]byte(text)), text)
}

func parse(line string) (*owed, bool) {
	sum, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	if sum != fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(text))) {
		return nil, false
	}
	e, since := new(owed), int64(0)
	_, err := fmt.Sscanf(text, "%d %s %d %d %s", &e.number, &e.op, &since, &e.size, &e.key)
	e.since = time.Unix(since, 0).UTC()
	return e, err == nil
}

// owe notes a debt, durably. After a failure nothing is promised, though it may be noted.
func (j *journal) owe(o op, key string, size int64) error {
	upto, file, err := j.note(o, key, size)
	if err != nil {
		return err
	}
	return j.sync(file, upto)
}

// note is owe without durability.
func (j *journal) note(o op, key string, size int64) (upto int64, file *os.File, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := &owed{op: o, key: key, size: size, since: j.now().UTC(), number: j.number + 1}
	if was := j.debts[key]; was != nil {
		e.size, e.busy = max(size, was.size), was.busy
		if was.op == o {
			e.since = was.since
		}
	}
	if err := j.write(e); err != nil {
		return 0, nil, err
	}
	j.debts[key] = e
	j.push(e)
	return j.length, j.file, nil
}

func (j *journal) push(e *owed) {
	if !e.busy { // else it comes back when whoever is at it has done
		j.queue = append(j.queue, turn{e.key, e.number})
	}
	j.changed.Broadcast()
}

// write appends a line. A line that got in by half is taken out again; where even that fails,
// nothing can be noted any more.
func (j *journal) write(e *owed) error {
	if j.failed != nil {
		return j.failed
	}
	n, err := j.file.WriteString(e.line())
	if err != nil {
		if cut := j.file.Truncate(j.length); cut != nil && n > 0 {
			j.failed = fmt.Errorf("%w until it is opened anew: %w", objects.ErrUnavailable, cut)
		}
		return fmt.Errorf("note what is owed: %w", local.Kind(err))
	}
	j.length += int64(n)
	j.lines++
	j.number = max(j.number, e.number)
	return nil
}

// sync makes the file durable up to a length, unless another has meanwhile. A file that was
// rewritten since was made durable whole. After a failed fsync the kernel may have dropped what
// was written, so that nothing can be noted until the journal is opened anew.
func (j *journal) sync(file *os.File, upto int64) error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	present, length, failed := j.file, j.length, j.failed
	j.mu.Unlock()
	if failed != nil {
		return failed
	}
	if file != present || j.synced >= upto {
		return nil
	}
	if err := file.Sync(); err != nil {
		err = fmt.Errorf("%w until it is opened anew: fsync the journal: %w", objects.ErrUnavailable, err)
		j.mu.Lock()
		j.failed = err
		j.mu.Unlock()
		return err
	}
	j.synced = length
	return nil
}

// rewrite makes a new file of what is owed alone. It is called with nothing or everything locked.
func (j *journal) rewrite() error {
	f, err := j.dir.OpenFile(rewriteName, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	length, err := j.writeAll(f)
	if err == nil {
		err = j.dir.Rename(rewriteName, journalName)
	}
	if err != nil {
		f.Close()
		return err
	}
	if j.file != nil {
		j.file.Close()
	}
	j.file, j.length, j.synced, j.lines = f, length, length, len(j.debts)
	if err := j.lock.Sync(); err != nil { // the folder
		j.failed = fmt.Errorf("%w until it is opened anew: fsync the journal's folder: %w", objects.ErrUnavailable, err)
	}
	return j.failed
}

// writeAll writes in the order of the queue, which it clears of what is void.
func (j *journal) writeAll(f *os.File) (length int64, err error) {
	w := bufio.NewWriter(f)
	put := func(e *owed) {
		n, _ := w.WriteString(e.line()) // Flush tells
		length += int64(n)
	}
	valid := j.queue[:0]
	for _, t := range j.queue {
		if e := j.debts[t.key]; e != nil && e.number == t.number {
			valid = append(valid, t)
			put(e)
		}
	}
	j.queue = valid
	for _, e := range j.debts {
		if e.busy || e.tries > 0 { // not in the queue
			put(e)
		}
	}
	return length, errors.Join(w.Flush(), f.Sync())
}

// settled ends a debt, unless a newer one has taken its place meanwhile.
func (j *journal) settled(e *owed) {
	j.syncing.Lock() // a rewrite may follow
	defer j.syncing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	defer j.changed.Broadcast()
	now := j.debts[e.key]
	if now == nil || now.number != e.number {
		if now != nil {
			now.busy = false
			j.push(now)
		}
		return
	}
	delete(j.debts, e.key)
	_ = j.write(&owed{op: done, key: e.key, number: e.number}) // lost, it is settled once more
	if j.lines > rewriteLines && j.lines > rewriteRatio*len(j.debts) {
		_ = j.rewrite() // the old file goes on serving; a failure that matters is remembered
	}
}

// forget ends a debt that nobody is settling, or whose settling will do no harm.
func (j *journal) forget(key string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e := j.debts[key]; e != nil {
		delete(j.debts, key)
		_ = j.write(&owed{op: done, key: key, number: e.number}) // the debt that follows is fsynced with it
	}
}

func (j *journal) close() error {
	var errs []error
	for _, f := range []*os.File{j.file, j.lock} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(append(errs, j.dir.Close())...)
}
