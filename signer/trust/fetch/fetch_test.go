package fetch

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestOnlyPublicAddressesAreAsked(t *testing.T) {
	for _, a := range []string{
		"127.0.0.1", "::1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "fe80::1", "fc00::1", "0.0.0.0", "::",
		"224.0.0.1", "ff02::1", "255.255.255.255", "100.64.0.1", "198.18.0.1", "203.0.113.9", "2001:db8::1", "64:ff9b::7f00:1", "240.0.0.1", "2002:7f00:1::",
	} {
		if public(netip.MustParseAddr(a).Unmap()) {
			t.Errorf("%s", a)
		}
	}
	if public(netip.MustParseAddr("::ffff:127.0.0.1").Unmap()) {
		t.Error("a loopback address written as IPv6")
	}
	for _, a := range []string{"8.8.8.8", "113.190.232.1", "2405:4800::1"} {
		if !public(netip.MustParseAddr(a)) {
			t.Errorf("%s", a)
		}
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	c := New(Options{})
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	for _, u := range []string{
		"ftp://ca.test/crl", "ldap://ca.test/cn=ca", "file:///etc/passwd", "http:///crl", "//ca.test", "http://user:pass@ca.test/", ":",
		server.URL, "http://localhost" + port, "http://[::ffff:127.0.0.1]" + port, "http://169.254.169.254/latest",
	} {
		if _, err := c.Get(t.Context(), Request{URL: u, Limit: 10}); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s: %v", u, err)
		}
	}
}

func TestBounds(t *testing.T) {
	now := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch r.URL.Path {
		case "/ok":
			w.Write([]byte("0123456789"))
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/away":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/slow":
			<-r.Context().Done()
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	c := New(Options{AllowPrivate: true, Timeout: 200 * time.Millisecond, Now: func() time.Time { return now }})
	for _, test := range []struct {
		path  string
		limit int64
		want  error
	}{
		{"/ok", 10, nil},
		{"/ok", 9, ErrTooLarge},
		{"/loop", 10, ErrUnavailable},
		{"/away", 10, ErrForbidden},
		{"/slow", 10, ErrUnavailable},
		{"/absent", 10, ErrUnavailable},
	} {
		if body, err := c.Get(t.Context(), Request{URL: server.URL + test.path, Limit: test.limit}); !errors.Is(err, test.want) || err == nil && len(body) != 10 {
			t.Errorf("%s: %q, %v", test.path, body, err)
		}
	}
	before := asked
	if _, err := c.Get(t.Context(), Request{URL: server.URL + "/absent", Limit: 10}); !errors.Is(err, ErrCooling) || asked != before {
		t.Errorf("%v, asked %d times", err, asked-before)
	}
	now = c.Again()
	if _, err := c.Get(t.Context(), Request{URL: server.URL + "/absent", Limit: 10}); !errors.Is(err, ErrUnavailable) || asked != before+1 {
		t.Errorf("%v, asked %d times", err, asked-before)
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	now := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	c := New(Options{Now: func() time.Time { return now }})
	for n := range 3 * maxCooling {
		c.Distrust("http://ca.test/" + strings.Repeat("x", n%97) + string(rune('a'+n%26)) + time.Duration(n).String())
	}
	if len(c.cooling) > maxCooling {
		t.Errorf("%d places", len(c.cooling))
	}
}
