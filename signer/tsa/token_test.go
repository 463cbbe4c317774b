package tsa

import (
	"crypto"
	"errors"
	"testing"
	"time"

	"congvan/internal/peers"
	"congvan/signer/cms"
	"congvan/signer/cms/ber"
)

// info builds a TSTInfo from encoded parts after the fixed ones.
func info(more ...[]byte) []byte {
	parts := [][]byte{
		{ber.Integer, 1, 1},
		encode(peers.TSAPolicy()),
		ber.Encode(ber.Sequence, ber.Encode(ber.Sequence, encode(cms.OIDOf(crypto.SHA256))), ber.Encode(ber.OctetString, make([]byte, 32))),
		{ber.Integer, 1, 7},
	}
	return ber.Encode(ber.Sequence, append(parts, more...)...)
}

func TestTSTInfo(t *testing.T) {
	at := func(s string) []byte { return ber.Encode(ber.GeneralizedTime, []byte(s)) }
	now := at("20261123112112Z")
	moment := time.Date(2026, 11, 23, 11, 21, 12, 0, time.UTC)
	accuracy := func(parts ...[]byte) []byte { return ber.Encode(ber.Sequence, parts...) }
	extension := func(critical ...byte) []byte {
		return ber.Encode(ber.Context(1), ber.Encode(ber.Sequence, []byte{6, 1, 42}, critical, []byte{4, 0}))
	}
	for _, c := range []struct {
		name string
		der  []byte
		ok   func(*Token) bool // nil: malformed
	}{
		{"least", info(now), func(k *Token) bool { return k.Time.Equal(moment) && k.Accuracy == 0 && k.Nonce == nil && !k.Ordering }},
		{"fraction", info(at("20261123112112.25Z")), func(k *Token) bool { return k.Time.Equal(moment.Add(250 * time.Millisecond)) }},
		{"everything", info(now, accuracy([]byte{2, 1, 1}, []byte{0x80, 2, 1, 0xf4}, []byte{0x81, 1, 9}), []byte{1, 1, 0xff}, []byte{2, 1, 5}, ber.Encode(ber.Context(0), []byte{5, 0}), extension()), func(k *Token) bool {
			return k.Accuracy == 1500*time.Millisecond+9*time.Microsecond && k.Ordering && k.Nonce.Int64() == 5
		}},
		{"extension not critical", info(now, extension(1, 1, 0)), func(k *Token) bool { return true }},
		{"extension critical", info(now, extension(1, 1, 0xff)), nil},
		{"no time", info(), nil},
		{"time of another kind", info(ber.Encode(ber.UTCTime, []byte("261123112112Z"))), nil},
		{"time that is none", info(at("20261323112112Z")), nil},
		{"accuracy out of range", info(now, accuracy([]byte{0x80, 2, 3, 0xe8})), nil},
		{"negative accuracy", info(now, accuracy([]byte{2, 1, 0xff})), nil},
		{"something behind", info(now, []byte{4, 0}), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := &Token{}
			r := ber.Open(c.der)
			k.read(r.Inside(ber.Sequence))
			if (r.Err() == nil) != (c.ok != nil) {
				t.Fatalf("error %v", r.Err())
			}
			if c.ok != nil && !c.ok(k) {
				t.Errorf("read as %+v", k)
			}
		})
	}
}

func TestParseTokenRefuses(t *testing.T) {
	token, err := client(t, Options{}, peers.TSA(t).URL).Stamp(t.Context(), crypto.SHA256, digestOf(crypto.SHA256, "letter"))
	if err != nil {
		t.Fatal(err)
	}
	for name, der := range map[string][]byte{
		"nothing":   nil,
		"cut short": token.DER[:len(token.DER)-3],
		"no stamp":  ber.Encode(ber.Sequence, encode(cms.Data())),
	} {
		if _, err := ParseToken(der); !errors.Is(err, cms.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	noticed := 0
	for at := range token.DER { // one bit of each byte
		flipped := append([]byte{}, token.DER...)
		flipped[at] ^= 1 << (at % 8)
		k, err := ParseToken(flipped)
		if err == nil {
			err = k.Verify(over("letter"))
		}
		if err != nil {
			noticed++
			continue
		}
		if !k.Time.Equal(token.Time) || string(k.Imprint) != string(token.Imprint) || !k.Certificate.Equal(token.Certificate) {
			t.Fatalf("byte %d: verifies and says something else", at)
		}
	}
	if rest := len(token.DER) - noticed; rest > len(token.DER)/2 { // the root that travels along, mostly
		t.Errorf("%d of %d flips are not noticed", rest, len(token.DER))
	}
}

func FuzzParseToken(f *testing.F) {
	token, err := client(f, Options{}, peers.TSA(f).URL).Stamp(f.Context(), crypto.SHA256, digestOf(crypto.SHA256, "letter"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token.DER)
	f.Add(append(token.DER, 0))
	f.Add(status(2, ber.Encode(ber.Sequence, ber.Encode(ber.UTF8String, []byte("no"))), []byte{3, 2, 7, 128}))
	f.Add(ber.Encode(ber.Sequence, ber.Encode(ber.Sequence, []byte{2, 1, 0}), token.DER))
	f.Fuzz(func(t *testing.T, der []byte) {
		if _, err := readAnswer(der); err != nil {
			_ = reason(err)
		}
		k, err := ParseToken(der)
		if err != nil {
			return
		}
		if k.Verify(over("never stamped")) == nil {
			t.Fatal("forged")
		}
	})
}
