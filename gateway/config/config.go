// Package config reads the gateway's one TOML file: types, defaults, strict
// reading and validation.
//
// [Load] reports everything that is wrong with a file at once, each [Problem] with its
// line and column, in Vietnamese and English. A key that the gateway does not know is
// a problem, never ignored. congvan.example.toml at the top of the repository
// documents every key with its default.
//
// Relative paths are taken from gateway.data_dir; data_dir itself from the folder
// of the file. Config as [Load] returns it holds no relative path.
package config

import (
	"time"

	"congvan/schemas/edxml"
)

// Config is the whole file.
type Config struct {
	Gateway    Gateway    `toml:"gateway"`
	Listen     Listen     `toml:"listen"`
	Database   Database   `toml:"database"`
	Objects    Objects    `toml:"objects"`
	Keys       Keys       `toml:"keys"`
	Signatures Signatures `toml:"signatures"`
	Limits     Limits     `toml:"limits"`
	Delivery   Delivery   `toml:"delivery"`
	Axis       Axis       `toml:"axis"`
	Log        Log        `toml:"log"`
	Metrics    Metrics    `toml:"metrics"`
	Client     Client     `toml:"client"`
}

// Gateway says who runs this gateway and where it keeps things.
type Gateway struct {
	Self    string `toml:"self"`     // the office's own agency code; required
	Node    string `toml:"node"`     // unique name of this process; empty: host-pid
	DataDir string `toml:"data_dir"` // relative paths start here
	Memory  Size   `toml:"memory"`   // soft limit of the Go heap
}

// Listen is the HTTP server.
type Listen struct {
	Address       string   `toml:"address"`
	VXPPath       string   `toml:"vxp_path"`
	PublicURL     string   `toml:"public_url"` // how clients reach this gateway; empty: as each request says
	CertFile      string   `toml:"cert_file"`  // with key_file: TLS
	KeyFile       string   `toml:"key_file"`
	ClientCerts   string   `toml:"client_certs"` // off, request or require
	ClientCAFile  string   `toml:"client_ca_file"`
	Connections   int      `toml:"connections"` // open at once; further ones wait
	HeaderTimeout Duration `toml:"header_timeout"`
	StallTimeout  Duration `toml:"stall_timeout"` // a body that stops moving for so long is given up
	IdleTimeout   Duration `toml:"idle_timeout"`  // of a kept-alive connection
	StopTimeout   Duration `toml:"stop_timeout"`  // how long a stop waits for requests under way
}

// TLS says whether the server speaks TLS.
func (l Listen) TLS() bool { return l.CertFile != "" }

// Database drivers.
const (
	DriverSQLite   = "sqlite"
	DriverPostgres = "postgres"
)

// Database is where the domain's tables are.
type Database struct {
	Driver  string `toml:"driver"`
	Path    string `toml:"path"`     // sqlite: the file
	DSN     string `toml:"dsn"`      // postgres: connection string, or
	DSNFile string `toml:"dsn_file"` // a file that holds it
}

// Kinds of object store.
const (
	ObjectsDisk = "disk"
	ObjectsS3   = "s3"
)

// Objects is where the archive's bytes are.
type Objects struct {
	Kind string `toml:"kind"`
	Path string `toml:"path"` // disk: the folder
	S3   S3     `toml:"s3"`
}

// S3 is an S3-compatible object store.
type S3 struct {
	Endpoint      string `toml:"endpoint"` // URL
	Region        string `toml:"region"`
	Bucket        string `toml:"bucket"`
	Prefix        string `toml:"prefix"`
	AccessKeyFile string `toml:"access_key_file"`
	SecretKeyFile string `toml:"secret_key_file"`
	CAFile        string `toml:"ca_file"` // empty: the machine's roots
	SpoolDir      string `toml:"spool_dir"`
	PathStyle     bool   `toml:"path_style"`    // https://host/bucket/key instead of https://bucket.host/key
	CreateBucket  bool   `toml:"create_bucket"` // when it is not there
}

// Keys are the files that hold the gateway's own secrets.
type Keys struct {
	MasterFile  string `toml:"master_file"`  // seals exchange secrets in the database
	ReceiptFile string `toml:"receipt_file"` // signs receipts
}

// Signatures is how signatures are judged and made.
type Signatures struct {
	Check      bool   `toml:"check"`       // at the door
	PolicyFile string `toml:"policy_file"` // empty: the built-in policy
	TrustDir   string `toml:"trust_dir"`   // the signed list of roots
	CacheDir   string `toml:"cache_dir"`   // of revocation data
	Offline    bool   `toml:"offline"`     // ask no responder, ever
	Private    bool   `toml:"private"`     // responders may have addresses of the office's own network

	Preserve           string   `toml:"preserve"`             // level to which documents that pass are raised in a copy; empty: none
	TSA                []string `toml:"tsa"`                  // time-stamping authorities, in the order in which they are asked
	TSACredentialsFile string   `toml:"tsa_credentials_file"` // one line user:password, for all of them; empty: none

	// Key signs the envelopes that the gateway writes: a PKCS#12 or PEM file, or a
	// pkcs11: URI. Empty: they are not signed.
	Key             string `toml:"key"`
	CertificateFile string `toml:"certificate_file"` // of a PEM key that stands alone
	PasswordFile    string `toml:"password_file"`    // of a PKCS#12 file or token
}

