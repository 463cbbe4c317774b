package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"
	"strings"
	"time"

	"congvan/gateway"
	"congvan/gateway/api/client"
	"congvan/gateway/config"
	"congvan/schemas/edxml"
)

// sendCommand sends an edXML file, or a letter made from files and flags.
type sendCommand struct {
	connection

	Files []string `arg:"" name:"file" help:"Một tệp .edxml, hoặc các tệp của văn bản / one .edxml file, or the letter's files."`

	From           gateway.AgencyID   `help:"Cơ quan gửi; mặc định theo cấu hình / sender; default from the configuration." placeholder:"CODE"`
	To             []gateway.AgencyID `help:"Cơ quan nhận / receivers." placeholder:"CODE"`
	Number         string             `help:"Số / number."`
	Notation       string             `help:"Ký hiệu / notation, such as UBND-VP."`
	Type           string             `help:"Tên loại văn bản / type of document." default:"Công văn"`
	Subject        string             `help:"Trích yếu / subject."`
	Place          string             `help:"Địa danh / place." default:"Hà Nội"`
	Date           string             `help:"Ngày ban hành yyyy-MM-dd; mặc định hôm nay / date; default today."`
	Signer         string             `help:"Người ký / who signed."`
	Position       string             `help:"Chức vụ người ký / the signer's position."`
	Priority       int                `help:"Mức khẩn 0…4 / urgency."`
	IdempotencyKey string             `help:"Khóa chống lặp / idempotency key." placeholder:"KEY"`
}

// Run sends and prints the receipt's essentials.
func (c *sendCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	api, conf, err := c.open(g)
	if err != nil {
		return err
	}
	a, err := c.send(ctx, t, api, conf)
	if err != nil {
		return err
	}
	return t.print(a, func() { t.accepted(a) })
}

func (c *sendCommand) send(ctx context.Context, t *terminal, api *client.Client, conf *config.Config) (*gateway.Acceptance, error) {
	if len(c.Files) == 1 && (c.Files[0] == "-" || strings.EqualFold(filepath.Ext(c.Files[0]), ".edxml")) {
		return c.sendEnvelope(ctx, t, api)
	}
	from, err := self(c.From, conf)
	if err != nil {
		return nil, err
	}
	files, done, err := openFiles(c.Files)
	defer done()
	if err != nil {
		return nil, err
	}
	return api.SubmitLetter(ctx, c.letter(from), files, c.IdempotencyKey)
}

func (c *sendCommand) sendEnvelope(ctx context.Context, t *terminal, api *client.Client) (*gateway.Acceptance, error) {
	e := client.Envelope{Body: t.in, From: c.From, To: c.To, Key: c.IdempotencyKey}
	if c.Files[0] != "-" {
		f, err := os.Open(c.Files[0])
		if err != nil {
			return nil, err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		e.Body, e.Size = f, info.Size()
	}
	return api.SubmitEnvelope(ctx, e)
}

func (c *sendCommand) letter(from gateway.AgencyID) gateway.Letter {
	date := c.Date
	if date == "" {
		date = time.Now().In(edxml.VietnamZone).Format(time.DateOnly)
	}
	return gateway.Letter{
		From: from, To: c.To, Number: c.Number, Notation: c.Notation, Place: c.Place, Date: date, Type: c.Type,
		Subject: c.Subject, Signer: gateway.LetterSigner{Position: c.Position, Name: c.Signer}, Priority: c.Priority,
	}
}

// openFiles opens a letter's files; done closes them.
func openFiles(names []string) (files []client.File, done func(), err error) {
	var opened []io.Closer
	done = func() {
		for _, f := range opened {
			f.Close()
		}
	}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return nil, done, err
		}
		opened = append(opened, f)
		files = append(files, client.File{Name: filepath.Base(name), ContentType: contentType(name), Body: f})
	}
	return files, done, nil
}

func contentType(name string) string {
	if t := mime.TypeByExtension(strings.ToLower(filepath.Ext(name))); t != "" {
		return t
	}
	return "application/octet-stream"
}

// accepted prints what an acceptance says to people.
func (t *terminal) accepted(a *gateway.Acceptance) {
	t.say("%s", a.Message)
	word := "đã tiếp nhận (accepted)"
	if a.Replayed {
		word = "đã tiếp nhận từ trước (accepted before)"
	}
	t.note("%s %s, biên nhận (receipt) %s", word, a.DocumentID, a.Receipt.ID)
	for _, f := range a.Warnings {
		t.note("  %s", findingLine(f))
	}
}

// oneLine is a letter on one line.
func oneLine(m *gateway.Message) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s/%s", m.Number, m.Notation)
	if m.Kind == edxml.KindStatus {
		b.Reset()
		fmt.Fprintf(&b, "trạng thái %s về %s", m.StatusCode, m.DocumentID)
	}
	return strings.TrimSpace(b.String() + " " + m.Subject)
}
