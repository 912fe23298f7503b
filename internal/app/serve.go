package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"socle/internal/blob"
	"socle/internal/config"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
)

// serve runs the portal until ctx ends. It answers as soon as the storage is
// open; the demonstration is made meanwhile.
func serve(ctx context.Context, c *config.Config, out io.Writer, log *slog.Logger) (err error) {
	unlock, err := lockData(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if c.Demo && c.Host.Name == "Socle" {
		c.Host.Name = "Données de la Haute-Garonne (démonstration)"
	}
	if c.Demo && c.Host.Territory == "" {
		c.Host.Territory = "31"
	}
	a, err := Build(ctx, c, log, Version)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	handler, err := a.Handler(reg)
	if err != nil {
		return errors.Join(err, a.Close())
	}
	server := &httpx.Server{Handler: handler, Log: log, CertFile: c.TLS.Cert, KeyFile: c.TLS.Key, Listening: func(addr net.Addr) { a.announce(ctx, out, addr) }}
	g.Go(func() error { return listenError(server.Run(ctx, c.Addr), c.Addr) })
	g.Go(func() error { return a.Runner.Run(ctx) })
	g.Go(func() error { return a.Find.Run(ctx) })
	g.Go(func() error {
		a.Usage.Run(ctx, usageFlush, func(err error) { a.Log.WarnContext(ctx, "counts of visits are not written yet", "cause", err) })
		return nil
	})
	g.Go(func() error { return rest(ctx, log) })
	g.Go(func() error {
		a.Forms.Run(ctx)
		return nil
	})
	if c.Metrics.Addr != "" {
		g.Go(func() error { return a.serveMetrics(ctx, reg) })
	}
	if c.Demo {
		g.Go(func() error { return a.demonstrate(ctx, out) })
	}
	err = g.Wait()
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, a.Close())
}

// listenError says in words that the address is taken or not allowed.
func listenError(err error, addr string) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "listen" {
		return errs.New(errs.Busy, "app.listen", errs.Args{"Addr": addr}).WithHint("app.listen.hint").Because(err)
	}
	return err
}

// announce prints where the portal is and, on a new one, how to become its
// administrator.
func (a *App) announce(ctx context.Context, out io.Writer, addr net.Addr) {
	l := a.Config.Lang()
	base := a.Config.Base().String()
	if a.Config.BaseURL == "" && strings.HasSuffix(a.Config.Addr, ":0") {
		base = "http://" + addr.String()
	}
	fmt.Fprintln(out, i18n.T(l, "app.ready", i18n.Args{"URL": base}))
	if a.Config.Demo {
		return
	}
	secret, needed, err := a.Identity.FirstAdminLink(ctx)
	if err != nil {
		a.Log.Error("first administrator's link", "err", err)
		return
	}
	if needed {
		fmt.Fprintln(out, i18n.T(l, "app.first-admin", i18n.Args{"URL": base + firstAccountPath + secret}))
	}
}

// demonstrate makes the demonstration and prints its accounts.
func (a *App) demonstrate(ctx context.Context, out io.Writer) error {
	l := a.Config.Lang()
	return a.makeDemo(ctx, func(accounts []string) {
		fmt.Fprintln(out, i18n.T(l, "app.demo-accounts"))
		for _, line := range accounts {
			parts := strings.Split(line, "\t")
			fmt.Fprintf(out, "  %-36s %s   (%s)\n", parts[0], parts[1], parts[2])
		}
	})
}

func (a *App) serveMetrics(ctx context.Context, reg *prometheus.Registry) error {
	rt := httpx.NewRouter(httpx.Options{Log: a.Log, Render: httpx.JSONRenderer})
	rt.Handle("GET /metrics", httpx.MetricsHandler(reg, ""))
	return (&httpx.Server{Handler: rt, Log: a.Log}).Run(ctx, a.Config.Metrics.Addr)
}

// probes are what must work for the portal to be of use.
func (a *App) probes() []httpx.Probe {
	return []httpx.Probe{
		{Name: "database", Check: a.DB.Ping},
		{Name: "files", Check: func(ctx context.Context) error {
			_, err := a.Blobs.Stat(ctx, blob.Hash(httpx.Digest(nil)))
			if errs.Is(err, errs.NotFound) {
				return nil
			}
			return err
		}},
	}
}
