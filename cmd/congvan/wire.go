package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"congvan/archive/objects"
	"congvan/archive/objects/disk"
	"congvan/archive/objects/s3"
	"congvan/cmd/congvan/signing"
	"congvan/connectors/vxp"
	"congvan/gateway"
	"congvan/gateway/api"
	"congvan/gateway/auth"
	"congvan/gateway/config"
	"congvan/gateway/dispatch"
	"congvan/gateway/receipts"
	"congvan/gateway/store"
	"congvan/gateway/telemetry"
	"congvan/schemas"
	"congvan/schemas/edxml"
)

// app is the gateway made of its parts. Commands that work on the database alone
// open it too; only serve runs its workers.
type app struct {
	config  *config.Config
	log     *slog.Logger
	node    string
	store   *store.Store
	objects objects.Store
	gateway *gateway.Gateway
	keys    *auth.Keys
	signer  *receipts.Signer
	signing *signing.Signing // nil when signatures are not judged
	sealer  *signing.Sealer  // nil without a key for envelopes
	metrics *telemetry.Metrics
}

// openApp opens everything that a configuration names; the caller closes it.
func openApp(ctx context.Context, c *config.Config, log *slog.Logger) (*app, error) {
	a := &app{config: c, log: log, node: nodeName(c), metrics: telemetry.NewMetrics(readVersion().Version)}
	if err := os.MkdirAll(c.Gateway.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("data_dir: %w", err)
	}
	var err error
	if a.store, err = openStore(ctx, c, a.metrics); err != nil {
		return nil, err
	}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *app) open(ctx context.Context) error {
	var err error
	if a.objects, err = openObjects(ctx, a.config, a.metrics); err != nil {
		return err
	}
	if a.keys, err = openKeys(a.config, a.store); err != nil {
		return err
	}
	if err := makeFolderOf(a.config.Keys.ReceiptFile); err != nil {
		return err
	}
	if a.signer, err = receipts.Open(a.config.Keys.ReceiptFile); err != nil {
		return err
	}
	validator, err := schemas.New(time.Now)
	if err != nil {
		return err
	}
	if err := a.openSigning(); err != nil {
		return err
	}
	a.gateway, err = gateway.New(a.judging(gateway.Options{
		Store:     a.store,
		Objects:   a.objects,
		Validator: validator,
		Signer:    a.signer,
		Log:       a.log,
		Self:      gateway.AgencyID(a.config.Gateway.Self),
		Node:      a.node,
		Limits:    limits(a.config.Limits),
		Expiry:    a.config.Delivery.Expiry.Std(),
		Axis:      a.config.Axis.Configured(),
	}))
	return err
}

// Close closes what openApp opened.
func (a *app) Close() error {
	err := a.store.Close()
	if a.sealer != nil {
		err = errors.Join(err, a.sealer.Close())
	}
	if c, ok := a.objects.(io.Closer); ok {
		err = errors.Join(err, c.Close())
	}
	return err
}

func nodeName(c *config.Config) string {
	if c.Gateway.Node != "" {
		return c.Gateway.Node
	}
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}

func openStore(ctx context.Context, c *config.Config, m *telemetry.Metrics) (*store.Store, error) {
	o := store.Options{Driver: store.Driver(c.Database.Driver), Path: c.Database.Path, DSN: c.Database.DSN, Committed: func() { m.Flushed("commit") }}
	if c.Database.DSNFile != "" {
		dsn, err := readSecret(c.Database.DSNFile)
		if err != nil {
			return nil, err
		}
		o.DSN = dsn
	}
	return store.Open(ctx, o)
}

func openObjects(ctx context.Context, c *config.Config, m *telemetry.Metrics) (objects.Store, error) {
	if c.Objects.Kind == config.ObjectsDisk {
		return disk.Open(c.Objects.Path, disk.Options{Observe: func(f disk.Fsync) { m.Flushed(string(f)) }})
	}
	return openS3(ctx, c.Objects.S3)
}

