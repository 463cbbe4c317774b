package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func example(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../congvan.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestExampleIsTheDefault(t *testing.T) {
	text := strings.Replace(example(t), `self = ""`, `self = "H26.99"`, 1)
	got, err := Parse("congvan.example.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Gateway.Self = "H26.99"
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("the example and Default differ (-default +example):\n%s", diff)
	}
}

func TestExampleHasEveryKey(t *testing.T) {
	entries, problem := scan([]byte(example(t)))
	if problem != nil {
		t.Fatal(problem)
	}
	got := map[string]bool{}
	for _, e := range entries {
		got[e.key] = true
	}
	want := map[string]bool{}
	keysOf(reflect.TypeFor[Config](), "", want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-config +example):\n%s", diff)
	}
}

func keysOf(t reflect.Type, prefix string, into map[string]bool) {
	for f := range t.Fields() {
		key := prefix + f.Tag.Get("toml")
		if f.Type.Kind() == reflect.Struct {
			keysOf(f.Type, key+".", into)
			continue
		}
		into[key] = true
	}
}

func TestProblemsComeAllAtOnceWithTheirPlaces(t *testing.T) {
	const text = `[gateway]
self = "h26 99"
colour = "red"
memory = 12

[listen]
  address = "nowhere"
client_certs = "maybe"

[nonsense]
a = 1
b = 2

[delivery]
expiry = "soon"
attempts = "many"

[objects.s3]
endpont = ""
`
	type place struct {
		Key          string
		Line, Column int
	}
	_, err := Parse("x.toml", []byte(text))
	var problems *Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v, want *Problems", err)
	}
	var got []place
	for _, p := range problems.List {
		got = append(got, place{p.Key, p.Line, p.Column})
		if p.Vi == "" || p.En == "" {
			t.Errorf("%s: a text is missing: %+v", p.Key, p)
		}
	}
	want := []place{
		{"gateway.self", 2, 1},
		{"gateway.colour", 3, 1},
		{"gateway.memory", 4, 1},
		{"listen.address", 7, 3},
		{"listen.client_certs", 8, 1},
		{"listen.client_certs", 8, 1},
		{"nonsense", 10, 2},
		{"delivery.expiry", 15, 1},
		{"delivery.attempts", 16, 1},
		{"objects.s3.endpont", 19, 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s\n%v", diff, err)
	}
	if !strings.HasPrefix(err.Error(), "x.toml:2:1: gateway.self: ") {
		t.Errorf("the text does not begin with the place: %s", err)
	}
}

func TestSingleProblems(t *testing.T) {
	const ok = "gateway.self = \"H26.99\"\n"
	tests := map[string]struct {
		text string
		key  string
		line int
	}{
		"self is missing":            {"", "gateway.self", 0},
		"syntax":                     {ok + "a = = 1\n", "", 2},
		"port too great":             {ok + "listen.address = \"localhost:80266\"\n", "listen.address", 2},
		"a key twice":                {ok + "[log]\nlevel = \"info\"\nlevel = \"warn\"\n", "level", 4},
		"a table in place of a key":  {ok + "[log.level]\nx = 1\n", "log.level", 2},
		"an array of tables":         {ok + "[[log]]\nlevel = \"info\"\n", "log", 2},
		"two DSNs":                   {ok + "[database]\ndriver = \"postgres\"\ndsn = \"a\"\ndsn_file = \"b\"\n", "database.dsn", 4},
		"no DSN":                     {ok + "database.driver = \"postgres\"\n", "database.dsn", 0},
		"certificate without a key":  {ok + "listen.cert_file = \"a\"\n", "listen.cert_file", 2},
		"client certificates, no CA": {ok + "listen.client_certs = \"require\"\n", "listen.client_certs", 2},
		"path is taken":              {ok + "listen.vxp_path = \"/v1/vxp\"\n", "listen.vxp_path", 2},
		"path with a slash":          {ok + "listen.vxp_path = \"/vxp/\"\n", "listen.vxp_path", 2},
		"axis half configured":       {ok + "axis = { endpoint = \"https://truc.example\", systemid = \"a\" }\n", "axis.secret_file", 0},
		"axis is no URL":             {ok + "axis = { endpoint = \"truc\", systemid = \"a\", secret_file = \"s\" }\n", "axis.endpoint", 0},
		"retry_max too small":        {ok + "delivery.retry_max = \"1s\"\n", "delivery.retry_max", 2},
		"lease too short":            {ok + "delivery.attempt = \"12m\"\n", "delivery.lease", 0},
		"zero":                       {ok + "limits.depth = 0\n", "limits.depth", 2},
		"log level":                  {ok + "log.level = \"loud\"\n", "log.level", 2},
		"S3 without a bucket": {ok + `[objects]
kind = "s3"
[objects.s3]
endpoint = "https://kho.example"
access_key_file = "a"
secret_key_file = "b"
`, "objects.s3.bucket", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("x.toml", []byte(tt.text))
			var problems *Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v, want *Problems", err)
			}
			first := problems.List[0]
			if len(problems.List) != 1 || first.Key != tt.key || first.Line != tt.line {
				t.Errorf("got %+v, want one at key %q, line %d", problems.List, tt.key, tt.line)
			}
		})
	}
}

