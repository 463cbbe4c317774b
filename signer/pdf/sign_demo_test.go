package pdf

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"congvan/internal/peers"
	"congvan/signer/pdf/appearance"
	"congvan/signer/token"
	"congvan/signer/trust"
	"congvan/signer/trust/democa"
	"congvan/signer/tsa"
	"congvan/signer/validate"
)

// demo is a demonstration authority that publishes its lists over HTTP, with a person,
// an agency and a time-stamping authority.
type demo struct {
	ca     *democa.Authority
	server *httptest.Server
	tsa    *democa.Identity
	dir    string // of the root, as a folder of anchors
	root   string // its file
}

// newDemo issues below the root and publishes CRLs: pdfsig 22.12 answers "unknown
// issue" by chance where NSS has to find an issuer or to ask a responder.
func newDemo(t testing.TB) *demo {
	t.Helper()
	return makeDemo(t, func(url string) (*democa.Authority, error) {
		return democa.NewRoot(time.Now(), democa.Options{BaseURL: url, NoOCSP: true})
	})
}

// deepDemo has an authority between, and OCSP responders.
func deepDemo(t testing.TB) *demo {
	t.Helper()
	return makeDemo(t, func(url string) (*democa.Authority, error) {
		return democa.New(time.Now(), democa.Options{BaseURL: url})
	})
}

func makeDemo(t testing.TB, make func(url string) (*democa.Authority, error)) *demo {
	t.Helper()
	d := &demo{dir: t.TempDir()}
	d.server = httptest.NewUnstartedServer(nil)
	var err error
	d.ca, err = make("http://" + d.server.Listener.Addr().String())
	check(t, err)
	d.server.Config.Handler = d.ca.Handler(time.Now)
	d.server.Start()
	t.Cleanup(d.server.Close)
	d.tsa, err = d.ca.TimeStamper("Dấu thời gian thử nghiệm", democa.Issue{Key: democa.RSA2048})
	check(t, err)
	d.root = filepath.Join(d.dir, "root.pem")
	writePEM(t, d.root, "CERTIFICATE", d.ca.Root().Certificate.Raw)
	return d
}

func (d *demo) person(t testing.TB, kind democa.KeyKind) *token.Key {
	t.Helper()
	id, err := d.ca.Person(democa.Subject{Name: "Nguyễn Thị Vĩnh", Agency: "UBND xã CHỦ NGHĨA", Code: "H26.99.1", Email: "vanthu@vinh.example"}, democa.Issue{Key: kind})
	check(t, err)
	return asKey(id)
}

func (d *demo) agency(t testing.TB, kind democa.KeyKind) *token.Key {
	t.Helper()
	id, err := d.ca.Agency(democa.Subject{Agency: "UBND xã CHỦ NGHĨA", Code: "H26.99.1", Email: "vanthu@vinh.example"}, democa.Issue{Key: kind})
	check(t, err)
	return asKey(id)
}

func asKey(id *democa.Identity) *token.Key {
	return &token.Key{Signer: id.Key, Certificate: id.Certificate, Chain: id.Chain}
}

// judge believes in the demonstration's root alone.
func (d *demo) judge(t testing.TB) *trust.Judge {
	t.Helper()
	store, err := trust.OpenStore(d.dir)
	check(t, err)
	j, err := trust.NewJudge(trust.Options{Store: store, CacheDir: t.TempDir(), AllowPrivate: true})
	check(t, err)
	return j
}

// clock is a Stamper that counts.
type clock struct {
	Stamper
	calls  int
	refuse error // given instead of stamps
}

// Stamp implements Stamper.
func (s *clock) Stamp(ctx context.Context, hash crypto.Hash, digest []byte) (*tsa.Token, error) {
	s.calls++
	if s.refuse != nil {
		return nil, s.refuse
	}
	return s.Stamper.Stamp(ctx, hash, digest)
}

// stamper is a client of the demonstration's time-stamping authority, which openssl runs.
func (d *demo) stamper(t testing.TB) *clock {
	t.Helper()
	server := peers.OwnTSA(t, peers.TSAOptions{Key: d.tsa.Key, Certificate: d.tsa.Certificate, Issuers: d.tsa.Chain})
	client, err := tsa.NewClient(tsa.Options{Authorities: []tsa.Authority{{URL: server.URL}}})
	check(t, err)
	return &clock{Stamper: client}
}

func writePEM(t testing.TB, file, kind string, der []byte) {
	t.Helper()
	check(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// verifier believes in the demonstration's root alone.
func (d *demo) verifier(t testing.TB) *Verifier {
	t.Helper()
	return NewVerifier(Options{Process: validate.New(validate.Options{Trust: d.judge(t)})})
}

// seal is the agency's seal, a red ring of real size, with its name beside it.
func seal(t testing.TB) *appearance.Drawing {
	t.Helper()
	const size = 425
	ring := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			dx, dy := x-size/2, y-size/2
			if r := dx*dx + dy*dy; r < 210*210 && r > 190*190 {
				ring.Set(x, y, color.NRGBA{R: 220, A: 255})
			}
		}
	}
	var out bytes.Buffer
	check(t, png.Encode(&out, ring))
	drawing, err := appearance.Decree().Seal.Draw(out.Bytes(), appearance.Words{
		Agency: "UBND xã CHỦ NGHĨA", Time: time.Date(2026, 11, 23, 11, 21, 12, 0, time.UTC),
	})
	check(t, err)
	return drawing
}

// talkative is an authority whose time stamps are larger than is usual: its
// certificate says a lot.
func (d *demo) talkative(t testing.TB) *clock {
	t.Helper()
	id, err := d.ca.TimeStamper("Dấu thời gian dài dòng", democa.Issue{Alter: func(c *x509.Certificate) {
		for i := range 1000 {
			c.DNSNames = append(c.DNSNames, fmt.Sprintf("tsa%d.example", i))
		}
	}})
	check(t, err)
	server := peers.OwnTSA(t, peers.TSAOptions{Key: id.Key, Certificate: id.Certificate, Issuers: id.Chain})
	client, err := tsa.NewClient(tsa.Options{Authorities: []tsa.Authority{{URL: server.URL}}})
	check(t, err)
	return &clock{Stamper: client}
}

// signature is a person's signature, a blue stroke.
func signature(t testing.TB) *appearance.Drawing {
	t.Helper()
	stroke := image.NewNRGBA(image.Rect(0, 0, 460, 240))
	for x := range 440 {
		for y := range 12 {
			stroke.Set(10+x, 20+x*200/440+y, color.NRGBA{B: 200, A: 255})
		}
	}
	var out bytes.Buffer
	check(t, png.Encode(&out, stroke))
	drawing, err := appearance.Decree().Person.Draw(out.Bytes(), appearance.Words{})
	check(t, err)
	return drawing
}
