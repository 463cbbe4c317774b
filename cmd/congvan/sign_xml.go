package main

import (
	"context"
	"errors"
	"io"
	"time"

	"congvan/cmd/congvan/signing"
	"congvan/schemas/edxml"
	"congvan/signer"
	"congvan/signer/tsa"
	xmlsig "congvan/signer/xml"
)

// signXMLCommand signs an edXML letter.
type signXMLCommand struct {
	inOut
	keyFlags
	elsewhere
	stamping
	judging

	Level signer.Level `enum:"B-B,B-T,legacy" default:"B-B" help:"Mức chữ ký: B-B, B-T, legacy (XMLDSig) / level of the signature."`
	Role  string       `help:"Vai trò người ký tự khai / claimed role of the signer."`
	PSS   bool         `name:"pss" help:"Dùng RSA-PSS / sign with RSA-PSS."`
}

// Run signs, or does one of the two phases of signing. Attachments stay where they are
// and are streamed.
func (c *signXMLCommand) Run(ctx context.Context, t *terminal, g *globals) error {
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
	if format, err := signing.FormatOf(src, src.size); err == nil && format == signing.FormatPDF {
		return t.failing(wrong(c.In, "đây là tệp PDF; ký bằng congvan sign pdf", "it is a PDF file; congvan sign pdf signs it"))
	}
	m, err := signing.ReadXML(src, src.size)
	if err != nil {
		return t.failing(err)
	}
	job := &xmlJob{signXMLCommand: c, t: t, src: src, message: m, signing: s, result: signed{File: c.Out, Level: c.Level, Wanted: c.Level}}
	return t.failing(c.phases(ctx, job.sign, job.prepare, job.finish))
}

// xmlJob is one signature on a letter.
type xmlJob struct {
	*signXMLCommand
	t       *terminal
	src     *source
	message xmlsig.Message
	signing *signing.Signing
	result  signed
}

func (j *xmlJob) sign(ctx context.Context) error {
	o := j.options()
	if o.Level == signer.LevelBT && o.Stamper == nil {
		return errNoStamper
	}
	key, err := j.keyFlags.open()
	if err != nil {
		return err
	}
	defer key.Close()
	s, err := xmlsig.Sign(ctx, key, j.message, o)
	if j.mayWait(err) {
		o.Level = signer.LevelBB
		s, err = xmlsig.Sign(ctx, key, j.message, o)
	}
	if err != nil {
		return err
	}
	return j.write(s)
}

// mayWait says whether a signature may go without the time stamp that it did not get.
func (j *xmlJob) mayWait(err error) bool {
	if j.Queue == "" || !errors.Is(err, tsa.ErrUnavailable) {
		return false
	}
	why, _ := explain(err)
	j.result.Level, j.result.Reasons = signer.LevelBB, why[1:]
	return true
}

func (j *xmlJob) prepare(ctx context.Context) error {
	cert, chain, err := j.certificate()
	if err != nil {
		return err
	}
	p, err := xmlsig.Prepare(ctx, cert, chain, j.message, j.options())
	if err != nil {
		return err
	}
	if err := writeJSON(j.Prepare, p); err != nil {
		return err
	}
	hash := ""
	if p.Hash() != 0 {
		hash = p.Hash().String()
	}
	out := newPrepared(j.Prepare, hash, p.Digest(), p.ToBeSigned())
	return j.t.print(out, func() { j.t.prepared(out) })
}

func (j *xmlJob) finish(ctx context.Context) error {
	value, err := readSignature(j.Signature)
	if err != nil {
		return err
	}
	var p xmlsig.Pending
	if err := readJSON(j.Finish, &p); err != nil {
		return err
	}
	if !extends(p, j.message.Skeleton) {
		return errChanged
	}
	s, err := p.Finish(value)
	if err != nil {
		return err
	}
	if j.Level == signer.LevelBT {
		if s, err = j.stamped(ctx, s); err != nil {
			return err
		}
	}
	return j.write(s)
}

// extends says whether what was prepared is the message with a signature put in.
func extends(p xmlsig.Pending, skeleton []byte) bool {
	end := p.At + p.Length
	return p.At >= 0 && p.Length >= 0 && end <= len(p.Skeleton) && len(p.Skeleton)-p.Length == len(skeleton) &&
		string(p.Skeleton[:p.At]) == string(skeleton[:p.At]) && string(p.Skeleton[end:]) == string(skeleton[p.At:])
}

// stamped raises a signature to B-T.
func (j *xmlJob) stamped(ctx context.Context, s *xmlsig.Signed) (*xmlsig.Signed, error) {
	o := j.options()
	if o.Stamper == nil {
		return nil, errNoStamper
	}
	j.message = s.Message(j.message.Payloads)
	raised, err := xmlsig.Extend(ctx, j.message, o.Stamper, xmlsig.Limits{})
	if j.mayWait(err) {
		return &xmlsig.Signed{Skeleton: j.message.Skeleton}, nil
	}
	return raised, err
}

// write writes the letter as it was with the signature in its header.
func (j *xmlJob) write(s *xmlsig.Signed) error {
	err := writeWhole(j.Out, signedMode, func(w io.Writer) error {
		if err := signing.WriteXML(w, s.Message(j.message.Payloads)); err != nil {
			return err
		}
		return j.src.unchanged()
	})
	if err != nil {
		return err
	}
	return j.finished(j.t, j.result)
}

func (j *xmlJob) options() xmlsig.SignOptions {
	o := xmlsig.SignOptions{
		Level: j.Level, PSS: j.PSS, Time: time.Now().In(edxml.VietnamZone), Role: j.Role, Commitment: xmlsig.CommitmentOrigin,
	}
	if s := j.signing.Stamper(); s != nil {
		o.Stamper = s
	}
	return o
}