func TestLoadMakesPathsAbsolute(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "congvan.toml")
	text := "[gateway]\nself = \"H26.99\"\ndata_dir = \"kho\"\n[keys]\nmaster_file = \"/etc/congvan/master.key\"\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.Gateway.DataDir, c.Database.Path, c.Keys.MasterFile, c.Keys.ReceiptFile, c.Listen.CertFile}
	want := []string{
		filepath.Join(dir, "kho"), filepath.Join(dir, "kho/congvan.db"),
		"/etc/congvan/master.key", filepath.Join(dir, "kho/keys/receipt.pem"), "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
}

func TestPathsNamesEveryPath(t *testing.T) {
	want := map[string]bool{}
	keysOf(reflect.TypeFor[Config](), "", want)
	n := 0
	for key := range want {
		isPath := strings.HasSuffix(key, "_file") || strings.HasSuffix(key, "_dir") ||
			key == "database.path" || key == "objects.path"
		if isPath && key != "gateway.data_dir" {
			n++
		}
	}
	if c := Default(); len(c.paths()) != n {
		t.Errorf("paths has %d entries, Config %d path keys", len(c.paths()), n)
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "1h30m": 90 * time.Minute, "30d": 720 * time.Hour, "0s": 0,
	} {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err != nil || d.Std() != want {
			t.Errorf("%s: got %v, %v; want %v", text, d.Std(), err, want)
		}
	}
	for _, text := range []string{"", "5", "1.5d", "99999999d", "d", "-"} {
		if err := new(Duration).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken for a duration", text)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "500": 500, "20KiB": 20 << 10, "4GiB": 4 << 30, "1TiB": 1 << 40} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want {
			t.Errorf("%s: got %d, %v; want %d", text, s, err, want)
		}
	}
	for _, text := range []string{"", "GiB", "1GB", "-1", "9999999999TiB", "1.5MiB"} {
		if err := new(Size).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken for a size", text)
		}
	}
}

func TestUnitsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Size(rapid.Int64Range(0, 1<<61).Draw(t, "size"))
		var s2 Size
		if err := s2.UnmarshalText([]byte(s.String())); err != nil || s2 != s {
			t.Fatalf("size %d: %q reads as %d, %v", s, s, s2, err)
		}
		d := Duration(rapid.Int64Range(0, int64(36_500*day)).Draw(t, "duration"))
		var d2 Duration
		if err := d2.UnmarshalText([]byte(d.String())); err != nil || d2 != d {
			t.Fatalf("duration %d: %q reads as %d, %v", d, d, d2, err)
		}
	})
}
