package pdf

import (
	"bytes"
	"crypto/x509"
	"testing"
	"time"

	reader "github.com/digitorus/pdf"
	pdfsigner "github.com/digitorus/pdfsign/sign"
	"github.com/digitorus/pdfsign/verify"
	"golang.org/x/text/unicode/norm"

	"congvan/signer"
	"congvan/signer/pdf/appearance"
	"congvan/signer/token"
	"congvan/signer/trust/democa"
)

func TestTheOldFormForOldReceivers(t *testing.T) {
	d := newDemo(t)
	judges := newReferees(t, d)
	for _, kind := range []democa.KeyKind{democa.RSA2048, democa.P256} {
		for name, change := range map[string]func(*SignOptions){
			"invisible": func(*SignOptions) {},
			"visible":   func(o *SignOptions) { o.Placement, o.Appearance = appearance.TopRight(), seal(t) },
		} {
			t.Run(string(kind)+" "+name, func(t *testing.T) {
				o := vietnamese()
				o.Level, o.Reason = signer.LevelLegacy, "Phê duyệt Vĩnh Ĩ"
				change(&o)
				doc := mustSign(t, d.person(t, kind), letter(2, "", ""), o)
				judges.approve(t, doc, 1)
				s := verified(t, d, doc, signer.LevelLegacy).Signatures[0]
				if norm.NFC.String(s.Claimed.Name) != o.Name || norm.NFC.String(s.Claimed.Reason) != o.Reason {
					t.Errorf("%+v", s.Claimed)
				}
			})
		}
	}
}

func TestTheOldFormIsRefusedWhereItWouldHarm(t *testing.T) {
	d := newDemo(t)
	key := d.person(t, democa.P256)
	plain := letter(1, "", "")
	for name, c := range map[string]struct {
		doc []byte
		o   SignOptions
	}{
		"form":        {form(""), SignOptions{}},
		"xref stream": {viaQPDF(t, plain, "--object-streams=generate"), SignOptions{}},
		"encrypted":   {viaQPDF(t, plain, "--encrypt", "", "owner", "256"), SignOptions{}},
		"hybrid":      {hybrid(), SignOptions{}},
		"large":       {largeLetter(17 << 20), SignOptions{}},
		"text":        {plain, SignOptions{Reason: "Vĩnh (1)"}},
		"field":       {plain, SignOptions{Field: "A"}},
		"certified":   {plain, SignOptions{Certify: 1}},
		"signed":      {mustSign(t, key, plain, SignOptions{}), SignOptions{}},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.Level = signer.LevelLegacy
			refused(t, key, c.doc, c.o, "legacy-unsuited")
		})
	}
	_, err := Prepare(t.Context(), key.Certificate, nil, bytes.NewReader(plain), int64(len(plain)), SignOptions{Level: signer.LevelLegacy})
	if refusalCode(err) != "legacy-two-phase" {
		t.Errorf("two phases: %v", err)
	}
}

// foreign signs with the library alone, as another program does.
func foreign(t testing.TB, key *token.Key, doc []byte) []byte {
	t.Helper()
	r := bytes.NewReader(doc)
	parsed, err := reader.NewReader(r, r.Size())
	check(t, err)
	var out bytes.Buffer
	check(t, pdfsigner.SignWithData(r, &out, parsed, r.Size(), pdfsigner.SignData{
		Signature: pdfsigner.SignDataSignature{
			CertType: pdfsigner.ApprovalSignature,
			Info:     pdfsigner.SignDataSignatureInfo{Name: "Other", Date: time.Now()},
		},
		Signer: key, Certificate: key.Certificate,
		CertificateChains: [][]*x509.Certificate{append([]*x509.Certificate{key.Certificate}, key.Chain...)},
	}))
	return out.Bytes()
}

// Another program's signature is verified by us and signed over, and it reads ours.
func TestTogetherWithAnotherSigner(t *testing.T) {
	d := newDemo(t)
	judges := newReferees(t, d)
	theirs := foreign(t, d.person(t, democa.RSA2048), letter(1, "", ""))
	verified(t, d, theirs, signer.LevelLegacy)
	both := mustSign(t, d.agency(t, democa.P256), theirs, vietnamese())
	judges.approve(t, both, 2)
	verified(t, d, both, signer.LevelBB)
	ours := mustSign(t, d.person(t, democa.RSA2048), letter(1, "", ""), vietnamese())
	//nolint:staticcheck // the newer API mixes what it verified with whom it trusts
	read, err := verify.VerifyWithOptions(bytes.NewReader(ours), int64(len(ours)), verify.DefaultVerifyOptions())
	check(t, err)
	if len(read.Signers) != 1 || !read.Signers[0].ValidSignature {
		t.Errorf("the library reads %+v", read)
	}
}
