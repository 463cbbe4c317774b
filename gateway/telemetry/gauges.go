package telemetry

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"congvan/gateway"
)

// OverviewSource counts what is on its way.
type OverviewSource interface {
	// Overview is cheap enough to be asked every few seconds, and changes nothing.
	Overview(ctx context.Context) (gateway.Overview, error)
}

const (
	overviewAge     = 5 * time.Second // an overview is kept for so long, however many ask
	overviewTimeout = 3 * time.Second
)

// gauges is a prometheus.Collector over an overview.
type gauges struct {
	source OverviewSource

	up, deliveries, oldest, unarchived, lastEvent *prometheus.Desc

	mu   sync.Mutex
	at   time.Time
	last gateway.Overview
	err  error
}

func newGauges(source OverviewSource) *gauges {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &gauges{
		source:     source,
		up:         desc("congvan_database_up", "1 when the database answered."),
		deliveries: desc("congvan_deliveries", "Deliveries in inboxes, in carriers' queues and stuck, by state, route and cause.", "state", "route", "cause"),
		oldest:     desc("congvan_oldest_delivery_seconds", "Age of the oldest delivery, by state, route and cause.", "state", "route", "cause"),
		unarchived: desc("congvan_unarchived_messages", "Accepted messages whose archive record is not yet stored."),
		lastEvent:  desc("congvan_last_event_timestamp_seconds", "When the newest event happened; 0 before the first."),
	}
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{g.up, g.deliveries, g.oldest, g.unarchived, g.lastEvent} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	o, err := g.overview()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	if err != nil {
		gauge(g.up, 0)
		return
	}
	gauge(g.up, 1)
	gauge(g.unarchived, float64(o.Unarchived))
	gauge(g.lastEvent, seconds(o.LastEvent))
	for _, c := range o.Deliveries {
		labels := []string{string(c.State), c.Route, c.Cause}
		gauge(g.deliveries, float64(c.Count), labels...)
		gauge(g.oldest, max(0, o.At.Sub(c.Oldest).Seconds()), labels...)
	}
}

func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// overview asks the database at most once in overviewAge.
func (g *gauges) overview() (gateway.Overview, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.at.IsZero() && time.Since(g.at) < overviewAge {
		return g.last, g.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), overviewTimeout)
	defer cancel()
	g.last, g.err = g.source.Overview(ctx)
	g.at = time.Now()
	return g.last, g.err
}
