package httpx

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics counts requests by route pattern, so that their number is bounded.
type Metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

// NewMetrics registers the counters of a Router.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "socle_http_requests_total", Help: "Requests answered, by route and status."}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "socle_http_request_seconds", Help: "Time to answer, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "socle_http_requests_in_flight", Help: "Requests being answered."}),
	}
	reg.MustRegister(m.requests, m.seconds, m.inFlight)
	return m
}

// start counts a request in; what it returns counts it out.
func (m *Metrics) start() func(pattern, method string, status int, took time.Duration) {
	if m == nil {
		return func(string, string, int, time.Duration) {}
	}
	m.inFlight.Inc()
	return func(pattern, method string, status int, took time.Duration) {
		m.inFlight.Dec()
		if pattern == "" {
			pattern = "none"
		}
		m.requests.WithLabelValues(pattern, strconv.Itoa(status)).Inc()
		m.seconds.WithLabelValues(pattern).Observe(took.Seconds())
	}
}

// MetricsHandler serves a registry to Prometheus. With a token, the reader must
// send it ("Authorization: Bearer …").
func MetricsHandler(g prometheus.Gatherer, token string) HandlerFunc {
	h := promhttp.HandlerFor(g, promhttp.HandlerOpts{DisableCompression: true})
	return func(w http.ResponseWriter, r *http.Request) error {
		if token != "" && !sameSecret(r.Header.Get("Authorization"), "Bearer "+token) {
			return notFound() // nobody needs to know that the page is there
		}
		h.ServeHTTP(w, r)
		return nil
	}
}
