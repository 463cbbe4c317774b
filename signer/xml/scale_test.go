package xmlsig

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"congvan/signer"
	"congvan/signer/trust/democa"
)

func TestFromOriginal(t *testing.T) {
	w := newWorld(t)
	m := w.sign(twoFiles(), democa.P256, SignOptions{})
	whole := join(t, m)
	bare := (&Signed{}).Message(m.Payloads).Payloads
	for i := range bare {
		bare[i].Text = nil
	}
	found, err := FromOriginal(bytes.NewReader(whole), int64(len(whole)), m.Skeleton, bare)
	if err != nil {
		t.Fatal(err)
	}
	wants(t, "original", w.verify(found), signer.TotalPassed, "", "")
	if !bytes.Equal(join(t, found), whole) {
		t.Error("the texts are not those of the original")
	}
	wrong := bytes.Replace(m.Skeleton, []byte("H26"), []byte("H27"), 1)
	for name, tc := range map[string]struct {
		original, skeleton []byte
		offset             int64
	}{
		"another skeleton": {whole, wrong, bare[0].Offset}, "cut off": {whole[:len(whole)-1], m.Skeleton, bare[0].Offset},
		"cut off early": {whole[:10], m.Skeleton, bare[0].Offset}, "longer": {append(bytes.Clone(whole), ' '), m.Skeleton, bare[0].Offset},
		"outside": {whole, m.Skeleton, 1 << 40}, "before": {whole, m.Skeleton, -1},
	} {
		payloads := (&Signed{}).Message(bare).Payloads
		payloads[0].Offset = tc.offset
		if _, err := FromOriginal(bytes.NewReader(tc.original), int64(len(tc.original)), tc.skeleton, payloads); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// lines is base64 text of so many bytes in lines of 76, made up as it is read.
type lines struct{ left int64 }

func (l *lines) Read(b []byte) (int, error) {
	if l.left == 0 {
		return 0, io.EOF
	}
	const line = 78
	n := int(min(int64(len(b))/line*line, l.left))
	if n == 0 {
		n = int(min(int64(len(b)), l.left, line))
	}
	copy(b[:n], strings.Repeat(strings.Repeat("QUJD", 19)+"\r\n", n/line+1))
	l.left -= int64(n)
	return n, nil
}

func huge(size int64) Message {
	m := letter(attachment{"209", ""})
	m.Payloads[0].Text = func() (io.ReadCloser, error) { return io.NopCloser(&lines{size / 78 * 78}), nil }
	return m
}

// Memory stays flat while an attachment of half a gigabyte is signed and verified.
func TestBigAttachment(t *testing.T) {
	size := int64(500 << 20)
	if testing.Short() {
		size = 200 << 20
	}
	w := newWorld(t)
	peak := watch(t)
	began := time.Now()
	m := w.sign(huge(size), democa.P256, SignOptions{})
	signed := time.Since(began)
	wants(t, "big", w.verify(m), signer.TotalPassed, "", "")
	t.Logf("%d MB of text: signed in %v, verified in %v, heap at most %d kB over the start", size>>20, signed, time.Since(began)-signed, peak()>>10)
	// How much garbage waits for the collector depends on what else the machine does.
	if got := peak(); got > 64<<20 {
		t.Errorf("the heap grew by %d bytes", got)
	}
}

// watch samples the heap until the test ends; peak gives by how much it grew.
func watch(t *testing.T) (peak func() uint64) {
	t.Helper()
	heap := func() uint64 {
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	runtime.GC()
	start, most := heap(), uint64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				if h := heap(); h > start {
					most = max(most, h-start)
				}
			}
		}
	}()
	stopped := false
	return func() uint64 {
		if !stopped {
			close(stop)
			<-done
			stopped = true
		}
		return most
	}
}

