package trust

import (
	"context"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"time"

	"congvan/signer/trust/crl"
)

// Refreshed is what became of one CRL.
type Refreshed struct {
	URL     string
	Issuer  string    // common name
	Next    time.Time // when the next one is due; zero: not known
	Entries int
	Err     error // nil: it is as new as can be had
}

// Refresh fetches again all CRLs that are kept, and fetches those of the authorities in
// the list, so that letters can be judged when the network is gone.
func (j *Judge) Refresh(ctx context.Context) []Refreshed {
	var all []Refreshed
	seen := map[string]bool{}
	for _, w := range append(j.cache.wanted(), j.listWanted()...) {
		key := listKey(w.under, w.url)
		if seen[key] || ctx.Err() != nil {
			continue
		}
		seen[key] = true
		all = append(all, j.refreshOne(ctx, w, key))
	}
	return all
}

// wanted is a list to fetch.
type wanted struct {
	url     string
	under   *x509.Certificate
	signers []*x509.Certificate
}

func (j *Judge) refreshOne(ctx context.Context, w wanted, key string) Refreshed {
	r := Refreshed{URL: w.url, Issuer: nameOf(w.under)}
	r.Err = j.shared(ctx, "renew "+key, func(ctx context.Context) error {
		return j.renewList(ctx, w.signers, w.url)
	})
	j.cache.list(key, func(l *crl.File) error { //nolint:errcheck // Err tells why there is none
		r.Next, r.Entries = l.Head.Next, l.Head.Entries
		return nil
	})
	return r
}

// listWanted are the lists on which the authorities in the trust list would be.
func (j *Judge) listWanted() (all []wanted) {
	now, err := j.store.current()
	if err != nil {
		return nil
	}
	for i := range now.entries {
		c := now.entries[i].Certificate
		if selfIssued(c) {
			continue
		}
		points, err := crl.Points(c)
		if err != nil {
			continue
		}
		for _, issuer := range now.bySubject[string(c.RawIssuer)] {
			for _, p := range points {
				for _, url := range p.URLs() {
					all = append(all, wanted{url, issuer.Certificate, []*x509.Certificate{issuer.Certificate}})
				}
			}
		}
	}
	return all
}

// wanted are the lists that are kept.
func (c *cache) wanted() (all []wanted) {
	for _, key := range c.keys() {
		c.list(key, func(l *crl.File) error { //nolint:errcheck // one that is damaged is fetched when it is needed
			under, err := x509.ParseCertificate(l.Under)
			if err != nil {
				return err
			}
			signers := []*x509.Certificate{under}
			if by, err := x509.ParseCertificate(l.Issuer); err == nil && !by.Equal(under) {
				signers = append(signers, by)
			}
			all = append(all, wanted{l.URL, under, signers})
			return nil
		})
	}
	return all
}

func (c *cache) keys() (all []string) {
	if c.dir == "" {
		c.mu.Lock()
		defer c.mu.Unlock()
		for key := range c.lists {
			all = append(all, key)
		}
		return all
	}
	files, err := os.ReadDir(filepath.Join(c.dir, listsDir))
	if err != nil {
		return nil
	}
	for _, f := range files {
		if key, ok := strings.CutSuffix(f.Name(), ".crl"); ok {
			all = append(all, key)
		}
	}
	return all
}
