package crl_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"congvan/signer/trust/crl"
	"congvan/signer/trust/democa"
)

var moment = time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func file(t testing.TB, l *crl.List) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := crl.Write(&b, l, crl.About{URL: "http://ca.test/crl", Fetched: moment}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Lists are read as the standard library reads them, and a file answers as its list does.
func TestListsAndFilesSayTheSame(t *testing.T) {
	ca := must(democa.New(moment, democa.Options{}))(t)
	rapid.Check(t, func(rt *rapid.T) {
		var revoked []democa.Revocation
		serials := map[string]bool{}
		for range rapid.IntRange(0, 40).Draw(rt, "entries") {
			serial := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(rt, "serial"))
			if serials[serial.String()] {
				continue
			}
			serials[serial.String()] = true
			r := democa.Revocation{
				Serial: serial, At: moment.Add(-time.Duration(rapid.IntRange(0, 1e6).Draw(rt, "before")) * time.Second),
				Reason: rapid.SampledFrom([]int{0, 1, 2, 3, 4, 5, 6, 9, 10}).Draw(rt, "reason"),
			}
			if rapid.Bool().Draw(rt, "invalidity") {
				r.Extensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 24}, Value: must(asn1.MarshalWithParams(r.At.Add(-time.Hour), "generalized"))(t)}}
			}
			revoked = append(revoked, r)
		}
		der := must(ca.CRL(democa.List{Revoked: append([]democa.Revocation{}, revoked...)}))(t)
		l := must(crl.Parse(der))(t)
		std := must(x509.ParseRevocationList(der))(t)
		if l.Entries != len(std.RevokedCertificateEntries) || !l.This.Equal(std.ThisUpdate) || !l.Next.Equal(std.NextUpdate) || l.Number.Cmp(std.Number) != 0 {
			rt.Fatalf("%+v", l.Head)
		}
		data := file(t, l)
		f := must(crl.Open(bytes.NewReader(data), int64(len(data))))(t)
		if err := f.Verify(); err != nil || !bytes.Equal(must(f.DER())(t), der) {
			rt.Fatal(err)
		}
		for _, e := range std.RevokedCertificateEntries {
			id := crl.IDOf(&x509.Certificate{RawIssuer: ca.Certificate.RawSubject, SerialNumber: e.SerialNumber})
			a, inList, err := l.Find(id)
			if err != nil {
				rt.Fatal(err)
			}
			b, inFile, err := f.Find(id)
			if err != nil || !inList || !inFile || !a.Revoked.Equal(e.RevocationTime) || a.Reason != e.ReasonCode ||
				!a.Revoked.Equal(b.Revoked) || !a.Invalid.Equal(b.Invalid) || a.Reason != b.Reason {
				rt.Fatalf("%x: %t %+v, %t %+v, %v", e.SerialNumber, inList, a, inFile, b, err)
			}
			id.Issuer = ca.Root().Certificate.RawSubject
			if _, found, _ := f.Find(id); found {
				rt.Fatal("found for another issuer")
			}
		}
		other := crl.IDOf(&x509.Certificate{RawIssuer: ca.Certificate.RawSubject, SerialNumber: new(big.Int).Lsh(big.NewInt(1), 200)})
		if _, found, err := f.Find(other); found || err != nil {
			rt.Fatal("found what is not there", err)
		}
	})
}

func TestADamagedFileIsNoticed(t *testing.T) {
	ca := must(democa.New(moment, democa.Options{}))(t)
	der := must(ca.CRL(democa.List{Revoked: []democa.Revocation{{Serial: big.NewInt(7), At: moment}, {Serial: big.NewInt(8), At: moment}}}))(t)
	data := file(t, must(crl.Parse(der))(t))
	for at := range data {
		bad := bytes.Clone(data)
		bad[at] ^= 0x40
		f, err := crl.Open(bytes.NewReader(bad), int64(len(bad)))
		if err == nil {
			err = f.Verify()
		}
		if err == nil {
			t.Fatalf("byte %d of %d", at, len(data))
		}
	}
	for n := range data {
		if _, err := crl.Open(bytes.NewReader(data[:n]), int64(n)); !errors.Is(err, crl.ErrMalformed) && !errors.Is(err, crl.ErrTooLarge) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

func TestNegativeAndZeroNumbers(t *testing.T) {
	for _, n := range []int64{0, 1, 127, 128, 255, 256, -1, -127, -128, -129, -255, -256, -257, -65536} {
		der := must(asn1.Marshal(big.NewInt(n)))(t)
		if got := crl.IDOf(&x509.Certificate{SerialNumber: big.NewInt(n)}).Serial; !bytes.Equal(got, der[2:]) {
			t.Errorf("%d: %x, want %x", n, got, der[2:])
		}
	}
}

func FuzzParse(f *testing.F) {
	ca := must(democa.New(moment, democa.Options{}))(f)
	f.Add(must(ca.CRL(democa.List{Revoked: []democa.Revocation{{Serial: big.NewInt(7), At: moment, Reason: 1}}}))(f))
	f.Add(must(ca.CRL(democa.List{Extensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: []byte{0x30, 3, 0x84, 1, 0xff}}}}))(f))
	f.Fuzz(func(t *testing.T, der []byte) {
		crl.IssuerOf(der)
		l, err := crl.Parse(der)
		if err != nil {
			return
		}
		n := 0
		err = l.Each(func(e crl.Entry) bool {
			n++
			if _, found, err := l.Find(crl.ID{Issuer: e.Issuer, Serial: e.Serial}); err == nil && !found && len(e.Serial) == 1 {
				t.Error("an entry is not found")
			}
			return n < 100
		})
		if err == nil && n != min(l.Entries, 100) {
			t.Errorf("%d entries, then %d", l.Entries, n)
		}
	})
}

func FuzzOpen(f *testing.F) {
	ca := must(democa.New(moment, democa.Options{}))(f)
	f.Add(file(f, must(crl.Parse(must(ca.CRL(democa.List{}))(f)))(f)))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := crl.Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		l.Find(crl.ID{Serial: []byte{7}})
		if l.Verify() == nil {
			l.DER()
		}
	})
}
