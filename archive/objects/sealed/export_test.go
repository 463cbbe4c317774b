package sealed

import (
	"context"

	"congvan/archive/objects"
)

// Address is where a blob's sealed bytes lie beneath.
func (s *Store) Address(d objects.Digest) (objects.Digest, error) {
	e, err := s.find(context.Background(), d)
	return e.address, err
}

// EntryName is the record that leads to a blob.
func (s *Store) EntryName(d objects.Digest) string { return s.keys.name(d) }
