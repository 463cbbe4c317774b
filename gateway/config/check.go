package config

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// checker collects what is wrong with values that have the right type.
type checker struct {
	at   map[string]entry
	list []Problem
}

// check validates the values. at says where in the file each key stands.
func (c *Config) check(at map[string]entry) []Problem {
	k := &checker{at: at}
	c.Gateway.check(k)
	c.Listen.check(k)
	c.Database.check(k)
	c.Objects.check(k)
	c.Signatures.check(k)
	c.Limits.check(k)
	c.Delivery.check(k)
	c.Axis.check(k)
	k.require("keys.master_file", c.Keys.MasterFile)
	k.require("keys.receipt_file", c.Keys.ReceiptFile)
	k.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	k.oneOf("log.format", c.Log.Format, "text", "json")
	if c.Metrics.Address != "" {
		k.address("metrics.address", c.Metrics.Address)
	}
	k.url("client.url", c.Client.URL)
	return k.list
}

// agencyCode is as lenient as both formats of agency codes need.
var agencyCode = regexp.MustCompile(`^[0-9A-Z]{1,10}(\.[0-9A-Z]{1,10}){0,9}$`)

func (g Gateway) check(k *checker) {
	switch {
	case g.Self == "":
		k.add("gateway.self", "bắt buộc: mã định danh của cơ quan vận hành", "required: the agency code of the office that runs this gateway")
	case len(g.Self) > 35 || !agencyCode.MatchString(g.Self):
		k.add("gateway.self", "không phải mã định danh cơ quan", "not an agency code")
	}
	k.require("gateway.data_dir", g.DataDir)
	if g.Memory < 32<<20 {
		k.add("gateway.memory", "ít nhất 32MiB", "at least 32MiB")
	}
}

// taken are first path segments that the gateway uses itself.
var taken = []string{"v1", ".well-known", "livez", "readyz", "metrics"}

func (l Listen) check(k *checker) {
	k.address("listen.address", l.Address)
	k.path("listen.vxp_path", l.VXPPath)
	k.url("listen.public_url", l.PublicURL)
	if first, _, _ := strings.Cut(strings.TrimPrefix(l.VXPPath, "/"), "/"); slices.Contains(taken, first) {
		k.add("listen.vxp_path", "đường dẫn này đã dùng cho việc khác", "this path is taken")
	}
	if (l.CertFile == "") != (l.KeyFile == "") {
		k.add("listen.cert_file", "cert_file và key_file phải đi cùng nhau", "cert_file and key_file go together")
	}
	k.oneOf("listen.client_certs", l.ClientCerts, "off", "request", "require")
	if l.ClientCerts != "off" && (l.ClientCAFile == "" || !l.TLS()) {
		k.add("listen.client_certs", "cần cert_file, key_file và client_ca_file", "needs cert_file, key_file and client_ca_file")
	}
	k.positive("listen.connections", int64(l.Connections))
	k.positive("listen.header_timeout", int64(l.HeaderTimeout))
	k.positive("listen.stall_timeout", int64(l.StallTimeout))
	k.positive("listen.idle_timeout", int64(l.IdleTimeout))
	k.positive("listen.stop_timeout", int64(l.StopTimeout))
}

func (d Database) check(k *checker) {
	k.oneOf("database.driver", d.Driver, DriverSQLite, DriverPostgres)
	switch d.Driver {
	case DriverSQLite:
		k.require("database.path", d.Path)
	case DriverPostgres:
		if (d.DSN == "") == (d.DSNFile == "") {
			k.add("database.dsn", "cần đúng một trong hai: dsn hoặc dsn_file", "exactly one of dsn and dsn_file is needed")
		}
	}
}

func (o Objects) check(k *checker) {
	k.oneOf("objects.kind", o.Kind, ObjectsDisk, ObjectsS3)
	if o.Kind == ObjectsDisk {
		k.require("objects.path", o.Path)
	}
	if o.Kind != ObjectsS3 {
		return
	}
	k.require("objects.s3.endpoint", o.S3.Endpoint)
	k.url("objects.s3.endpoint", o.S3.Endpoint)
	k.require("objects.s3.bucket", o.S3.Bucket)
	if p := o.S3.Prefix; p != "" && (!strings.HasSuffix(p, "/") || strings.HasPrefix(p, "/")) {
		k.add("objects.s3.prefix", "phải kết thúc bằng / và không bắt đầu bằng /", "must end in / and not begin with it")
	}
	k.require("objects.s3.access_key_file", o.S3.AccessKeyFile)
	k.require("objects.s3.secret_key_file", o.S3.SecretKeyFile)
	k.require("objects.s3.spool_dir", o.S3.SpoolDir)
}

