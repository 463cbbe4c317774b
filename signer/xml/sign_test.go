package xmlsig

import (
	"bytes"
	"crypto"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"congvan/signer"
	"congvan/signer/trust/democa"
)

func TestSignAndVerify(t *testing.T) {
	w := newWorld(t)
	for _, tc := range []struct {
		name      string
		kind      democa.KeyKind
		options   SignOptions
		algorithm string
	}{
		{"P-256", democa.P256, SignOptions{}, "ECDSA 256 SHA-256"},
		{"P-384", democa.P384, digestsOf(crypto.SHA384), "ECDSA 384 SHA-384"},
		{"P-256 SHA-512", democa.P256, digestsOf(crypto.SHA512), "ECDSA 256 SHA-512"},
		{"RSA", democa.RSA2048, SignOptions{}, "RSA 2048 SHA-256"},
		{"RSA SHA-512", democa.RSA2048, digestsOf(crypto.SHA512), "RSA 2048 SHA-512"},
		{"RSA-PSS", democa.RSA2048, SignOptions{PSS: true, Digest: crypto.SHA384}, "RSA-PSS 2048 SHA-384"},
		{"Ed25519", democa.Ed25519, SignOptions{}, "Ed25519"},
	} {
		signed := w.sign(twoFiles(), tc.kind, tc.options)
		r := w.verify(signed)
		wants(t, tc.name, r, signer.TotalPassed, "", "")
		s := r.Signatures[0]
		if s.Level != signer.LevelBB || s.Coverage != signer.CoverageFile || s.Algorithm != tc.algorithm ||
			s.AgencyCode != "H26.99.1" || !strings.Contains(s.Signer, "Vĩnh") || s.SigningTime == nil || !s.SigningTime.Equal(w.now) ||
			s.Field != "/edXML/edXMLEnvelope/edXMLHeader/Signature" {
			t.Errorf("%s: %+v", tc.name, s)
		}
	}
	legacy := w.verify(w.sign(twoFiles(), democa.P256, SignOptions{Level: signer.LevelLegacy}))
	wants(t, "legacy", legacy, signer.TotalPassed, "", "legacy-signature")
	if legacy.Signatures[0].Level != signer.LevelLegacy || legacy.Signatures[0].SigningTime != nil {
		t.Errorf("legacy: %+v", legacy.Signatures[0])
	}
	wants(t, "unsigned", w.verify(twoFiles()), signer.NoSignature, "", "no-signature")
	wants(t, "no attachment", w.verify(w.sign(letter(), democa.P256, SignOptions{})), signer.TotalPassed, "", "")
	plain := Message{Skeleton: []byte("<a xmlns='urn:x'>b</a>")}
	wants(t, "another document", w.verify(w.sign(plain, democa.P256, SignOptions{})), signer.TotalPassed, "", "")
}

func TestSignLeavesEverythingElse(t *testing.T) {
	w := newWorld(t)
	m := twoFiles()
	s, err := Sign(t.Context(), w.key(democa.P256), m, SignOptions{Role: "Văn thư <cơ quan>", Commitment: CommitmentOrigin, Time: w.now.In(time.FixedZone("", 7*3600))})
	if err != nil {
		t.Fatal(err)
	}
	if got := append(bytes.Clone(s.Skeleton[:s.At]), s.Skeleton[s.At+s.Length:]...); !bytes.Equal(got, m.Skeleton) {
		t.Error("bytes beside the signature were changed")
	}
	if !bytes.HasPrefix(s.Skeleton[s.At+s.Length:], []byte("</edXML:edXMLHeader>")) {
		t.Error("the signature does not stand at the end of the header")
	}
	r := w.verify(s.Message(m.Payloads))
	wants(t, "role", r, signer.TotalPassed, "", "")
	if c := r.Signatures[0].Claimed; c.Name != "Văn thư <cơ quan>" || c.Reason != CommitmentOrigin {
		t.Errorf("claimed %+v", c)
	}
	if !bytes.Contains(s.Skeleton, []byte("+07:00</xades:SigningTime>")) {
		t.Error("the zone of the time was not kept")
	}
}

