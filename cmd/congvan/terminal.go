package main

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"congvan/gateway"
	"congvan/gateway/config"
	"congvan/schemas"
)

// Exit statuses beside those of gateway.Describe.
const (
	exitFindings = 1 // the command did its work and found something wrong
	exitUsage    = 2 // the command line, the configuration or a file could not be read
)

// terminal is where a command reads and writes: results go to out, everything
// else to err with the program's name before it.
type terminal struct {
	in   io.Reader
	out  io.Writer
	err  io.Writer
	json bool
}

// say prints a line of result.
func (t *terminal) say(format string, args ...any) { fmt.Fprintf(t.out, format+"\n", args...) }

// note prints a line that is not a result.
func (t *terminal) note(format string, args ...any) {
	fmt.Fprintf(t.err, "congvan: "+format+"\n", args...)
}

// print gives a result: as one JSON value on a line, or by the function for people.
func (t *terminal) print(v any, people func()) error {
	if !t.json {
		people()
		return nil
	}
	e := json.NewEncoder(t.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// usage says that the command line is wrong.
func (t *terminal) usage(err error) int {
	t.note("dòng lệnh không đúng (%s)", err)
	t.note("xem / see: congvan --help")
	return exitUsage
}

// fail says what went wrong and gives the exit status for it.
func (t *terminal) fail(err error) int {
	var problems *config.Problems
	var own *gateway.Error
	var way *url.Error
	switch {
	case errors.As(err, &problems):
		return t.failConfig(problems)
	case errors.As(err, &way) && !errors.As(err, &own):
		return t.failWay(way)
	case errors.As(err, &own), isKind(err):
		return t.failCoded(gateway.AsError(err))
	case errors.Is(err, config.ErrNoFile):
		t.note("không có tệp cấu hình; chép từ congvan.example.toml, hoặc chỉ ra bằng --config (no configuration file; copy congvan.example.toml, or name it with --config)")
		t.note("  %s", err)
		return exitUsage
	case errors.Is(err, os.ErrNotExist):
		t.note("không có tệp hoặc thư mục này (%s)", err)
		return exitUsage
	}
	var said exitStatus
	if errors.As(t.failing(err), &said) {
		return int(said)
	}
	t.note("%s", err)
	return gateway.Describe(gateway.CodeInternal).Exit
}

// failWay says that a command got no answer at all.
func (t *terminal) failWay(err *url.Error) int {
	t.note("không kết nối được với cổng %s (the gateway cannot be reached)", err.URL)
	t.note("  %s", err.Err)
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		t.note("chứng thư do nội bộ cấp: thêm --ca-file (for a certificate of your own give --ca-file)")
	}
	return gateway.Describe(gateway.CodeStorageUnavailable).Exit
}

func (t *terminal) failConfig(p *config.Problems) int {
	if t.json {
		_ = t.print(map[string]any{"file": p.File, "ok": false, "problems": p.List}, nil)
		return exitUsage
	}
	for line := range strings.SplitSeq(p.Error(), "\n") {
		t.note("%s", line)
	}
	return exitUsage
}

func (t *terminal) failCoded(e *gateway.Error) int {
	d := gateway.Describe(e.Code)
	place := ""
	if e.Place != "" {
		place = e.Place + ": "
	}
	t.note("%s%s (%s) [%s]", place, d.Vi, d.En, e.Code)
	for _, f := range e.Findings {
		t.note("  %s", findingLine(f))
	}
	if e.Err != nil && (e.Code == gateway.CodeInternal || e.Code == gateway.CodeStorageUnavailable) {
		t.note("  %s", e.Err)
	}
	return d.Exit
}

func findingLine(f schemas.Finding) string {
	place := f.Element
	if f.Line > 0 {
		place = fmt.Sprintf("%d:%d %s", f.Line, f.Column, f.Element)
	}
	return fmt.Sprintf("%s %s [%s] %s (%s)", f.Severity, place, f.Rule, f.Vi, f.En)
}

// isKind says whether an error is one of the domain's kinds.
func isKind(err error) bool {
	for _, kind := range []error{
		gateway.ErrInvalid, gateway.ErrNotFound, gateway.ErrConflict, gateway.ErrForbidden, gateway.ErrUnauthenticated,
		gateway.ErrTooLarge, gateway.ErrUnavailable, gateway.ErrFull,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
