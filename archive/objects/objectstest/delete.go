package objectstest

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"congvan/archive/objects"
)

func deletion(t *testing.T, s objects.Store) {
	ctx := context.Background()
	gone, stays := Bytes(1, 100_000), Bytes(2, 100_000)
	d := Keep(t, s, gone)
	Keep(t, s, stays)
	for range 2 { // the second time it is deleted already
		if err := s.Delete(ctx, d); err != nil {
			t.Fatalf("Delete: %v", err)
		}
	}
	lacks(t, s, d)
	Holds(t, s, stays)
	if found := Listed(t, s); len(found) != 1 {
		t.Errorf("Walk shows %v, want one blob", found)
	}
	if err := s.Delete(ctx, "../../etc/passwd"); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("Delete of what is no digest gives %v, want ErrNotFound", err)
	}
}

func deletedAndKeptAgain(t *testing.T, s objects.Store) {
	data := Bytes(1, 100_000)
	for range 3 {
		d := Keep(t, s, data)
		Holds(t, s, data)
		if err := s.Delete(context.Background(), d); err != nil {
			t.Fatalf("Delete: %v", err)
		}
		lacks(t, s, d)
	}
}

// replaceMends writes anew what is flipped, cut, missing and sound.
func replaceMends(t *testing.T, s objects.Store) {
	spoil, ok := s.(Damager)
	if !ok {
		t.Fatal("the store under test is no Damager")
	}
	for i, damage := range []func(*testing.T, objects.Digest){
		spoil.Flip,
		spoil.Cut,
		func(t *testing.T, d objects.Digest) {
			if err := s.Delete(context.Background(), d); err != nil {
				t.Fatal(err)
			}
		},
		func(*testing.T, objects.Digest) {},
	} {
		data := Bytes(uint64(i), 150_000)
		d := Keep(t, s, data)
		damage(t, d)
		content := bytes.NewReader(data)
		if _, err := content.ReadByte(); err != nil { // it must be read from its start all the same
			t.Fatal(err)
		}
		if err := s.Replace(context.Background(), d, content); err != nil {
			t.Fatalf("damage %d: Replace: %v", i, err)
		}
		Holds(t, s, data)
	}
}

func replaceRefuses(t *testing.T, s objects.Store) {
	ctx, data, missing := context.Background(), Bytes(1, 1000), Address([]byte("missing"))
	d := Keep(t, s, data)
	for _, other := range [][]byte{nil, Bytes(2, 1000), data[:999]} {
		if err := s.Replace(ctx, d, bytes.NewReader(other)); !errors.Is(err, objects.ErrCorrupt) {
			t.Errorf("Replace with %d other bytes gives %v, want ErrCorrupt", len(other), err)
		}
		if err := s.Replace(ctx, missing, bytes.NewReader(other)); !errors.Is(err, objects.ErrCorrupt) {
			t.Errorf("Replace of a missing blob with other bytes gives %v, want ErrCorrupt", err)
		}
	}
	if err := s.Replace(ctx, "no digest", bytes.NewReader(nil)); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("Replace of what is no digest gives %v, want ErrNotFound", err)
	}
	lacks(t, s, missing)
	Holds(t, s, data)
}