func TestGivesUp(t *testing.T) {
	w := newWorld(t)
	m := w.sign(twoFiles(), democa.P256, SignOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wants(t, "cancelled", w.verifier().Verify(ctx, m), signer.Indeterminate, signer.SignedDataNotFound, "data-unreadable")
	if _, err := Sign(ctx, w.key(democa.P256), twoFiles(), SignOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("sign: %v", err)
	}
}

// Hostile documents of the greatest size that is read must not take long.
func TestHostileSizes(t *testing.T) {
	w := newWorld(t)
	sig := `<Signature xmlns="` + dsig + `"><SignedInfo><CanonicalizationMethod Algorithm="` + excC14N + `"/><SignatureMethod Algorithm="` + dsigMore + `ecdsa-sha256"/>` +
		`<Reference URI=""><Transforms><Transform Algorithm="` + enveloped + `"/></Transforms><DigestMethod Algorithm="` + xmlenc + `sha256"/><DigestValue>%s</DigestValue></Reference></SignedInfo>` +
		`<SignatureValue>AA==</SignatureValue><KeyInfo><X509Data><X509Certificate>%s</X509Certificate></X509Data></KeyInfo></Signature>`
	sig = fmt.Sprintf(sig, base64.StdEncoding.EncodeToString(make([]byte, 32)), base64.StdEncoding.EncodeToString(w.key(democa.P256).Certificate.Raw))
	attrs := strings.Builder{}
	for i := range 60 {
		fmt.Fprintf(&attrs, " xmlns:p%d='urn:p' p%d:a%d=''", i, i, i)
	}
	for name, body := range map[string]string{
		"elements":   strings.Repeat("<b></b>", 49_000),
		"depth":      strings.Repeat("<b>", 120) + strings.Repeat("</b>", 120),
		"namespaces": strings.Repeat("<b"+attrs.String()+">", 100) + strings.Repeat("</b>", 100),
		"references": strings.Repeat("&#13;", 1_500_000),
		"text":       strings.Repeat("&amp;<!-- -->", 500_000),
		"comments":   strings.Repeat("<!---->", 1_000_000),
		"quotes":     "<b c='" + strings.Repeat(">", 7<<20) + "'></b>",
		"open quote": "<b c='" + strings.Repeat("<b c=", 1<<20),
		"open tags":  strings.Repeat("<b ", 2<<20),
	} {
		began := time.Now()
		r := w.verify(Message{Skeleton: []byte("<a>" + body + sig + "</a>")})
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		if r.Indication != signer.TotalFailed {
			t.Errorf("%s: %s", name, r.Indication)
		}
	}
}

func FuzzVerify(f *testing.F) {
	w := newWorld(f)
	for _, o := range []SignOptions{{}, {Level: signer.LevelLegacy}} {
		m := w.sign(letter(attachment{"209", "QUJD"}), democa.P256, o)
		f.Add(m.Skeleton, m.Payloads[0].Offset, "QUJD")
	}
	stamped := w.sign(letter(), democa.P256, SignOptions{Level: signer.LevelBT, Stamper: newOpenSSL(w)})
	f.Add(stamped.Skeleton, int64(0), "")
	v := w.verifier()
	f.Fuzz(func(t *testing.T, skeleton []byte, offset int64, text string) {
		for _, m := range []Message{{Skeleton: skeleton}, {Skeleton: skeleton, Payloads: []Payload{{Offset: offset, ContentID: "209", Text: openText(text)}}}} {
			r := v.Verify(t.Context(), m)
			if r.Indication == "" || len(r.Signatures) == 0 && r.Indication == signer.TotalPassed {
				t.Fatalf("%+v", r)
			}
			if r.Indication == signer.TotalPassed && !bytes.Contains(skeleton, []byte("H26.99.1")) {
				t.Fatalf("passed: %s", skeleton)
			}
		}
	})
}

// benchmarkMessage is a small letter with one attachment of 30 kB, whose digest is known
// as the splitter makes it known.
func benchmarkMessage() Message {
	content := make([]byte, 30<<10)
	m := letter(attachment{"209", base64.StdEncoding.EncodeToString(content)})
	m.Payloads[0].SHA256 = sum(crypto.SHA256, content)
	return m
}

// Beside each benchmark stands what the key alone takes.
func BenchmarkSign(b *testing.B) {
	w := newWorld(b)
	for _, kind := range []democa.KeyKind{democa.RSA2048, democa.P256} {
		key, m, digest := w.key(kind), benchmarkMessage(), sha256.Sum256(nil)
		b.Run(string(kind)+"/envelope", func(b *testing.B) {
			for b.Loop() {
				if _, err := Sign(b.Context(), key, m, SignOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(string(kind)+"/key only", func(b *testing.B) {
			for b.Loop() {
				if _, err := key.Sign(nil, digest[:], crypto.SHA256); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	v := w.verifier()
	for _, kind := range []democa.KeyKind{democa.RSA2048, democa.P256} {
		key, m := w.key(kind), w.sign(benchmarkMessage(), kind, SignOptions{})
		b.Run(string(kind)+"/envelope", func(b *testing.B) {
			for b.Loop() {
				if r := v.Verify(b.Context(), m); r.Indication != signer.TotalPassed {
					b.Fatal(r)
				}
			}
		})
		digest := sha256.Sum256(nil)
		raw, err := key.Sign(nil, digest[:], crypto.SHA256)
		if err != nil {
			b.Fatal(err)
		}
		value := rawSignature(key.Public(), raw)
		a, err := algorithmFor(key.Public(), crypto.SHA256, false)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(string(kind)+"/key only", func(b *testing.B) {
			for b.Loop() {
				if err := a.verify(key.Certificate, nil, value); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A verification hashes the text once, and what it means once more.
func BenchmarkBigAttachment(b *testing.B) {
	w := newWorld(b)
	const size = 100 << 20
	m := w.sign(huge(size), democa.P256, SignOptions{})
	v := w.verifier()
	b.Run("verify", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			if r := v.Verify(b.Context(), m); r.Indication != signer.TotalPassed {
				b.Fatal(r)
			}
		}
	})
	b.Run("hash only", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			h := sha256.New()
			if _, err := io.Copy(h, &lines{size / 78 * 78}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