func openS3(ctx context.Context, c config.S3) (objects.Store, error) {
	if err := os.MkdirAll(c.SpoolDir, 0o700); err != nil {
		return nil, fmt.Errorf("objects.s3.spool_dir: %w", err)
	}
	endpoint, err := url.Parse(c.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("objects.s3.endpoint: %w", err)
	}
	return s3.Open(ctx, s3.Config{
		Endpoint: endpoint.Host, PlainHTTP: endpoint.Scheme == "http", PathStyle: c.PathStyle,
		Region: c.Region, Bucket: c.Bucket, Prefix: c.Prefix, CreateBucket: c.CreateBucket,
		AccessKeyFile: c.AccessKeyFile, SecretKeyFile: c.SecretKeyFile, CAFile: c.CAFile, Staging: c.SpoolDir,
	})
}

func openKeys(c *config.Config, s gateway.Systems) (*auth.Keys, error) {
	if err := makeFolderOf(c.Keys.MasterFile); err != nil {
		return nil, err
	}
	master, err := auth.LoadMaster(c.Keys.MasterFile)
	if err != nil {
		return nil, err
	}
	return auth.New(s, master, time.Now), nil
}

func makeFolderOf(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("key folder: %w", err)
	}
	return nil
}

func limits(l config.Limits) gateway.Limits {
	return gateway.Limits{
		Envelope: edxml.Limits{
			Size: int64(l.Message), Skeleton: int64(l.Skeleton), Depth: l.Depth, Elements: l.Elements, Attachments: l.Attachments,
		},
		Unzip:     edxml.ZipLimits{Size: int64(l.Unzipped), Ratio: int64(l.UnzipRatio)},
		Receivers: l.Receivers,
	}
}

// handler is both faces of the gateway. Long polls end when stopping does.
func (a *app) handler(stopping context.Context) (http.Handler, error) {
	rest, err := api.New(api.Options{
		Gateway:  a.gateway,
		Keys:     a.keys,
		JWKS:     a.signer.PublicJWKS(),
		Log:      a.log,
		Limits:   api.Limits{Letter: int64(a.config.Limits.Message), Files: a.config.Limits.Attachments, Stall: a.config.Listen.StallTimeout.Std()},
		SpoolDir: a.config.Gateway.DataDir, PublicURL: a.config.Listen.PublicURL,
		Stopping: stopping,
	})
	if err != nil {
		return nil, err
	}
	exchange := vxp.NewServer(vxp.Options{
		Gateway: a.gateway, Authenticator: a.keys, Log: a.log, Stall: a.config.Listen.StallTimeout.Std(),
	})
	mux := http.NewServeMux()
	mux.Handle(a.config.Listen.VXPPath+"/", a.metrics.Observe("vxp", exchangeOperation, exchange))
	mux.Handle("/", a.metrics.Observe("api", apiOperation, rest))
	return mux, nil
}

// exchangeOperation names an operation of the exchange protocol for the metrics.
func exchangeOperation(r *http.Request) (string, bool) {
	switch op := path.Base(r.URL.Path); op {
	case vxp.OpSend:
		return op, true
	case vxp.OpReceived, vxp.OpSent, vxp.OpGet, vxp.OpDownload, vxp.OpUpdateStatus, vxp.OpAgencies, vxp.OpAgenciesQD20:
		return op, false
	}
	return "other", false
}

// apiOperation names a group of routes of the REST API for the metrics.
func apiOperation(r *http.Request) (string, bool) {
	_, rest, _ := strings.Cut(r.URL.Path, "/v1/")
	group, _, _ := strings.Cut(rest, "/")
	switch group {
	case "letters", "statuses":
		return group, r.Method == http.MethodPost
	case "sent", "inbox", "deliveries", "acks", "events", "agencies", "stuck":
		return group, false
	}
	return "other", false
}

