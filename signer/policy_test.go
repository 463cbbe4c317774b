package signer_test

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"congvan/signer"
)

func day(t *testing.T, text string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDefaultPolicyOnAlgorithms(t *testing.T) {
	p := signer.DefaultPolicy()
	for _, c := range []struct {
		digest, on string
		want       bool
	}{
		{"SHA-1", "2015-12-31", true},
		{"SHA-1", "2016-01-01", false},
		{"SHA-256", "2026-11-02", true},
		{"SHA3-512", "2026-11-02", true},
		{"MD5", "1999-01-01", false},
		{"", "2026-11-02", false},
	} {
		if got := p.Holds(c.digest, day(t, c.on)); got != c.want {
			t.Errorf("%s on %s: %v", c.digest, c.on, got)
		}
	}
	for _, c := range []struct {
		kind string
		bits int
		on   string
		want bool
	}{
		{"RSA", 1024, "2010-12-31", true},
		{"RSA", 1024, "2011-01-01", false},
		{"RSA", 2048, "2026-11-02", true},
		{"RSA", 2048, "2031-01-01", false},
		{"RSA", 3072, "2040-01-01", true},
		{"ECDSA", 256, "2026-11-02", true},
		{"ECDSA", 224, "2026-11-02", false},
		{"DSA", 3072, "2026-11-02", false},
	} {
		if got := p.KeyHolds(c.kind, c.bits, day(t, c.on)); got != c.want {
			t.Errorf("%s %d on %s: %v", c.kind, c.bits, c.on, got)
		}
	}
}

func TestKeyUsage(t *testing.T) {
	p := signer.DefaultPolicy()
	for usage, want := range map[x509.KeyUsage]bool{
		0: true, x509.KeyUsageDigitalSignature: true, x509.KeyUsageContentCommitment: true,
		x509.KeyUsageKeyEncipherment: false, x509.KeyUsageCertSign | x509.KeyUsageCRLSign: false,
	} {
		if got := p.AllowsKeyUsage(&x509.Certificate{KeyUsage: usage}); got != want {
			t.Errorf("usage %b: %v", usage, got)
		}
	}
}

const rules = `
name = "thử"
[revocation]
check = "required"
max_age = "24h"
[changes]
allowed = "NONE"
[[door]]
agency = "H26.99.01.*"
document_type = "Quyết định"
TOTAL_PASSED = "accept"
INDETERMINATE = "hold"
TOTAL_FAILED = "reject"
FOREIGN_SIGNER = "hold"
NO_SIGNATURE_FOUND = "reject"
[[door]]
agency = "H26.99.02"
TRY_LATER = "hold"
SIG_CONSTRAINTS_FAILURE = "reject"
REVOKED = "reject"
INDETERMINATE = "mark"
[[door]]
envelope = true
TOTAL_FAILED = "hold"
`

func TestTheDoor(t *testing.T) {
	p, err := signer.ReadPolicy(strings.NewReader(rules))
	if err != nil {
		t.Fatal(err)
	}
	decision := signer.Case{Agency: "H26.99.01.7", DocumentType: "quyết định"}
	foreign := decision
	foreign.Foreign = true
	unsigned := signer.Verdict{Indication: signer.NoSignature}
	for name, c := range map[string]struct {
		of   signer.Case
		v    signer.Verdict
		want signer.Action
	}{
		"passed":                {decision, signer.Passed(), signer.ActionAccept},
		"passed, by a stranger": {foreign, signer.Passed(), signer.ActionHold},
		"unsure":                {decision, signer.Unsure(signer.NoPOE), signer.ActionHold},
		"try later, no rule":    {decision, signer.Unsure(signer.TryLater), signer.ActionHold},
		"failed":                {decision, signer.Failed(signer.HashFailure), signer.ActionReject},
		"unsigned":              {decision, unsigned, signer.ActionReject},
		"the prefix alone":      {signer.Case{Agency: "H26.99.01", DocumentType: "Quyết định"}, unsigned, signer.ActionMark},
		"another type":          {signer.Case{Agency: "H26.99.01.7", DocumentType: "Công văn"}, signer.Failed(signer.HashFailure), signer.ActionMark},
		"try later":             {signer.Case{Agency: "H26.99.02"}, signer.Unsure(signer.TryLater), signer.ActionHold},
		"revoked":               {signer.Case{Agency: "H26.99.02"}, signer.Unsure(signer.RevokedNoPOE), signer.ActionReject},
		"revoked, no rule":      {decision, signer.Unsure(signer.RevokedCANoPOE), signer.ActionHold},
		"drawn over":            {signer.Case{Agency: "H26.99.02"}, signer.Unsure(signer.SigConstraintsFailed), signer.ActionReject},
		"unsure elsewhere":      {signer.Case{Agency: "H26.99.02"}, signer.Unsure(signer.NoPOE), signer.ActionMark},
		"nothing said":          {signer.Case{Agency: "H26.99.02"}, signer.Passed(), signer.ActionMark},
		"the envelope":          {signer.Case{Agency: "H26.99.02", Envelope: true}, signer.Failed(signer.HashFailure), signer.ActionHold},
	} {
		if got := p.At(c.of, c.v); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestAPolicyIsReadStrictly(t *testing.T) {
	for name, c := range map[string]struct{ change, with, want string }{
		"unknown key":        {`name = "thử"`, "name = \"thử\"\ncolour = 1", "colour"},
		"no name":            {`name = "thử"`, "", "name is missing"},
		"revocation":         {`"required"`, `"sometimes"`, "revocation.check"},
		"changes":            {`"NONE"`, `"OTHER"`, "changes.allowed"},
		"action":             {`"reject"`, `"burn"`, "burn"},
		"duration":           {`"24h"`, `"a day"`, "a day"},
		"what is no TOML":    {`name = "thử"`, "name = ", "toml"},
		"a date that is not": {`[changes]`, "[[algorithms.digest]]\nname = \"SHA-1\"\nuntil = \"2016-13-01\"\n[changes]", "2016-13-01"},
	} {
		text := strings.Replace(rules, c.change, c.with, 1)
		if text == rules {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := signer.ReadPolicy(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
