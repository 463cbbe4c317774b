package pdf

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"congvan/internal/peers"
	"congvan/signer"
	"congvan/signer/cms"
	"congvan/signer/pdf/appearance"
	"congvan/signer/token"
	"congvan/signer/trust/democa"
)

// mustSign signs a document in memory, and checks what holds for every signature: the
// document stays, something follows.
func mustSign(t testing.TB, key *token.Key, doc []byte, o SignOptions) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Sign(t.Context(), key, bytes.NewReader(doc), int64(len(doc)), &out, o); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(out.Bytes(), doc) || out.Len() <= len(doc) {
		t.Fatal("the document's bytes were touched")
	}
	return out.Bytes()
}

func vietnamese() SignOptions {
	return SignOptions{
		Reason: "Phê duyệt (lần 1) \\ ĩĨ", Location: "Huyện Vĩnh Thạnh", Contact: "vanthu@vinh.example", Name: "Nguyễn Thị Vĩnh",
		Time: time.Date(2026, 11, 23, 11, 21, 12, 0, time.UTC),
	}
}

func TestEveryLevelPassesTheReferees(t *testing.T) {
	d := newDemo(t)
	judges := newReferees(t, d)
	stamper, judge := d.stamper(t), d.judge(t)
	for _, kind := range []democa.KeyKind{democa.RSA2048, democa.P256} {
		key := d.person(t, kind)
		for _, level := range []signer.Level{signer.LevelBB, signer.LevelBT, signer.LevelBLT, signer.LevelBLTA} {
			t.Run(string(kind)+" "+string(level), func(t *testing.T) {
				o := vietnamese()
				o.Level, o.Stamper, o.Judge = level, stamper, judge
				doc := mustSign(t, key, letter(1, "", ""), o)
				judges.approve(t, doc, 1)
				if level != signer.LevelBB {
					judges.stampsOf(t, search(t, doc)[0])
				}
				verified(t, d, doc, level)
			})
		}
	}
}

// stampsOf has openssl verify the time stamps within a signature.
func (r *referees) stampsOf(t testing.TB, f found) {
	t.Helper()
	parsed, err := cms.Parse(f.der)
	check(t, err)
	if len(parsed.Signers[0].TimeStamps) != 1 {
		t.Fatalf("%d time stamps in the signature", len(parsed.Signers[0].TimeStamps))
	}
	r.token(t, parsed.Signers[0].TimeStamps[0], parsed.Signers[0].Signature)
}

// verified has our own verifier look at a document: everything passes, and the last
// signature has a level.
func verified(t testing.TB, d *demo, doc []byte, level signer.Level) *signer.Report {
	t.Helper()
	report := d.verifier(t).Verify(t.Context(), bytes.NewReader(doc), int64(len(doc)))
	if report.Indication != signer.TotalPassed {
		t.Fatalf("%s %s: %+v", report.Indication, report.SubIndication, report)
	}
	last := report.Signatures[len(report.Signatures)-1]
	if level != "" && last.Level != level {
		t.Errorf("level %s, want %s: %+v", last.Level, level, last)
	}
	return report
}

// With an authority between and OCSP responders, all that proves is stored, and enough
// to be judged without a network.
func TestLongTermProofsOfADeepChain(t *testing.T) {
	d := deepDemo(t)
	judges := newReferees(t, d)
	o := vietnamese()
	o.Level, o.Stamper, o.Judge = signer.LevelBLTA, d.stamper(t), d.judge(t)
	doc := mustSign(t, d.person(t, democa.RSA2048), letter(1, "", ""), o)
	judges.examine(t, doc, 1)
	d.server.Close()
	verified(t, d, doc, signer.LevelBLTA)
}

// The person signs, then the agency's seal is put over a third of the signature
// (NĐ 30/2020): the first stays valid, and the names can be read in the appearance.
func TestThePersonThenTheSeal(t *testing.T) {
	d := newDemo(t)
	judges := newReferees(t, d)
	stamper, judge := d.stamper(t), d.judge(t)
	for name, doc := range map[string][]byte{
		"upright": letter(2, "", ""), "rotated": letter(2, "/Rotate 90", ""), "upside down": letter(2, "/Rotate -180", ""),
		"cropped": letter(2, "/CropBox [50 50 500 800] /Rotate 270", ""), "form": form(""),
		"xref stream": viaQPDF(t, letter(2, "", ""), "--object-streams=generate"),
	} {
		t.Run(name, func(t *testing.T) {
			o := vietnamese()
			o.Level, o.Stamper, o.Judge = signer.LevelBT, stamper, judge
			o.Field, o.Placement, o.Appearance = "Người ký", appearance.At{Page: 1, X: 250, Y: 260}, signature(t)
			doc := mustSign(t, d.person(t, democa.P256), doc, o)
			o.Level, o.Field, o.Name = signer.LevelBLTA, "Cơ quan", ""
			o.Placement, o.Appearance = appearance.OverSignature{Field: "Người ký"}, seal(t)
			doc = mustSign(t, d.agency(t, democa.RSA2048), doc, o)
			judges.approve(t, doc, 2)
			report := verified(t, d, doc, signer.LevelBLTA)
			if first := report.Signatures[0]; first.Field != "Người ký" || first.Coverage != signer.CoverageRevision || first.Modification != signer.ModificationForm {
				t.Errorf("%+v", first)
			}
			file := filepath.Join(t.TempDir(), "sealed.pdf")
			check(t, os.WriteFile(file, doc, 0o600))
			if text := run(t, peers.Tool(t, "mutool"), "draw", "-F", "txt", file, "1"); !strings.Contains(strings.Join(strings.Fields(text), " "), "CHỦ NGHĨA") {
				t.Errorf("the page reads %q", text)
			}
		})
	}
}
