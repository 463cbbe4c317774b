package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"congvan/cmd/congvan/bench"
	"congvan/gateway"
	"congvan/gateway/config"
)

// benchCommand measures a gateway of its own, with SQLite and a disk, in a
// process of its own, beside the floor of the same disk.
type benchCommand struct {
	Dir       string      `help:"Thư mục trên đĩa cần đo / a folder on the disk to measure." default:"."`
	Writers   int         `help:"Số luồng gửi đồng thời / concurrent senders." default:"8"`
	Receivers int         `help:"Số cơ quan nhận / receiving agencies." default:"40"`
	Scale     float64     `help:"Nhân thời gian mỗi phần / multiplies the length of each part." default:"1"`
	Large     config.Size `help:"Dung lượng văn bản lớn / size of the large document." default:"1GiB"`
}

const (
	benchAgency  = "H26.99.90"
	benchReady   = 20 * time.Second
	benchLeaving = 20 * time.Second
)

// Run measures; its last line is one JSON object.
func (c *benchCommand) Run(ctx context.Context, t *terminal) error {
	dir, err := os.MkdirTemp(c.Dir, "congvan-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	file := filepath.Join(dir, "congvan.toml")
	text := fmt.Sprintf("[gateway]\nself = %q\ndata_dir = %q\n\n[log]\nlevel = \"warn\"\n", benchAgency, filepath.Join(dir, "data"))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	o, err := c.furnish(ctx, file)
	if err != nil {
		return err
	}
	server, err := startServer(ctx, t, file)
	if err != nil {
		return err
	}
	defer server.stop()
	o.URL, o.Dir, o.Writers, o.Scale, o.Large, o.Log = server.url, dir, c.Writers, c.Scale, int64(c.Large), t.err
	o.Probe = server.usage
	result, err := bench.Run(ctx, o)
	if err != nil {
		return err
	}
	return json.NewEncoder(t.out).Encode(result)
}

// furnish makes the directory and a system for each agency.
func (c *benchCommand) furnish(ctx context.Context, file string) (bench.Options, error) {
	var o bench.Options
	conf, err := config.Load(file)
	if err != nil {
		return o, err
	}
	a, err := openApp(ctx, conf, slog.New(slog.DiscardHandler))
	if err != nil {
		return o, err
	}
	defer a.Close()
	agencies := []gateway.Agency{{ID: benchAgency, Name: "Đơn vị đo thử"}}
	for n := range c.Receivers {
		agencies = append(agencies, gateway.Agency{ID: gateway.AgencyID(fmt.Sprintf("%s.%d", benchAgency, n+1)), Name: fmt.Sprintf("Trường đo thử số %d", n+1), Parent: benchAgency})
	}
	if _, err := a.gateway.PutAgencies(ctx, operator(), agencies); err != nil {
		return o, err
	}
	var parties []bench.Party
	for _, x := range agencies {
		p, err := a.party(ctx, x.ID)
		if err != nil {
			return o, err
		}
		parties = append(parties, p)
	}
	o.Sender, o.Receivers = parties[0], parties[1:]
	return o, nil
}

// party connects a system that acts for one agency.
func (a *app) party(ctx context.Context, id gateway.AgencyID) (bench.Party, error) {
	s := gateway.System{ID: gateway.SystemID("bench-" + id), Name: string(id), Agencies: []gateway.AgencyID{id}, Created: time.Now()}
	if err := a.store.PutSystem(ctx, s, actor()); err != nil {
		return bench.Party{}, err
	}
	_, key, err := a.keys.CreateAPIKey(ctx, s.ID, nil, time.Time{}, actor())
	return bench.Party{Agency: string(id), Key: key}, err
}

// child is a gateway in a process of its own.
type child struct {
	cmd  *exec.Cmd
	url  string
	http *http.Client
}

// startServer starts this program's serve and waits until it is ready.
func startServer(ctx context.Context, t *terminal, file string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	address, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.CommandContext(ctx, self, "--config", file, "serve", "--listen", address), url: "http://" + address, http: &http.Client{Timeout: 5 * time.Second}}
	c.cmd.Stderr = t.err
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(benchReady); ; time.Sleep(10 * time.Millisecond) {
		resp, err := c.get(ctx, "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return c, nil
			}
		}
		if time.Now().After(deadline) {
			c.stop()
			return nil, errors.New("bench: the server did not become ready")
		}
	}
}

func (c *child) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(benchLeaving, func() { _ = c.cmd.Process.Kill() })
	defer late.Stop()
	_ = c.cmd.Wait()
}

func (c *child) get(ctx context.Context, path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, nil)
	if err != nil {
		return nil, err
	}
	return c.http.Do(req)
}

// usage reads what the process has used: from the kernel, and its own count of flushes.
func (c *child) usage() (bench.Usage, error) {
	var u bench.Usage
	var err error
	proc := fmt.Sprintf("/proc/%d/", c.cmd.Process.Pid)
	if u.PeakRSS, err = field(proc+"status", "VmHWM:"); err != nil {
		return u, err
	}
	u.PeakRSS <<= 10 // the kernel counts in KiB
	if u.WrittenBytes, err = field(proc+"io", "write_bytes:"); err != nil {
		return u, err
	}
	u.Fsyncs, err = c.flushes()
	return u, err
}

// field reads a number from a file of lines "name: number …".
func field(file, name string) (int64, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) >= 2 && words[0] == name {
			return strconv.ParseInt(words[1], 10, 64)
		}
	}
	return 0, fmt.Errorf("%s has no %s", file, name)
}

// flushes adds up the server's own count.
func (c *child) flushes() (int64, error) {
	resp, err := c.get(context.Background(), "/metrics")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var total float64
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if !strings.HasPrefix(name, "congvan_flushes_total{") {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return int64(total), lines.Err()
}

// freePort gives a loopback address that nobody listens on.
func freePort(ctx context.Context) (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
