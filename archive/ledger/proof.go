package ledger

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"congvan/archive/ledger/checkpoint"
)

// ProofFormat is the version that a proof names.
const ProofFormat = "congvan-ledger-proof/1"

// MaxProof bounds a proof in bytes.
const MaxProof = 4*MaxLeaf + 2*checkpoint.MaxSize

// Proof shows to anybody who has the log's public key, and to nobody's server, that an
// entry stands in the log. It is made to be kept for decades: as JSON it is all text.
type Proof struct {
	Format     string      `json:"format"`
	Leaf       string      `json:"leaf"`       // the very bytes of the leaf
	Index      int64       `json:"index"`      // its place, from 0
	Size       int64       `json:"size"`       // of the tree, as the checkpoint says
	Hashes     []tlog.Hash `json:"hashes"`     // from the leaf's sibling up (RFC 6962, section 2.1.1)
	Checkpoint string      `json:"checkpoint"` // the signed note, with the witnesses' signatures if any
}

// Prove proves a leaf by the newest checkpoint. ErrNotFound.
func (r *Reader) Prove(ctx context.Context, index int64) (*Proof, error) {
	at, err := r.Checkpoint()
	if err != nil {
		return nil, err
	}
	return r.prove(at, index)
}

// ProveBy proves a leaf by an earlier checkpoint of this log, such as a day's or a
// cosigned one; Cosigned gives those.
func (r *Reader) ProveBy(_ context.Context, signed []byte, index int64) (*Proof, error) {
	c, _, err := checkpoint.Open(signed, r.verifier)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	now, err := r.Checkpoint()
	if err != nil {
		return nil, err
	}
	if err := r.extends(c, now.Checkpoint); err != nil {
		return nil, err
	}
	return r.prove(Signed{c, signed}, index)
}

func (r *Reader) prove(at Signed, index int64) (*Proof, error) {
	line, err := r.leafAt(at, index)
	if err != nil {
		return nil, err
	}
	hashes, err := tlog.ProveRecord(at.Size, index, r.hashes(at.Tree()))
	if err != nil {
		return nil, damage(err)
	}
	return &Proof{
		Format: ProofFormat, Leaf: string(line), Index: index, Size: at.Size,
		Hashes: hashes, Checkpoint: string(at.Note),
	}, nil
}

// Cosigned gives the newest checkpoint that a witness signed, as a note with both
// signatures. ErrNotFound.
func (r *Reader) Cosigned(witnessKey string) ([]byte, error) {
	v, err := checkpoint.NewCosignatureVerifier(witnessKey)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	at, err := r.signed(witnessName(v), v)
	return at.Note, err
}

// Text is the proof as c2sp.org/tlog-proof, which other programs read; the leaf is its extra data.
func (p *Proof) Text() []byte {
	text := []byte("c2sp.org/tlog-proof@v1\nextra ")
	text = base64.StdEncoding.AppendEncode(text, []byte(p.Leaf))
	text = append(strconv.AppendInt(append(text, "\nindex "...), p.Index, 10), '\n')
	for _, h := range p.Hashes {
		text = append(base64.StdEncoding.AppendEncode(text, h[:]), '\n')
	}
	return append(append(text, '\n'), p.Checkpoint...)
}

// Trust is what somebody believes who checks a proof: the log's public key and, when
// they do not want to rely on the log alone, how many of which witnesses must have signed as well.
type Trust struct {
	Log       string
	Witnesses []string
	Quorum    int
}

// Proven is what a proof proves.
type Proven struct {
	Entry      Entry
	Index      int64
	Checkpoint checkpoint.Checkpoint
	Witnesses  []Cosignature // those of Trust that signed
}

// Cosignature says which witness saw a checkpoint, and when by its own clock.
type Cosignature struct {
	Witness string
	At      time.Time
}

// VerifyProof checks a proof as JSON, without any file or network. ErrForm, ErrKey, ErrProof, ErrWitnesses.
func VerifyProof(proof []byte, trust Trust) (*Proven, error) {
	if len(proof) > MaxProof {
		return nil, fmt.Errorf("%w: %d bytes", ErrForm, len(proof))
	}
	var p Proof
	if err := json.Unmarshal(proof, &p); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	return p.Verify(trust)
}