func (l Limits) check(k *checker) {
	k.positive("limits.message", int64(l.Message))
	k.positive("limits.skeleton", int64(l.Skeleton))
	k.positive("limits.depth", int64(l.Depth))
	k.positive("limits.elements", int64(l.Elements))
	k.positive("limits.attachments", int64(l.Attachments))
	k.positive("limits.receivers", int64(l.Receivers))
	k.positive("limits.unzipped", int64(l.Unzipped))
	k.positive("limits.unzip_ratio", int64(l.UnzipRatio))
}

func (s Signatures) check(k *checker) {
	if s.Check {
		k.require("signatures.trust_dir", s.TrustDir)
		k.require("signatures.cache_dir", s.CacheDir)
	}
	k.oneOf("signatures.preserve", s.Preserve, "", "B-T", "B-LT", "B-LTA")
	if s.Preserve != "" && len(s.TSA) == 0 {
		k.add("signatures.preserve", "cần ít nhất một máy chủ cấp dấu thời gian (tsa)", "needs a time-stamping authority (tsa)")
	}
	for _, t := range s.TSA {
		k.url("signatures.tsa", t)
	}
}

// leaseMargin is what a claim needs beyond its attempt, to be asked for and written down.
const leaseMargin = Duration(time.Minute)

func (d Delivery) check(k *checker) {
	k.positive("delivery.expiry", int64(d.Expiry))
	k.positive("delivery.concurrency", int64(d.Concurrency))
	if d.Attempts < 0 {
		k.add("delivery.attempts", "không được âm", "must not be negative")
	}
	k.positive("delivery.attempt", int64(d.Attempt))
	if d.Lease < d.Attempt+leaseMargin {
		k.add("delivery.lease", "phải dài hơn attempt ít nhất 1m", "must be at least 1m longer than attempt")
	}
	k.positive("delivery.retry_first", int64(d.RetryFirst))
	if d.RetryMax < d.RetryFirst {
		k.add("delivery.retry_max", "không được nhỏ hơn retry_first", "must not be less than retry_first")
	}
	k.positive("delivery.break_after", int64(d.BreakAfter))
	k.positive("delivery.break_for", int64(d.BreakFor))
	k.positive("delivery.expire_every", int64(d.ExpireEvery))
}

func (a Axis) check(k *checker) {
	if !a.Configured() {
		return
	}
	k.url("axis.endpoint", a.Endpoint)
	k.require("axis.systemid", a.SystemID)
	k.require("axis.secret_file", a.SecretFile)
	k.positive("axis.poll_interval", int64(a.PollInterval))
}

// add notes a problem at a key; of a key that the file lacks, at its section.
func (k *checker) add(key, vi, en string) {
	e := k.at[key]
	k.list = append(k.list, Problem{Key: key, Line: e.line, Column: e.column, Vi: vi, En: en})
}

func (k *checker) require(key, value string) {
	if value == "" {
		k.add(key, "bắt buộc", "required")
	}
}

func (k *checker) positive(key string, value int64) {
	if value <= 0 {
		k.add(key, "phải lớn hơn 0", "must be greater than 0")
	}
}

func (k *checker) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		list := strings.Join(allowed, ", ")
		k.add(key, "phải là một trong: "+list, "must be one of: "+list)
	}
}

func (k *checker) address(key, value string) {
	_, port, err := net.SplitHostPort(value)
	if err != nil {
		k.add(key, "phải có dạng địa-chỉ:cổng", "must have the form host:port")
		return
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		k.add(key, "cổng phải là số từ 0 đến 65535", "the port must be a number from 0 to 65535")
	}
}

func (k *checker) path(key, value string) {
	if !strings.HasPrefix(value, "/") || len(value) < 2 || strings.HasSuffix(value, "/") || strings.ContainsAny(value, "{}?# ") {
		k.add(key, "phải bắt đầu bằng / và không kết thúc bằng /", "must start with / and not end with /")
	}
}

func (k *checker) url(key, value string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		k.add(key, "phải là địa chỉ http:// hoặc https://", "must be an http:// or https:// URL")
	}
}
