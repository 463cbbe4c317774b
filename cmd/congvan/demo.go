package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"congvan/archive/objects"
	"congvan/cmd/congvan/demo"
	"congvan/gateway"
	"congvan/gateway/config"
	"congvan/gateway/telemetry"
)

// demoCommand shows letters travelling, with everything it needs in one folder.
type demoCommand struct {
	Dir  string `help:"Thư mục của bản minh họa / the demonstration's folder." default:"congvan-demo"`
	Exit bool   `help:"Kết thúc sau khi chạy xong / end when all was played, on any free port."`

	Paper string `help:"Thư mục để ghi tệp PDF của từng văn bản / a folder for each letter's PDF." placeholder:"DIR"`
}

const (
	demoAddress  = "127.0.0.1:8026"
	lettersOfRun = 100 // numbers set aside for one run, so that no number is used twice
	archiveWait  = 30 * time.Second
)

// Run makes the folder on the first run and plays on it on every run.
func (c *demoCommand) Run(ctx context.Context, t *terminal) error {
	conf, err := c.prepare()
	if err != nil {
		return err
	}
	log, err := c.log(conf)
	if err != nil {
		return err
	}
	defer log.Close()
	logger, err := telemetry.NewLog(log, conf.Log.Level, conf.Log.Format)
	if err != nil {
		return err
	}
	a, err := openApp(ctx, conf, logger)
	if err != nil {
		return err
	}
	defer a.Close()
	return c.run(ctx, t, a)
}

// prepare makes the folder and its configuration, or reads the one that is there.
func (c *demoCommand) prepare() (*config.Config, error) {
	file := filepath.Join(c.Dir, "congvan.toml")
	if err := os.MkdirAll(filepath.Join(c.Dir, "keys"), 0o700); err != nil {
		return nil, err
	}
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		if err := os.WriteFile(file, []byte(demoConfig), 0o600); err != nil {
			return nil, err
		}
	}
	if err := addSigning(file); err != nil {
		return nil, err
	}
	conf, err := config.Load(file)
	if err != nil {
		return nil, err
	}
	if c.Exit {
		conf.Listen.Address = "127.0.0.1:0"
	}
	return conf, demo.Certify(c.signingKeys(), conf.Signatures.TrustDir, time.Now())
}

// signingKeys is the folder of the keys that sign letters and envelopes.
func (c *demoCommand) signingKeys() string { return filepath.Join(c.Dir, "keys", "signing") }

// addSigning completes the configuration of a folder from before letters were signed.
func addSigning(file string) error {
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text), "[signatures]") {
		return err
	}
	return os.WriteFile(file, append(text, demoSigning...), 0o600)
}

// demoConfig is the demonstration's congvan.toml. All else has its default.
const demoConfig = `# Cấu hình của bản minh họa; mọi khóa khác: congvan.example.toml
# The demonstration's configuration; every other key: congvan.example.toml

[gateway]
self = "H26.99.10"  # mã hư cấu / an invented code
data_dir = "."

[listen]
address = "` + demoAddress + `"

[client]  # cho / for: congvan inbox, send, get …
key_file = "keys/H26.99.10.key"
` + demoSigning

// demoSigning is the part on signatures: the roots that are believed, and the key that signs
// what the gateway itself writes.
const demoSigning = `
[signatures]
check = true
trust_dir = "trust"
key = "keys/signing/` + demo.GatewayKeyFile + `"
`

