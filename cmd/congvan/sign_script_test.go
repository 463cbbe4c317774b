package main

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"image"
	"image/color"
	"image/png"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"congvan/cmd/congvan/paper"
	"congvan/internal/peers"
	"congvan/signer/token"
	"congvan/signer/trust/democa"
)

// TestSigningStories tells how files are signed, verified, stamped and trusted, with the
// real program and the tools that others verify with.
func TestSigningStories(t *testing.T) {
	w := newSigningWorld(t)
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script/signing",
		Setup: w.setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"keep":    keep,
			"alter":   alter,
			"mode":    mode,
			"extract": extractSignature,
		},
		Condition: func(name string) (bool, error) { return name == "samples" && sampleFolder() != "", nil },
	})
}

// signingWorld is a demonstration authority that publishes its lists, with a person, an
// agency and a time-stamping authority, which OpenSSL runs.
type signingWorld struct {
	t                       *testing.T
	ca                      *democa.Authority
	person, agency, expired *token.Key
	tsa, gone               string // addresses
}

func newSigningWorld(t *testing.T) *signingWorld {
	t.Helper()
	for _, tool := range []string{"pdfsig", "qpdf", "openssl", "xmlsec1", "pdftotext"} {
		peers.Tool(t, tool)
	}
	w := &signingWorld{t: t, gone: "http://" + closedPort(t)}
	server := httptest.NewUnstartedServer(nil)
	var err error
	// Below the root and with lists only: pdfsig answers by chance where it has to find an issuer.
	w.ca, err = democa.NewRoot(time.Now(), democa.Options{BaseURL: "http://" + server.Listener.Addr().String(), NoOCSP: true})
	w.must(err)
	server.Config.Handler = w.ca.Handler(time.Now)
	server.Start()
	t.Cleanup(server.Close)
	w.issue()
	stamper, err := w.ca.TimeStamper("Dấu thời gian thử nghiệm", democa.Issue{Key: democa.RSA2048})
	w.must(err)
	w.tsa = peers.OwnTSA(t, peers.TSAOptions{Key: stamper.Key, Certificate: stamper.Certificate, Issuers: stamper.Chain}).URL
	return w
}

func (w *signingWorld) issue() {
	person, err := w.ca.Person(democa.Subject{
		Name: "Nguyễn Thị Vĩnh", Agency: "Ủy ban nhân dân xã CHỦ NGHĨA", Code: "H26.99.1", Title: "Chủ tịch",
	}, democa.Issue{Key: democa.RSA2048})
	w.must(err)
	agency, err := w.ca.Agency(democa.Subject{Agency: "Ủy ban nhân dân xã CHỦ NGHĨA", Code: "H26.99.1"}, democa.Issue{Key: democa.P256})
	w.must(err)
	expired, err := w.ca.Person(democa.Subject{Name: "Lê Văn Hết"}, democa.Expired(time.Now()))
	w.must(err)
	w.expired = &token.Key{Signer: expired.Key, Certificate: expired.Certificate}
	w.person = &token.Key{Signer: person.Key, Certificate: person.Certificate, Chain: person.Chain}
	w.agency = &token.Key{Signer: agency.Key, Certificate: agency.Certificate, Chain: agency.Chain}
}

