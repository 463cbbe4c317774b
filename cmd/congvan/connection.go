package main

import (
	"errors"
	"net"
	"os"
	"strings"

	"congvan/gateway"
	"congvan/gateway/api/client"
	"congvan/gateway/config"
)

// connection says which gateway a command talks to, and as whom. Flags win over
// the environment, the environment over [client] in the configuration.
type connection struct {
	URL     string `help:"Địa chỉ cổng / the gateway's address." env:"CONGVAN_URL" placeholder:"URL"`
	Key     string `hidden:"" env:"CONGVAN_KEY"`
	KeyFile string `help:"Tệp khóa API; hoặc biến CONGVAN_KEY / API key file; or CONGVAN_KEY." placeholder:"FILE"`
	CAFile  string `name:"ca-file" help:"Chứng thư gốc của cổng / CA certificates for the gateway." placeholder:"FILE"`
}

// open makes the client. The configuration is read only for what flags and environment leave out.
func (c connection) open(g *globals) (*client.Client, *config.Config, error) {
	conf, err := config.Load(g.Config)
	switch {
	case err == nil:
		c.complete(conf)
	case c.URL == "" || (c.Key == "" && c.KeyFile == "") || !errors.Is(err, os.ErrNotExist):
		return nil, nil, err
	default:
		conf = nil // everything was said without it
	}
	if c.KeyFile != "" {
		if c.Key, err = readSecret(c.KeyFile); err != nil {
			return nil, nil, err
		}
	}
	if c.Key == "" {
		return nil, nil, gateway.Errorf(gateway.CodeUnauthenticated, "--key-file", "no key: --key-file, CONGVAN_KEY or client.key_file")
	}
	h, err := httpClient(c.CAFile)
	if err != nil {
		return nil, nil, err
	}
	return &client.Client{URL: strings.TrimSuffix(c.URL, "/"), Key: c.Key, HTTP: h}, conf, nil
}

// complete fills in what only the configuration says.
func (c *connection) complete(conf *config.Config) {
	if c.URL == "" {
		c.URL = clientURL(conf)
	}
	if c.KeyFile == "" && c.Key == "" {
		c.KeyFile = conf.Client.KeyFile
	}
	if c.CAFile == "" {
		c.CAFile = conf.Client.CAFile
	}
}

// clientURL is where the configured gateway is reached from its own machine.
func clientURL(conf *config.Config) string {
	if conf.Client.URL != "" {
		return conf.Client.URL
	}
	scheme := "http"
	if conf.Listen.TLS() {
		scheme = "https"
	}
	host, port, _ := net.SplitHostPort(conf.Listen.Address)
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// self is the agency for which a command speaks when none is named.
func self(named gateway.AgencyID, conf *config.Config) (gateway.AgencyID, error) {
	switch {
	case named != "":
		return named, nil
	case conf != nil:
		return gateway.AgencyID(conf.Gateway.Self), nil
	}
	return "", gateway.Errorf(gateway.CodeInvalidRequest, "--from", "no agency named")
}
