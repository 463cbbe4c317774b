package syntax

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rand"
	"crypto/rc4"
	"encoding/binary"
	"io"
)

// method is how strings or streams are encrypted (table 25).
type method uint8

const (
	identity method = iota
	methodRC4
	methodAES128
	methodAES256
)

// crypt decrypts and encrypts by the standard security handler (7.6).
type crypt struct {
	key      []byte
	strings  method
	streams  method
	filters  map[Name]method // by the names in /CF
	metadata bool            // metadata streams are encrypted as well
}

// objectKey derives the key for one object (algorithm 1); of AES-256 it is the file's.
func (c *crypt) objectKey(m method, ref Ref) []byte {
	if m == methodAES256 {
		return c.key
	}
	h := md5.New()
	h.Write(c.key)
	h.Write([]byte{byte(ref.Number), byte(ref.Number >> 8), byte(ref.Number >> 16), byte(ref.Generation), byte(ref.Generation >> 8)})
	if m == methodAES128 {
		h.Write([]byte("sAlT"))
	}
	return h.Sum(nil)[:min(len(c.key)+5, md5.Size)]
}

// decryptObject decrypts the strings of an object that was just parsed.
func (f *File) decryptObject(p *parsed) error {
	if f.crypt == nil {
		return nil
	}
	if s, ok := p.object.(*Stream); ok && (s.Dict["Type"] == Name("XRef") || f.isCryptDict(p.ref)) {
		s.plain = true
		return nil
	}
	if f.crypt.strings == identity || f.isCryptDict(p.ref) {
		return nil
	}
	key := f.crypt.objectKey(f.crypt.strings, p.ref)
	failed := false
	p.object = transform(p.object, func(s String) String {
		plain, err := f.crypt.strings.decrypt(key, []byte(s))
		failed = failed || err != nil
		return String(plain)
	})
	if failed {
		return fail(CodeEncryption, p.start)
	}
	return nil
}

func (f *File) isCryptDict(ref Ref) bool { return ref == f.cryptRef }

// transform replaces the strings of an object, inside arrays and dictionaries in place.
// The /Contents of a signature is not encrypted (7.6.2).
func transform(o Object, change func(String) String) Object {
	switch o := o.(type) {
	case String:
		return change(o)
	case Array:
		for i, v := range o {
			o[i] = transform(v, change)
		}
	case Dict:
		signature := isSignature(o)
		for k, v := range o {
			if _, ok := v.(String); ok && signature && k == "Contents" {
				continue
			}
			o[k] = transform(v, change)
		}
	case *Stream:
		transform(o.Dict, change)
	}
	return o
}

// isSignature says whether a dictionary is that of a signature or document time stamp.
func isSignature(d Dict) bool {
	if _, ok := d["ByteRange"]; !ok {
		return false
	}
	switch d["Type"] {
	case nil, Name("Sig"), Name("DocTimeStamp"):
		return true
	}
	return false
}

// streamMethod says how a stream is encrypted: as /StmF says, unless its first filter
// is Crypt, or it is metadata that is left plain.
func (c *crypt) streamMethod(s *Stream) (method, error) {
	steps, err := s.filters()
	if err != nil {
		return identity, err
	}
	for i, st := range steps {
		if st.name != "Crypt" {
			continue
		}
		if i > 0 {
			return identity, fail(CodeFilter, s.Offset)
		}
		if st.cryptNamed == "" || st.cryptNamed == "Identity" {
			return identity, nil
		}
		m, ok := c.filters[st.cryptNamed]
		if !ok {
			return identity, fail(CodeEncryption, s.Offset)
		}
		return m, nil
	}
	if !c.metadata && s.Dict["Type"] == Name("Metadata") {
		return identity, nil
	}
	return c.streams, nil
}

