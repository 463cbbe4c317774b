package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"
	"time"

	"congvan/gateway"
	"congvan/gateway/config"
)

// keyCommand works on systems' credentials in the database, also while the gateway
// runs: what is revoked stops working there within two seconds.
type keyCommand struct {
	Create keyCreateCommand `cmd:"" help:"Cấp khóa cho một hệ thống / issue a credential for a system."`
	Revoke keyRevokeCommand `cmd:"" help:"Thu hồi khóa / revoke a credential."`
	List   keyListCommand   `cmd:"" help:"Liệt kê khóa / list credentials."`
}

// keyCreateCommand issues an API key, or a systemid and secret of the exchange protocol.
type keyCreateCommand struct {
	System   gateway.SystemID   `arg:"" help:"Tên hệ thống; tự tạo khi chưa có / the system; made when missing."`
	Agency   []gateway.AgencyID `help:"Cơ quan mà hệ thống được thay mặt / agencies it may act for." placeholder:"CODE"`
	Name     string             `help:"Tên gọi của hệ thống / the system's name for people."`
	VXP      bool               `name:"vxp" help:"Cấp systemid và secret của giao thức trục / issue systemid and secret of the exchange protocol."`
	SystemID string             `name:"systemid" help:"systemid muốn dùng, với --vxp / the systemid wanted, with --vxp."`
	Scope    []gateway.Scope    `help:"Quyền: submit, receive, directory, operate / scopes; default submit,receive."`
	Expires  string             `help:"Hết hạn sau, ví dụ 365d / expires after, such as 365d."`
	Out      string             `help:"Ghi khóa vào tệp quyền 0600 thay vì in ra / write the secret to a file, mode 0600, instead of printing it." placeholder:"FILE"`
}

type keyRevokeCommand struct {
	ID string `arg:"" help:"Mã khóa hoặc systemid / the credential's id or systemid."`
}

type keyListCommand struct{}

// createdKey is what key create prints. Secret is an API key, or the secret of a systemid.
type createdKey struct {
	ID       string                 `json:"id"`
	System   gateway.SystemID       `json:"system"`
	Kind     gateway.CredentialKind `json:"kind"`
	Secret   string                 `json:"secret,omitempty"`
	File     string                 `json:"file,omitempty"`
	Scopes   []gateway.Scope        `json:"scopes"`
	Agencies []gateway.AgencyID     `json:"agencies"`
}

// actor names the person at the command line, for the events.
func actor() string {
	if u, err := user.Current(); err == nil {
		return "operator:" + u.Username
	}
	return "operator"
}

// Run makes the system if need be and issues the credential.
func (c *keyCreateCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	a, err := openFor(ctx, t, g)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := c.putSystem(ctx, a); err != nil {
		return err
	}
	cred, secret, err := c.issue(ctx, a)
	if err != nil {
		return err
	}
	k := createdKey{ID: cred.ID, System: cred.System, Kind: cred.Kind, Secret: secret, Scopes: cred.Scopes, Agencies: cred.Agencies}
	if c.Out != "" {
		if err := writeSecret(c.Out, secret); err != nil {
			return err
		}
		k.Secret, k.File = "", c.Out
	}
	return t.print(k, func() { t.created(k) })
}

func (t *terminal) created(k createdKey) {
	t.note("khóa %s của hệ thống %s (key %s of system %s); chỉ hiện một lần / shown once", k.ID, k.System, k.ID, k.System)
	switch {
	case k.File != "":
		t.say("%s", k.File)
	case k.Kind == gateway.CredentialVXP:
		t.say("systemid %s\nsecret %s", k.ID, k.Secret)
	default:
		t.say("%s", k.Secret)
	}
}

// putSystem makes the system, or gives it the agencies named now.
func (c *keyCreateCommand) putSystem(ctx context.Context, a *app) error {
	s, err := a.store.SystemByID(ctx, c.System)
	switch {
	case errors.Is(err, gateway.ErrNotFound):
		s = &gateway.System{ID: c.System, Name: string(c.System), Created: time.Now().UTC().Truncate(time.Microsecond)}
	case err != nil:
		return err
	case len(c.Agency) == 0 && c.Name == "":
		return nil
	}
	if c.Name != "" {
		s.Name = c.Name
	}
	if len(c.Agency) > 0 {
		s.Agencies = c.Agency
	}
	for _, id := range s.Agencies {
		if _, err := a.store.Agency(ctx, id); errors.Is(err, gateway.ErrNotFound) {
			return gateway.Errorf(gateway.CodeNotFound, "--agency "+string(id), "%w", err)
		} else if err != nil {
			return err
		}
	}
	return a.store.PutSystem(ctx, *s, actor())
}

func (c *keyCreateCommand) issue(ctx context.Context, a *app) (gateway.Credential, string, error) {
	if c.VXP {
		return a.keys.CreateVXP(ctx, c.System, c.SystemID, c.Scope, actor())
	}
	var expires time.Time
	if c.Expires != "" {
		var d config.Duration
		if err := d.UnmarshalText([]byte(c.Expires)); err != nil {
			return gateway.Credential{}, "", gateway.Errorf(gateway.CodeInvalidRequest, "--expires", "%w", err)
		}
		expires = time.Now().Add(d.Std()).UTC()
	}
	return a.keys.CreateAPIKey(ctx, c.System, c.Scope, expires, actor())
}

// writeSecret writes a new file that only its owner may read.
func writeSecret(file, secret string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	_, err = f.WriteString(secret + "\n")
	return errors.Join(err, f.Close())
}

// Run ends a credential.
func (c *keyRevokeCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	a, err := openFor(ctx, t, g)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.keys.Revoke(ctx, c.ID, actor()); err != nil {
		return err
	}
	return t.print(map[string]string{"revoked": c.ID}, func() { t.say("đã thu hồi %s (revoked)", c.ID) })
}

// Run lists credentials without their secrets.
func (keyListCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	a, err := openFor(ctx, t, g)
	if err != nil {
		return err
	}
	defer a.Close()
	all, err := a.store.Credentials(ctx)
	if err != nil {
		return err
	}
	for _, k := range all {
		if err := t.print(k, func() { t.say("%s", keyLine(k, time.Now())) }); err != nil {
			return err
		}
	}
	return nil
}

func keyLine(k gateway.Credential, now time.Time) string {
	state := "đang dùng (live)"
	switch {
	case !k.Revoked.IsZero():
		state = "đã thu hồi (revoked)"
	case !k.Live(now):
		state = "hết hạn (expired)"
	}
	agencies := make([]string, len(k.Agencies))
	for i, a := range k.Agencies {
		agencies[i] = string(a)
	}
	return fmt.Sprintf("%-20s %-16s %-8s %s %s", k.ID, k.System, k.Kind, strings.Join(agencies, ","), state)
}
