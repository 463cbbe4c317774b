package telemetry

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"congvan/gateway"
)

func TestLogHidesSecrets(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		log, err := NewLog(&out, "info", format)
		if err != nil {
			t.Fatal(err)
		}
		log.Info("hello", "secret", "hunter2", "Authorization", "Bearer hunter2", "db_dsn", "postgres://a:hunter2@b", "agency", "H26.99")
		log.Debug("not at this level")
		if s := out.String(); strings.Contains(s, "hunter2") || !strings.Contains(s, "H26.99") || strings.Contains(s, "not at") {
			t.Errorf("%s: %s", format, s)
		}
	}
}

func TestLogRefusesNonsense(t *testing.T) {
	for _, c := range [][2]string{{"loud", "text"}, {"info", "xml"}} {
		if _, err := NewLog(io.Discard, c[0], c[1]); err == nil {
			t.Errorf("%v was taken", c)
		}
	}
}

// board is an OverviewSource that counts how often it is asked.
type board struct {
	asked int
	err   error
}

func (b *board) Overview(context.Context) (gateway.Overview, error) {
	b.asked++
	now := time.Unix(1_900_000_000, 0)
	return gateway.Overview{
		At: now, Unarchived: 7, LastEvent: now,
		Deliveries: []gateway.DeliveryCount{{
			State: gateway.DeliveryHeld, Route: "axis", Cause: gateway.CauseLoop, Count: 3, Oldest: now.Add(-time.Hour),
		}},
	}, b.err
}

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("metrics: %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestGauges(t *testing.T) {
	m, b := NewMetrics("v1"), &board{}
	m.Watch(b)
	text := scrape(t, m)
	for _, line := range []string{
		`congvan_deliveries{cause="loop",route="axis",state="held"} 3`,
		`congvan_oldest_delivery_seconds{cause="loop",route="axis",state="held"} 3600`,
		`congvan_unarchived_messages 7`,
		`congvan_last_event_timestamp_seconds 1.9e+09`,
		`congvan_database_up 1`,
		`congvan_build_info{version="v1"} 1`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
	if scrape(t, m); b.asked != 1 {
		t.Errorf("two scrapes asked the database %d times", b.asked)
	}
}

func TestGaugesOfABrokenDatabase(t *testing.T) {
	m := NewMetrics("v1")
	m.Watch(&board{err: errors.New("away")})
	text := scrape(t, m)
	if !strings.Contains(text, "congvan_database_up 0\n") || strings.Contains(text, "congvan_unarchived_messages 7") {
		t.Error("a broken database is not shown as such")
	}
}

func TestObserve(t *testing.T) {
	m := NewMetrics("v1")
	h := m.Observe("api", func(r *http.Request) (string, bool) { return "letters", r.Method == http.MethodPost },
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusConflict) }))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	text := scrape(t, m)
	for _, line := range []string{
		`congvan_http_request_seconds_count{code="4xx",face="api",operation="letters"} 2`,
		`congvan_accept_seconds_count{face="api"} 1`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
}
