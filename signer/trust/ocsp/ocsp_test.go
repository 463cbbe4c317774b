package ocsp_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	peer "golang.org/x/crypto/ocsp"

	"congvan/signer/trust/democa"
	"congvan/signer/trust/ocsp"
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

func pair(t testing.TB, kind democa.KeyKind) (*democa.Authority, *x509.Certificate) {
	t.Helper()
	ca := must(democa.New(moment, democa.Options{Key: kind}))(t)
	return ca, must(ca.Person(democa.Subject{Name: "Nguyễn Thị Vĩnh"}, democa.Issue{}))(t).Certificate
}

// The other library and this one understand each other, both ways.
func TestAgainstAnotherLibrary(t *testing.T) {
	for _, kind := range []democa.KeyKind{democa.RSA2048, democa.P256, democa.P384} {
		ca, c := pair(t, kind)
		for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
			request := must(peer.ParseRequest(must(ocsp.Request(c, ca.Certificate, hash, ocsp.Nonce()))(t)))(t)
			want := must(peer.ParseRequest(must(peer.CreateRequest(c, ca.Certificate, &peer.RequestOptions{Hash: hash}))(t)))(t)
			if request.SerialNumber.Cmp(want.SerialNumber) != 0 || !bytes.Equal(request.IssuerNameHash, want.IssuerNameHash) || !bytes.Equal(request.IssuerKeyHash, want.IssuerKeyHash) {
				t.Errorf("%s: %+v, want %+v", kind, request, want)
			}
			der := must(peer.CreateResponse(ca.Certificate, ca.Certificate, peer.Response{
				Status: peer.Revoked, SerialNumber: c.SerialNumber, ThisUpdate: moment, NextUpdate: moment.Add(time.Hour),
				RevokedAt: moment.Add(-time.Hour), RevocationReason: 4, IssuerHash: hash,
			}, ca.Key))(t)
			a := must(ocsp.Parse(der))(t)
			one := must(a.About(c, ca.Certificate))(t)
			if by, err := a.Verify(ca.Certificate); err != nil || by != ca.Certificate {
				t.Errorf("%s: %v", kind, err)
			}
			if one.Status != ocsp.Revoked || one.Reason != 4 || !one.Revoked.Equal(moment.Add(-time.Hour)) || !one.Next.Equal(moment.Add(time.Hour)) {
				t.Errorf("%s: %+v", kind, one)
			}
			own := must(ca.OCSP(c, democa.Response{Hash: hash}))(t)
			if r, err := peer.ParseResponseForCert(own, c, ca.Certificate); err != nil || r.Status != peer.Good {
				t.Errorf("%s: %+v, %v", kind, r, err)
			}
		}
	}
}

func TestEd25519AndNonce(t *testing.T) {
	ca, c := pair(t, democa.Ed25519)
	nonce := ocsp.Nonce()
	a := must(ocsp.Parse(must(ca.OCSP(c, democa.Response{Nonce: nonce}))(t)))(t)
	if _, err := a.Verify(ca.Certificate); err != nil || !bytes.Equal(a.Nonce, nonce) {
		t.Errorf("%v, nonce %x", err, a.Nonce)
	}
}

func TestAnAnswerIsMatchedByItsIssuerToo(t *testing.T) {
	ca, c := pair(t, democa.P256)
	forger, same := pair(t, democa.P256)
	if c.SerialNumber.Cmp(same.SerialNumber) != 0 {
		t.Fatal("the numbers differ")
	}
	a := must(ocsp.Parse(must(forger.OCSP(same, democa.Response{}))(t)))(t)
	if _, err := a.About(c, ca.Certificate); !errors.Is(err, ocsp.ErrOther) {
		t.Error(err)
	}
	if _, err := a.Verify(ca.Certificate, forger.Certificate); !errors.Is(err, ocsp.ErrResponder) {
		t.Error(err)
	}
}

func TestRefusals(t *testing.T) {
	for want, all := range map[error][][]byte{
		ocsp.ErrTryLater:  {peer.TryLaterErrorResponse, peer.InternalErrorErrorResponse},
		ocsp.ErrRefused:   {peer.UnauthorizedErrorResponse, peer.SigRequredErrorResponse, peer.MalformedRequestErrorResponse},
		ocsp.ErrMalformed: {nil, []byte("<html>"), {0x30, 3, 0x0a, 1, 0}, {0x30, 3, 0x0a, 1, 9}, {0x30, 0}},
		ocsp.ErrTooLarge:  {make([]byte, ocsp.MaxSize+1)},
	} {
		for _, der := range all {
			if _, err := ocsp.Parse(der); !errors.Is(err, want) {
				t.Errorf("%x: %v, want %v", der[:min(len(der), 8)], err, want)
			}
		}
	}
}

func TestNoByteOfAnAnswerCanBeChanged(t *testing.T) {
	ca, c := pair(t, democa.P256)
	der := must(ca.OCSP(c, democa.Response{}))(t)
	whole := must(ocsp.Parse(der))(t)
	for at := range der {
		bad := bytes.Clone(der)
		bad[at] ^= 1
		a, err := ocsp.Parse(bad)
		if err != nil {
			continue
		}
		_, about := a.About(c, ca.Certificate)
		_, signed := a.Verify(ca.Certificate)
		if about == nil && signed == nil && !bytes.Equal(a.Signed.TBS, whole.Signed.TBS) {
			t.Errorf("byte %d of %d", at, len(der))
		}
	}
}

func FuzzParse(f *testing.F) {
	ca, c := pair(f, democa.P256)
	by := must(ca.Responder("OCSP thử nghiệm", democa.Issue{}))(f)
	f.Add(must(ca.OCSP(c, democa.Response{By: by, Nonce: ocsp.Nonce()}))(f))
	f.Add(must(ca.OCSP(c, democa.Response{Known: true, Status: peer.Revoked}))(f))
	f.Fuzz(func(t *testing.T, der []byte) {
		a, err := ocsp.Parse(der)
		if err != nil {
			return
		}
		if _, err := a.About(c, ca.Certificate); err != nil {
			return
		}
		a.Verify(ca.Certificate, by.Certificate)
		if again, err := ocsp.Parse(a.DER); err != nil || len(again.Singles) != len(a.Singles) {
			t.Errorf("read again: %v", err)
		}
	})
}
