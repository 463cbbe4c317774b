package gateway_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"congvan/archive/objects"
	"congvan/gateway"
	"congvan/schemas/edxml"
	"congvan/signer"
)

// verdicts answers for the signer: by what stands in the document, and by what
// the test says of now.
type verdicts struct {
	policy *signer.Policy
	online map[string]signer.Report // by a word in the document
	door   map[string]signer.Report
	seen   []string
}

func (v *verdicts) PDF(_ context.Context, r io.ReaderAt, size int64, online bool) *signer.Report {
	text := make([]byte, size)
	if _, err := r.ReadAt(text, 0); err != nil && !errors.Is(err, io.EOF) {
		return &signer.Report{Verdict: signer.Failed(signer.FormatFailure)}
	}
	answers := v.door
	if online {
		answers = v.online
	}
	report, found := signer.Report{Verdict: signer.Verdict{Indication: signer.NoSignature}}, ""
	for word, r := range answers {
		if strings.Contains(string(text), word) && len(word) > len(found) {
			report, found = r, word
		}
	}
	if found != "" {
		v.seen = append(v.seen, found)
	}
	return &report
}

func (v *verdicts) Envelope(context.Context, gateway.SignedEnvelope, bool) *signer.Report {
	return &signer.Report{Verdict: signer.Verdict{Indication: signer.NoSignature}}
}

func (v *verdicts) Policy() *signer.Policy { return v.policy }

func passed(level signer.Level) signer.Report {
	return signer.Report{Verdict: signer.Passed(), Signatures: []signer.Signature{{Signer: "Nguyễn Thị Thử", AgencyCode: district, Level: level, Verdict: signer.Passed()}}}
}

func failed() signer.Report {
	why := signer.Reason{Code: "changed", Vi: "Văn bản đã bị sửa sau khi ký.", En: "The document was changed after signing."}
	return signer.Report{
		Verdict:    signer.Failed(signer.FormatFailure),
		Signatures: []signer.Signature{{Signer: "Nguyễn Thị Thử", Verdict: signer.Failed(signer.FormatFailure, why)}},
	}
}

func tryLater() signer.Report {
	at := time.Date(2026, 11, 2, 3, 0, 30, 0, time.UTC)
	return signer.Report{Verdict: signer.Unsure(signer.TryLater), Recheck: &at}
}

// judging is a house whose door judges signatures.
func judging(t *testing.T, change ...func(*gateway.Options)) (*house, *verdicts) {
	t.Helper()
	v := &verdicts{policy: signer.DefaultPolicy()}
	v.door = map[string]signer.Report{"TỐT": passed(signer.LevelBB), "SỬA": failed(), "CHỜ": tryLater()}
	v.online = map[string]signer.Report{"TỐT": passed(signer.LevelBB), "CHỜ": passed(signer.LevelBB)}
	set := func(o *gateway.Options) { o.Signatures = v }
	return newHouse(t, append([]func(*gateway.Options){set}, change...)...), v
}

func TestAnAlteredDocumentIsRefusedAtTheDoor(t *testing.T) {
	h, _ := judging(t)
	body := bytesOf(t, letter("01", district, wardA), "SỬA")
	_, err := h.Accept(t.Context(), principal(district), gateway.Submission{Body: bytes.NewReader(body)})
	e := gateway.AsError(err)
	if e.Code != gateway.CodeSignatureRejected || e.Place != "cong-van.pdf" {
		t.Fatalf("%v", err)
	}
	if len(e.Findings) != 1 || e.Findings[0].Vi != "Văn bản đã bị sửa sau khi ký." {
		t.Errorf("findings %+v", e.Findings)
	}
	if n := h.waiting(wardA); n != 0 {
		t.Errorf("%d deliveries of a refused letter", n)
	}
}

// waiting counts what lies in an agency's inbox.
func (h *house) waiting(agency string) int {
	h.t.Helper()
	n, err := h.store.CountInbox(h.t.Context(), gateway.InboxQuery{Holders: []gateway.AgencyID{gateway.AgencyID(agency)}})
	h.must(err)
	return n
}

func (h *house) judgements(id gateway.MessageID) []gateway.Judgement {
	h.t.Helper()
	r, err := h.SignatureReports(h.t.Context(), h.admin(), id)
	h.must(err)
	return r.Judgements
}