// Limits bound what one submission may hold.
type Limits struct {
	Message     Size `toml:"message"`  // bytes of one envelope
	Skeleton    Size `toml:"skeleton"` // bytes of everything but its attachments
	Depth       int  `toml:"depth"`
	Elements    int  `toml:"elements"`
	Attachments int  `toml:"attachments"`
	Receivers   int  `toml:"receivers"`
	Unzipped    Size `toml:"unzipped"`    // bytes of one ZIP-wrapped attachment, unwrapped
	UnzipRatio  int  `toml:"unzip_ratio"` // unwrapped to wrapped
}

// Delivery is how letters are handed on.
type Delivery struct {
	Expiry      Duration `toml:"expiry"`       // a delivery that nobody takes
	Concurrency int      `toml:"concurrency"`  // carriers' calls at once
	Attempts    int      `toml:"attempts"`     // of one delivery; 0: until it expires
	Attempt     Duration `toml:"attempt"`      // one attempt is given up after so long
	Lease       Duration `toml:"lease"`        // of a claim; longer than an attempt by a minute
	RetryFirst  Duration `toml:"retry_first"`  // shortest wait; doubles each time, with jitter
	RetryMax    Duration `toml:"retry_max"`    // longest wait
	BreakAfter  int      `toml:"break_after"`  // failures in a row that open a receiver's circuit breaker
	BreakFor    Duration `toml:"break_for"`    // how long it stays open the first time
	ExpireEvery Duration `toml:"expire_every"` // sweep for expired deliveries
}

// Axis is the exchange above (trục liên thông). An empty endpoint means none.
type Axis struct {
	Endpoint     string   `toml:"endpoint"`
	SystemID     string   `toml:"systemid"`
	SecretFile   string   `toml:"secret_file"`
	PollInterval Duration `toml:"poll_interval"`
	Idempotent   bool     `toml:"idempotent"` // the axis answers a repeated letter as it answered the first, as congvan does
	CAFile       string   `toml:"ca_file"`
}

// Configured says whether there is an axis.
func (a Axis) Configured() bool { return a.Endpoint != "" }

// Log is what goes to standard error.
type Log struct {
	Level  string `toml:"level"`  // debug, info, warn or error
	Format string `toml:"format"` // text or json
}

// Metrics is the Prometheus endpoint.
type Metrics struct {
	Enabled bool   `toml:"enabled"`
	Address string `toml:"address"` // own listener for /metrics; empty: the main one
}

// Client is for the commands that talk to a running gateway.
type Client struct {
	URL     string `toml:"url"` // of the gateway; empty: from [listen]
	KeyFile string `toml:"key_file"`
	CAFile  string `toml:"ca_file"`
}

// Default gives every key its default. Only gateway.self has none.
func Default() Config {
	return Config{
		Gateway:    Gateway{DataDir: "data", Memory: 512 << 20},
		Listen:     defaultListen(),
		Database:   Database{Driver: DriverSQLite, Path: "congvan.db"},
		Objects:    Objects{Kind: ObjectsDisk, Path: "objects", S3: S3{Region: "us-east-1", SpoolDir: "spool", PathStyle: true}},
		Keys:       Keys{MasterFile: "keys/master.key", ReceiptFile: "keys/receipt.pem"},
		Signatures: Signatures{Check: true, TrustDir: "trust", CacheDir: "revocation", TSA: []string{}},
		Limits:     defaultLimits(),
		Delivery:   defaultDelivery(),
		Axis:       Axis{PollInterval: Duration(30 * time.Second)},
		Log:        Log{Level: "info", Format: "text"},
		Metrics:    Metrics{Enabled: true},
	}
}

func defaultListen() Listen {
	return Listen{
		Address:       "127.0.0.1:8026",
		VXPPath:       "/vxp",
		ClientCerts:   "off",
		Connections:   4096,
		HeaderTimeout: Duration(10 * time.Second),
		StallTimeout:  Duration(time.Minute),
		IdleTimeout:   Duration(2 * time.Minute),
		StopTimeout:   Duration(30 * time.Second),
	}
}

func defaultLimits() Limits {
	envelope, unzip := edxml.DefaultLimits(), edxml.DefaultZipLimits()
	return Limits{
		Message:     Size(envelope.Size),
		Skeleton:    Size(envelope.Skeleton),
		Depth:       envelope.Depth,
		Elements:    envelope.Elements,
		Attachments: envelope.Attachments,
		Receivers:   10_000,
		Unzipped:    Size(unzip.Size),
		UnzipRatio:  int(unzip.Ratio),
	}
}

func defaultDelivery() Delivery {
	return Delivery{
		Expiry:      Duration(30 * 24 * time.Hour),
		Concurrency: 16,
		Attempt:     Duration(10 * time.Minute),
		Lease:       Duration(12 * time.Minute),
		RetryFirst:  Duration(30 * time.Second),
		RetryMax:    Duration(time.Hour),
		BreakAfter:  5,
		BreakFor:    Duration(30 * time.Second),
		ExpireEvery: Duration(time.Minute),
	}
}
