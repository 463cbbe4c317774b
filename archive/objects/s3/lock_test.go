package s3_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/objectstest"
	"congvan/archive/objects/s3"
	"congvan/internal/peers"
)

func TestABlobIsLockedFromItsFirstMoment(t *testing.T) {
	c := vault(t)
	c.Retention = 3 * time.Second
	s, ctx := open(t, c), context.Background()
	for name, size := range map[string]int{"in one piece": 1000, "in parts": 65 << 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := time.Now()
			d := objectstest.Keep(t, s, objectstest.Bytes(1, size))
			p, err := s.Protection(ctx, d)
			if err != nil || p.Until.Before(before.Add(c.Retention)) {
				t.Fatalf("protected until %v, %v; want at least 3 s", p.Until, err)
			}
			if err := s.Delete(ctx, d); time.Now().Before(p.Until) && !errors.Is(err, objects.ErrProtected) {
				t.Errorf("Delete gives %v, want ErrProtected", err)
			}
			time.Sleep(time.Until(p.Until) + time.Second)
			if err := s.Delete(ctx, d); err != nil {
				t.Errorf("Delete afterwards: %v", err)
			}
		})
	}
}

func TestABucketWithoutLocksSaysSo(t *testing.T) {
	c := config(t, peers.S3(t))
	plain := open(t, c)
	ctx, d := context.Background(), objectstest.Keep(t, plain, []byte("x"))
	_, protection := plain.Protection(ctx, d)
	for name, err := range map[string]error{
		"Protect": plain.Protect(ctx, d, time.Now().Add(time.Hour)), "Hold": plain.Hold(ctx, d, "kien"),
		"Release": plain.Release(ctx, d, "kien"), "Protection": protection,
	} {
		if !errors.Is(err, objects.ErrNoLock) {
			t.Errorf("%s gives %v, want ErrNoLock", name, err)
		}
	}
	c.ObjectLock = true
	if s, err := s3.Open(ctx, c); !errors.Is(err, objects.ErrNoLock) {
		t.Errorf("Open with locks gives %v, want ErrNoLock", err)
		if err == nil {
			s.Close()
		}
	}
}

// TestDeleteLeavesNoVersion writes a blob several times, as mending does.
func TestDeleteLeavesNoVersion(t *testing.T) {
	c := vault(t)
	s := spoiled{open(t, c), peers.SharedBlobFolder(t, c.Bucket)}
	data := objectstest.Bytes(1, 1000)
	for range 3 {
		s.Cut(t, objectstest.Keep(t, s, data))
	}
	d := objectstest.Keep(t, s, data)
	if n := s.Versions(t, d); n != 4 {
		t.Errorf("%d versions before, want 4", n)
	}
	if err := s.Delete(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	if n := s.Versions(t, d); n != 0 {
		t.Errorf("%d versions are left", n)
	}
}
