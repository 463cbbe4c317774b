package main

import (
	"context"
	"io"
	"strings"
	"time"

	"congvan/cmd/congvan/signing"
	"congvan/signer"
	"congvan/signer/pdf"
	"congvan/signer/token"
)

// signPDFCommand signs a PDF file.
type signPDFCommand struct {
	inOut
	keyFlags
	elsewhere
	stamping
	judging
	look

	Level    signer.Level `enum:"B-B,B-T,B-LT,B-LTA,legacy" default:"B-B" help:"Mức chữ ký: B-B, B-T, B-LT, B-LTA, legacy / level of the signature."`
	Field    string       `help:"Trường chữ ký có sẵn, hoặc tên trường mới / an existing signature field, or the name of a new one." placeholder:"NAME"`
	Certify  int          `help:"Ký chứng nhận: 1 không cho sửa gì, 2 cho điền biểu mẫu và ký tiếp, 3 cho cả ghi chú / certify: 1 no changes, 2 forms and signatures, 3 annotations too." placeholder:"P"`
	Lock     string       `enum:"all,include,exclude," default:"" help:"Khóa các trường sau khi ký: all, include, exclude / lock fields once signed." placeholder:"ACTION"`
	LockP    int          `name:"lock-p" help:"Mức cho phép sửa của khóa, 1 đến 3 / permissions of the lock." placeholder:"P"`
	LockName []string     `name:"lock-field" sep:"none" help:"Trường của --lock include hoặc exclude / a field for --lock include or exclude." placeholder:"NAME"`
	Reason   string       `help:"Lý do ký / reason for signing."`
	Location string       `help:"Nơi ký / place of signing."`
	Contact  string       `help:"Cách liên hệ người ký / how to reach the signer."`
	PSS      bool         `name:"pss" help:"Dùng RSA-PSS / sign with RSA-PSS."`
}

// Run signs, or does one of the two phases of signing.
func (c *signPDFCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	if err := c.check(c.Out); err != nil {
		return t.failing(err)
	}
	src, err := openSource(c.In, c.Out)
	if err != nil {
		return t.failing(err)
	}
	defer src.Close()
	s, err := c.stamping.open(c.judging, g)
	if err != nil {
		return t.failing(err)
	}
	job := &pdfJob{signPDFCommand: c, t: t, src: src, signing: s, result: signed{File: c.Out, Level: c.Level, Wanted: c.Level}}
	return t.failing(c.phases(ctx, job.sign, job.prepare, job.finish))
}

// pdfJob is one signature on a PDF file.
type pdfJob struct {
	*signPDFCommand
	t       *terminal
	src     *source
	signing *signing.Signing
	result  signed
}

func (j *pdfJob) sign(ctx context.Context) error {
	key, err := j.keyFlags.open()
	if err != nil {
		return err
	}
	defer key.Close()
	o, err := j.options(key)
	if err != nil {
		return err
	}
	if o.Level.Rank() >= signer.LevelBT.Rank() && o.Stamper == nil {
		return errNoStamper
	}
	err = writeWhole(j.Out, signedMode, func(w io.Writer) error {
		return pdf.Sign(ctx, key, j.src, j.src.size, w, o)
	})
	if err != nil {
		return err
	}
	return j.finished(j.t, j.result)
}

func (j *pdfJob) prepare(ctx context.Context) error {
	cert, chain, err := j.certificate()
	if err != nil {
		return err
	}
	o, err := j.options(&token.Key{Certificate: cert, Chain: chain})
	if err != nil {
		return err
	}
	p, err := pdf.Prepare(ctx, cert, chain, j.src, j.src.size, o)
	if err != nil {
		return err
	}
	if err := writeJSON(j.Prepare, p); err != nil {
		return err
	}
	out := newPrepared(j.Prepare, p.Hash.String(), p.Digest(), p.ToBeSigned())
	return j.t.print(out, func() { j.t.prepared(out) })
}

func (j *pdfJob) finish(ctx context.Context) error {
	value, err := readSignature(j.Signature)
	if err != nil {
		return err
	}
	var p pdf.Pending
	if err := readJSON(j.Finish, &p); err != nil {
		return err
	}
	o := j.services()
	p.Stamper, p.Judge, p.Downgraded = o.Stamper, o.Judge, o.Downgraded
	j.result.Level, j.result.Wanted = p.Level, p.Level
	err = writeWhole(j.Out, signedMode, func(w io.Writer) error { return p.Finish(ctx, value, j.src, w) })
	if err != nil {
		return err
	}
	return j.finished(j.t, j.result)
}

// services are what signing may need beside the key.
func (j *pdfJob) services() pdf.SignOptions {
	o := pdf.SignOptions{Judge: j.signing.Judge()}
	if s := j.signing.Stamper(); s != nil {
		o.Stamper = s
	}
	if j.Queue != "" {
		o.Downgraded = func(reached signer.Level, why []signer.Reason) { j.result.Level, j.result.Reasons = reached, why }
	}
	return o
}

func (j *pdfJob) options(key *token.Key) (pdf.SignOptions, error) {
	o := j.services()
	o.Level, o.Field, o.Certify, o.PSS = j.Level, j.Field, j.Certify, j.PSS
	o.Reason, o.Location, o.Contact = j.Reason, j.Location, j.Contact
	o.Time = time.Now()
	if j.Lock != "" {
		o.Lock = &pdf.Lock{Action: lockAction(j.Lock), Fields: j.LockName, Permissions: j.LockP}
	}
	place, err := j.placement()
	if err != nil {
		return o, err
	}
	o.Placement = place
	o.Appearance, err = j.draw(j.t, key.Certificate, o.Time)
	return o, err
}

// lockAction is the action as ISO 32000-2, table 236, writes it.
func lockAction(flag string) string { return strings.ToUpper(flag[:1]) + flag[1:] }
