package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"congvan/archive/ledger/checkpoint"
	"congvan/archive/ledger/witness"
)

// Witness is another gateway that cosigns this log's checkpoints.
type Witness struct {
	URL       string // its submission prefix
	PublicKey string
}

// Cosign has the newest checkpoint cosigned by every witness that has not signed it
// yet, and keeps what they sign. Witnesses are asked at the same time; an error
// names those that did not sign, and says nothing of the others. ErrRolledBack
// when a witness has signed a larger tree than this: the log lost leaves.
func (l *Log) Cosign(ctx context.Context) error {
	l.chores.Lock()
	defer l.chores.Unlock()
	tree := l.Tree()
	errs := make([]error, len(l.options.Witnesses))
	var wg sync.WaitGroup
	for i, w := range l.options.Witnesses {
		wg.Go(func() { errs[i] = l.cosignBy(ctx, tree, w) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (l *Log) cosignBy(ctx context.Context, tree Signed, w Witness) error {
	verifier, err := checkpoint.NewCosignatureVerifier(w.PublicKey)
	if err != nil {
		return fmt.Errorf("%w: witness %s: %w", ErrKey, w.URL, err)
	}
	name := witnessName(verifier)
	last, err := l.signed(name, verifier)
	if err != nil && !absent(err) {
		return err
	}
	if last.Note != nil && last.Size == tree.Size {
		return nil
	}
	client := &witness.Client{Prefix: w.URL, Verifier: verifier, HTTP: l.options.HTTP}
	line, err := l.ask(ctx, client, tree, last.Size)
	if err != nil {
		return fmt.Errorf("ledger: witness %s: %w", verifier.Name(), err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed != nil {
		return l.closed
	}
	signed := append(bytes.Clone(tree.Note), line...)
	return fault("keep the cosignature", errors.Join(l.medium.write(name, signed), l.medium.sync()))
}

func witnessName(v note.Verifier) string {
	return path.Join(witnessesDir, fmt.Sprintf("%08x", v.KeyHash()))
}

// ask asks a witness, and once more when it last signed another size than we remember.
func (l *Log) ask(ctx context.Context, client *witness.Client, tree Signed, old int64) ([]byte, error) {
	line, err := l.askFrom(ctx, client, tree, old)
	var conflict *witness.Conflict
	if !errors.As(err, &conflict) {
		return line, err
	}
	if conflict.Size > tree.Size {
		return nil, fmt.Errorf("%w: %w, this log has %d", ErrRolledBack, err, tree.Size)
	}
	if conflict.Size == old {
		return nil, fmt.Errorf("%w: it signed another history of %d leaves", ErrDamaged, old)
	}
	return l.askFrom(ctx, client, tree, conflict.Size)
}

func (l *Log) askFrom(ctx context.Context, client *witness.Client, tree Signed, old int64) ([]byte, error) {
	request := witness.Request{Old: old, Checkpoint: tree.Note}
	if old > 0 && old < tree.Size {
		var err error
		if request.Proof, err = tlog.ProveTree(tree.Size, old, l.hashes(tree.Tree())); err != nil {
			return nil, damage(err)
		}
	}
	return client.Add(ctx, request, l.verifier)
}
