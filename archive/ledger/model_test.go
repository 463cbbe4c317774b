package ledger

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// TestModel compares a log with a slice, through any series of batches, repetitions,
// closings, sealings and proofs.
func TestModel(t *testing.T) {
	fewer(t, "25") // each waits for the disk a hundred times
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t, root)
		defer func() { m.log.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"append": m.append,
			"repeat": m.repeat,
			"reopen": m.reopen,
			"seal":   m.seal,
			"prove":  m.prove,
			"grew":   m.grew,
			"":       m.check,
		})
		r, err := Verify(context.Background(), m.dir, m.log.PublicKey(), VerifyOptions{Source: list(m.history), Now: m.log.options.Now})
		if err != nil || !r.OK() || r.Leaves != int64(len(m.history)) {
			t.Fatalf("%+v, %v", r, err)
		}
	})
}

// fewer makes rapid try less often, unless it was told how often.
func fewer(t *testing.T, checks string) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	before := f.Value.String()
	if before != f.DefValue {
		return
	}
	if err := f.Value.Set(checks); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Value.Set(before) })
}

type model struct {
	dir     string
	log     *Log
	history []Entry
	signed  []Signed
}

func newModel(t *rapid.T, root string) *model {
	dir, err := os.MkdirTemp(root, "")
	if err != nil {
		t.Fatal(err)
	}
	m := &model{dir: filepath.Join(dir, "ledger")}
	m.open(t)
	return m
}

func (m *model) open(t *rapid.T) {
	var err error
	if m.log, err = Open(context.Background(), m.dir, testOptions(m.dir)); err != nil {
		t.Fatal(err)
	}
}

func (m *model) append(t *rapid.T) {
	n := len(m.history)
	batch := entries(n, n+rapid.IntRange(0, 400).Draw(t, "entries"))
	m.put(t, batch, n)
	m.history = append(m.history, batch...)
	m.signed = append(m.signed, m.log.Tree())
}

func (m *model) put(t *rapid.T, batch []Entry, first int) {
	indexes, err := m.log.Append(context.Background(), batch)
	if err != nil || len(indexes) != len(batch) {
		t.Fatalf("%d indexes, %v", len(indexes), err)
	}
	for i, at := range indexes {
		if at != int64(first+i) {
			t.Fatalf("entry %d is leaf %d, want %d", i, at, first+i)
		}
	}
}

func (m *model) repeat(t *rapid.T) {
	from := rapid.IntRange(0, len(m.history)).Draw(t, "from")
	to := rapid.IntRange(from, min(len(m.history), from+300)).Draw(t, "to")
	m.put(t, m.history[from:to], from)
}

func (m *model) reopen(t *rapid.T) {
	m.log.Close()
	m.open(t)
}

