package validate

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"time"

	"congvan/signer"
	"congvan/signer/trust"
)

// Lead is how long before a proof loses its strength it should be renewed.
const Lead = 30 * 24 * time.Hour

// sha1 never passes without a proof, whatever day a document is judged for.
const sha1 = "SHA-1"

// Key names the kind of a certificate's key as policies do, with its size in bits:
// "RSA", "ECDSA" or "Ed25519"; the kind is empty for any other.
func Key(c *x509.Certificate) (kind string, bits int) {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return "RSA", k.N.BitLen()
	case *ecdsa.PublicKey:
		return "ECDSA", k.Curve.Params().BitSize
	case ed25519.PublicKey:
		return "Ed25519", 256
	}
	return "", 0
}

// weigh checks the algorithms at the time for which the signature is proven, or now
// (EN 319 102-1, 5.2.8.4.4 and 5.6.2.4), and what trust found weak in the chain.
func (p *Process) weigh(a trust.Answer, c Claim, o *Outcome) {
	at := p.moment(o.ProvenTime)
	for _, d := range distinct(c.Digests) {
		if !p.policy.Holds(d, at) || d == sha1 && o.ProvenTime.IsZero() {
			o.Verdict = o.Worse(signer.Unsure(p.weakness(p.everHeld(d)), weakDigest(d, at)))
		}
	}
	kind, bits := Key(c.Certificate)
	if !p.policy.KeyHolds(kind, bits, at) {
		o.Verdict = o.Worse(signer.Unsure(p.weakness(p.keyEverHeld(kind, bits)), weakKey(kind, bits, at)))
	}
	if len(a.Weak) > 0 {
		p.weighChain(a, at, o)
	}
}

// weighChain lets a chain that is signed with SHA-1 pass only with a proof from its days.
func (p *Process) weighChain(a trust.Answer, at time.Time, o *Outcome) {
	if !o.ProvenTime.IsZero() && p.policy.Holds(sha1, at) || a.SubIndication == signer.CryptoConstraintsNoPOE {
		return // it holds, or trust has said already that it does not
	}
	o.Verdict = o.Worse(signer.Unsure(signer.CryptoConstraintsNoPOE, weakChain(a.Weak)))
}

// weakness tells an algorithm that an earlier proof would save from one that nothing does.
func (p *Process) weakness(everHeld bool) signer.SubIndication {
	if everHeld {
		return signer.CryptoConstraintsNoPOE
	}
	return signer.CryptoConstraintsFailure
}

func (p *Process) everHeld(digest string) bool { return p.policy.Holds(digest, time.Time{}) }

func (p *Process) keyEverHeld(kind string, bits int) bool {
	return p.policy.KeyHolds(kind, bits, time.Time{})
}

// constrain checks what the policy asks of the signer's certificate beyond what trust
// asks of every certificate (EN 319 102-1, 5.2.6).
func (p *Process) constrain(c Claim, o *Outcome) {
	if c.Use == trust.UseSigning && !p.allowsExtendedKeyUsage(c.Certificate) {
		o.Verdict = o.Worse(signer.Unsure(signer.ChainConstraintsFailure, extendedKeyUsage()))
	}
}

// strength is when a signature that only the present vouches for should be proven
// anew: Lead before the first certificate of its chain or one of its algorithms ends.
func (p *Process) strength(chain []*x509.Certificate, digests []string) time.Time {
	var ends []time.Time
	for _, c := range chain {
		ends = append(ends, c.NotAfter)
	}
	for _, d := range p.policy.Algorithms.Digests {
		if slices.Contains(digests, d.Name) {
			ends = append(ends, d.Until.Time)
		}
	}
	if len(chain) > 0 {
		ends = append(ends, p.keyEnd(chain[0]))
	}
	return p.before(ends)
}

// keyEnd is the last day of all rules that a key satisfies now; zero for none known.
func (p *Process) keyEnd(c *x509.Certificate) (last time.Time) {
	kind, bits := Key(c)
	for _, k := range p.policy.Algorithms.Keys {
		if k.Kind != kind || bits < k.Bits {
			continue
		}
		if k.Until.IsZero() {
			return time.Time{}
		}
		if k.Until.Time.After(last) {
			last = k.Until.Time
		}
	}
	return last
}

// before gives the moment that lies Lead before the earliest end, though never before
// tomorrow: what ends within the Lead is looked at daily.
func (p *Process) before(ends []time.Time) time.Time {
	ends = slices.DeleteFunc(ends, time.Time.IsZero)
	if len(ends) == 0 {
		return time.Time{}
	}
	at := slices.MinFunc(ends, time.Time.Compare).Add(-Lead)
	if tomorrow := p.now().Add(24 * time.Hour); at.Before(tomorrow) {
		return tomorrow
	}
	return at
}

func distinct(all []string) []string {
	all = slices.Clone(all)
	slices.Sort(all)
	return slices.Compact(all)
}
