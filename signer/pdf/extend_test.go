package pdf

import (
	"bytes"
	"testing"

	"congvan/signer"
	"congvan/signer/trust/democa"
)

func extended(t testing.TB, doc []byte, o ExtendOptions) []byte {
	t.Helper()
	var out bytes.Buffer
	check(t, Extend(t.Context(), bytes.NewReader(doc), int64(len(doc)), &out, o))
	if !bytes.HasPrefix(out.Bytes(), doc) {
		t.Fatal("the document's bytes were touched")
	}
	return out.Bytes()
}

// Two signatures of level B-B are raised step by step, then renewed twice; every step
// passes the referees and our own verifier, also under the strictest certification.
func TestSignaturesAreRaisedAndRenewed(t *testing.T) {
	d := newDemo(t)
	judges := newReferees(t, d)
	stamper, judge := d.stamper(t), d.judge(t)
	for name, doc := range map[string][]byte{
		"two signers":   mustSign(t, d.agency(t, democa.RSA2048), mustSign(t, d.person(t, democa.P256), letter(1, "", ""), vietnamese()), vietnamese()),
		"certified":     mustSign(t, d.person(t, democa.P256), form(""), SignOptions{Certify: 1}),
		"xref streams":  mustSign(t, d.person(t, democa.P256), viaQPDF(t, letter(1, "", ""), "--object-streams=generate"), SignOptions{}),
		"AES-256":       mustSign(t, d.person(t, democa.P256), viaQPDF(t, letter(1, "", ""), "--encrypt", "", "owner", "256"), SignOptions{}),
		"indirect DSS":  mustSign(t, d.person(t, democa.P256), indirectDSS(), SignOptions{}),
		"with a stamp":  mustSign(t, d.person(t, democa.P256), letter(1, "", ""), SignOptions{Level: signer.LevelBT, Stamper: stamper}),
		"from the desk": mustSign(t, d.person(t, democa.RSA2048), hybrid(), SignOptions{}),
	} {
		t.Run(name, func(t *testing.T) {
			signatures := len(open(t, doc).signed())
			for _, to := range []signer.Level{signer.LevelBT, signer.LevelBLT, signer.LevelBLTA, signer.LevelBLTA, signer.LevelBLTA} {
				doc = extended(t, doc, ExtendOptions{To: to, Stamper: stamper, Judge: judge})
				judges.approve(t, doc, signatures)
				if name == "indirect DSS" && to != signer.LevelBLTA {
					to = "" // it has a store, an empty one, from the beginning
				}
				verified(t, d, doc, to)
			}
			if again := extended(t, doc, ExtendOptions{To: signer.LevelBLT, Stamper: stamper, Judge: judge}); again == nil {
				t.Error("nothing")
			}
		})
	}
}

// What is stored already is not stored again.
func TestTheStoreDoesNotGrowWithoutNeed(t *testing.T) {
	d := newDemo(t)
	stamper, judge := d.stamper(t), d.judge(t)
	o := ExtendOptions{To: signer.LevelBLT, Stamper: stamper, Judge: judge}
	once := extended(t, mustSign(t, d.person(t, democa.P256), letter(1, "", ""), SignOptions{}), o)
	twice := extended(t, once, o)
	if !bytes.Equal(once, twice) {
		t.Errorf("%d bytes grew to %d", len(once), len(twice))
	}
}

// indirectDSS has a security store whose every part is an object of its own.
func indirectDSS() []byte {
	p := &paper{}
	root, pages, page := p.add(""), p.add(""), p.add("")
	certs, vri := p.add("[]"), p.add("<< >>")
	dss := p.add("<< /Type /DSS /Certs %d 0 R /VRI %d 0 R >>", certs, vri)
	p.set(page, "<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Resources << >> >>", pages)
	p.set(pages, "<< /Type /Pages /Kids [%d 0 R] /Count 1 >>", page)
	p.set(root, "<< /Type /Catalog /Pages %d 0 R /DSS %d 0 R >>", pages, dss)
	return p.file(root)
}

func TestExtendRefusesWhatItCannotRaise(t *testing.T) {
	d := newDemo(t)
	doc := letter(1, "", "")
	signed := mustSign(t, d.person(t, democa.P256), doc, SignOptions{})
	for _, c := range []struct {
		doc  []byte
		o    ExtendOptions
		code string
	}{
		{doc, ExtendOptions{To: signer.LevelBT, Stamper: d.stamper(t)}, "no-signature"},
		{signed, ExtendOptions{To: signer.LevelBB}, "level-unknown"},
		{signed, ExtendOptions{To: signer.LevelBT}, "no-time-stamping-authority"},
		{signed, ExtendOptions{To: signer.LevelBLT, Stamper: d.stamper(t)}, "no-trust-list"},
	} {
		var out bytes.Buffer
		err := Extend(t.Context(), bytes.NewReader(c.doc), int64(len(c.doc)), &out, c.o)
		if code := refusalCode(err); code != c.code || out.Len() > 0 {
			t.Errorf("%v, want %s", err, c.code)
		}
	}
}
