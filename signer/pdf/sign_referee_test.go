package pdf

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"congvan/internal/peers"
)

// referees are the real tools that look at a signed document.
type referees struct {
	dir, nss, root, chain string
}

func newReferees(t testing.TB, d *demo) *referees {
	t.Helper()
	r := &referees{dir: t.TempDir(), root: d.root}
	r.nss = "sql:" + r.dir
	certutil := peers.Tool(t, "certutil")
	run(t, certutil, "-N", "-d", r.nss, "--empty-password")
	run(t, certutil, "-A", "-d", r.nss, "-n", "root", "-t", "CT,C,C", "-i", d.root)
	r.chain = filepath.Join(r.dir, "chain.pem")
	writePEM(t, r.chain, "CERTIFICATE", d.ca.Certificate.Raw)
	return r
}

// found is a signature as a plain search of the file's bytes finds it.
type found struct {
	covered, der []byte
	stamp        bool
}

var rangeText = regexp.MustCompile(`/ByteRange ?\[ ?0 (\d+) (\d+) (\d+) *\]`)

// search finds all signatures of a document in the order of their ranges.
func search(t testing.TB, doc []byte) (all []found) {
	t.Helper()
	for _, m := range rangeText.FindAllSubmatchIndex(doc, -1) {
		number := func(i int) int {
			n, err := strconv.Atoi(string(doc[m[2*i]:m[2*i+1]]))
			check(t, err)
			return n
		}
		gap, resume, rest := number(1), number(2), number(3)
		der := make([]byte, hex.DecodedLen(resume-gap-2))
		_, err := hex.Decode(der, doc[gap+1:resume-1])
		check(t, err)
		around := doc[max(0, m[0]-400):min(len(doc), resume+400)]
		all = append(all, found{
			covered: append(bytes.Clone(doc[:gap]), doc[resume:resume+rest]...),
			der:     der, stamp: bytes.Contains(around, []byte("/ETSI.RFC3161")),
		})
	}
	return all
}

// approve has all tools look at a document with so many signatures. pdfsig knows no
// document time stamps, so only signatures are counted.
func (r *referees) approve(t testing.TB, doc []byte, signatures int) {
	t.Helper()
	file := filepath.Join(r.dir, "signed.pdf")
	check(t, os.WriteFile(file, doc, 0o600))
	r.pdfsig(t, file, signatures)
	r.mutool(t, file, signatures)
	r.examine(t, doc, signatures)
}

// examine leaves out the readers of PDF that know no signature field with a widget
// of its own.
func (r *referees) examine(t testing.TB, doc []byte, signatures int) {
	t.Helper()
	file := filepath.Join(r.dir, "signed.pdf")
	check(t, os.WriteFile(file, doc, 0o600))
	run(t, peers.Tool(t, "qpdf"), "--check", file)
	all := search(t, doc)
	n := 0
	for _, f := range all {
		if f.stamp {
			r.stamped(t, f)
			continue
		}
		n++
		r.signed(t, f)
	}
	if n != signatures {
		t.Errorf("%d signatures found, want %d", n, signatures)
	}
}

func (r *referees) pdfsig(t testing.TB, file string, signatures int) {
	t.Helper()
	out := run(t, peers.Tool(t, "pdfsig"), "-nssdir", r.nss, file)
	// pdfsig 22.12 answers "Unknown issue" by chance for a certificate that it trusts a moment later, or a
	// line earlier. OpenSSL builds every chain as well.
	for range 4 {
		if !strings.Contains(out, unknownIssue) {
			break
		}
		out = run(t, peers.Tool(t, "pdfsig"), "-nssdir", r.nss, file)
	}
	if n := strings.Count(out, "Signature is Valid."); n != signatures {
		t.Errorf("pdfsig finds %d valid signatures, want %d:\n%s", n, signatures, out)
	}
	trusted, unsure := strings.Count(out, "Certificate is Trusted."), strings.Count(out, unknownIssue)
	if trusted == 0 || trusted+unsure != signatures {
		t.Errorf("pdfsig trusts %d certificates and is unsure of %d, want %d:\n%s", trusted, unsure, signatures, out)
	}
}

const unknownIssue = "Unknown issue with Certificate"

// mutool knows no roots of ours, and no document time stamps; it says of each
// signature whether it holds for what it covers.
func (r *referees) mutool(t testing.TB, file string, signatures int) {
	t.Helper()
	out := run(t, peers.Tool(t, "mutool"), "sign", "-v", file)
	n := strings.Count(out, "The document is unchanged since signing.") + strings.Count(out, "The signature is valid but there have been edits since signing.")
	if n != signatures {
		t.Errorf("mutool finds %d valid signatures, want %d:\n%s", n, signatures, out)
	}
}

// signed has openssl verify the CMS signature over the bytes that it covers.
func (r *referees) signed(t testing.TB, f found) {
	t.Helper()
	der, content := filepath.Join(r.dir, "sig.der"), filepath.Join(r.dir, "content")
	check(t, os.WriteFile(der, f.der, 0o600))
	check(t, os.WriteFile(content, f.covered, 0o600))
	run(t, peers.Tool(t, "openssl"), "cms", "-verify", "-cades", "-inform", "DER", "-in", der, "-content", content,
		"-binary", "-CAfile", r.root, "-certfile", r.chain, "-purpose", "any", "-out", os.DevNull)
}

// stamped has openssl verify a document time stamp.
func (r *referees) stamped(t testing.TB, f found) {
	t.Helper()
	r.token(t, f.der, f.covered)
}

// token has openssl verify a time stamp token over data.
func (r *referees) token(t testing.TB, der, data []byte) {
	t.Helper()
	in, content := filepath.Join(r.dir, "token.der"), filepath.Join(r.dir, "stamped")
	check(t, os.WriteFile(in, der, 0o600))
	check(t, os.WriteFile(content, data, 0o600))
	out := run(t, peers.Tool(t, "openssl"), "ts", "-verify", "-data", content, "-in", in, "-token_in", "-CAfile", r.root, "-untrusted", r.chain)
	if !strings.Contains(out, "Verification: OK") {
		t.Errorf("openssl ts: %s", out)
	}
}
