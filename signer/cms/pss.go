package cms

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"math/big"
)

// verifyPSS verifies RSASSA-PSS (RFC 8017, 8.1.2) with the salt length that the
// parameters state. crypto/rsa knows one hash for message and mask; where they
// differ, as in what Java makes by default, the encoding is checked here.
func (s scheme) verifyPSS(key *rsa.PublicKey, digest, signature []byte) bool {
	if s.mgf == s.hash && s.salt > 0 { // for crypto/rsa a salt of 0 means any
		o := &rsa.PSSOptions{SaltLength: s.salt, Hash: s.hash}
		return rsa.VerifyPSS(key, s.hash, digest, signature, o) == nil
	}
	return s.verifyEncoded(key, digest, signature)
}

func (s scheme) verifyEncoded(key *rsa.PublicKey, digest, signature []byte) bool {
	if len(signature) != key.Size() {
		return false
	}
	value := new(big.Int).SetBytes(signature)
	if value.Cmp(key.N) >= 0 || key.E < 3 || key.N.Bit(0) == 0 {
		return false
	}
	bits := key.N.BitLen() - 1
	size := (bits + 7) / 8
	value.Exp(value, big.NewInt(int64(key.E)), key.N)
	if value.BitLen() > bits {
		return false
	}
	return s.soundPSS(value.FillBytes(make([]byte, size)), bits, digest)
}

// soundPSS is EMSA-PSS-VERIFY (RFC 8017, 9.1.2).
func (s scheme) soundPSS(em []byte, bits int, digest []byte) bool {
	hashed := s.hash.Size()
	if len(digest) != hashed || len(em) < hashed+s.salt+2 || em[len(em)-1] != 0xbc {
		return false
	}
	db, h := em[:len(em)-hashed-1], em[len(em)-hashed-1:len(em)-1]
	unused := 8*len(em) - bits
	if db[0]>>(8-unused) != 0 {
		return false
	}
	mask(db, h, s.mgf)
	db[0] &= 0xff >> unused
	zeros := len(db) - s.salt - 1
	if bytes.Count(db[:zeros], []byte{0}) != zeros || db[zeros] != 1 {
		return false
	}
	w := s.hash.New()
	w.Write(make([]byte, 8))
	w.Write(digest)
	w.Write(db[zeros+1:])
	return bytes.Equal(w.Sum(nil), h)
}

// mask applies MGF1 (RFC 8017, B.2.1) to data.
func mask(data, seed []byte, hash crypto.Hash) {
	for counter := uint32(0); len(data) > 0; counter++ {
		w := hash.New()
		w.Write(seed)
		w.Write([]byte{byte(counter >> 24), byte(counter >> 16), byte(counter >> 8), byte(counter)})
		for _, b := range w.Sum(nil) {
			if len(data) == 0 {
				return
			}
			data[0] ^= b
			data = data[1:]
		}
	}
}
