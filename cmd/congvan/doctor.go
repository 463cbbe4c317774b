package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"congvan/gateway"
	"congvan/gateway/config"
	"congvan/gateway/telemetry"
	"congvan/schemas/edxml"
)

// doctorCommand examines an installation from the machine it runs on.
type doctorCommand struct{}

// Levels of a diagnosis.
const (
	levelOK      = "ok"
	levelWarning = "warning"
	levelProblem = "problem"
)

// diagnosis is what doctor says about one thing.
type diagnosis struct {
	Check string `json:"check"`
	Level string `json:"level"`
	Vi    string `json:"vi"`
	En    string `json:"en"`
}

// healthy needs no translation of its detail: a name, a number, a place.
func healthy(check, detail string) diagnosis { return diagnosis{check, levelOK, detail, "ok"} }

func (t *terminal) diagnosis(d diagnosis) { t.say("%-12s %-8s %s (%s)", d.Check, d.Level, d.Vi, d.En) }

func problem(check, vi, en string) diagnosis { return diagnosis{check, levelProblem, vi, en} }

func warning(check, vi, en string) diagnosis { return diagnosis{check, levelWarning, vi, en} }

const examineTimeout = 20 * time.Second

// Run prints one line a check; exit status 1 when something is a problem.
func (doctorCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	c, err := config.Load(g.Config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, examineTimeout)
	defer cancel()
	status := 0
	for _, d := range examine(ctx, t, c) {
		if d.Level == levelProblem {
			status = exitFindings
		}
		if err := t.print(d, func() { t.diagnosis(d) }); err != nil {
			return err
		}
	}
	if status != 0 {
		return exitStatus(status)
	}
	return nil
}

func examine(ctx context.Context, t *terminal, c *config.Config) []diagnosis {
	all := []diagnosis{
		healthy("config", "cơ quan "+c.Gateway.Self),
		examineClock(),
		examineKey("master-key", c.Keys.MasterFile),
		examineKey("receipt-key", c.Keys.ReceiptFile),
		examineCertificate(c.Listen, time.Now()),
	}
	all = append(all, examineDisk(c)...)
	all = append(all, examineSigning(c.Signatures, time.Now())...)
	all = append(all, examineStamps(ctx, c.Signatures)...)
	log, err := telemetry.NewLog(t.err, "error", c.Log.Format)
	if err != nil {
		return append(all, problem("log", err.Error(), err.Error()))
	}
	a, err := openApp(ctx, c, log)
	if err != nil {
		return append(all, problem("open", "không mở được hệ thống: "+err.Error(), "the gateway's parts cannot be opened"))
	}
	defer a.Close()
	all = append(all, healthy("database", c.Database.Driver), examineObjects(ctx, a), examineSelf(ctx, a))
	all = append(all, examineQueue(ctx, a)...)
	return append(all, examineAxis(ctx, c.Axis))
}

// examineClock asks the kernel whether something keeps the clock right.
func examineClock() diagnosis {
	var x unix.Timex
	state, err := unix.Adjtimex(&x)
	now := time.Now().In(edxml.VietnamZone).Format(time.DateTime)
	if err != nil || state == unix.TIME_ERROR {
		return warning("clock", "đồng hồ không được đồng bộ (NTP); bây giờ là "+now, "the clock is not synchronized (NTP)")
	}
	return healthy("clock", now)
}

func examineKey(check, file string) diagnosis {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return warning(check, file+" chưa có, sẽ được tạo khi chạy", "it does not exist yet and will be made")
	case err != nil:
		return problem(check, err.Error(), "it cannot be read")
	case info.Mode().Perm()&0o077 != 0:
		return problem(check, fmt.Sprintf("%s mở cho người khác (%04o): chmod 600", file, info.Mode().Perm()), "others may read it; replace the key, or chmod 600")
	}
	return healthy(check, file)
}

const certificateNotice = 30 * 24 * time.Hour

