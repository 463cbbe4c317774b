package trust

import (
	"crypto/x509"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cryptoasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"congvan/signer"
)

var (
	oidPolicyConstraints = asn1.ObjectIdentifier{2, 5, 29, 36}
	oidPolicyMappings    = asn1.ObjectIdentifier{2, 5, 29, 33}
	oidAnyInhibit        = asn1.ObjectIdentifier{2, 5, 29, 54}
	oidPolicies          = asn1.ObjectIdentifier{2, 5, 29, 32}
)

const anyPolicy = "2.5.29.32.0"

// policies checks that a chain has a certificate policy where one of its authorities
// demands that (requireExplicitPolicy, RFC 5280, 6.1). Any policy is good, so that
// nothing needs to be checked where none is demanded. Where policies are mapped onto
// others, such a demand is not followed, and the chain is not believed.
func policies(chain []*x509.Certificate) signer.Reason {
	explicit := len(chain) + 1
	demanded := false
	mapped := false
	for n := len(chain) - 2; n >= 0; n-- { // the anchor's own demands are not part of a path
		c := chain[n]
		skip, ok := explicitAfter(c)
		if !ok {
			return policyUnreadable(c)
		}
		if explicit > 0 && !selfIssued(c) {
			explicit--
		}
		if skip >= 0 && (n > 0 || skip == 0) {
			explicit = min(explicit, skip)
		}
		demanded = demanded || explicit == 0
		mapped = mapped || extensionOf(c, oidPolicyMappings) != nil || extensionOf(c, oidAnyInhibit) != nil
	}
	if explicit > 0 && !demanded {
		return signer.Reason{}
	}
	if mapped || !sharesPolicy(chain[:len(chain)-1]) {
		return policyMissing(chain[0])
	}
	return signer.Reason{}
}

// explicitAfter reads requireExplicitPolicy; -1 when there is none.
func explicitAfter(c *x509.Certificate) (skip int, ok bool) {
	value := extensionOf(c, oidPolicyConstraints)
	if value == nil {
		return -1, true
	}
	in := cryptobyte.String(value)
	var body, number cryptobyte.String
	var has bool
	tag := cryptoasn1.Tag(0).ContextSpecific()
	if !in.ReadASN1(&body, cryptoasn1.SEQUENCE) || !body.ReadOptionalASN1(&number, &has, tag) {
		return 0, false
	}
	if !has {
		return -1, true
	}
	return readSkip(number)
}

// readSkip reads a SkipCerts; all above some tens mean the same.
func readSkip(n cryptobyte.String) (int, bool) {
	switch {
	case len(n) == 0 || n[0] >= 0x80:
		return 0, false
	case len(n) > 1:
		return maxDepth + 1, true
	}
	return int(n[0]), true
}

// sharesPolicy says whether there is one policy that all certificates have.
func sharesPolicy(chain []*x509.Certificate) bool {
	var shared map[string]bool // nil: any
	for _, c := range chain {
		own := map[string]bool{}
		for _, id := range policiesOf(c) {
			own[id] = true
		}
		switch {
		case own[anyPolicy]:
		case shared == nil:
			shared = own
		default:
			for id := range shared {
				if !own[id] {
					delete(shared, id)
				}
			}
		}
		if shared != nil && len(shared) == 0 {
			return false
		}
	}
	return true
}

func policiesOf(c *x509.Certificate) (ids []string) {
	in := cryptobyte.String(extensionOf(c, oidPolicies))
	var body cryptobyte.String
	if !in.ReadASN1(&body, cryptoasn1.SEQUENCE) {
		return nil
	}
	for !body.Empty() {
		var one cryptobyte.String
		var id asn1.ObjectIdentifier
		if !body.ReadASN1(&one, cryptoasn1.SEQUENCE) || !one.ReadASN1ObjectIdentifier(&id) {
			return nil
		}
		ids = append(ids, id.String())
	}
	return ids
}
