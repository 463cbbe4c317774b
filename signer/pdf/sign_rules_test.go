package pdf

import (
	"bytes"
	"crypto"
	"errors"
	"testing"

	"congvan/signer"
	"congvan/signer/pdf/appearance"
	"congvan/signer/pdf/syntax"
	"congvan/signer/token"
	"congvan/signer/trust/democa"
)

// refused tries to sign and wants a refusal with a code; nothing may be written.
func refused(t testing.TB, key *token.Key, doc []byte, o SignOptions, code string) {
	t.Helper()
	var out bytes.Buffer
	err := Sign(t.Context(), key, bytes.NewReader(doc), int64(len(doc)), &out, o)
	var r *Refusal
	if !errors.As(err, &r) || !errors.Is(err, ErrRefused) || r.Code != code {
		t.Errorf("%v, want a refusal %q", err, code)
	} else if r.Vi == "" || r.En == "" {
		t.Errorf("%q has no words", code)
	}
	if out.Len() > 0 {
		t.Errorf("%d bytes were written", out.Len())
	}
}

func TestAnEmptyFieldIsSigned(t *testing.T) {
	d := newDemo(t)
	judges := newReferees(t, d)
	key := d.person(t, democa.P256)
	for _, name := range []string{"Ký duyệt", "Đóng dấu"} {
		t.Run(name, func(t *testing.T) {
			o := vietnamese()
			o.Field, o.Appearance = name, seal(t)
			doc := mustSign(t, key, form(""), o)
			if judges.examine(t, doc, 1); name == "Ký duyệt" {
				judges.approve(t, doc, 1)
			}
			if s := verified(t, d, doc, "B-B").Signatures[0]; s.Field != name {
				t.Errorf("field %q", s.Field)
			}
			refused(t, key, doc, o, "field-signed")
			if n, was := len(open(t, doc).fields), len(open(t, form("")).fields); n != was {
				t.Errorf("%d fields became %d", was, n)
			}
		})
	}
	refused(t, key, form(""), SignOptions{Field: "Subject"}, "field-not-signature")
	refused(t, key, form(""), SignOptions{Field: "Mới.con"}, "field-name-invalid")
	if s := verified(t, d, mustSign(t, key, form(""), SignOptions{Field: "Văn thư"}), "").Signatures; s[0].Field != "Văn thư" {
		t.Errorf("new field: %+v", s)
	}
}

func TestCertificationsBindWhatFollows(t *testing.T) {
	d := newDemo(t)
	judges := newReferees(t, d)
	key := d.person(t, democa.P256)
	visible := vietnamese()
	visible.Placement, visible.Appearance = appearance.TopRight(), seal(t)
	for p := 1; p <= 3; p++ {
		o := visible
		o.Certify = p
		doc := mustSign(t, key, form(""), o)
		judges.approve(t, doc, 1)
		report := verified(t, d, doc, "B-B")
		if report.Signatures[0].Permissions != p {
			t.Errorf("permissions %d, want %d", report.Signatures[0].Permissions, p)
		}
		if p == 1 {
			refused(t, key, doc, SignOptions{}, "certified-closed")
			continue
		}
		if p == 2 {
			refused(t, key, doc, visible, "certified-new-visible")
		}
		refused(t, key, doc, SignOptions{Certify: 2}, "certify-not-first")
		o = vietnamese()
		o.Field, o.Appearance = "Ký duyệt", seal(t)
		twice := mustSign(t, key, doc, o)
		judges.approve(t, twice, 2)
		verified(t, d, twice, "")
		verified(t, d, mustSign(t, key, twice, SignOptions{}), "") // invisible
	}
	refused(t, key, form(""), SignOptions{Certify: 4}, "permissions-unknown")
	refused(t, key, form(""), SignOptions{Placement: appearance.TopRight()}, "appearance-missing")
}

func TestLocksAreHonoured(t *testing.T) {
	d := newDemo(t)
	key := d.person(t, democa.P256)
	for _, c := range []struct{ lock, field, code string }{
		{"/Action /All", "Đóng dấu", "field-locked"},
		{"/Action /Include /Fields [(Subject)]", "Đóng dấu", ""},
		{"/Action /Include /Fields [" + utf16Hex("Đóng dấu") + "]", "Đóng dấu", "field-locked"},
		{"/Action /Exclude /Fields [" + utf16Hex("Đóng dấu") + "]", "Đóng dấu", ""},
		{"/Action /Exclude /Fields [" + utf16Hex("Đóng dấu") + "]", "Khác", "field-locked"},
		{"/Action /Include /Fields [(Subject)] /P 1", "Đóng dấu", "certified-closed"},
	} {
		t.Run(c.lock+" "+c.field, func(t *testing.T) {
			doc := mustSign(t, key, form("/Lock << /Type /SigFieldLock "+c.lock+" >>"), SignOptions{Field: "Ký duyệt"})
			verified(t, d, doc, "")
			if !bytes.Contains(doc, []byte("/FieldMDP")) {
				t.Error("the lock is not bound into the signature")
			}
			o := SignOptions{Field: c.field}
			if c.code != "" {
				refused(t, key, doc, o, c.code)
				return
			}
			verified(t, d, mustSign(t, key, doc, o), "")
		})
	}
	o := SignOptions{Field: "Mới", Lock: &Lock{Action: "Include", Fields: []string{"Đóng dấu"}}}
	doc := mustSign(t, key, form(""), o)
	verified(t, d, doc, "")
	refused(t, key, doc, SignOptions{Field: "Đóng dấu"}, "field-locked")
	refused(t, key, form(""), SignOptions{Lock: &Lock{Action: "Some"}}, "lock-unknown")
	refused(t, key, form(""), SignOptions{Field: "Ký duyệt", Lock: &Lock{Action: "All"}}, "field-has-lock")
}

