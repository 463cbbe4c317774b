package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"congvan/cmd/congvan/signing"
	"congvan/gateway"
	"congvan/signer"
	"congvan/signer/token"
	"congvan/signer/trust"
)

// signCommand signs files without a gateway.
type signCommand struct {
	PDF signPDFCommand `cmd:"" name:"pdf" help:"Ký tệp PDF (PAdES) / sign a PDF file."`
	XML signXMLCommand `cmd:"" name:"xml" help:"Ký gói tin edXML (XAdES) / sign an edXML letter."`
}

// inOut are what is signed and where the signed copy goes.
type inOut struct {
	In  string `arg:"" name:"in" help:"Tệp cần ký / the file to sign."`
	Out string `arg:"" name:"out" optional:"" help:"Tệp đã ký, phải khác tệp cần ký; không cần với --prepare / the signed file, another one; not needed with --prepare."`
}

// keyFlags say whose signature it is.
type keyFlags struct {
	Key          string `help:"Khóa: tệp PKCS#12 (.p12, .pfx), PEM, hoặc pkcs11: URI / the key: PKCS#12 or PEM file, or pkcs11: URI." placeholder:"KEY"`
	Cert         string `help:"Chứng thư của khóa PEM, hoặc của khóa để ở nơi khác / certificate of a PEM key, or of a key kept elsewhere." placeholder:"FILE"`
	PasswordFile string `help:"Tệp chứa mật khẩu hoặc PIN, một dòng / file with the password or PIN, one line." placeholder:"FILE"`
}

// elsewhere are the two phases of signing with a key that is not on this machine.
type elsewhere struct {
	Prepare   string `help:"Dựng chữ ký, ghi phần chờ vào tệp này và in giá trị băm cần ký / lay the signature out, keep it in this file and print the digest to sign." placeholder:"FILE"`
	Finish    string `help:"Hoàn tất chữ ký đã dựng bằng --prepare / finish what --prepare began." placeholder:"FILE"`
	Signature string `help:"Giá trị chữ ký: nhị phân, base64 hoặc hex; với --finish / the signature value: binary, base64 or hex; with --finish." placeholder:"FILE"`
}

// maxSmall bounds files that hold a password, a certificate, a signature value or a picture.
const maxSmall = 16 << 20

// open opens the key. A PEM key is with its certificate in --cert or in the key's own file.
func (k keyFlags) open() (*token.Key, error) {
	if k.Key == "" {
		return nil, wrong("--key", "chưa chỉ ra khóa", "no key is named")
	}
	s := token.Source{Key: k.Key, Certificate: k.Cert}
	if k.PasswordFile != "" {
		text, err := readSmall(k.PasswordFile)
		if err != nil {
			return nil, err
		}
		s.Password = bytes.TrimRight(text, "\r\n")
	}
	key, err := token.Open(s)
	switch {
	case errors.Is(err, token.ErrPassword) && k.PasswordFile == "":
		return nil, wrong("--password-file", "khóa này cần mật khẩu hoặc mã PIN", "the key needs a password or PIN")
	case err != nil:
		return nil, err
	}
	if err := current(key.Certificate, time.Now()); err != nil {
		key.Close()
		return nil, err
	}
	return key, nil
}

// current refuses a certificate that has ended or not begun: nobody would believe what is
// signed with it today.
func current(c *x509.Certificate, now time.Time) error {
	name := plain(signer.CommonName(c))
	switch {
	case now.After(c.NotAfter):
		return &misuse{signer.Reason{
			Code: "certificate-expired",
			Vi:   fmt.Sprintf("Chứng thư “%s” đã hết hạn lúc %s; hãy ký bằng chứng thư còn hạn.", name, clock(&c.NotAfter)),
			En:   fmt.Sprintf("The certificate “%s” expired at %s; sign with one that is valid.", name, clock(&c.NotAfter)),
		}}
	case now.Before(c.NotBefore):
		return &misuse{signer.Reason{
			Code: "certificate-not-yet-valid",
			Vi:   fmt.Sprintf("Chứng thư “%s” chỉ có hiệu lực từ %s; hãy xem lại giờ của máy.", name, clock(&c.NotBefore)),
			En:   fmt.Sprintf("The certificate “%s” is valid only from %s; look at this machine's clock.", name, clock(&c.NotBefore)),
		}}
	}
	return nil
}

// certificate gives the certificate, and its issuers, of a key that need not be here.
func (k keyFlags) certificate() (*x509.Certificate, []*x509.Certificate, error) {
	if k.Key != "" {
		key, err := k.open()
		if err != nil {
			return nil, nil, err
		}
		defer key.Close()
		return key.Certificate, key.Chain, nil
	}
	if k.Cert == "" {
		return nil, nil, wrong("--cert", "chưa chỉ ra chứng thư", "no certificate is named")
	}
	data, err := readSmall(k.Cert)
	if err != nil {
		return nil, nil, err
	}
	all, err := trust.ReadCertificates(data)
	if err != nil {
		return nil, nil, err
	}
	return all[0], all[1:], current(all[0], time.Now())
}