func (m *model) seal(t *rapid.T) {
	if err := m.log.Seal(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func (m *model) prove(t *rapid.T) {
	if len(m.history) == 0 {
		t.Skip("nothing to prove")
	}
	i := rapid.IntRange(0, len(m.history)-1).Draw(t, "leaf")
	at, err := m.log.Find(context.Background(), m.history[i].Event)
	if err != nil || at != int64(i) {
		t.Fatalf("found at %d, %v; want %d", at, err, i)
	}
	p, err := m.log.Prove(context.Background(), at)
	if err != nil {
		t.Fatal(err)
	}
	proven, err := p.Verify(Trust{Log: m.log.PublicKey()})
	if err != nil || proven.Entry.Event != m.history[i].Event {
		t.Fatalf("%+v, %v", proven, err)
	}
}

// grew holds any earlier checkpoint against the newest.
func (m *model) grew(t *rapid.T) {
	if len(m.signed) == 0 {
		t.Skip("nothing was signed")
	}
	older := rapid.SampledFrom(m.signed).Draw(t, "older")
	if older.Size == 0 {
		t.Skip("nothing grows from nothing")
	}
	now := m.log.Tree()
	proof, err := m.log.Consistency(context.Background(), older.Size, now.Size)
	if err != nil {
		t.Fatal(err)
	}
	if err := VerifyConsistency(older.Note, now.Note, proof, Trust{Log: m.log.PublicKey()}); err != nil {
		t.Fatal(err)
	}
}

func (m *model) check(t *rapid.T) {
	hashes := make([]tlog.Hash, 0, len(m.history))
	for _, e := range m.history {
		line, err := e.Leaf()
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, tlog.RecordHash(line))
	}
	if at := m.log.Tree(); at.Size != int64(len(m.history)) || at.Root != rootBySplitting(hashes) {
		t.Fatalf("%d leaves, root %v", at.Size, at.Root)
	}
}

// rootBySplitting is the definition of RFC 6962, section 2.1, word for word.
func rootBySplitting(hashes []tlog.Hash) tlog.Hash {
	switch len(hashes) {
	case 0:
		return emptyRoot()
	case 1:
		return hashes[0]
	}
	k := 1
	for k*2 < len(hashes) {
		k *= 2
	}
	return tlog.NodeHash(rootBySplitting(hashes[:k]), rootBySplitting(hashes[k:]))
}

func TestLeafIsOneForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(1, 40, MaxName)
		e := Entry{
			Event: text.Draw(t, "event"), Kind: text.Draw(t, "kind"), Actor: rapid.StringN(0, 40, MaxName).Draw(t, "actor"),
			At:       testTime.Add(time.Duration(rapid.Int64().Draw(t, "after"))),
			Subjects: rapid.MapOfN(text, text, 0, MaxSubjects).Draw(t, "subjects"), Particulars: DigestOf([]byte(text.Draw(t, "data"))),
		}
		line, err := e.Leaf()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseLeaf(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		second, err := again.Leaf()
		if err != nil || !slices.Equal(line, second) || quickEvent(line) != e.Event || eventOf(line) != e.Event {
			t.Fatalf("%s, %s, %v", line, second, err)
		}
	})
}

func FuzzParseLeaf(f *testing.F) {
	for n := range 3 {
		line, err := entry(n).Leaf()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	f.Add([]byte(`{"v":"congvan-ledger/1"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := ParseLeaf(line)
		if err != nil {
			return
		}
		if again, err := e.Leaf(); err != nil || !slices.Equal(again, line) {
			t.Errorf("%q is read, but written as %q", line, again)
		}
		if quickEvent(line) != e.Event {
			t.Errorf("%q: %q, %q", line, quickEvent(line), e.Event)
		}
	})
}

// golden is a proof as the first release wrote it. Proofs are kept for decades, so this one
// must be believed, and written the same, for ever.
func golden(tb testing.TB) (proof []byte, trust Trust) {
	tb.Helper()
	proof, err := os.ReadFile("testdata/proof.json")
	if err != nil {
		tb.Fatal(err)
	}
	key, err := os.ReadFile("testdata/ledger.pub")
	if err != nil {
		tb.Fatal(err)
	}
	return proof, Trust{Log: strings.TrimSpace(string(key))}
}

func TestGoldenProof(t *testing.T) {
	text, trust := golden(t)
	proven, err := VerifyProof(text, trust)
	if err != nil || proven.Index != 211 || proven.Checkpoint.Size != 300 {
		t.Fatalf("%+v, %v", proven, err)
	}
	want, err := entry(211).Leaf()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := proven.Entry.Leaf(); err != nil || string(got) != string(want) {
		t.Errorf("%s, %v", got, err)
	}
}

func FuzzVerifyProof(f *testing.F) {
	text, trust := golden(f)
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		if proven, err := VerifyProof(text, trust); err == nil && proven.Entry.Event != entry(int(proven.Index)).Event {
			t.Errorf("proven what never was: %+v", proven)
		}
	})
}