func TestAJudgementIsKeptAndTold(t *testing.T) {
	h, _ := judging(t)
	a := h.send(letter("01", district, wardA), "TỐT")
	all := h.judgements(a.Message)
	if len(all) != 1 || all[0].Report.Indication != signer.TotalPassed || all[0].Action != signer.ActionAccept || all[0].Name != "cong-van.pdf" {
		t.Fatalf("%+v", all)
	}
	history, err := h.Timeline(t.Context(), principal(wardA), a.Message)
	h.must(err)
	told := slices.IndexFunc(history.Events, func(e gateway.Event) bool { return e.Kind == gateway.EventJudged })
	if told < 0 || !strings.Contains(string(history.Events[told].Data), `"signer":"Nguyễn Thị Thử"`) {
		t.Errorf("the receiver's timeline does not tell of it: %s", history.Events)
	}
	if _, err := h.SignatureReports(t.Context(), principal(wardB), a.Message); !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("a stranger sees the report: %v", err)
	}
}

func TestUnsignedAndOtherFiles(t *testing.T) {
	h, v := judging(t)
	a := h.send(letter("01", district, wardA), "không ký")
	if all := h.judgements(a.Message); len(all) != 1 || all[0].Report.Indication != signer.NoSignature || all[0].Action != signer.ActionMark {
		t.Errorf("an unsigned PDF is not marked: %+v", all)
	}
	e := letter("02", district, wardA)
	var b bytes.Buffer
	h.must(edxml.Write(&b, e, func(int) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("PK, TỐT")), nil }))
	a, err := h.Accept(t.Context(), principal(district), gateway.Submission{Body: &b})
	h.must(err)
	if all := h.judgements(a.Message); len(all) != 0 || len(v.seen) != 0 {
		t.Errorf("what is no PDF was judged: %+v", all)
	}
}

func TestAZippedDocumentIsJudged(t *testing.T) {
	h, _ := judging(t)
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	w, err := z.Create("cong-van.pdf")
	h.must(err)
	_, err = io.WriteString(w, "%PDF-1.7\nSỬA")
	h.must(err)
	h.must(z.Close())
	e := letter("01", district, wardA)
	e.Attachments[0].ContentType = "application/zip"
	e.References[0].ContentType = "application/zip"
	var b bytes.Buffer
	h.must(edxml.Write(&b, e, func(int) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil }))
	if _, err := h.Accept(t.Context(), principal(district), gateway.Submission{Body: &b}); gateway.AsError(err).Code != gateway.CodeSignatureRejected {
		t.Errorf("an altered document in a ZIP: %v", err)
	}
}

func TestAnOperatorReleasesWhatIsHeld(t *testing.T) {
	h, v := judging(t)
	v.policy.Door[0].Unsigned = signer.ActionHold
	a := h.send(letter("01", district, wardA, wardB), "không ký")
	if n := len(a.Warnings); n == 0 || a.Warnings[n-1].Rule != gateway.CauseSignature {
		t.Errorf("the sender is not told: %+v", a.Warnings)
	}
	if h.waiting(wardA) != 0 || h.waiting(wardB) != 0 {
		t.Fatal("a held letter is in an inbox")
	}
	n, err := h.Requeue(t.Context(), h.admin(), gateway.StuckQuery{Cause: gateway.CauseSignature})
	h.must(err)
	if n != 2 || h.waiting(wardA) != 1 || h.waiting(wardB) != 1 {
		t.Errorf("%d released of %s", n, a.Message)
	}
}

func TestTryLaterIsJudgedAgain(t *testing.T) {
	for _, c := range []struct {
		name         string
		door         signer.Action // for TRY_LATER
		answer       signer.Report
		before       int // in the inbox, until it is judged again
		after        int
		wantJudgings int
	}{
		{"held and then found good", signer.ActionHold, passed(signer.LevelBB), 0, 1, 2},
		{"held and then found bad", signer.ActionHold, failed(), 0, 0, 2},
		{"marked and then found bad", signer.ActionMark, failed(), 1, 0, 2},
		{"marked and still unknown", signer.ActionMark, tryLater(), 1, 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, v := judging(t)
			v.policy.Door[0].TryLater = c.door
			v.online["CHỜ"] = c.answer
			a := h.send(letter("01", district, wardA), "CHỜ")
			if n := h.waiting(wardA); n != c.before {
				t.Fatalf("%d in the inbox before", n)
			}
			if n := h.examine(); n != 1 {
				t.Fatalf("%d judged", n)
			}
			if n := h.waiting(wardA); n != c.after {
				t.Errorf("%d in the inbox after", n)
			}
			if all := h.judgements(a.Message); len(all) != c.wantJudgings {
				t.Errorf("%d judgements", len(all))
			}
		})
	}
}

func (h *house) examine() int {
	h.t.Helper()
	n, err := h.ExamineDue(h.t.Context())
	h.must(err)
	return n
}

