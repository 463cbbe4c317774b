package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"congvan/cmd/congvan/signing"
	"congvan/gateway/config"
	"congvan/schemas/edxml"
)

// judging says by what signatures are judged. Flags win over [signatures] in the
// configuration, which may be missing: then nobody is believed.
type judging struct {
	Trust   string `help:"Thư mục danh sách tin cậy, hoặc thư mục chứng thư / folder of the trust list, or of certificates." placeholder:"DIR"`
	Policy  string `help:"Tệp chính sách xác thực / validation policy file." placeholder:"FILE"`
	Offline bool   `help:"Không hỏi ai qua mạng / ask nobody over the network."`
	Private bool   `help:"Cho phép hỏi máy chủ CRL, OCSP ở địa chỉ nội bộ / let CRL and OCSP servers have private addresses."`
}

func (j judging) options(g *globals) (signing.Options, error) {
	c, err := signatureConfig(g)
	if err != nil {
		return signing.Options{}, err
	}
	o := signingOptions(*c)
	if j.Trust != "" {
		o.TrustDir = j.Trust
	} else if !exists(o.TrustDir) {
		o.TrustDir = ""
	}
	if !own(o.CacheDir) {
		o.CacheDir = "" // what another user wrote there the gateway could not read
	}
	if j.Policy != "" {
		o.PolicyFile = j.Policy
	}
	o.Offline, o.Private = o.Offline || j.Offline, o.Private || j.Private
	return o, nil
}

// defaultConfig is the configuration that is read when none is named.
const defaultConfig = "congvan.toml"

// signatureConfig reads [signatures]; a configuration that nobody named may be missing.
func signatureConfig(g *globals) (*config.Signatures, error) {
	c, err := config.Load(g.Config)
	if errors.Is(err, config.ErrNoFile) && (g.Config == defaultConfig || g.Config == "") {
		return &config.Signatures{}, nil
	}
	if err != nil {
		return nil, err
	}
	return &c.Signatures, nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// own says whether a folder belongs to who runs this program.
func own(dir string) bool {
	var s unix.Stat_t
	return unix.Stat(dir, &s) == nil && int(s.Uid) == os.Geteuid()
}

// moment is a point in time on the command line: a day, or RFC 3339.
type moment struct {
	time.Time
	day bool // only the day was given; Time is its first moment in Vietnam
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *moment) UnmarshalText(text []byte) error {
	at, err := time.ParseInLocation(time.DateOnly, string(text), edxml.VietnamZone)
	if err == nil {
		*m = moment{at, true}
		return nil
	}
	if at, err = time.Parse(time.RFC3339, string(text)); err != nil {
		return fmt.Errorf("%q: cần / want 2026-01-31, 2026-01-31T08:00:00+07:00", text)
	}
	*m = moment{at, false}
	return nil
}

// end is the moment itself, or the last second of the day.
func (m moment) end() time.Time {
	if !m.day {
		return m.Time
	}
	return m.AddDate(0, 0, 1).Add(-time.Second)
}

// clock stands still at the moment's end; nil, the machine's own, for no moment.
func (m moment) clock() func() time.Time {
	if m.IsZero() {
		return nil
	}
	return m.end
}