// workers are what runs beside the server.
func (a *app) workers() ([]func(context.Context) error, error) {
	all := []func(context.Context) error{a.gateway.RunArchiver, a.gateway.RunExaminer, a.watchTrust}
	if !a.config.Axis.Configured() {
		return append(all, a.expire), nil
	}
	client, err := axisClient(a.config.Axis)
	if err != nil {
		return nil, err
	}
	d, err := a.dispatcher(client)
	if err != nil {
		return nil, err
	}
	source := vxp.NewSource(vxp.SourceOptions{
		Client:    client,
		Gateway:   a.gateway,
		Principal: gateway.Principal{System: "axis", Credential: "axis", Scopes: []gateway.Scope{gateway.ScopeSubmit, gateway.ScopeRelay}},
		Log:       a.log,
		Interval:  a.config.Axis.PollInterval.Std(),
	})
	return append(all, d.Run, source.Run), nil
}

func (a *app) dispatcher(axis *vxp.Client) (*dispatch.Dispatcher, error) {
	d := a.config.Delivery
	return dispatch.New(dispatch.Options{
		Queue:    a.store,
		Carriers: map[string]dispatch.Carrier{gateway.RouteAxis: vxp.NewCarrier(vxp.CarrierOptions{Client: axis, Idempotent: a.config.Axis.Idempotent})},
		Open:     a.relayed,
		Owner:    fmt.Sprintf("%s@%d", a.node, time.Now().UnixNano()),
		Log:      a.log,
		Changed:  a.store.Changed,
		Count:    func(c dispatch.Counter, route string, n int) { a.metrics.Dispatched(string(c), route, n) },
		Limits:   dispatch.Limits{Slots: d.Concurrency},
		Times:    dispatch.Times{Attempt: d.Attempt.Std(), Lease: d.Lease.Std(), Expire: d.ExpireEvery.Std()},
		Backoff:  dispatch.Backoff{Base: d.RetryFirst.Std(), Cap: d.RetryMax.Std(), MaxAttempts: d.Attempts},
		Breaker:  dispatch.Breaker{Failures: d.BreakAfter, CoolDown: d.BreakFor.Std()},
	})
}

// operator is the gateway itself, and the person at its command line.
func operator() gateway.Principal {
	return gateway.Principal{
		System: "operator", Credential: "operator",
		Scopes: []gateway.Scope{gateway.ScopeOperate, gateway.ScopeDirectory},
	}
}

// relayed opens the bytes that a carrier hands over.
func (a *app) relayed(ctx context.Context, m gateway.Message) (dispatch.Body, error) {
	c, err := a.gateway.Relay(ctx, m.ID)
	if err != nil {
		return dispatch.Body{}, err
	}
	r, w := io.Pipe()
	go func() {
		// Ends when all is read or the reader is closed, whichever comes first.
		_, err := c.WriteTo(w)
		w.CloseWithError(err)
	}()
	return dispatch.Body{ReadCloser: r, Size: c.Size, SHA256: c.SHA256}, nil
}

func axisClient(c config.Axis) (*vxp.Client, error) {
	secret, err := readSecret(c.SecretFile)
	if err != nil {
		return nil, err
	}
	h, err := httpClient(c.CAFile)
	if err != nil {
		return nil, err
	}
	return &vxp.Client{SystemID: c.SystemID, Secret: []byte(secret), Endpoint: c.Endpoint, HTTP: h}, nil
}

// httpClient trusts the roots in caFile, or the machine's when there is none.
func httpClient(caFile string) (*http.Client, error) {
	roots, err := rootsOf(caFile)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	transport.MaxIdleConnsPerHost = 16
	return &http.Client{Transport: transport}, nil
}

// rootsOf reads a file of CA certificates; nil, which means the machine's, for no file.
func rootsOf(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("CA file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("CA file: " + file + " holds no certificate")
	}
	return pool, nil
}

const maxSecret = 64 << 10

// readSecret reads a one-line secret from a file.
func readSecret(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	if info.Size() > maxSecret {
		return "", fmt.Errorf("secret: %s is larger than 64 KiB", file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}
