package sealed

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"congvan/archive/objects"
)

// An envelope is 128 bytes:
//
//	 0  magic      8
//	 8  key id     8
//	16  nonce     24
//	40  sealed    72+16: the blob's own key (32), its digest (32), its size (8)
//
// sealed with XChaCha20-Poly1305 under the wrapping key; magic and key id are authenticated.
const (
	envelopeSize  = 128
	envelopeMagic = "cvseal1\n"
	sealedAt      = 8 + 8 + chacha20poly1305.NonceSizeX
	recordMagic   = "cvrec1\n\x00"
	recordExtra   = 8 + 8 + chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead
)

// letter is what an envelope holds.
type letter struct {
	key    [32]byte
	digest objects.Digest
	size   int64
}

// wrap seals a letter with the current key.
func (k *Keys) wrap(l letter) ([]byte, error) {
	sum, err := hex.DecodeString(string(l.digest))
	if err != nil {
		return nil, err
	}
	plain := binary.BigEndian.AppendUint64(append(append([]byte(nil), l.key[:]...), sum...), uint64(l.size))
	return k.seal(envelopeMagic, "blobs", plain, nil)
}

// unwrap opens an envelope.
func (k *Keys) unwrap(envelope []byte) (l letter, err error) {
	if len(envelope) != envelopeSize {
		return l, fmt.Errorf("%w: an envelope of %d bytes", objects.ErrCorrupt, len(envelope))
	}
	plain, err := k.open(envelopeMagic, "blobs", envelope, nil)
	if err != nil {
		return l, err
	}
	l.key = [32]byte(plain[:32])
	l.digest = objects.Digest(hex.EncodeToString(plain[32:64]))
	l.size = int64(binary.BigEndian.Uint64(plain[64:]))
	return l, nil
}

// seal gives magic, key id, nonce and the sealed bytes. What is about goes along unsealed.
func (k *Keys) seal(magic, purpose string, plain, about []byte) ([]byte, error) {
	id := k.Current()
	secret, err := k.derived(id, purpose)
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.NewX(secret)
	if err != nil {
		return nil, err
	}
	out := make([]byte, sealedAt, sealedAt+len(plain)+aead.Overhead())
	copy(out, magic)
	copy(out[8:], id[:])
	rand.Read(out[16:sealedAt])
	return aead.Seal(out, out[16:sealedAt], plain, bytes.Join([][]byte{out[:16], about}, nil)), nil
}

// open is the reverse of seal. ErrNoKey; objects.ErrCorrupt when anything was changed.
func (k *Keys) open(magic, purpose string, sealed, about []byte) ([]byte, error) {
	if len(sealed) < sealedAt+chacha20poly1305.Overhead || string(sealed[:8]) != magic {
		return nil, fmt.Errorf("%w: not a sealed object", objects.ErrCorrupt)
	}
	secret, err := k.derived(KeyID(sealed[8:16]), purpose)
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.NewX(secret)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, sealed[16:sealedAt], sealed[sealedAt:], bytes.Join([][]byte{sealed[:16], about}, nil))
	if err != nil {
		return nil, fmt.Errorf("%w: sealed object", objects.ErrCorrupt)
	}
	return plain, nil
}

// name is what a blob's entry is called in the store beneath: nobody without the key file can
// tell whether a given document is there.
func (k *Keys) name(d objects.Digest) string {
	mac := hmac.New(sha256.New, k.names[:])
	mac.Write([]byte(d))
	name := hex.EncodeToString(mac.Sum(nil))
	return entries + "/" + name[:2] + "/" + name
}

// entry is the record that leads from a blob's name to its bytes:
//
//	  0  envelope, by the current key when it was written or rewrapped
//	128  the address of the sealed bytes in the store beneath, 32
//	160  the envelope that ends the sealed bytes, as it was first written
//
// With the last the very same sealed bytes can be made again from the plain ones.
type entry struct {
	letter
	address objects.Digest
	first   []byte
	under   KeyID // the key that the envelope is sealed with
}

const entrySize = 2*envelopeSize + 32

func (k *Keys) writeEntry(e entry) ([]byte, error) {
	envelope, err := k.wrap(e.letter)
	if err != nil {
		return nil, err
	}
	address, err := hex.DecodeString(string(e.address))
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{envelope, address, e.first}, nil), nil
}

func (k *Keys) readEntry(data []byte) (e entry, err error) {
	if len(data) != entrySize {
		return e, fmt.Errorf("%w: an entry of %d bytes", objects.ErrCorrupt, len(data))
	}
	e.letter, err = k.unwrap(data[:envelopeSize])
	e.address = objects.Digest(hex.EncodeToString(data[envelopeSize : envelopeSize+32]))
	e.first = data[envelopeSize+32:]
	e.under = KeyID(data[8:16])
	return e, err
}