func (c *crypt) openStream(s *Stream) (io.Reader, error) {
	m, err := c.streamMethod(s)
	if err != nil || m == identity {
		return s.Stored(), err
	}
	key := c.objectKey(m, s.ref)
	if m == methodRC4 {
		r, err := rc4.NewCipher(key)
		if err != nil {
			return nil, failBecause(CodeEncryption, s.Offset, err)
		}
		return &cipher.StreamReader{S: r, R: s.Stored()}, nil
	}
	return newCBCReader(key, s)
}

// decrypt decrypts a string.
func (m method) decrypt(key, data []byte) ([]byte, error) {
	if m == methodRC4 {
		return applyRC4(key, data), nil
	}
	if len(data) == 0 {
		return data, nil // some writers leave the empty string as it is
	}
	if len(data) < 2*aes.BlockSize || len(data)%aes.BlockSize != 0 {
		return nil, fail(CodeEncryption, -1)
	}
	plain := make([]byte, len(data)-aes.BlockSize)
	cipher.NewCBCDecrypter(block(key), data[:aes.BlockSize]).CryptBlocks(plain, data[aes.BlockSize:])
	return unpad(plain)
}

// encrypt encrypts a string or the bytes of a stream.
func (m method) encrypt(key, data []byte) []byte {
	switch m {
	case identity:
		return data
	case methodRC4:
		return applyRC4(key, data)
	}
	n := aes.BlockSize - len(data)%aes.BlockSize
	out := make([]byte, aes.BlockSize, aes.BlockSize+len(data)+n)
	rand.Read(out) // never fails: the program would end instead
	out = append(append(out, data...), bytes.Repeat([]byte{byte(n)}, n)...)
	cipher.NewCBCEncrypter(block(key), out[:aes.BlockSize]).CryptBlocks(out[aes.BlockSize:], out[aes.BlockSize:])
	return out
}

// block makes AES of a key that has the right length by construction.
func block(key []byte) cipher.Block {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	return b
}

func applyRC4(key, data []byte) []byte {
	c, err := rc4.NewCipher(key)
	if err != nil {
		panic(err) // the key is never empty
	}
	out := make([]byte, len(data))
	c.XORKeyStream(out, data)
	return out
}

// unpad takes the padding of RFC 8018 away.
func unpad(data []byte) ([]byte, error) {
	if len(data) == 0 {
		return nil, fail(CodeEncryption, -1)
	}
	n := int(data[len(data)-1])
	if n == 0 || n > aes.BlockSize || n > len(data) {
		return nil, fail(CodeEncryption, -1)
	}
	return data[:len(data)-n], nil
}

// newCBCReader decrypts a stream in AES-CBC piece by piece.
func newCBCReader(key []byte, s *Stream) (io.Reader, error) {
	if s.Length == 0 {
		return bytes.NewReader(nil), nil
	}
	if s.Length%aes.BlockSize != 0 || s.Length < 2*aes.BlockSize {
		return nil, fail(CodeEncryption, s.Offset)
	}
	stored := s.Stored()
	var iv [aes.BlockSize]byte
	if _, err := io.ReadFull(stored, iv[:]); err != nil {
		return nil, failBecause(CodeEncryption, s.Offset, err)
	}
	mode := cipher.NewCBCDecrypter(block(key), iv[:])
	left := s.Length - aes.BlockSize
	piece := make([]byte, min(left, blockSize))
	return &pieces{next: func() ([]byte, error) {
		p := piece[:min(left, blockSize)]
		if _, err := io.ReadFull(stored, p); err != nil {
			return nil, failBecause(CodeEncryption, s.Offset, err)
		}
		mode.CryptBlocks(p, p)
		if left -= int64(len(p)); left > 0 {
			return p, nil
		}
		last, err := unpad(p)
		if err != nil {
			return nil, fail(CodeEncryption, s.Offset)
		}
		return last, io.EOF
	}}, nil
}

// littleEndian gives the four bytes of /P.
func littleEndian(p int64) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(p)) }
