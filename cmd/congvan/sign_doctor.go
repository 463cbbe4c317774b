package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"congvan/cmd/congvan/signing"
	"congvan/gateway/config"
	"congvan/schemas/edxml"
	"congvan/signer"
	"congvan/signer/token"
	"congvan/signer/trust"
	"congvan/signer/tsa"
)

// examineSigning looks at what signatures are judged by and made with, without asking
// anybody over the network.
func examineSigning(c config.Signatures, now time.Time) []diagnosis {
	if !c.Check && c.Key == "" {
		return []diagnosis{warning("signatures", "không kiểm tra chữ ký số (signatures.check)", "signatures are not judged")}
	}
	var all []diagnosis
	if c.Check {
		all = append(all, examinePolicy(c.PolicyFile), examineTrust(c.TrustDir, now))
	}
	if c.Key != "" {
		all = append(all, examineSigningKey(c, now))
	}
	return all
}

func examinePolicy(file string) diagnosis {
	const check = "policy"
	if file == "" {
		return healthy(check, signer.DefaultPolicy().Name)
	}
	p, err := signer.LoadPolicy(file)
	if err != nil {
		return problem(check, "chính sách xác thực: "+err.Error(), "the validation policy cannot be read")
	}
	return healthy(check, p.Name)
}

func examineTrust(dir string, now time.Time) diagnosis {
	const check = "trust"
	store, err := trust.OpenStore(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return warning(check, dir+" chưa có; mọi chữ ký sẽ là chưa xác định: congvan trust add", "there is no trust list yet; no signature can pass")
	case errors.Is(err, trust.ErrTampered):
		return problem(check, dir+": danh sách tin cậy không còn như người quản trị đã ký; khôi phục trust.json và trust.pub từ bản sao", "the trust list is not as its administrator signed it; restore trust.json and trust.pub from a copy")
	case err != nil:
		return problem(check, "danh sách tin cậy: "+err.Error(), "the trust list cannot be read")
	}
	return examineAnchors(store, now)
}

func examineAnchors(store *trust.Store, now time.Time) diagnosis {
	const check = "trust"
	valid, ending := 0, 0
	for _, e := range store.List() {
		if e.Role != trust.RoleAnchor {
			continue
		}
		switch stateOf(&e, now) {
		case trustValid:
			valid++
		case trustEnding:
			ending++
		}
	}
	switch {
	case valid+ending == 0:
		return warning(check, "không có gốc tin cậy nào còn hạn; mọi chữ ký sẽ là chưa xác định: congvan trust add", "no anchor is valid; no signature can pass")
	case ending > 0:
		return warning(check, fmt.Sprintf("%d gốc tin cậy sắp hết hạn", ending), "anchors end soon")
	case !store.Signed():
		return warning(check, "thư mục chứng thư chưa ký: congvan trust add lập danh sách có ký", "a folder of certificates that is not signed")
	}
	return healthy(check, fmt.Sprintf("%d gốc tin cậy", valid))
}

func examineSigningKey(c config.Signatures, now time.Time) diagnosis {
	const check = "signing-key"
	key, err := openSigningKey(c)
	if err != nil {
		if all, _ := explain(err); len(all) > 0 {
			return problem(check, all[0].Vi+" "+err.Error(), all[0].En)
		}
		return problem(check, err.Error(), "it cannot be opened")
	}
	defer key.Close()
	if _, err := signing.NewSealer(key); err != nil {
		return problem(check, err.Error(), "it cannot sign envelopes")
	}
	return examineValidity(check, key, now)
}

func examineValidity(check string, key *token.Key, now time.Time) diagnosis {
	cert := key.Certificate
	until := cert.NotAfter.In(edxml.VietnamZone).Format(time.DateOnly)
	switch {
	case now.After(cert.NotAfter):
		return problem(check, "chứng thư ký hết hạn ngày "+until, "its certificate has expired")
	case now.Before(cert.NotBefore):
		return problem(check, "chứng thư ký chưa có hiệu lực", "its certificate is not valid yet")
	case cert.NotAfter.Sub(now) < certificateNotice:
		return warning(check, "chứng thư ký sắp hết hạn, ngày "+until, "its certificate expires soon")
	}
	return healthy(check, cert.Subject.CommonName+", "+until)
}

// stampPatience is how long doctor waits for one time-stamping authority.
const stampPatience = 5 * time.Second

// examineStamps asks each time-stamping authority for a stamp. One of several that is
// silent is a warning, for the others are asked then.
func examineStamps(ctx context.Context, c config.Signatures) []diagnosis {
	var all []diagnosis
	silent := 0
	for _, url := range c.TSA {
		d := examineStamper(ctx, url, c.TSACredentialsFile)
		if d.Level == levelProblem {
			silent++
		}
		all = append(all, d)
	}
	if silent < len(all) {
		for i := range all {
			if all[i].Level == levelProblem {
				all[i].Level = levelWarning
			}
		}
	}
	return all
}

// stampTrouble says why there is no time stamp.
func stampTrouble(err error) string {
	var stamp *tsa.Error
	if errors.As(err, &stamp) && len(stamp.Attempts) > 0 {
		return stamp.Attempts[0].Reason.Vi
	}
	return err.Error()
}

func examineStamper(ctx context.Context, url, credentials string) diagnosis {
	const check = "tsa"
	ctx, cancel := context.WithTimeout(ctx, stampPatience)
	defer cancel()
	client, err := signing.NewStamper(signing.Options{TSA: []string{url}, TSACredentials: credentials})
	if err != nil {
		return problem(check, err.Error(), "it cannot be used as configured")
	}
	digest := make([]byte, crypto.SHA256.Size())
	_, _ = rand.Read(digest) // never fails
	stamp, err := client.Stamp(ctx, crypto.SHA256, digest)
	if err != nil {
		return problem(check, url+": "+stampTrouble(err), "it gives no time stamp")
	}
	if off := time.Since(stamp.Time).Abs(); off > time.Minute {
		return warning(check, fmt.Sprintf("%s: lệch giờ %s so với máy này", url, off.Round(time.Second)), "its clock and this machine's differ")
	}
	return healthy(check, url)
}
