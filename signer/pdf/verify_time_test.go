package pdf

import (
	"bytes"
	"crypto"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"testing"
	"time"

	"congvan/signer"
	"congvan/signer/cms"
	"congvan/signer/trust/democa"
)

// stamper issues a certificate for time stamps.
func stamper(t testing.TB) *democa.Identity {
	t.Helper()
	ca, err := democa.New(noon, democa.Options{})
	if err != nil {
		t.Fatal(err)
	}
	id, err := ca.TimeStamper("TSA thử nghiệm", democa.Issue{})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// stampToken makes a time stamp over a digest by SHA-256 (TSTInfo, RFC 3161, 2.4.2).
func stampToken(t testing.TB, id *democa.Identity, digest []byte, at time.Time) []byte {
	t.Helper()
	type imprint struct {
		Algorithm pkix.AlgorithmIdentifier
		Digest    []byte
	}
	info, err := asn1.Marshal(struct {
		Version int
		Policy  asn1.ObjectIdentifier
		Imprint imprint
		Serial  *big.Int
		Time    time.Time `asn1:"generalized"`
	}{1, asn1.ObjectIdentifier{2, 999, 2}, imprint{pkix.AlgorithmIdentifier{Algorithm: cms.OIDOf(crypto.SHA256)}, digest}, big.NewInt(1), at.UTC()})
	if err != nil {
		t.Fatal(err)
	}
	p, err := cms.Prepare(id.Certificate, id.Chain, crypto.SHA256, sumOf(crypto.SHA256, info), cms.Attributes{ContentType: cms.TSTInfo(), Certificate: id.Certificate})
	if err != nil {
		t.Fatal(err)
	}
	der, err := p.Sign(id.Key)
	if err != nil {
		t.Fatal(err)
	}
	return withContent(t, der, info)
}

// stampedAt puts a time stamp into a signature.
func stampedAt(t testing.TB, tsa *democa.Identity, at time.Time, over func(value []byte) []byte) func([]byte) []byte {
	return func(der []byte) []byte {
		d, err := cms.Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		out, err := cms.AddTimeStamp(der, stampToken(t, tsa, sumOf(crypto.SHA256, over(d.Signers[0].Signature)), at))
		if err != nil {
			t.Fatal(err)
		}
		return shorten(t)(out)
	}
}

// documentStamp is a signature that is a document time stamp.
func documentStamp(t testing.TB, at time.Time) fault {
	return fault{subFilter: subFilterStamp, wrap: func(_ *sketch, id *democa.Identity, covered []byte) []byte {
		return stampToken(t, id, sumOf(crypto.SHA256, covered), at)
	}, der: shorten(t)}
}

func itself(b []byte) []byte { return b }

func TestSignatureTimeStamp(t *testing.T) {
	id, tsa, at := person(t), stamper(t), noon.Add(time.Minute)
	r := examine(t, sketchStart("Kinh gui").sign(t, id, fault{der: stampedAt(t, tsa, at, itself)}).Bytes())
	s := r.Signatures[0]
	if r.Indication != signer.TotalPassed || s.Level != signer.LevelBT || s.ProvenTime == nil || !s.ProvenTime.Equal(at) {
		t.Errorf("%s, level %s, proven %v: %v", r.Indication, s.Level, s.ProvenTime, s.Reasons)
	}
	if len(s.Stamps) != 1 || s.Stamps[0].Authority != "TSA thử nghiệm" || s.Stamps[0].Indication != signer.TotalPassed {
		t.Errorf("time stamps: %+v", s.Stamps)
	}
}

func TestTimeStampForSomethingElse(t *testing.T) {
	other := func([]byte) []byte { return []byte("something else") }
	r := examine(t, sketchStart("Kinh gui").sign(t, person(t), fault{der: stampedAt(t, stamper(t), noon, other)}).Bytes())
	s := r.Signatures[0]
	if s.Level != signer.LevelBB || s.ProvenTime != nil || !slices.Contains(reasonCodes(s.Verdict), "time-stamp-broken") {
		t.Errorf("level %s, proven %v: %v", s.Level, s.ProvenTime, s.Reasons)
	}
	if len(s.Stamps) != 1 || s.Stamps[0].SubIndication != signer.HashFailure {
		t.Errorf("time stamps: %+v", s.Stamps)
	}
}

func TestDocumentTimeStamps(t *testing.T) {
	id, tsa := person(t), stamper(t)
	first, second := noon.Add(time.Minute), noon.Add(2*time.Minute)
	file := sketchStart("Kinh gui").sign(t, id, fault{}).sign(t, tsa, documentStamp(t, first)).sign(t, tsa, documentStamp(t, second)).Bytes()

	r := examine(t, file)
	if r.Indication != signer.TotalPassed || len(r.Signatures) != 1 || len(r.TimeStamps) != 2 {
		t.Fatalf("%s, %d signatures, %+v", r.Indication, len(r.Signatures), r.TimeStamps)
	}
	s := r.Signatures[0]
	if s.Level != signer.LevelBT || s.ProvenTime == nil || !s.ProvenTime.Equal(first) {
		t.Errorf("level %s, proven %v", s.Level, s.ProvenTime)
	}
	if p := r.TimeStamps[0].ProvenTime; p == nil || !p.Equal(second) {
		t.Errorf("the first stamp is proven by %v", p)
	}
	if p := r.TimeStamps[1].ProvenTime; p != nil {
		t.Errorf("the second stamp is proven by %v", p)
	}

	mark := []byte("/Contents <")
	at := bytes.LastIndex(file, mark) + len(mark) + 200
	if file[at]++; file[at] == 'g' || file[at] == ':' {
		file[at] = '0'
	}
	r = examine(t, file)
	if r.TimeStamps[1].Indication != signer.TotalFailed || r.TimeStamps[0].Indication != signer.TotalPassed {
		t.Errorf("%s, %s", r.TimeStamps[0].Indication, r.TimeStamps[1].Indication)
	}
	if p := r.TimeStamps[0].ProvenTime; p != nil {
		t.Errorf("a broken stamp proves %v", p)
	}
}

// TestDocumentTimeStampAlone has nothing to say of a signature.
func TestDocumentTimeStampAlone(t *testing.T) {
	r := examine(t, sketchStart("Kinh gui").sign(t, stamper(t), documentStamp(t, noon)).Bytes())
	if r.Indication != signer.NoSignature || len(r.TimeStamps) != 1 || r.TimeStamps[0].Indication != signer.TotalPassed {
		t.Errorf("%s %+v", r.Indication, r.TimeStamps)
	}
}

// TestStampOrder has document time stamps whose times run backwards.
func TestStampOrder(t *testing.T) {
	id, tsa := person(t), stamper(t)
	file := sketchStart("Kinh gui").sign(t, id, fault{}).sign(t, tsa, documentStamp(t, noon)).sign(t, tsa, documentStamp(t, noon.AddDate(0, -1, 0))).Bytes()
	r := examine(t, file)
	if s := r.TimeStamps[0]; s.SubIndication != signer.TimestampOrderFailure {
		t.Errorf("the first: %s %s", s.Indication, s.SubIndication)
	}
	if s := r.Signatures[0]; s.Indication == signer.TotalPassed {
		t.Error("a signature that claims to be younger than its proof passes")
	}
}
