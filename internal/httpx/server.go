package httpx

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Server serves a handler until its context ends, then lets requests finish.
type Server struct {
	Handler   http.Handler
	Log       *slog.Logger
	CertFile  string        // with KeyFile: TLS (1.2 and above, HTTP/2)
	KeyFile   string        // both are read again once they have changed: renewal needs no restart
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
		pair := &keyPair{certFile: s.CertFile, keyFile: s.KeyFile, log: s.Log}
		if _, err := pair.get(nil); err != nil {
			_ = l.Close()
			return fmt.Errorf("certificate: %w", err)
		}
		l = tls.NewListener(l, &tls.Config{GetCertificate: pair.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}})
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

// keyPair is a certificate that follows its files.
type keyPair struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	changed time.Time // of the certificate's file, when it was read
}

// get returns the certificate, read again when its file has changed. A pair that
// cannot be read leaves the one before in place: it may be half renewed.
func (k *keyPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	info, err := os.Stat(k.certFile)
	if err == nil && k.pair != nil && info.ModTime().Equal(k.changed) {
		return k.pair, nil
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.LoadX509KeyPair(k.certFile, k.keyFile)
	}
	if err != nil {
		if k.pair == nil {
			return nil, err
		}
		k.log.Warn("the renewed certificate cannot be read, the one before serves on", slog.Any("err", err))
		return k.pair, nil
	}
	k.pair, k.changed = &pair, info.ModTime()
	return k.pair, nil
}
