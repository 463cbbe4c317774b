package pdf

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"

	"congvan/signer"
	"congvan/signer/token"
	"congvan/signer/trust/democa"
	"congvan/signer/tsa"
)

// remote signs as a token elsewhere does: it sees the digest, or what is to be signed.
func remote(t testing.TB, key *token.Key, p *Pending) []byte {
	t.Helper()
	value, err := key.Sign(rand.Reader, p.Digest(), p.Hash)
	check(t, err)
	return value
}

func prepared(t testing.TB, key *token.Key, doc []byte, o SignOptions) *Pending {
	t.Helper()
	p, err := Prepare(t.Context(), key.Certificate, key.Chain, bytes.NewReader(doc), int64(len(doc)), o)
	check(t, err)
	return p
}

// restarted is what is left of a pending signature after the process was started anew.
func restarted(t testing.TB, p *Pending) *Pending {
	t.Helper()
	kept, err := json.Marshal(p)
	check(t, err)
	var back Pending
	check(t, json.Unmarshal(kept, &back))
	return &back
}

func TestAPendingSignatureSurvivesARestart(t *testing.T) {
	d := newDemo(t)
	judges := newReferees(t, d)
	stamper, judge := d.stamper(t), d.judge(t)
	for _, kind := range []democa.KeyKind{democa.RSA2048, democa.P256} {
		for _, level := range []signer.Level{signer.LevelBB, signer.LevelBLTA} {
			t.Run(fmt.Sprint(kind, " ", level), func(t *testing.T) {
				key, doc := d.agency(t, kind), form("")
				o := vietnamese()
				o.Level, o.Stamper, o.Judge, o.Field, o.Appearance = level, stamper, judge, "Ký duyệt", seal(t)
				p := restarted(t, prepared(t, key, doc, o))
				p.Stamper, p.Judge = stamper, judge
				var out bytes.Buffer
				check(t, p.Finish(t.Context(), remote(t, key, p), bytes.NewReader(doc), &out))
				judges.approve(t, out.Bytes(), 1)
				verified(t, d, out.Bytes(), level)
			})
		}
	}
}

func TestFinishWritesNothingThatIsNotCertain(t *testing.T) {
	d := newDemo(t)
	key, other := d.person(t, democa.P256), d.person(t, democa.P256)
	doc := letter(1, "", "")
	p := prepared(t, key, doc, vietnamese())
	good := remote(t, key, p)
	changed := bytes.Clone(doc)
	changed[len(changed)/2] ^= 1
	for name, c := range map[string]struct {
		doc, value []byte
		want       error
	}{
		"another key":      {doc, remote(t, other, p), ErrSignature},
		"no value":         {doc, nil, ErrSignature},
		"damaged value":    {doc, append([]byte{0}, good...), ErrSignature},
		"changed document": {changed, good, ErrSourceChanged},
		"longer document":  {append(bytes.Clone(doc), '\n'), good, ErrSourceChanged},
		"shorter document": {doc[:len(doc)-1], good, ErrSourceChanged},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := p.Finish(t.Context(), c.value, bytes.NewReader(c.doc), &out); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if out.Len() > 0 {
				t.Errorf("%d bytes were written", out.Len())
			}
		})
	}
	var out bytes.Buffer
	check(t, p.Finish(t.Context(), good, bytes.NewReader(doc), &out))
	verified(t, d, out.Bytes(), signer.LevelBB)
	for _, broken := range []Pending{
		{},
		{CMS: p.CMS, Hash: crypto.SHA256},
		{CMS: p.CMS, Hash: p.Hash, Gap: Gap{Increment: p.Gap.Increment, At: 1 << 40, Room: 1 << 40}},
		{CMS: p.CMS, Hash: p.Hash, Gap: Gap{Increment: p.Gap.Increment, At: 5, Room: 10}},
		{CMS: p.CMS, Hash: p.Hash, Gap: Gap{Increment: p.Gap.Increment, At: math.MaxInt, Room: 10}},
		{CMS: p.CMS, Hash: p.Hash, Gap: p.Gap, SourceSize: -1},
		{CMS: p.CMS, Hash: p.Hash, Gap: p.Gap, SourceSize: p.SourceSize, SourceSHA256: p.SourceSHA256},
	} {
		if err := broken.Finish(t.Context(), good, bytes.NewReader(doc), &out); err == nil {
			t.Error("a broken preparation was finished")
		}
	}
}

