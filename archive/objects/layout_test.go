package objects_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"congvan/archive/objects"
)

func TestKeysAndPathsAreOneToOne(t *testing.T) {
	part := rapid.StringMatching(`[a-z0-9_-][a-z0-9._-]{0,99}`)
	paths := map[string]string{}
	rapid.Check(t, func(t *rapid.T) {
		key := strings.Join(rapid.SliceOfN(part, 1, 8).Draw(t, "parts"), "/")
		path, err := objects.RecordPath(key)
		if err != nil {
			t.Fatal(err)
		}
		if back, ok := objects.KeyAt(path); !ok || back != "records/"+key {
			t.Fatalf("%s lies at %s, which reads back as %s, %v", key, path, back, ok)
		}
		if other, taken := paths[path]; taken && other != key {
			t.Fatalf("%s and %s lie both at %s", key, other, path)
		}
		paths[path] = key
	})
}

func TestStrangePathsHaveNoKey(t *testing.T) {
	digest := strings.Repeat("ab", 32)
	for path, want := range map[string]bool{
		"blobs/ab/" + digest:                  true,
		"blobs/ba/" + digest:                  false,
		"blobs/" + digest:                     false,
		"blobs/ab/" + strings.ToUpper(digest): false,
		"records/a+/b":                        true,
		"records/a/b":                         false,
		"records/a+":                          false,
		"records/":                            false,
		"staging/x/1":                         false,
		"blobs/ab/lost+found":                 false,
		"":                                    false,
	} {
		if key, ok := objects.KeyAt(path); ok != want {
			t.Errorf("KeyAt(%q) gives %q, %v", path, key, ok)
		}
	}
}
