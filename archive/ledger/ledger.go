package ledger

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"congvan/archive/ledger/checkpoint"
	"congvan/archive/ledger/internal/local"
)

// Options of a log.
type Options struct {
	Origin  string // the log's name: a host and path, such as congvan.example.gov.vn/ledger
	KeyFile string // of the Ed25519 signing key; made at first use
	// Witnesses cosign when Cosign is called.
	Witnesses []Witness
	HTTP      *http.Client // for them; nil gives one with time limits
	// TimeStamp gives an RFC 3161 token for a SHA-256. Nil: Seal keeps the day's
	// checkpoint without one.
	TimeStamp func(ctx context.Context, digest []byte) (token []byte, err error)
	Now       func() time.Time // nil: time.Now
	Zone      *time.Location   // where days begin; nil: UTC+7
}

// Log is the one writer of a log. It is safe for concurrent use.
type Log struct {
	*Reader
	options Options
	signer  note.Signer
	lock    *os.File
	index   *index

	mu     sync.Mutex
	medium medium
	tree   Signed
	last   string // the event of the last leaf
	recent recent
	closed error // why nothing can be written any more
	chores sync.Mutex
}

// Open opens the log in a folder for writing, and makes it when the folder is empty.
// It refuses a log that is not as its checkpoints say: ErrDamaged, ErrRolledBack. ErrLocked
// when another process, or another Log of this one, has it open.
func Open(ctx context.Context, dir string, o Options) (*Log, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fault("make the folder", err)
	}
	if err := checkFilesystem(dir); err != nil {
		return nil, err
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	l, err := open(ctx, dir, o.withDefaults(), lock)
	if err != nil {
		lock.Close()
		return nil, err
	}
	return l, nil
}

// lockFolder takes the writer's lock.
func lockFolder(dir string) (*os.File, error) {
	lock, err := local.TryLock(filepath.Join(dir, "lock"))
	if errors.Is(err, local.ErrBusy) {
		return nil, fmt.Errorf("%w: %s", ErrLocked, dir)
	}
	return lock, fault("lock", err)
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.FixedZone("+07", 7*60*60)
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{Timeout: 20 * time.Second}
	}
	return o
}

func open(ctx context.Context, dir string, o Options, lock *os.File) (*Log, error) {
	private, err := checkpoint.LoadKey(o.KeyFile, o.Origin)
	if err != nil {
		return nil, errors.Join(ErrKey, err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	public, err := checkpoint.PublicKey(private)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	reader, err := OpenReader(dir, public)
	if err != nil {
		return nil, err
	}
	d := newDisk(dir)
	if err := d.clearStaging(); err != nil {
		return nil, fault("clear what was left over", err)
	}
	l := &Log{Reader: reader, options: o, signer: signer, lock: lock, medium: d}
	return l, l.load(ctx)
}

// load brings the log to where its checkpoint stands.
func (l *Log) load(ctx context.Context) error {
	var err error
	if l.tree, err = l.Checkpoint(); absent(err) {
		err = l.found()
	}
	if err != nil {
		return err
	}
	if err := l.checkHistory(); err != nil {
		return err
	}
	if err := l.sweep(l.tree.Size); err != nil {
		return fault("clear what was left over", err)
	}
	if err := l.loadLast(); err != nil {
		return err
	}
	return l.loadIndex(ctx)
}

// found makes the first checkpoint, of a tree without leaves. Where anything of a log
// lies already, its checkpoint was taken away: that is no new log.
func (l *Log) found() error {
	for _, name := range []string{"tile", timestampsDir, witnessesDir} {
		if _, err := os.Lstat(filepath.Join(l.dir, name)); err == nil {
			return fmt.Errorf("%w: the checkpoint is gone", ErrDamaged)
		}
	}
	first, err := l.sign(checkpoint.Checkpoint{Origin: l.Origin(), Root: emptyRoot()})
	if err != nil {
		return err
	}
	l.tree = first
	return fault("write the first checkpoint", l.medium.sync())
}

// checkHistory compares the tree with the newest sealed and cosigned checkpoints, so
// that nothing is ever signed that contradicts them.
func (l *Log) checkHistory() error {
	for _, name := range l.kept() {
		older, err := l.signed(name)
		if err != nil {
			return err
		}
		if err := l.extends(older.Checkpoint, l.tree.Checkpoint); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (l *Log) loadLast() error {
	if l.tree.Size == 0 {
		return nil
	}
	line, err := l.leafAt(l.tree, l.tree.Size-1)
	if err != nil {
		return err
	}
	entry, err := ParseLeaf(line)
	l.last = entry.Event
	return err
}

func (l *Log) loadIndex(ctx context.Context) error {
	var err error
	if l.index, err = openIndex(l.dir); err != nil {
		return err
	}
	if err := l.index.complete(ctx, l.Reader, l.tree); err != nil {
		return errors.Join(err, l.index.file.Close())
	}
	keys, err := l.index.tail(l.tree.Size, recentSize)
	if err != nil {
		return errors.Join(fault("read the index", err), l.index.file.Close())
	}
	l.recent = recent{}
	l.recent.add(l.tree.Size-int64(len(keys)), keys)
	return nil
}

// Tree is the newest checkpoint, without a look at the disk.
func (l *Log) Tree() Signed {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tree
}

// Last is the event of the last leaf, where a feed goes on; empty in an empty log.
func (l *Log) Last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// Close lets go of the log. Everything that Append accepted is on the disk already.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lock == nil {
		return nil
	}
	l.closed = ErrClosed
	err := errors.Join(l.index.file.Close(), l.lock.Close())
	l.lock = nil
	return wrap("close", err)
}
