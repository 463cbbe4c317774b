package s3

import (
	"testing"

	"github.com/minio/minio-go/v7"

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

// Canaries counts the versions below the prefix of the locks' test.
func (s *Store) Canaries(t *testing.T) (n int) {
	t.Helper()
	o := minio.ListObjectsOptions{Prefix: s.prefix + canaries, Recursive: true, WithVersions: true}
	for found := range s.core.Client.ListObjects(t.Context(), s.bucket, o) {
		if found.Err != nil {
			t.Fatal(found.Err)
		}
		n++
	}
	return n
}
