package ledger

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// maxBacklog bounds how many missing time stamps one Seal asks for.
const maxBacklog = 31

// Seal keeps the checkpoint of the day, the first that is there when the day's first Seal
// is called, and has it time-stamped: the token is for the SHA-256 of the file. Days whose
// time stamp could not be had are stamped later: a late proof of time is one, too. It may be
// called as often as one likes, and does nothing when nothing is owed.
func (l *Log) Seal(ctx context.Context) error {
	l.chores.Lock()
	defer l.chores.Unlock()
	today := l.options.Now().In(l.options.Zone).Format(time.DateOnly)
	if err := l.keepDay(today); err != nil {
		return err
	}
	if l.options.TimeStamp == nil || l.has(dayName(today, tokenExt)) {
		return nil
	}
	if err := l.stamp(ctx, today); err != nil {
		return err
	}
	return l.stampBacklog(ctx)
}

func (l *Log) keepDay(day string) error {
	name := dayName(day, checkpointExt)
	if l.has(name) {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed != nil {
		return l.closed
	}
	return fault("keep the day's checkpoint", errors.Join(l.medium.write(name, l.tree.Note), l.medium.sync()))
}

func (l *Log) stampBacklog(ctx context.Context) error {
	owed := 0
	for _, day := range l.days() {
		if l.has(dayName(day, tokenExt)) {
			continue
		}
		if owed++; owed > maxBacklog {
			return nil
		}
		if err := l.stamp(ctx, day); err != nil {
			return err
		}
	}
	return nil
}

func (l *Log) stamp(ctx context.Context, day string) error {
	kept, err := l.signed(dayName(day, checkpointExt))
	if err != nil {
		return err
	}
	digest := sha256.Sum256(kept.Note)
	token, err := l.options.TimeStamp(ctx, digest[:])
	if err != nil {
		return fmt.Errorf("ledger: time stamp of %s: %w", day, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed != nil {
		return l.closed
	}
	return fault("keep the time stamp", errors.Join(l.medium.write(dayName(day, tokenExt), token), l.medium.sync()))
}

func (l *Log) has(name string) bool {
	_, err := os.Lstat(filepath.Join(l.dir, filepath.FromSlash(name)))
	return err == nil
}