// TestTriesGrowApart looks at when a part is asked for again that never gets an answer.
func TestTriesGrowApart(t *testing.T) {
	h, v := judging(t)
	v.online["CHỜ"] = tryLater()
	h.send(letter("01", district, wardA), "CHỜ")
	var gaps []time.Duration
	last := h.now
	for len(gaps) < 14 {
		h.now = h.now.Add(30 * time.Second)
		if h.examine() == 0 {
			continue
		}
		gaps, last = append(gaps, h.now.Sub(last)), h.now
	}
	if gaps[0] > time.Minute || gaps[2] != 2*time.Minute || gaps[13] != 24*time.Hour || !slices.IsSorted(gaps) {
		t.Errorf("gaps %v", gaps)
	}
}

// keeper is a Preserver that raises documents, unless its authority is away.
type keeper struct {
	away  bool
	level signer.Level
}

func (k *keeper) Preserve(_ context.Context, r io.ReaderAt, size int64, w io.Writer) (signer.Level, error) {
	if k.away {
		return "", gateway.ErrUnavailable
	}
	if _, err := io.Copy(w, io.NewSectionReader(r, 0, size)); err != nil {
		return "", err
	}
	_, err := io.WriteString(w, "\nTEM")
	return k.level, err
}

func TestProofsAreRenewed(t *testing.T) {
	k := &keeper{away: true, level: signer.LevelBLTA}
	h, v := judging(t, func(o *gateway.Options) { o.Preserver, o.Preserve = k, signer.LevelBLTA })
	a := h.send(letter("01", district, wardA), "TỐT")
	if n := h.examine(); n != 1 {
		t.Fatalf("%d examined", n)
	}
	if kept := h.preserved(a.Message); len(kept) != 0 {
		t.Fatalf("preserved while the authority was away: %+v", kept)
	}

	aging := time.Date(2031, 5, 4, 3, 2, 1, 0, time.UTC)
	lasting := passed(signer.LevelBLTA)
	lasting.Recheck = &aging
	v.online["TỐT\nTEM"] = lasting
	k.away = false
	h.now = h.now.Add(time.Minute)
	if n := h.examine(); n != 1 {
		t.Fatalf("%d examined when the authority was back", n)
	}
	kept := h.preserved(a.Message)
	if len(kept) != 1 || kept[0].Level != signer.LevelBLTA {
		t.Fatalf("%+v", kept)
	}
	blob, err := h.objects.Open(t.Context(), objects.Digest(kept[0].Blob))
	h.must(err)
	defer blob.Close()
	text, err := io.ReadAll(blob)
	h.must(err)
	if diff := cmp.Diff("%PDF-1.7\nTỐT\nTEM", string(text)); diff != "" {
		t.Error(diff)
	}

	h.now = aging.Add(-time.Hour)
	if n := h.examine(); n != 0 {
		t.Errorf("%d examined before the proof ages", n)
	}
	h.now = time.Date(2031, 5, 4, 19, 0, 0, 0, time.UTC) // 02:00 of the next day in Vietnam
	if n := h.examine(); n != 1 {
		t.Errorf("%d examined in the night after", n)
	}
	if kept := h.preserved(a.Message); len(kept) != 2 {
		t.Errorf("%d preserved copies", len(kept))
	}
}

func (h *house) preserved(id gateway.MessageID) []gateway.Preserved {
	h.t.Helper()
	r, err := h.SignatureReports(h.t.Context(), h.admin(), id)
	h.must(err)
	return r.Preserved
}

// TestAnotherAgencysSignatureIsMarked: a valid signature proves who signed, and that may be somebody else.
func TestAnotherAgencysSignatureIsMarked(t *testing.T) {
	h, _ := judging(t)
	a := h.send(letter("01", wardA, wardB), "TỐT")
	j := h.judgements(a.Message)[0]
	if j.Action != signer.ActionMark || len(j.Report.Reasons) != 1 || j.Report.Reasons[0].Code != "foreign-signer" {
		t.Errorf("%s %+v", j.Action, j.Report.Reasons)
	}
}

// TestAMissingRootIsAskedForEachNight: what nothing is known about may be known tomorrow, but not for ever.
func TestAMissingRootIsAskedForEachNight(t *testing.T) {
	h, v := judging(t)
	unknown := signer.Report{Verdict: signer.Unsure(signer.NoCertificateChainFound)}
	v.door["LẠ"], v.online["LẠ"] = unknown, unknown
	a := h.send(letter("01", district, wardA), "LẠ")
	seen := 0
	for range 40 {
		h.now = h.now.AddDate(0, 0, 1)
		if seen == 3 {
			v.online["LẠ"] = passed(signer.LevelBB) // the root was added
		}
		seen += h.examine()
	}
	if all := h.judgements(a.Message); seen != 4 || len(all) != 2 || all[1].Report.Indication != signer.TotalPassed {
		t.Errorf("looked at %d times, %d judgements", seen, len(all))
	}
}
