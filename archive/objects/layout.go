package objects

import (
	"fmt"
	"strings"
)

// Every store lays its objects out alike, so that a folder can be copied into a
// bucket, or back, by any tool:
//
//	blobs/ab/abcdef…              one folder for each first byte of the digest
//	records/receipts+/2026+/r.json   the key receipts/2026/r.json
//
// The "+" on a record's folders, which no key may hold, lets the keys "a" and
// "a/b" stand side by side.
const (
	blobs        = "blobs/"
	records      = "records/"
	folderMark   = "+"
	digestLength = 64
	maxKeyParts  = 8
	maxPart      = 100
)

// Valid says whether d is a lower-case hexadecimal SHA-256.
func (d Digest) Valid() bool {
	if len(d) != digestLength {
		return false
	}
	for _, c := range []byte(d) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// BlobPath is where a blob lies below a store's top. What is not a digest names
// no blob: ErrNotFound.
func BlobPath(d Digest) (string, error) {
	if !d.Valid() {
		return "", fmt.Errorf("%w: %.80q is not a digest", ErrNotFound, string(d))
	}
	return blobs + string(d[:2]) + "/" + string(d), nil
}

// RecordPath is where a record lies below a store's top. ErrInvalidKey.
func RecordPath(key string) (string, error) {
	parts := strings.Split(key, "/")
	if len(parts) > maxKeyParts {
		return "", fmt.Errorf("%w: more than %d parts", ErrInvalidKey, maxKeyParts)
	}
	for _, part := range parts {
		if !validPart(part) {
			return "", fmt.Errorf("%w: part %.120q", ErrInvalidKey, part)
		}
	}
	return records + strings.Join(parts, folderMark+"/"), nil
}

func validPart(part string) bool {
	if part == "" || len(part) > maxPart || part[0] == '.' {
		return false
	}
	for _, c := range []byte(part) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// KeyAt gives the key, as Walk reports it, of the object at a path; ok is false
// for a path where no store puts an object.
func KeyAt(path string) (key string, ok bool) {
	if name, found := strings.CutPrefix(path, blobs); found {
		_, name, _ = strings.Cut(name, "/")
		at, err := BlobPath(Digest(name))
		return blobs + name, err == nil && at == path
	}
	name, found := strings.CutPrefix(path, records)
	if !found {
		return "", false
	}
	key = strings.ReplaceAll(name, folderMark+"/", "/")
	at, err := RecordPath(key)
	return records + key, err == nil && at == path
}
