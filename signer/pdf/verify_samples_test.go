package pdf

import (
	"bytes"
	"crypto"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"congvan/internal/peers"
	"congvan/signer"
	"congvan/signer/cms"
	"congvan/signer/trust"
	"congvan/signer/validate"
)

var update = flag.Bool("update", false, "write the golden files anew")

// expectation is a line of verdicts.csv, for one file.
type expectation struct {
	file       string
	signatures int // -1: not said
	verdict    string
	note       string
}

// at is the day that the note asks to judge for.
func (e expectation) at(t testing.TB) time.Time {
	day := regexp.MustCompile(`\d{4}-\d\d-\d\d`).FindString(e.note)
	if day == "" {
		return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func expectations(t testing.TB, dir string) (all []expectation) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "verdicts.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1 // notes hold commas
	lines, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		n, err := strconv.Atoi(line[1])
		if err != nil {
			n = -1
		}
		for _, file := range named(t, dir, line[0]) {
			all = append(all, expectation{file, n, line[2], strings.Join(line[3:], ",")})
		}
	}
	return all
}

// named gives the files that a line of verdicts.csv is about: several names, or all
// from one to another.
func named(t testing.TB, dir, names string) (all []string) {
	t.Helper()
	first, _, isRange := strings.Cut(names, "..")
	if !isRange {
		return strings.Fields(names)
	}
	prefix, _, _ := strings.Cut(first, "_")
	found, err := filepath.Glob(filepath.Join(dir, prefix+"_*.pdf"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no samples %s: %v", names, err)
	}
	for _, f := range found {
		all = append(all, filepath.Base(f))
	}
	return all
}

// uncounted says of which samples verdicts.csv counts only the signature that the line
// is about: both were signed once more afterwards (the first with Ed25519), as pdfsig
// sees too, and what is signed is a signature.
func uncounted(file string) int {
	switch file {
	case "extensions-direct.pdf", "form-update-override-appearance-stream-sneaky.pdf":
		return 1
	}
	return 0
}

// TestSamples holds the verdict on each sample against verdicts.csv: where everybody is
// believed, so that only the file counts; where nobody is; and with its own roots.
func TestSamples(t *testing.T) {
	dir := peers.Samples(t, "pdf")
	for _, e := range expectations(t, dir) {
		t.Run(e.file, func(t *testing.T) {
			file, err := os.ReadFile(filepath.Join(dir, e.file))
			if err != nil {
				t.Fatal(err)
			}
			at := e.at(t)
			believed := judgeSample(t, credulousVerifier(at), file)
			doubted := judgeSample(t, strictVerifier(t, t.TempDir(), at), file)
			own := judgeSample(t, strictVerifier(t, rootsOf(t, file), at), file)
			e.check(t, believed, doubted, own)
			golden(t, strings.TrimSuffix(e.file, ".pdf")+".json", own)
		})
	}
}

func judgeSample(t testing.TB, v *Verifier, file []byte) *signer.Report {
	t.Helper()
	r := v.Verify(t.Context(), bytes.NewReader(file), int64(len(file)))
	sound(t, r)
	return r
}

func (e expectation) check(t *testing.T, believed, doubted, own *signer.Report) {
	t.Helper()
	want := e.signatures + uncounted(e.file)
	if got := len(believed.Signatures); e.signatures >= 0 && got != want || got == 0 {
		t.Errorf("%d signatures, want %d", got, want)
	}
	if doubted.Indication == signer.TotalPassed {
		t.Error("passes although nobody is trusted")
	}
	switch e.verdict {
	case "never TOTAL_PASSED":
		if believed.Indication == signer.TotalPassed || own.Indication == signer.TotalPassed {
			t.Errorf("passes: %+v", believed.Signatures)
		}
	case "TOTAL_FAILED":
		if believed.Indication != signer.TotalFailed || doubted.Indication != signer.TotalFailed {
			t.Errorf("%s, %s", believed.Indication, doubted.Indication)
		}
	case "intact":
		e.checkIntact(t, believed, doubted, own)
	default:
		t.Fatalf("verdicts.csv has a new verdict %q", e.verdict)
	}
	e.checkNote(t, believed)
}

// checkIntact wants signatures that pass as soon as their signers are believed, and that
// fail for nothing but the chain before.
func (e expectation) checkIntact(t *testing.T, believed, doubted, own *signer.Report) {
	t.Helper()
	for _, s := range believed.Signatures {
		if s.Indication != signer.TotalPassed {
			t.Errorf("%s is %s %s: %v", s.Field, s.Indication, s.SubIndication, s.Reasons)
		}
	}
	if doubted.Indication != signer.Indeterminate {
		t.Errorf("with nobody trusted: %s %s", doubted.Indication, doubted.SubIndication)
	}
	if !strings.Contains(e.note, "trusted at") {
		return
	}
	for _, s := range own.Signatures {
		complete := s.Level == signer.LevelBLTA // nothing is left to ask for
		if s.Indication != signer.TotalPassed && (complete || s.SubIndication != signer.TryLater) {
			t.Errorf("with its own root: %s is %s %s: %v", s.Field, s.Indication, s.SubIndication, s.Reasons)
		}
	}
}

func (e expectation) checkNote(t *testing.T, believed *signer.Report) {
	t.Helper()
	s := believed.Signatures[0]
	switch {
	case strings.HasPrefix(e.note, "LTA"):
		if s.Level != signer.LevelBLTA || len(believed.TimeStamps) == 0 || s.ProvenTime == nil {
			t.Errorf("level %s, %d document time stamps, proven %v", s.Level, len(believed.TimeStamps), s.ProvenTime)
		}
	case strings.HasPrefix(e.note, "certification"):
		if s.Permissions == 0 {
			t.Error("the certification was not seen")
		}
	case strings.HasPrefix(e.note, string(signer.CryptoConstraintsFailure)):
		if s.SubIndication != signer.CryptoConstraintsFailure {
			t.Errorf("%s %s", s.Indication, s.SubIndication)
		}
	}
}

// strictVerifier trusts the roots in a folder, and asks nobody for revocation data.
func strictVerifier(t testing.TB, roots string, at time.Time) *Verifier {
	t.Helper()
	policy := signer.DefaultPolicy()
	policy.Revocation.Offline = true
	store, err := trust.OpenStore(roots)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return at }
	judge, err := trust.NewJudge(trust.Options{Store: store, Policy: policy, CacheDir: t.TempDir(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return NewVerifier(Options{Process: validate.New(validate.Options{Trust: judge, Policy: policy, Now: now}), Policy: policy, Now: now})
}

// rootsOf makes a trust folder of the roots that a sample carries in its signatures.
func rootsOf(t testing.TB, file []byte) string {
	t.Helper()
	dir := t.TempDir()
	for _, m := range regexp.MustCompile(`/Contents\s*<([0-9A-Fa-f]+)>`).FindAllSubmatch(file, -1) {
		der := make([]byte, len(m[1])/2)
		if _, err := hex.Decode(der, m[1]); err != nil {
			continue
		}
		d, err := cms.Parse(der)
		if err != nil {
			continue
		}
		for _, c := range d.Certificates {
			if bytes.Equal(c.RawIssuer, c.RawSubject) {
				writeCertificate(t, dir, c.Raw)
			}
		}
	}
	return dir
}

func writeCertificate(t testing.TB, dir string, der []byte) {
	t.Helper()
	name := filepath.Join(dir, hex.EncodeToString(sumOf(crypto.SHA256, der))[:16]+".pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// golden holds a report against the one that is kept.
func golden(t *testing.T, name string, r *signer.Report) {
	t.Helper()
	got, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "reports", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Errorf("the report differs from %s (-want +got):\n%s", file, diff)
	}
}

// TestSamplesAreAllJudged sees that no sample is forgotten by verdicts.csv.
func TestSamplesAreAllJudged(t *testing.T) {
	dir := peers.Samples(t, "pdf")
	var judged []string
	for _, e := range expectations(t, dir) {
		judged = append(judged, e.file)
	}
	all, err := filepath.Glob(filepath.Join(dir, "*.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all {
		if name := filepath.Base(file); name != "base.pdf" && !slices.Contains(judged, name) {
			t.Errorf("verdicts.csv does not say what %s is", name)
		}
	}
}
