package objects

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

var (
	// ErrProtected: the blob may not be deleted now; what refuses is a *ProtectedError. Do not
	// try again before its Until has passed and its Holds are released.
	ErrProtected = errors.New("objects: protected from deletion")
	// ErrNoLock: the store cannot protect what it keeps; trying again does not help. Use another
	// store, or one opened with locks.
	ErrNoLock = errors.New("objects: the store keeps no locks")
)

// Locker is what a store offers that protects blobs. What the protection is worth differs:
// a bucket with object lock refuses everybody, its owner too; a folder refuses those who ask
// this program.
//
// Protection belongs to a blob that is there: for any other it is ErrNotFound. Every method may
// be called again with the same arguments, by several processes at once too.
type Locker interface {
	// Protect keeps a blob from deletion until a moment, which counts to the full second, rounded
	// up. It only ever extends: an earlier moment than the present one changes nothing.
	Protect(ctx context.Context, d Digest, until time.Time) error
	// Hold keeps a blob from deletion until the hold of that name is released, whatever other
	// holds there are. A name follows the rules of one part of a record's key. ErrInvalidKey.
	Hold(ctx context.Context, d Digest, name string) error
	// Release ends one hold. Ending a hold that is not there does nothing.
	Release(ctx context.Context, d Digest, name string) error
	// Protection says what keeps a blob from deletion. A store without locks answers ErrNoLock for
	// any digest, so that one can ask beforehand.
	Protection(ctx context.Context, d Digest) (Protection, error)
}

// Protection is what keeps a blob from deletion. The zero value is none.
type Protection struct {
	Until time.Time // UTC, full seconds; may have passed; zero: never protected
	Holds []string  // sorted names
}

// Against gives the error that a deletion at a moment must be refused with, or nil.
func (p Protection) Against(d Digest, now time.Time) error {
	if len(p.Holds) == 0 && !now.Before(p.Until) {
		return nil
	}
	return &ProtectedError{Digest: d, Protection: p}
}

// Equal compares two protections.
func (p Protection) Equal(q Protection) bool {
	return p.Until.Equal(q.Until) && slices.Equal(p.Holds, q.Holds)
}

// ProtectedError says what refuses a deletion. It is an ErrProtected.
type ProtectedError struct {
	Digest Digest
	Protection
}

// Error implements error.
func (e *ProtectedError) Error() string {
	var why []string
	if !e.Until.IsZero() {
		why = append(why, "until "+e.Until.Format(time.RFC3339))
	}
	if len(e.Holds) > 0 {
		why = append(why, "held by "+strings.Join(e.Holds, ", "))
	}
	return fmt.Sprintf("%v: blob %s %s", ErrProtected, e.Digest, strings.Join(why, " and "))
}

// Is makes the error an ErrProtected.
func (e *ProtectedError) Is(target error) bool { return target == ErrProtected }

// FullSecond is a moment as stores keep it: UTC, rounded up to the second.
func FullSecond(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	full := t.UTC().Truncate(time.Second)
	if full.Before(t) {
		full = full.Add(time.Second)
	}
	return full
}

// CheckHold refuses a hold's name that stores cannot keep. ErrInvalidKey.
func CheckHold(name string) error {
	if !validPart(name) {
		return fmt.Errorf("%w: hold %.120q", ErrInvalidKey, name)
	}
	return nil
}

// LockerOf gives a store's locks. A store that has none gets a Locker which says so: every
// answer is ErrNoLock.
func LockerOf(s Store) Locker {
	if l, ok := s.(Locker); ok {
		return l
	}
	return noLocker{}
}

type noLocker struct{}

func (noLocker) Protect(context.Context, Digest, time.Time) error { return ErrNoLock }
func (noLocker) Hold(context.Context, Digest, string) error       { return ErrNoLock }
func (noLocker) Release(context.Context, Digest, string) error    { return ErrNoLock }
func (noLocker) Protection(context.Context, Digest) (Protection, error) {
	return Protection{}, ErrNoLock
}
