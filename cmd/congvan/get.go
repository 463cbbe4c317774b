package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"congvan/gateway"
	"congvan/gateway/api/client"
	"congvan/schemas/edxml"
)

// getCommand fetches one delivery's original bytes.
type getCommand struct {
	connection

	ID    gateway.DeliveryID `arg:"" name:"delivery" help:"Mã lượt gửi, xem inbox / delivery id, see inbox."`
	Out   string             `help:"Ghi gói tin vào tệp mới; mặc định ra đầu ra chuẩn / write the envelope to a new file; default: standard output." placeholder:"FILE"`
	Files string             `help:"Chỉ lấy các tệp của văn bản, vào thư mục này / take the letter's files out, into this folder." placeholder:"DIR"`
}

// fetched is what get prints with --json, or with --out or --files.
type fetched struct {
	Delivery gateway.DeliveryID `json:"delivery"`
	Size     int64              `json:"size"`
	SHA256   string             `json:"sha256"` // of the envelope; ack takes it
	File     string             `json:"file,omitempty"`
	Files    []string           `json:"files,omitempty"`
}

// Run fetches. Fetching again gives the same bytes.
func (c *getCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	api, _, err := c.open(g)
	if err != nil {
		return err
	}
	if c.Out == "" && c.Files == "" {
		return api.FetchDelivery(ctx, c.ID, t.out)
	}
	f, err := c.file()
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := c.fetch(ctx, api, f)
	if err != nil {
		if c.Out != "" && r == nil { // nobody is to take a part for the letter
			err = errors.Join(err, os.Remove(c.Out))
		}
		return err
	}
	return t.print(r, func() {
		t.note("%d byte, sha256 %s", r.Size, r.SHA256)
		for _, name := range append(words(r.File), r.Files...) {
			t.say("%s", name)
		}
	})
}

// file is where the envelope goes: a new file, or one that vanishes.
func (c *getCommand) file() (*os.File, error) {
	if c.Out != "" {
		return os.OpenFile(c.Out, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	}
	f, err := os.CreateTemp("", "congvan-get-")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

func (c *getCommand) fetch(ctx context.Context, api *client.Client, f *os.File) (*fetched, error) {
	h := sha256.New()
	if err := api.FetchDelivery(ctx, c.ID, io.MultiWriter(f, h)); err != nil {
		return nil, err
	}
	size, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	r := &fetched{Delivery: c.ID, Size: size, SHA256: hex.EncodeToString(h.Sum(nil)), File: c.Out}
	if c.Files == "" {
		return r, nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	r.Files, err = extract(f, c.Files)
	return r, err
}

// extract writes an envelope's files into a folder. Their names come from
// outside, so they are made harmless and never leave the folder.
func extract(envelope io.Reader, dir string) ([]string, error) {
	s := &scratch{}
	defer s.remove()
	split, err := edxml.SplitMessage(envelope, edxml.DefaultLimits(), s)
	if err != nil {
		return nil, err
	}
	env, err := edxml.Read(split.Skeleton)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var names []string
	for _, at := range env.Attachments {
		name := fmt.Sprintf("%02d_%s", at.Index+1, edxml.DisplayName(at.Name))
		if err := extractOne(root, name, at, s.files[at.Index]); err != nil {
			return names, fmt.Errorf("%s: %w", name, err)
		}
		names = append(names, root.Name()+"/"+name)
	}
	return names, nil
}

func extractOne(root *os.Root, name string, at edxml.Attachment, payload *os.File) error {
	info, err := payload.Stat()
	if err != nil {
		return err
	}
	content, err := edxml.OpenContent(at, payload, info.Size(), edxml.DefaultZipLimits())
	if err != nil {
		return err
	}
	defer content.Close()
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}
