package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The files are those of c2sp.org/tlog-tiles: another project's checker, which shares no code
// with ours, finds them whole, and builds the same proofs of them.
func TestTesseraAgrees(t *testing.T) {
	ctx := context.Background()
	for _, n := range []int{1, 256, 300, 66_000} {
		l := newLog(t, n)
		verifier, err := note.NewVerifier(l.PublicKey())
		if err != nil {
			t.Fatal(err)
		}
		from := client.FileFetcher{Root: l.dir}
		if err := fsck.New(testOrigin, verifier, from, leafHashes, fsck.Opts{N: 1}).Check(ctx); err != nil {
			t.Errorf("%d leaves: %v", n, err)
		}
		builder, err := client.NewProofBuilder(ctx, uint64(n), from.ReadTile)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, n / 3, n - 1} {
			theirs, err := builder.InclusionProof(ctx, uint64(i))
			if err != nil {
				t.Fatal(err)
			}
			ours, err := l.Prove(ctx, int64(i))
			if err != nil || !sameHashes(theirs, ours.Hashes) {
				t.Errorf("proof of %d of %d: %v, %v", i, n, theirs, err)
			}
		}
		older := int64(n/2 + 1)
		theirs, err := builder.ConsistencyProof(ctx, uint64(older), uint64(n))
		if err != nil {
			t.Fatal(err)
		}
		ours, err := l.Consistency(ctx, older, int64(n))
		if err != nil || !sameHashes(theirs, ours) {
			t.Errorf("consistency of %d and %d: %v", older, n, err)
		}
	}
}

func leafHashes(bundle []byte) ([][]byte, error) {
	var hashes [][]byte
	for len(bundle) > 0 {
		leaves, rest, err := splitBundle(bundle, 1)
		if err != nil {
			return nil, err
		}
		h := tlog.RecordHash(leaves[0])
		hashes, bundle = append(hashes, h[:]), rest
	}
	return hashes, nil
}

func sameHashes(theirs [][]byte, ours []tlog.Hash) bool {
	if len(theirs) != len(ours) {
		return false
	}
	for i, h := range ours {
		if !bytes.Equal(h[:], theirs[i]) {
			return false
		}
	}
	return true
}

// A proof falls with any change of any byte that means something. (The last digit of base64
// has bits that mean nothing, and JSON does not mind the case of a name.)
func TestProofsFall(t *testing.T) {
	l := newLog(t, 1000)
	proof, err := l.Prove(context.Background(), 421)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(proof)
	if err != nil {
		t.Fatal(err)
	}
	trust := Trust{Log: l.PublicKey()}
	for at := range text {
		changed := bytes.Clone(text)
		changed[at] ^= 1
		if _, err := VerifyProof(changed, trust); err != nil {
			continue
		}
		var p Proof
		if err := json.Unmarshal(changed, &p); err != nil {
			t.Fatal(err)
		}
		same := p.Leaf == proof.Leaf && p.Index == proof.Index && p.Size == proof.Size && slices.Equal(p.Hashes, proof.Hashes)
		body, _, _ := strings.Cut(p.Checkpoint, "\n\n")
		if !same || !strings.HasPrefix(proof.Checkpoint, body+"\n\n") {
			t.Errorf("byte %d (%q) changed and nobody minds", at, text[at])
		}
	}
	other := newLog(t, 1)
	if _, err := VerifyProof(text, Trust{Log: other.PublicKey()}); err == nil {
		t.Error("proven with another log's key")
	}
}
