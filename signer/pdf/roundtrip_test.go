package pdf

import (
	"bytes"
	"errors"
	"maps"
	"testing"

	"congvan/signer"
	"congvan/signer/pdf/appearance"
	"congvan/signer/pdf/syntax"
	"congvan/signer/trust/democa"
)

func refusalCode(err error) string {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}

func asDocument(b []byte) Document { return Document{bytes.NewReader(b), int64(len(b))} }

func TestWhatComesBackIsWhatWasSentAndOneSignature(t *testing.T) {
	d := newDemo(t)
	v := d.verifier(t)
	person, agency := d.person(t, democa.P256), d.agency(t, democa.RSA2048)
	visible := vietnamese()
	visible.Placement, visible.Appearance = appearance.TopRight(), seal(t)
	sent := mustSign(t, person, form(""), vietnamese())
	good := mustSign(t, agency, sent, visible)
	changed := bytes.Clone(good)
	changed[100] ^= 1
	broken := bytes.Clone(good)
	at := bytes.LastIndex(broken, []byte("/M (D:2026"))
	broken[at+10] = '9'
	for name, c := range map[string]struct {
		returned []byte
		code     string
	}{
		"visible":        {good, ""},
		"invisible":      {mustSign(t, agency, sent, SignOptions{}), ""},
		"existing field": {mustSign(t, agency, sent, SignOptions{Field: "Đóng dấu"}), ""},
		"nothing":        {sent, "returned-shorter"},
		"something else": {mustSign(t, agency, mustSign(t, person, letter(30, "", ""), SignOptions{}), SignOptions{}), "returned-differs"},
		"changed before": {changed, "returned-differs"},
		"two signatures": {mustSign(t, person, good, SignOptions{}), "returned-revisions"},
		"only an update": {withPage(t, sent), "returned-signatures"},
		"signed update":  {squash(t, sent), "returned-changed"},
		"document stamp": {extended(t, sent, ExtendOptions{To: signer.LevelBT, Stamper: d.stamper(t)}), "returned-signatures"},
		"cut off":        {good[:len(good)-40], "returned-unreadable"},
		"damaged":        {broken, "returned-invalid"},
		"bytes behind":   {append(bytes.Clone(good), "%%EOF\n"...), "returned-invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := CheckReturned(t.Context(), v, asDocument(sent), asDocument(c.returned))
			if c.code != "" {
				if refusalCode(err) != c.code {
					t.Errorf("%v, want %s", err, c.code)
				}
				return
			}
			check(t, err)
			if got.Signature.Indication != signer.TotalPassed || len(got.Report.Signatures) != 2 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// withPage appends an update that changes a page's text and signs nothing.
func withPage(t testing.TB, doc []byte) []byte {
	t.Helper()
	d := open(t, doc)
	repaint(t, d)
	data, _, err := d.finish()
	check(t, err)
	return append(bytes.Clone(doc), data...)
}

// repaint gives the first page other contents.
func repaint(t testing.TB, d *draft) {
	t.Helper()
	p, err := d.rev.Page(0)
	check(t, err)
	own, err := d.rev.Dict(p.Ref)
	check(t, err)
	own = maps.Clone(own)
	own["Contents"] = d.up.Add(d.up.NewStream(syntax.Dict{}, []byte("BT /F1 40 Tf 72 500 Td (1000000000) Tj ET"), false))
	d.up.Put(p.Ref, own)
}

// squash changes a page and adds a signature field in one and the same update.
func squash(t testing.TB, doc []byte) []byte {
	t.Helper()
	d := open(t, doc)
	repaint(t, d)
	field := blankField("Chen vao")
	field["V"] = d.up.Add(signatureDict(vietnamese(), 100))
	check(t, d.hide(field))
	gap, err := d.lay(100)
	check(t, err)
	return append(bytes.Clone(doc), gap.Increment...)
}
