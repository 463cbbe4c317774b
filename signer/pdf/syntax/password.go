package syntax

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
)

// padding fills passwords up to 32 bytes (7.6.4.3.2).
const padding = "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08" +
	"\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A"

func padded(password []byte) []byte {
	return append(bytes.Clone(password), padding...)[:len(padding)]
}

// findKey tries a password as the user's and as the owner's.
func (l *locks) findKey(password []byte) ([]byte, error) {
	find := l.findOld
	if l.r >= 5 {
		find = l.findNew
	}
	key, ok := find(password)
	if !ok {
		return nil, fail(CodePassword, l.at)
	}
	return key, nil
}

// findOld is for revisions 2 to 4.
func (l *locks) findOld(password []byte) ([]byte, bool) {
	if key := l.oldKey(padded(password)); l.opensAsUser(key) {
		return key, true
	}
	key := l.oldKey(l.userPassword(password))
	return key, l.opensAsUser(key)
}

// oldKey computes the key from a padded user password (algorithm 2).
func (l *locks) oldKey(password []byte) []byte {
	h := md5.New()
	h.Write(password)
	h.Write(l.o)
	h.Write(littleEndian(l.p))
	h.Write(l.id)
	if l.r >= 4 && !l.metadata {
		h.Write([]byte{0xFF, 0xFF, 0xFF, 0xFF})
	}
	return l.harden(h.Sum(nil))
}

// harden hashes a key fifty times from revision 3, and cuts it.
func (l *locks) harden(key []byte) []byte {
	n := l.bits / 8
	if l.r >= 3 {
		for range 50 {
			sum := md5.Sum(key[:n])
			key = sum[:]
		}
	}
	return key[:n]
}

// opensAsUser checks a key against /U (algorithms 4 to 6).
func (l *locks) opensAsUser(key []byte) bool {
	if l.r == 2 {
		return subtle.ConstantTimeCompare(applyRC4(key, []byte(padding)), l.u) == 1
	}
	sum := md5.Sum(append([]byte(padding), l.id...))
	u := sum[:]
	for i := range 20 {
		u = applyRC4(xored(key, byte(i)), u)
	}
	return subtle.ConstantTimeCompare(u, l.u[:16]) == 1
}

func xored(key []byte, with byte) []byte {
	out := make([]byte, len(key))
	for i, c := range key {
		out[i] = c ^ with
	}
	return out
}

// userPassword finds the padded user password by the owner's (algorithm 7).
func (l *locks) userPassword(owner []byte) []byte {
	sum := md5.Sum(padded(owner))
	key := l.harden(sum[:])
	if l.r == 2 {
		return applyRC4(key, l.o)
	}
	out := l.o
	for i := 19; i >= 0; i-- {
		out = applyRC4(xored(key, byte(i)), out)
	}
	return out
}

// maxPassword is how much of a password counts from revision 5.
const maxPassword = 127

// findNew is for revisions 5 and 6 (algorithm 2.A). /U and /O are a hash of 32 bytes, a
// salt for checking and a salt for the key.
func (l *locks) findNew(password []byte) ([]byte, bool) {
	password = password[:min(len(password), maxPassword)]
	if subtle.ConstantTimeCompare(l.hash(password, l.o[32:40], l.u), l.o[:32]) == 1 {
		return unwrap(l.hash(password, l.o[40:48], l.u), l.oe), true
	}
	if subtle.ConstantTimeCompare(l.hash(password, l.u[32:40], nil), l.u[:32]) == 1 {
		return unwrap(l.hash(password, l.u[40:48], nil), l.ue), true
	}
	return nil, false
}

// unwrap decrypts the file's key: AES-256 in CBC without padding and with a zero
// initialisation vector.
func unwrap(key, wrapped []byte) []byte {
	out := make([]byte, len(wrapped))
	cipher.NewCBCDecrypter(block(key), make([]byte, aes.BlockSize)).CryptBlocks(out, wrapped)
	return out
}

// hash is SHA-256 in revision 5, algorithm 2.B in revision 6. user is /U for the owner's.
func (l *locks) hash(password, salt, user []byte) []byte {
	first := sha256.New()
	first.Write(password)
	first.Write(salt)
	first.Write(user)
	k := first.Sum(nil)
	if l.r == 5 {
		return k
	}
	for round := 0; ; round++ {
		e := rehearse(password, k, user)
		k = digestOf(e)
		if round >= 63 && int(e[len(e)-1]) <= round-31 {
			return k[:32]
		}
	}
}

// rehearse encrypts 64 repetitions with AES-128 keyed by the hash so far.
func rehearse(password, k, user []byte) []byte {
	one := append(append(bytes.Clone(password), k...), user...)
	all := bytes.Repeat(one, 64)
	cipher.NewCBCEncrypter(block(k[:16]), k[16:32]).CryptBlocks(all, all)
	return all
}

// digestOf takes the hash that the first 16 bytes, as a number modulo 3, choose.
func digestOf(e []byte) []byte {
	sum := 0
	for _, c := range e[:16] {
		sum += int(c) // 256 is 1 modulo 3
	}
	switch sum % 3 {
	case 0:
		k := sha256.Sum256(e)
		return k[:]
	case 1:
		k := sha512.Sum384(e)
		return k[:]
	}
	k := sha512.Sum512(e)
	return k[:]
}

// confirms checks /Perms, an encrypted copy of /P and /EncryptMetadata (algorithm 13).
func (l *locks) confirms(key []byte) bool {
	out := make([]byte, aes.BlockSize)
	block(key).Decrypt(out, l.perms)
	metadata := byte('F')
	if l.metadata {
		metadata = 'T'
	}
	return bytes.Equal(out[9:12], []byte("adb")) && out[8] == metadata && bytes.Equal(out[:4], littleEndian(l.p))
}
