package trust

import (
	"crypto/sha256"
	"crypto/x509"
	"sync"

	"congvan/signer/trust/signature"
)

// maxLinks is how many links are remembered.
const maxLinks = 8192

// links remembers which certificates were signed by which keys, so that the same
// authorities' signatures are not verified again for each letter. What does not verify
// is not remembered.
type links struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]struct{}
}

// holds says whether an issuer's key signed a certificate.
func (l *links) holds(c, issuer *x509.Certificate) bool {
	h := sha256.New()
	inner := sha256.Sum256(issuer.RawSubjectPublicKeyInfo)
	h.Write(inner[:])
	h.Write(c.Raw)
	key := [sha256.Size]byte(h.Sum(nil))
	l.mu.Lock()
	_, ok := l.known[key]
	l.mu.Unlock()
	if ok {
		return true
	}
	if signature.CheckCertificate(c, issuer.PublicKey) != nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil || len(l.known) >= maxLinks {
		l.known = map[[sha256.Size]byte]struct{}{}
	}
	l.known[key] = struct{}{}
	return true
}