func TestSignRefuses(t *testing.T) {
	w := newWorld(t)
	key := w.key(democa.P256)
	for name, tc := range map[string]struct {
		m    Message
		o    SignOptions
		want error
	}{
		"signed already":       {w.sign(letter(), democa.P256, SignOptions{}), SignOptions{}, ErrSigned},
		"decorated already":    {Message{Skeleton: []byte("<edXML><edXMLEnvelope><edXMLHeader><Signature/></edXMLHeader></edXMLEnvelope></edXML>")}, SignOptions{}, ErrSigned},
		"no header":            {Message{Skeleton: []byte("<edXML><edXMLEnvelope/></edXML>")}, SignOptions{}, ErrMessage},
		"empty header":         {Message{Skeleton: []byte("<edXML><edXMLEnvelope><edXMLHeader/></edXMLEnvelope></edXML>")}, SignOptions{}, ErrMessage},
		"not XML":              {Message{Skeleton: []byte("%PDF")}, SignOptions{}, ErrMessage},
		"undeclared prefix":    {Message{Skeleton: []byte("<a><b:c/></a>")}, SignOptions{}, ErrMessage},
		"SHA-1":                {letter(), digestsOf(crypto.SHA1), ErrAlgorithm},
		"unknown digest":       {letter(), digestsOf(crypto.MD5), ErrAlgorithm},
		"nameless attachment":  {letter(attachment{"", "QUJD"}), SignOptions{}, ErrMessage},
		"two of one name":      {letter(attachment{"1", "QUJD"}, attachment{"cid:1", "QUJD"}), SignOptions{}, ErrMessage},
		"attachment not there": {Message{Skeleton: letter(attachment{"1", ""}).Skeleton, Payloads: []Payload{{Offset: letter(attachment{"1", ""}).Payloads[0].Offset, ContentID: "1"}}}, SignOptions{}, ErrMessage},
		"broken base64":        {letter(attachment{"1", "QU*="}), SignOptions{}, ErrMessage},
	} {
		if _, err := Sign(t.Context(), key, tc.m, tc.o); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}

// A key elsewhere signs the digest; what is pending survives a restart.
func TestTwoPhases(t *testing.T) {
	w := newWorld(t)
	for _, kind := range []democa.KeyKind{democa.P256, democa.RSA2048, democa.Ed25519} {
		m, key := twoFiles(), w.key(kind)
		p, err := Prepare(t.Context(), key.Certificate, key.Chain, m, SignOptions{Time: w.now})
		if err != nil {
			t.Fatal(err)
		}
		kept, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var again Pending
		if err := json.Unmarshal(kept, &again); err != nil {
			t.Fatal(err)
		}
		value, err := key.Sign(nil, again.Digest(), again.Hash())
		if err != nil {
			t.Fatal(err)
		}
		s, err := again.Finish(value)
		if err != nil {
			t.Fatal(err)
		}
		wants(t, string(kind), w.verify(s.Message(m.Payloads)), signer.TotalPassed, "", "")
		if kind == democa.P256 {
			if _, err := again.Finish(rawSignature(key.Public(), value)); err != nil {
				t.Errorf("r and s: %v", err)
			}
		}
		value[len(value)-1] ^= 1
		if _, err := again.Finish(value); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: a wrong value gives %v", kind, err)
		}
		again.ValueAt = -1
		if _, err := again.Finish(value); err == nil {
			t.Error("a damaged pending signature is finished")
		}
	}
}

// A digest that is known already is not computed again.
func TestKnownDigest(t *testing.T) {
	w := newWorld(t)
	m := letter(attachment{"1", "QUJD"})
	m.Payloads[0].SHA256 = sum(crypto.SHA256, []byte("ABC"))
	opened := 0
	m.Payloads[0].Content = nil
	text := m.Payloads[0].Text
	m.Payloads[0].Text = func() (io.ReadCloser, error) { opened++; return text() }
	signed := w.sign(m, democa.P256, SignOptions{})
	wants(t, "known", w.verify(signed), signer.TotalPassed, "", "")
	if opened != 2 { // once to sign, once to verify: for the document
		t.Errorf("the text was opened %d times", opened)
	}
	signed.Payloads[0].SHA256 = nil
	wants(t, "computed", w.verify(signed), signer.TotalPassed, "", "")
}
