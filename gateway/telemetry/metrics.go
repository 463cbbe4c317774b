package telemetry

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the numbers of one process, in a registry of their own.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	accept   *prometheus.HistogramVec
	dispatch *prometheus.CounterVec
	flushes  *prometheus.CounterVec
}

// NewMetrics makes the metrics; version is shown as congvan_build_info.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "congvan_http_request_seconds",
			Help:    "Time to answer a request, its body's transfer included.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 10),
		}, []string{"face", "operation", "code"}),
		accept: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "congvan_accept_seconds",
			Help:    "Time to take a submission, accepted or refused, its body's transfer included.",
			Buckets: prometheus.ExponentialBuckets(0.002, 2, 14),
		}, []string{"face"}),
		dispatch: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "congvan_dispatch_total",
			Help: "What became of deliveries handed to carriers, by route.",
		}, []string{"event", "route"}),
	}
	m.flushes = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "congvan_flushes_total",
		Help: "Flushes that made something durable: of files and folders of the object store, and commits of the database.",
	}, []string{"what"})
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "congvan_build_info", Help: "Always 1.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.accept, m.dispatch, m.flushes, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Watch adds gauges that are read from the database when somebody asks.
func (m *Metrics) Watch(source OverviewSource) { m.registry.MustRegister(newGauges(source)) }

// Dispatched counts n events of a kind on a route.
func (m *Metrics) Dispatched(event, route string, n int) {
	m.dispatch.WithLabelValues(event, route).Add(float64(n))
}

// Flushed counts one flush of a kind of thing: file, folder or commit.
func (m *Metrics) Flushed(what string) { m.flushes.WithLabelValues(what).Inc() }

// Handler answers /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Observe times the requests to one face of the gateway. name gives a request's operation
// out of a fixed set, and whether it submits a message.
func (m *Metrics) Observe(face string, name func(*http.Request) (operation string, submits bool), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		operation, submits := name(r)
		watched := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			took := time.Since(start).Seconds()
			m.requests.WithLabelValues(face, operation, class(watched.status)).Observe(took)
			if submits {
				m.accept.WithLabelValues(face).Observe(took)
			}
		}()
		next.ServeHTTP(watched, r)
	})
}

func class(status int) string { return string([]byte{'0' + byte(status/100%10), 'x', 'x'}) }

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
