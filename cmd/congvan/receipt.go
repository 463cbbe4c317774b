package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"congvan/cmd/congvan/wording"
	"congvan/gateway"
	"congvan/gateway/config"
	"congvan/gateway/receipts"
	"congvan/schemas/edxml"
)

// receiptCommand is about receipts.
type receiptCommand struct {
	List   receiptListCommand   `cmd:"" help:"Biên nhận của một văn bản / a letter's receipts."`
	Verify receiptVerifyCommand `cmd:"" help:"Kiểm tra biên nhận, không cần mạng / check a receipt, offline."`
}

// receiptVerifyCommand checks a receipt against a key set, and a letter against the receipt.
type receiptVerifyCommand struct {
	File   string `arg:"" help:"Tệp biên nhận: JWS hoặc JSON của receipt list; - là đầu vào chuẩn / receipt: its JWS, or JSON from receipt list; - is standard input."`
	Letter string `arg:"" optional:"" name:"letter" help:"Gói tin .edxml cần đối chiếu / the .edxml envelope that the receipt is to be compared with."`
	Keys   string `help:"Tệp khóa công khai (JWKS) hoặc địa chỉ https; mặc định là khóa của cấu hình / public key set, a file or https address; default: the configured gateway's own." placeholder:"FILE"`
}

// Run prints what the receipt states; exit status 1 when it is not genuine, or not
// the letter's.
func (c *receiptVerifyCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	text, err := c.receipt(t)
	if err != nil {
		return err
	}
	keys, err := c.keys(ctx, g)
	if err != nil {
		return err
	}
	s, err := receipts.Verify(signedText(text), keys)
	if err != nil {
		return t.notGenuine(err)
	}
	if c.Letter == "" {
		return t.print(map[string]any{"ok": true, "statement": s}, func() { t.statement(&s) })
	}
	hash, err := hashFile(c.Letter)
	if err != nil {
		return err
	}
	same := hash == s.SHA256
	err = t.print(map[string]any{"ok": same, "statement": s, "letter_sha256": hash}, func() { t.statement(&s) })
	if err != nil {
		return err
	}
	if !same {
		t.note("%s: không phải gói tin đã gửi, hoặc đã bị sửa (not the envelope that the receipt is for, or altered): sha256 %s", c.Letter, hash)
		return exitStatus(exitFindings)
	}
	t.note("%s: đúng là gói tin của biên nhận (this is the receipt's envelope)", c.Letter)
	return nil
}

// signedText takes the signed text out of a receipt as receipt list --json prints
// it; anything else is taken for the signed text itself.
func signedText(text string) string {
	var r gateway.Receipt
	if json.Unmarshal([]byte(text), &r) == nil && r.JWS != "" {
		return r.JWS
	}
	return strings.TrimSpace(text)
}

// hashFile gives the SHA-256 of a file in hex.
func hashFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (t *terminal) notGenuine(err error) error {
	vi := "chữ ký không khớp với nội dung; không được tin biên nhận này"
	switch {
	case errors.Is(err, receipts.ErrForm):
		vi = "không phải biên nhận"
	case errors.Is(err, receipts.ErrUnknownKey):
		vi = "ký bằng khóa không có trong bộ khóa; hãy lấy bộ khóa của cổng đã cấp"
	case !errors.Is(err, receipts.ErrSignature):
		return err
	}
	if t.json {
		if err := t.print(map[string]any{"ok": false, "error": err.Error()}, nil); err != nil {
			return err
		}
	}
	t.note("%s (%s)", vi, err)
	return exitStatus(exitFindings)
}

func (t *terminal) statement(s *gateway.Statement) {
	t.say("biên nhận thật (genuine): %s, do %s cấp lúc (issued at) %s", wording.Receipt(s.Kind), s.Issuer, time.Unix(s.IssuedAt, 0).In(edxml.VietnamZone).Format(time.RFC3339))
	t.say("  văn bản (letter) %s, từ (from) %s", s.DocumentID, s.From)
	for _, to := range s.To {
		t.say("  đến (to) %s", strings.Join(words(string(to.Receiver), wording.Redirect(to.Redirect, to.Addressed)), ", "))
	}
	t.say("  gói tin (message) %s, %d byte, sha256 %s", s.Message, s.Size, s.SHA256)
	for _, f := range s.Attachments {
		t.say("  tệp (file) %s, %d byte, sha256 %s", f.Name, f.Size, f.SHA256)
	}
}

func (c *receiptVerifyCommand) receipt(t *terminal) (string, error) {
	in := t.in
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, receipts.MaxSize+1))
	return string(text), err
}

// keys reads the key set. By default it is that of the configured gateway, from its
// own key file: no network is needed.
func (c *receiptVerifyCommand) keys(ctx context.Context, g *globals) ([]byte, error) {
	switch {
	case strings.HasPrefix(c.Keys, "https://"), strings.HasPrefix(c.Keys, "http://"):
		return download(ctx, c.Keys)
	case c.Keys != "":
		return os.ReadFile(c.Keys)
	}
	conf, err := config.Load(g.Config)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(conf.Keys.ReceiptFile); err != nil {
		return nil, err // Open would make a new key, which signed nothing
	}
	signer, err := receipts.Open(conf.Keys.ReceiptFile)
	if err != nil {
		return nil, err
	}
	return signer.PublicJWKS(), nil
}

const maxKeySet = 1 << 20

func download(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, errors.New(url + ": " + res.Status)
	}
	return io.ReadAll(io.LimitReader(res.Body, maxKeySet))
}
