package pdf

import (
	"fmt"
	"testing"
	"time"

	"congvan/signer"
	"congvan/signer/trust/democa"
)

// preserve adds a revision with a document security store.
func (s *signedSketch) preserve(certs, crls [][]byte) *signedSketch {
	store := func(all [][]byte) (refs string) {
		for _, der := range all {
			n := s.max + 1
			s.object(n, fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(der), der))
			refs += fmt.Sprintf(" %d 0 R", n)
		}
		return refs
	}
	certRefs, crlRefs := store(certs), store(crls)
	s.object(1, fmt.Sprintf("<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R/DSS<</Certs[%s]/VRI<</ABC<</CRL[%s]>>>>>>>>", certRefs, crlRefs))
	s.close()
	return s
}

func TestLevels(t *testing.T) {
	ca, err := democa.New(noon, democa.Options{BaseURL: "http://ca.test"})
	if err != nil {
		t.Fatal(err)
	}
	id, err := ca.Person(democa.Subject{Name: "Nguyễn Thị Vĩnh"}, democa.Issue{})
	if err != nil {
		t.Fatal(err)
	}
	tsa, err := ca.TimeStamper("TSA thử nghiệm", democa.Issue{})
	if err != nil {
		t.Fatal(err)
	}
	list := func(a *democa.Authority) []byte {
		der, err := a.CRL(democa.List{})
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	certs := [][]byte{ca.Certificate.Raw, ca.Root().Certificate.Raw}
	own, root := list(ca), list(ca.Root())
	at := noon.Add(time.Minute)
	signed := func() *signedSketch {
		return sketchStart("Kinh gui").sign(t, id, fault{der: stampedAt(t, tsa, at, itself)})
	}
	tests := []struct {
		name string
		file *signedSketch
		want signer.Level
	}{
		{"time stamp", signed(), signer.LevelBT},
		{"and an empty store", signed().preserve(nil, nil), signer.LevelBT},
		{"and half of the revocation data", signed().preserve(certs, [][]byte{own}), signer.LevelBT},
		{"and all of it", signed().preserve(certs, [][]byte{own, root}), signer.LevelBLT},
		{"and a time stamp over it", signed().preserve(certs, [][]byte{own, root}).sign(t, tsa, documentStamp(t, at)), signer.LevelBLTA},
		{"a time stamp before it", signed().sign(t, tsa, documentStamp(t, at)).preserve(certs, [][]byte{own, root}), signer.LevelBLT},
		{"no time stamp", sketchStart("Kinh gui").sign(t, id, fault{}).preserve(certs, [][]byte{own, root}), signer.LevelBB},
		{"an old form", sketchStart("Kinh gui").sign(t, id, fault{subFilter: subFilterOld}), signer.LevelLegacy},
	}
	for _, test := range tests {
		if s := examine(t, test.file.Bytes()).Signatures[0]; s.Level != test.want || s.Indication != signer.TotalPassed {
			t.Errorf("%s: level %s, want %s; %s %v", test.name, s.Level, test.want, s.Indication, s.Reasons)
		}
	}
}