func examineCertificate(l config.Listen, now time.Time) diagnosis {
	const check = "certificate"
	if !l.TLS() {
		return warning(check, "không dùng TLS; chỉ nên nghe trên máy này hoặc sau proxy", "no TLS; listen on this machine only, or behind a proxy")
	}
	text, err := os.ReadFile(l.CertFile)
	if err != nil {
		return problem(check, err.Error(), "it cannot be read")
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return problem(check, l.CertFile+" không phải PEM", "it is not PEM")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return problem(check, err.Error(), "it cannot be parsed")
	}
	until := cert.NotAfter.In(edxml.VietnamZone).Format(time.DateOnly)
	switch left := cert.NotAfter.Sub(now); {
	case left <= 0:
		return problem(check, "hết hạn ngày "+until, "it has expired")
	case left < certificateNotice:
		return warning(check, "sắp hết hạn, ngày "+until, "it expires soon")
	}
	return healthy(check, until)
}

// examineDisk looks at the file systems that hold the data.
func examineDisk(c *config.Config) []diagnosis {
	places := map[string]string{"data-disk": c.Gateway.DataDir}
	if c.Objects.Kind == config.ObjectsDisk {
		places["objects-disk"] = c.Objects.Path
	}
	var all []diagnosis
	for _, check := range []string{"data-disk", "objects-disk"} {
		if dir, ok := places[check]; ok {
			all = append(all, examineSpace(check, dir))
		}
	}
	return all
}

const leastSpace = 1 << 30

func examineSpace(check, dir string) diagnosis {
	var s unix.Statfs_t
	for unix.Statfs(dir, &s) != nil {
		parent := filepath.Dir(dir)
		if parent == dir {
			return problem(check, "không đọc được "+dir, "it cannot be examined")
		}
		dir = parent // it will be made on first use
	}
	free, size := s.Bavail*uint64(s.Bsize), s.Blocks*uint64(s.Bsize)
	detail := fmt.Sprintf("còn %s trên %s", config.Size(free>>20<<20), config.Size(size>>20<<20))
	switch {
	case free < leastSpace:
		return problem(check, detail+", quá ít", "too little space is left")
	case free < size/10:
		return warning(check, detail, "less than a tenth is free")
	}
	return healthy(check, detail)
}

func examineObjects(ctx context.Context, a *app) diagnosis {
	if err := a.objects.Check(ctx); err != nil {
		return problem("objects", "kho lưu trữ: "+err.Error(), "the object store cannot be written to and read from")
	}
	return healthy("objects", a.config.Objects.Kind)
}

func examineSelf(ctx context.Context, a *app) diagnosis {
	agency, err := a.gateway.Agency(ctx, gateway.AgencyID(a.config.Gateway.Self))
	switch {
	case errors.Is(err, gateway.ErrNotFound):
		return problem("directory", "danh bạ chưa có cơ quan vận hành "+a.config.Gateway.Self, "the directory lacks gateway.self; import it")
	case err != nil:
		return problem("directory", err.Error(), "it cannot be read")
	}
	return healthy("directory", agency.Name)
}

func examineQueue(ctx context.Context, a *app) []diagnosis {
	o, err := a.store.Overview(ctx)
	if err != nil {
		return []diagnosis{problem("queue", err.Error(), "it cannot be counted")}
	}
	stuck, waiting := 0, 0
	for _, c := range o.Deliveries {
		switch c.State {
		case gateway.DeliveryHeld, gateway.DeliveryFailed, gateway.DeliveryExpired:
			stuck += c.Count
		default:
			waiting += c.Count
		}
	}
	all := []diagnosis{healthy("queue", fmt.Sprintf("%d lượt gửi đang chờ, %d bản chưa lưu trữ", waiting, o.Unarchived))}
	if stuck > 0 {
		all = append(all, warning("stuck", fmt.Sprintf("%d lượt gửi cần người xử lý", stuck), "deliveries wait for a person"))
	}
	return all
}

func examineAxis(ctx context.Context, c config.Axis) diagnosis {
	if !c.Configured() {
		return healthy("axis", "không cấu hình")
	}
	client, err := axisClient(c)
	if err != nil {
		return problem("axis", err.Error(), "its secret or CA cannot be read")
	}
	if _, err := client.Count(ctx, edxml.KindDocument); err != nil {
		return problem("axis", "không gọi được trục: "+err.Error(), "the axis does not answer")
	}
	return healthy("axis", c.Endpoint)
}