// Verify checks a proof.
func (p *Proof) Verify(trust Trust) (*Proven, error) {
	if p.Format != ProofFormat {
		return nil, fmt.Errorf("%w: format %.40q", ErrForm, p.Format)
	}
	at, n, err := trust.open([]byte(p.Checkpoint))
	if err != nil {
		return nil, err
	}
	if at.Size != p.Size || p.Index < 0 || p.Index >= p.Size {
		return nil, fmt.Errorf("%w: leaf %d of %d, but %d are signed", ErrProof, p.Index, p.Size, at.Size)
	}
	err = tlog.CheckRecord(p.Hashes, at.Size, at.Root, p.Index, tlog.RecordHash([]byte(p.Leaf)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProof, err)
	}
	entry, err := ParseLeaf([]byte(p.Leaf))
	if err != nil {
		return nil, err
	}
	seen := cosignatures(n)
	if len(seen) < trust.Quorum {
		return nil, fmt.Errorf("%w: %d of %d", ErrWitnesses, len(seen), trust.Quorum)
	}
	return &Proven{entry, p.Index, at, seen}, nil
}

// open checks the signatures of a checkpoint that are trusted.
func (t Trust) open(signed []byte) (checkpoint.Checkpoint, *note.Note, error) {
	log, err := note.NewVerifier(t.Log)
	if err != nil {
		return checkpoint.Checkpoint{}, nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	witnesses, err := verifiers(t.Witnesses)
	if err != nil {
		return checkpoint.Checkpoint{}, nil, err
	}
	at, n, err := checkpoint.Open(signed, log, witnesses...)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrProof, err)
	}
	return at, n, err
}

// verifiers reads the public keys of witnesses; one key counts once.
func verifiers(keys []string) ([]note.Verifier, error) {
	var list []note.Verifier
	known := map[string]bool{}
	for _, key := range keys {
		v, err := checkpoint.NewCosignatureVerifier(key)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrKey, err)
		}
		if id := fmt.Sprintf("%s+%08x", v.Name(), v.KeyHash()); !known[id] {
			known[id] = true
			list = append(list, v)
		}
	}
	return list, nil
}

// cosignatures are the checked signatures that are not the log's own.
func cosignatures(n *note.Note) []Cosignature {
	var seen []Cosignature
	for _, s := range n.Sigs {
		if at := checkpoint.CosignedAt(s); !at.IsZero() {
			seen = append(seen, Cosignature{s.Name, at})
		}
	}
	return seen
}

// Consistency proves that the tree at the newer size is the one at the older size with
// leaves added (RFC 6962, section 2.1.2).
func (r *Reader) Consistency(_ context.Context, older, newer int64) (tlog.TreeProof, error) {
	at, err := r.Checkpoint()
	if err != nil {
		return nil, err
	}
	if older < 1 || older > newer || newer > at.Size {
		return nil, fmt.Errorf("%w: trees of %d and %d leaves, there are %d", ErrNotFound, older, newer, at.Size)
	}
	proof, err := tlog.ProveTree(newer, older, r.hashes(at.Tree()))
	return proof, damage(err)
}

// VerifyConsistency checks that of two signed checkpoints of one log the second merely
// grew from the first. ErrKey, ErrProof.
func VerifyConsistency(older, newer []byte, proof tlog.TreeProof, trust Trust) error {
	a, _, err := trust.open(older)
	if err != nil {
		return err
	}
	b, _, err := trust.open(newer)
	if err != nil {
		return err
	}
	if a.Size == 0 || a.Size > b.Size {
		return fmt.Errorf("%w: from %d to %d leaves", ErrProof, a.Size, b.Size)
	}
	if err := tlog.CheckTree(proof, b.Size, b.Root, a.Size, a.Root); err != nil {
		return fmt.Errorf("%w: %w", ErrProof, err)
	}
	return nil
}