func (w *signingWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// setUp gives each story the keys, the roots, a letter, and pictures of signature and seal.
func (w *signingWorld) setUp(env *testscript.Env) error {
	env.Setenv("TSA", w.tsa)
	env.Setenv("TSA_GONE", w.gone)
	env.Setenv("SAMPLES", sampleFolder())
	env.Setenv("TMPDIR", env.WorkDir)
	env.Setenv("LANG", "C.UTF-8")
	env.Setenv("HOME", env.WorkDir)
	at := func(name string) string { return filepath.Join(env.WorkDir, name) }
	w.must(os.Mkdir(at("roots"), 0o755))
	w.must(os.WriteFile(at("roots/root.pem"), pemOf("CERTIFICATE", w.ca.Root().Certificate.Raw), 0o644))
	w.must(token.WritePKCS12(at("person.p12"), w.person, []byte("mật khẩu")))
	w.must(os.WriteFile(at("password"), []byte("mật khẩu\n"), 0o600))
	w.must(os.WriteFile(at("wrong"), []byte("khác\n"), 0o600))
	w.must(os.WriteFile(at("person.key"), privatePEM(w.t, w.person), 0o600))
	w.must(os.WriteFile(at("person.pem"), pemOf("CERTIFICATE", w.person.Certificate.Raw), 0o644))
	w.must(os.WriteFile(at("agency.pem"), append(privatePEM(w.t, w.agency), pemOf("CERTIFICATE", w.agency.Certificate.Raw)...), 0o600))
	w.must(os.WriteFile(at("expired.pem"), append(privatePEM(w.t, w.expired), pemOf("CERTIFICATE", w.expired.Certificate.Raw)...), 0o600))
	w.must(os.WriteFile(at("letter.pdf"), letterPDF(w.t), 0o644))
	w.must(os.WriteFile(at("signature.png"), stroke(w.t), 0o644))
	w.must(os.WriteFile(at("seal.png"), ring(w.t), 0o644))
	return nil
}

func letterPDF(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	err := paper.Write(&out, paper.Letter{
		InCharge: "ỦY BAN NHÂN DÂN QUẬN THỬ", Issuer: "ỦY BAN NHÂN DÂN XÃ CHỦ NGHĨA", Code: "12/UBND-VP", Place: "Chủ Nghĩa",
		Date: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Type: paper.OfficialLetter, Subject: "ký số văn bản điện tử",
		Addressees: []string{"Các tổ dân phố"}, Body: []string{"Đề nghị các tổ dân phố thực hiện."}, Places: []string{"Như trên"},
		Position: "CHỦ TỊCH", Signer: "Nguyễn Thị Vĩnh",
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// stroke is a person's signature in blue.
func stroke(t testing.TB) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 460, 240))
	for x := range 440 {
		for y := range 12 {
			img.Set(10+x, 20+x*200/440+y, color.NRGBA{B: 200, A: 255})
		}
	}
	return pngOf(t, img)
}

// ring is a round seal in red.
func ring(t testing.TB) []byte {
	t.Helper()
	const size = 425
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			dx, dy := x-size/2, y-size/2
			if r := dx*dx + dy*dy; r < 210*210 && r > 190*190 {
				img.Set(x, y, color.NRGBA{R: 220, A: 255})
			}
		}
	}
	return pngOf(t, img)
}

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// alter replaces text in a file by as much other text: alter FILE OLD NEW.
func alter(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 || len(args[1]) != len(args[2]) {
		ts.Fatalf("usage: alter FILE OLD NEW, of equal length")
	}
	name := ts.MkAbs(args[0])
	data, err := os.ReadFile(name)
	ts.Check(err)
	if !bytes.Contains(data, []byte(args[1])) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(name, bytes.Replace(data, []byte(args[1]), []byte(args[2]), 1), 0o600))
}

// extractSignature gives what the first signature of a PDF file is over, and its CMS: extract FILE CONTENT CMS.
func extractSignature(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: extract FILE CONTENT CMS")
	}
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	found := regexp.MustCompile(`/ByteRange ?\[ ?0 (\d+) (\d+) (\d+)`).FindSubmatch(data)
	if found == nil {
		ts.Fatalf("%s bears no signature", args[0])
	}
	var at [3]int
	for i := range at {
		at[i], err = strconv.Atoi(string(found[i+1]))
		ts.Check(err)
	}
	cms, err := hex.DecodeString(string(data[at[0]+1 : at[1]-1]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), append(data[:at[0]:at[0]], data[at[1]:at[1]+at[2]]...), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), cms, 0o600))
}

// mode demands the mode of a file: mode FILE OCTAL.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode FILE OCTAL")
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := strconv.FormatUint(uint64(info.Mode().Perm()), 8); got != args[1] {
		ts.Fatalf("%s has mode %s, not %s", args[0], got, args[1])
	}
}

// sampleFolder finds the signed files that others made; empty where they are not.
func sampleFolder() string {
	dir := os.Getenv("CONGVAN_SAMPLES")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "samples")
	}
	dir, err := filepath.Abs(filepath.Join(dir, "pdf"))
	if err != nil {
		return ""
	}
	if _, err := os.Stat(filepath.Join(dir, "verdicts.csv")); err != nil {
		return ""
	}
	return dir
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func privatePEM(t testing.TB, k *token.Key) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(k.Signer)
	if err != nil {
		t.Fatal(err)
	}
	return pemOf("PRIVATE KEY", der)
}
