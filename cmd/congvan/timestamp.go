package main

import (
	"context"
	"io"

	"congvan/cmd/congvan/signing"
	"congvan/signer"
)

// timestampCommand raises signatures to a level that outlasts their certificates.
type timestampCommand struct {
	stamping
	judging

	File  string       `arg:"" optional:"" help:"Tệp PDF hoặc gói tin edXML đã ký / a signed PDF file or edXML letter."`
	Out   string       `arg:"" optional:"" help:"Tệp kết quả, phải khác tệp đã ký / the raised file, another one."`
	Level signer.Level `enum:"B-T,B-LT,B-LTA" default:"B-T" help:"Mức cần đạt: B-T, B-LT, B-LTA (gia hạn nếu đã đạt) / level to reach; B-LTA renews what has it."`
}

// Run raises one file, or all that wait in a queue.
func (c *timestampCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	if c.File != "" && c.Out == "" {
		return t.failing(wrong("OUT", "chưa chỉ ra tệp kết quả", "the raised file is not named"))
	}
	if c.File == "" && c.Queue == "" {
		return t.failing(wrong("FILE", "cần một tệp đã ký, hoặc hàng chờ --queue", "name a signed file, or a queue with --queue"))
	}
	s, err := c.stamping.open(c.judging, g)
	if err != nil {
		return t.failing(err)
	}
	if s.Stamper() == nil {
		return t.failing(errNoStamper)
	}
	if c.File == "" {
		return t.failing(raiseQueue(ctx, t, s, c.Queue))
	}
	return t.failing(c.one(ctx, t, s))
}

func (c *timestampCommand) one(ctx context.Context, t *terminal, s *signing.Signing) error {
	src, err := openSource(c.File, c.Out)
	if err != nil {
		return err
	}
	defer src.Close()
	r := signed{File: c.Out, Level: c.Level, Wanted: c.Level, Reasons: []signer.Reason{}}
	err = writeWhole(c.Out, signedMode, func(w io.Writer) error {
		return raise(ctx, s, src, w, c.Level)
	})
	if err != nil {
		return err
	}
	return t.print(r, func() { t.say("đã đóng dấu thời gian (time-stamped): %s, mức (level) %s", r.File, r.Level) })
}

// raise writes a signed file with what it lacks to be of a level.
func raise(ctx context.Context, s *signing.Signing, src *source, w io.Writer, to signer.Level) error {
	if err := s.Raise(ctx, src, src.size, w, to); err != nil {
		return err
	}
	return src.unchanged()
}
