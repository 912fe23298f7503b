package httpx

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// Server serves a handler until its context ends, then lets requests finish.
type Server struct {
	Handler   http.Handler
	Log       *slog.Logger
	CertFile  string        // with KeyFile: TLS (1.2 and above, HTTP/2)
	KeyFile   string        // read again when they change is the operator's restart
	Grace     time.Duration // for requests at the end; zero: 15 s
	Listening func(net.Addr)
}

// Run listens on addr ("host:port"; port 0 chooses one) and serves until ctx is
// done. It returns nil after an orderly end.
func (s *Server) Run(ctx context.Context, addr string) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	return s.Serve(ctx, l)
}

// Serve is Run on a listener, which it closes.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if s.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(s.CertFile, s.KeyFile)
		if err != nil {
			_ = l.Close()
			return fmt.Errorf("certificate: %w", err)
		}
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}})
	}
	srv := &http.Server{
		Handler:           s.Handler,
		ReadHeaderTimeout: 10 * time.Second, // bodies and answers have the deadlines of their route
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
	if s.Listening != nil {
		s.Listening(l.Addr())
	}
	grace := s.Grace
	if grace == 0 {
		grace = 15 * time.Second
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		<-gctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		if err := srv.Shutdown(end); err != nil {
			s.Log.Warn("requests cut at the end of the grace time", slog.Any("err", err))
			return srv.Close()
		}
		return nil
	})
	return g.Wait()
}