// padded stamps with tokens that are larger than those seen before: it answers as an
// authority would that sends more certificates along.
type padded struct {
	stamper *clock
	large   Stamper
	after   int
}

func (p *padded) Stamp(ctx context.Context, h crypto.Hash, digest []byte) (*tsa.Token, error) {
	if p.stamper.calls >= p.after {
		p.stamper.calls++
		return p.large.Stamp(ctx, h, digest)
	}
	return p.stamper.Stamp(ctx, h, digest)
}

// A time stamp that is too large for its place is never squeezed in: the signature is
// laid out again, or refused where that cannot be.
func TestALargeTimeStampGetsItsRoom(t *testing.T) {
	d := newDemo(t)
	judges := newReferees(t, d)
	key := d.person(t, democa.RSA2048)
	large := d.talkative(t)
	for _, level := range []signer.Level{signer.LevelBT, signer.LevelBLTA} {
		o := vietnamese()
		o.Level, o.Stamper, o.Judge, o.StampSize = level, large, d.judge(t), 1000
		doc := mustSign(t, key, letter(1, "", ""), o)
		judges.approve(t, doc, 1)
		verified(t, d, doc, level)
	}
	doc := letter(1, "", "")
	o := vietnamese()
	o.Level, o.Stamper = signer.LevelBT, &padded{stamper: d.stamper(t), large: large, after: 1}
	p := prepared(t, key, doc, o)
	var out bytes.Buffer
	if err := p.Finish(t.Context(), remote(t, key, p), bytes.NewReader(doc), &out); !errors.Is(err, ErrRoom) || out.Len() > 0 {
		t.Errorf("%v after %d bytes, want ErrRoom", err, out.Len())
	}
}

// What cannot be had now is an error, or a lower level where that is allowed.
func TestALowerLevelOnlyWhereItIsAllowed(t *testing.T) {
	d := newDemo(t)
	key := d.person(t, democa.P256)
	doc := letter(1, "", "")
	down := d.stamper(t)
	down.refuse = fmt.Errorf("test: %w", tsa.ErrUnavailable)
	untrusting := newDemo(t).judge(t)
	for _, c := range []struct {
		name    string
		o       SignOptions
		want    error
		reached signer.Level
	}{
		{"no time stamp", SignOptions{Level: signer.LevelBT, Stamper: down}, tsa.ErrUnavailable, signer.LevelBB},
		{"no time stamp for LTA", SignOptions{Level: signer.LevelBLTA, Stamper: down, Judge: d.judge(t)}, tsa.ErrUnavailable, signer.LevelBB},
		{"no revocation data", SignOptions{Level: signer.LevelBLTA, Stamper: d.stamper(t), Judge: untrusting}, ErrEvidence, signer.LevelBT},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			err := Sign(t.Context(), key, bytes.NewReader(doc), int64(len(doc)), &out, c.o)
			if !errors.Is(err, c.want) || out.Len() > 0 {
				t.Fatalf("%v after %d bytes, want %v", err, out.Len(), c.want)
			}
			var missing *MissingEvidence
			if errors.As(err, &missing) && (len(missing.Reasons) == 0 || missing.Reasons[0].Vi == "") {
				t.Errorf("nothing is named: %v", err)
			}
			var reached signer.Level
			c.o.Downgraded = func(l signer.Level, why []signer.Reason) {
				reached = l
				if len(why) == 0 {
					t.Error("no reason")
				}
			}
			verified(t, d, mustSign(t, key, doc, c.o), c.reached)
			if reached != c.reached {
				t.Errorf("told %s, want %s", reached, c.reached)
			}
		})
	}
}

// Whatever was kept, finishing it neither panics nor writes anything but a signature.
func FuzzFinish(f *testing.F) {
	d := newDemo(f)
	key := d.person(f, democa.P256)
	doc := letter(1, "", "")
	p := prepared(f, key, doc, vietnamese())
	kept, err := json.Marshal(p)
	check(f, err)
	good := remote(f, key, p)
	f.Add(kept, good)
	f.Add([]byte(`{"source_size":1,"gap":{"at":1,"room":1,"increment":"PDwwMD4="}}`), good)
	f.Fuzz(func(t *testing.T, kept, value []byte) {
		var p Pending
		if json.Unmarshal(kept, &p) != nil {
			return
		}
		var out bytes.Buffer
		if err := p.Finish(t.Context(), value, bytes.NewReader(doc), &out); err != nil && out.Len() > 0 {
			t.Errorf("%d bytes after %v", out.Len(), err)
		}
	})
}