// check says what is missing for the phase.
func (e elsewhere) check(out string) error {
	switch {
	case e.Prepare != "" && e.Finish != "":
		return wrong("--prepare, --finish", "chỉ dùng một trong hai", "only one of them")
	case e.Finish != "" && e.Signature == "":
		return wrong("--signature", "cần có khi dùng --finish", "needed with --finish")
	case e.Finish == "" && e.Signature != "":
		return wrong("--signature", "chỉ dùng với --finish", "only with --finish")
	case e.Prepare == "" && out == "":
		return wrong("OUT", "chưa chỉ ra tệp kết quả", "the signed file is not named")
	}
	return nil
}

// signed is what the signing commands print.
type signed struct {
	File    string          `json:"file"`
	Level   signer.Level    `json:"level"`
	Wanted  signer.Level    `json:"wanted"`
	Queued  bool            `json:"queued"`
	Reasons []signer.Reason `json:"reasons"`
}

func (t *terminal) signed(s signed) {
	t.say("đã ký (signed): %s, mức (level) %s", s.File, s.Level)
	if s.Queued {
		t.note("chưa đạt mức %s, đã xếp vào hàng chờ; nâng bằng congvan timestamp --queue (not %s yet; it waits for congvan timestamp --queue)", s.Wanted, s.Wanted)
	}
	for _, r := range s.Reasons {
		t.note("  %s (%s) [%s]", r.Vi, r.En, r.Code)
	}
}

// finished prints what was signed, after putting what has not its level yet in the queue.
func (s stamping) finished(t *terminal, r signed) error {
	if r.Level != r.Wanted && s.Queue != "" {
		if err := enqueue(s.Queue, r.File, r.Wanted, r.Reasons); err != nil {
			return err
		}
		r.Queued = true
	}
	if r.Reasons == nil {
		r.Reasons = []signer.Reason{}
	}
	return t.print(r, func() { t.signed(r) })
}

// misuse is what is wrong with the command line.
type misuse struct{ signer.Reason }

// Error gives the English sentence.
func (m *misuse) Error() string { return m.En }

func wrong(place, vi, en string) error {
	return &misuse{signer.Reason{Code: "wrong-use", Vi: place + ": " + vi, En: place + ": " + en}}
}

// readSmall reads a file that is not long.
func readSmall(name string) ([]byte, error) {
	f, size, err := openRegular(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > maxSmall {
		return nil, gateway.Errorf(gateway.CodeTooLarge, name, "%d bytes", size)
	}
	return io.ReadAll(io.LimitReader(f, maxSmall))
}

// stamping says who stamps, and what happens when nobody does.
type stamping struct {
	TSA            []string `name:"tsa" sep:"none" help:"Máy chủ cấp dấu thời gian, hỏi theo thứ tự; mặc định theo cấu hình / time-stamping authorities, in order; default: as configured." placeholder:"URL"`
	TSACredentials string   `name:"tsa-credentials" help:"Tệp một dòng tên:mật khẩu của các máy chủ ấy / file with a line user:password for them." placeholder:"FILE"`
	Queue          string   `help:"Thư mục hàng chờ nâng mức khi chưa xin được dấu thời gian / folder of what waits for its time stamp." placeholder:"DIR"`
}

// open opens what judges certificates and what stamps.
func (s stamping) open(j judging, g *globals) (*signing.Signing, error) {
	o, err := j.options(g)
	if err != nil {
		return nil, err
	}
	if len(s.TSA) > 0 {
		o.TSA, o.TSACredentials = s.TSA, s.TSACredentials
	}
	return signing.Open(o)
}

// source is a file that is being signed.
type source struct {
	*os.File
	size int64
	info os.FileInfo
}

func openSource(name, out string) (*source, error) {
	f, size, err := openRegular(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	if there, err := os.Stat(out); err == nil && os.SameFile(info, there) {
		f.Close()
		return nil, wrong(out, "không ghi đè lên tệp nguồn", "the source file is not to be overwritten")
	}
	return &source{f, size, info}, nil
}

// unchanged says whether the file still is what was opened.
func (s *source) unchanged() error {
	now, err := s.Stat()
	if err == nil && (now.Size() != s.size || !now.ModTime().Equal(s.info.ModTime())) {
		err = errChanged
	}
	return err
}

// phases does what the flags ask for: signing, or one of its two phases.
func (e elsewhere) phases(ctx context.Context, sign, prepare, finish func(context.Context) error) error {
	switch {
	case e.Prepare != "":
		return prepare(ctx)
	case e.Finish != "":
		return finish(ctx)
	}
	return sign(ctx)
}