func TestSeedValuesAreMetOrRefused(t *testing.T) {
	d := newDemo(t)
	key := d.person(t, democa.P256)
	for _, c := range []struct {
		name, seed string
		o          SignOptions
		code       string
	}{
		{"form that we have", "/Ff 2 /SubFilter [/adbe.pkcs7.detached /ETSI.CAdES.detached]", SignOptions{}, ""},
		{"form that we have not", "/Ff 2 /SubFilter [/adbe.pkcs7.detached]", SignOptions{}, "seed-unmet"},
		{"only a wish", "/SubFilter [/adbe.pkcs7.detached]", SignOptions{}, ""},
		{"handler", "/Ff 1 /Filter /Other.Handler", SignOptions{}, "seed-unmet"},
		{"digest chosen", "/Ff 64 /DigestMethod [(SHA512) (SHA384)]", SignOptions{}, ""},
		{"digest asked otherwise", "/Ff 64 /DigestMethod [(SHA512)]", SignOptions{Digest: crypto.SHA256}, "seed-unmet"},
		{"digest that we have not", "/Ff 64 /DigestMethod [(SHA1) (RIPEMD160)]", SignOptions{}, "seed-unmet"},
		{"reason among", "/Ff 8 /Reasons [" + utf16Hex("Phê duyệt") + " (Xem)]", SignOptions{Reason: "Phê duyệt"}, ""},
		{"reason missing", "/Ff 8 /Reasons [(A) (B)]", SignOptions{}, "seed-reason"},
		{"reason taken", "/Ff 8 /Reasons [(A)]", SignOptions{}, ""},
		{"no reason wanted", "/Ff 8 /Reasons [(.)]", SignOptions{Reason: "A"}, "seed-no-reason"},
		{"approval only", "/MDP << /P 0 >>", SignOptions{Certify: 2}, "seed-approval"},
		{"certification", "/MDP << /P 2 >>", SignOptions{Certify: 2}, ""},
		{"certification missing", "/MDP << /P 2 >>", SignOptions{}, "seed-certification"},
		{"time stamp", "/TimeStamp << /URL (http://tsa.test) /Ff 1 >>", SignOptions{}, "seed-time-stamp"},
		{"revocation", "/Ff 32 /AddRevInfo true", SignOptions{}, "seed-revocation"},
		{"another's certificate", "/Cert << /Ff 1 /Subject [<3000>] >>", SignOptions{}, "seed-unmet"},
		{"own certificate", "/Cert << /Ff 1 /Subject [" + hexString(key.Certificate.Raw) + "] >>", SignOptions{}, ""},
		{"issuer", "/Cert << /Ff 2 /Issuer [" + hexString(key.Chain[0].Raw) + "] >>", SignOptions{}, ""},
		{"certificate by policy", "/Cert << /Ff 4 /OID [(1.2.3)] >>", SignOptions{}, "seed-unmet"},
		{"later version", "/Ff 4 /V 4", SignOptions{}, "seed-unmet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := form("/SV << /Type /SV " + c.seed + " >>")
			c.o.Field = "Ký duyệt"
			if c.code != "" {
				refused(t, key, doc, c.o, c.code)
				return
			}
			verified(t, d, mustSign(t, key, doc, c.o), "")
		})
	}
}

func hexString(b []byte) string { return "<" + string(appendHex(nil, b)) + ">" }

func appendHex(dst, b []byte) []byte {
	const digits = "0123456789ABCDEF"
	for _, c := range b {
		dst = append(dst, digits[c>>4], digits[c&15])
	}
	return dst
}

// A digest from the seed values is the one that is signed with.
func TestTheDigestOfTheSeedValuesIsUsed(t *testing.T) {
	d := newDemo(t)
	doc := mustSign(t, d.person(t, democa.P256), form("/SV << /Ff 64 /DigestMethod [(SHA512)] >>"), SignOptions{Field: "Ký duyệt"})
	if s := verified(t, d, doc, "").Signatures[0]; s.Algorithm != "ECDSA 256 SHA-512" && s.Algorithm != "ECDSA P-256 SHA-512" {
		t.Errorf("algorithm %q", s.Algorithm)
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	d := newDemo(t)
	key := d.person(t, democa.P256)
	doc := letter(1, "", "")
	refused(t, key, doc, SignOptions{Level: "B-X"}, "level-unknown")
	refused(t, key, doc, SignOptions{Level: signer.LevelBT}, "no-time-stamping-authority")
	refused(t, key, doc, SignOptions{Level: signer.LevelBLT, Stamper: d.stamper(t)}, "no-trust-list")
	refused(t, key, doc, SignOptions{Digest: crypto.SHA1}, "digest-unknown")
	locked := viaQPDF(t, doc, "--encrypt", "user", "owner", "256")
	var out bytes.Buffer
	if err := Sign(t.Context(), key, bytes.NewReader(locked), int64(len(locked)), &out, SignOptions{}); !errors.Is(err, syntax.ErrEncrypted) || out.Len() > 0 {
		t.Errorf("encrypted: %v", err)
	}
	for n := range len(doc) / 64 {
		cut := doc[:n*64]
		if err := Sign(t.Context(), key, bytes.NewReader(cut), int64(len(cut)), &out, SignOptions{}); err == nil || out.Len() > 0 {
			t.Fatalf("cut at %d: %v", len(cut), err)
		}
	}
}
