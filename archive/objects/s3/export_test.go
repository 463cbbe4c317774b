package s3

import (
	"testing"

	"congvan/archive/objects"
)

// Versions counts what the bucket keeps of a blob.
func (s *Store) Versions(t *testing.T, d objects.Digest) int {
	t.Helper()
	name, err := objects.BlobPath(d)
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.versions(t.Context(), s.prefix+name)
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}