func (c *demoCommand) log(conf *config.Config) (io.WriteCloser, error) {
	return os.OpenFile(filepath.Join(conf.Gateway.DataDir, "congvan.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
}

// run serves, plays, tells, and stays up unless it was told to exit.
func (c *demoCommand) run(ctx context.Context, t *terminal, a *app) error {
	p, err := a.listen(ctx)
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- p.run(serving) }()
	tally, err := c.play(ctx, t, a, p.server.URL())
	if err == nil && !c.Exit {
		c.invite(t, p.server.URL())
		<-ctx.Done()
	}
	stop()
	if err := errors.Join(err, <-ended); err != nil {
		return err
	}
	return verdict(t, tally)
}

func verdict(t *terminal, tally demo.Tally) error {
	t.json = true
	if err := t.print(tally, nil); err != nil {
		return err
	}
	if tally.Lost+tally.Duplicated > 0 {
		return exitStatus(exitFindings)
	}
	return nil
}

// play sets the stage and plays.
func (c *demoCommand) play(ctx context.Context, t *terminal, a *app, url string) (demo.Tally, error) {
	if a.signing == nil {
		return demo.Tally{}, errors.New("bản minh họa cần signatures.check = true (the demonstration needs signatures to be judged)")
	}
	t.say("Bản minh họa: quận Long Biên, mọi mã định danh H26.99… đều hư cấu (all codes are invented)")
	t.say("Cổng đang chạy tại %s, dữ liệu trong %s (the gateway serves there)", url, fromHere(a.config.Gateway.DataDir))
	if _, err := a.gateway.PutAgencies(ctx, operator(), demo.Directory()); err != nil {
		return demo.Tally{}, fmt.Errorf("directory: %w", err)
	}
	o := demo.Options{
		URL: url, VXPPath: a.config.Listen.VXPPath, Out: t.out, Wait: archiveWait,
		Keys: map[gateway.AgencyID]string{}, VXP: map[gateway.AgencyID]demo.VXPIdentity{},
		Record:  func(key string) (string, error) { return recordPlace(ctx, a, key) },
		Signing: c.signingKeys(), Verify: a.signing.File, Paper: c.Paper,
	}
	if err := c.makePaper(); err != nil {
		return demo.Tally{}, err
	}
	for _, id := range demo.Systems() {
		if err := c.enrol(ctx, a, id, &o); err != nil {
			return demo.Tally{}, fmt.Errorf("system of %s: %w", id, err)
		}
	}
	if err := c.operatorKey(ctx, a); err != nil {
		return demo.Tally{}, err
	}
	if err := demo.Sample(ctx, c.Dir, c.signingKeys()); err != nil {
		return demo.Tally{}, err
	}
	run, err := c.nextRun(a)
	if err != nil {
		return demo.Tally{}, err
	}
	if run > 1 {
		t.say("Thư mục đã có dữ liệu: chạy tiếp lần %d với văn bản mới (the folder was used before: run %d, new letters)", run, run)
	}
	o.First = (run-1)*lettersOfRun + 1
	return demo.Play(ctx, o)
}

// recordPlace proves that a record is there and says where.
func recordPlace(ctx context.Context, a *app, key string) (string, error) {
	if _, err := a.objects.Get(ctx, key); err != nil {
		return "", err
	}
	if a.config.Objects.Kind != config.ObjectsDisk {
		return a.config.Objects.S3.Bucket + "/" + key, nil
	}
	path, err := objects.RecordPath(key)
	return fromHere(filepath.Join(a.config.Objects.Path, path)), err
}

// fromHere shortens a path below the working folder.
func fromHere(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if short, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(short) {
		return short
	}
	return path
}

// enrol gives an agency's system its credentials, once: they are kept in files.
func (c *demoCommand) enrol(ctx context.Context, a *app, id gateway.AgencyID, o *demo.Options) error {
	system := gateway.System{
		ID: gateway.SystemID("sys-" + string(id)), Name: "Phần mềm của " + string(id), Agencies: []gateway.AgencyID{id},
		Created: time.Now().UTC().Truncate(time.Microsecond),
	}
	if _, err := a.store.SystemByID(ctx, system.ID); errors.Is(err, gateway.ErrNotFound) {
		if err := a.store.PutSystem(ctx, system, "demo"); err != nil {
			return err
		}
	}
	key, err := c.keep(a, string(id)+".key", func() (string, error) {
		_, key, err := a.keys.CreateAPIKey(ctx, system.ID, nil, time.Time{}, "demo")
		return key, err
	})
	if err != nil {
		return err
	}
	o.Keys[id] = key
	if !demo.SpeaksExchange(id) {
		return nil
	}
	text, err := c.keep(a, string(id)+".vxp", func() (string, error) {
		k, secret, err := a.keys.CreateVXP(ctx, system.ID, "", nil, "demo")
		return k.ID + " " + secret, err
	})
	systemID, secret, _ := strings.Cut(text, " ")
	o.VXP[id] = demo.VXPIdentity{SystemID: systemID, Secret: secret}
	return err
}

// operatorKey issues the key of a person who watches over everything.
func (c *demoCommand) operatorKey(ctx context.Context, a *app) error {
	_, err := c.keep(a, "operator.key", func() (string, error) {
		system := gateway.System{ID: "operator", Name: "Quản trị", Created: time.Now().UTC().Truncate(time.Microsecond)}
		if err := a.store.PutSystem(ctx, system, "demo"); err != nil {
			return "", err
		}
		scopes := []gateway.Scope{gateway.ScopeOperate, gateway.ScopeDirectory}
		_, key, err := a.keys.CreateAPIKey(ctx, system.ID, scopes, time.Time{}, "demo")
		return key, err
	})
	return err
}

// keep reads a secret from the folder of keys, after making it if it is not there.
func (c *demoCommand) keep(a *app, name string, create func() (string, error)) (string, error) {
	file := filepath.Join(a.config.Gateway.DataDir, "keys", name)
	text, err := readSecret(file)
	if !errors.Is(err, os.ErrNotExist) {
		return text, err
	}
	if text, err = create(); err != nil {
		return "", err
	}
	return text, writeSecret(file, text)
}

func (c *demoCommand) makePaper() error {
	if c.Paper == "" {
		return nil
	}
	return os.MkdirAll(c.Paper, 0o700)
}

// nextRun counts the runs in a file.
func (c *demoCommand) nextRun(a *app) (int, error) {
	file := filepath.Join(a.config.Gateway.DataDir, "demo-runs")
	runs := 0
	text, err := os.ReadFile(file)
	switch {
	case err == nil:
		if runs, err = strconv.Atoi(strings.TrimSpace(string(text))); err != nil {
			return 0, fmt.Errorf("%s: %w", file, err)
		}
	case !errors.Is(err, os.ErrNotExist):
		return 0, err
	}
	runs++
	return runs, os.WriteFile(file, []byte(strconv.Itoa(runs)+"\n"), 0o600)
}

// invite says what to try next.
func (c *demoCommand) invite(t *terminal, url string) {
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	conf := filepath.Join(c.Dir, "congvan.toml")
	t.say("\nCổng vẫn chạy tại %s (Ctrl-C để dừng / to stop). Thử tiếp ở cửa sổ khác / try in another window:\n", url)
	t.say("  export CONGVAN_CONFIG=%s", conf)
	t.say("  bin/congvan send --to H26.99.10.01 --number 900 --notation UBND-VP --subject \"gửi thử\" --signer \"Nguyễn Thị Vĩnh\" %s", filepath.Join(c.Dir, demo.SampleFile))
	t.say("  bin/congvan send --to H26.99.10.01 --number 901 --notation UBND-VP --subject \"bản bị sửa\" --signer \"Nguyễn Thị Vĩnh\" %s  # bị từ chối / refused", filepath.Join(c.Dir, demo.AlteredFile))
	t.say("  bin/congvan verify --trust %s %s %s", filepath.Join(c.Dir, "trust"), filepath.Join(c.Dir, demo.SampleFile), filepath.Join(c.Dir, demo.AlteredFile))
	t.say("  bin/congvan inbox --key-file %s", filepath.Join(c.Dir, "keys", "H26.99.10.01.key"))
	t.say("  bin/congvan agency list 'long bien'")
	t.say("  bin/congvan doctor")
	t.say("  curl http://127.0.0.1:%s/metrics", port)
	t.say("\nKhóa của từng cơ quan / each agency's key: %s", filepath.Join(c.Dir, "keys"))
}
