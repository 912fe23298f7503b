package httpx

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate writes a pair for localhost into a folder.
func certificate(t *testing.T) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	k, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")
	pool = x509.NewCertPool()
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: k}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, _ := x509.ParseCertificate(der)
	pool.AddCert(cert)
	return certFile, keyFile, pool
}

// At the end the server takes no new request and finishes those it has.
func TestServerEndsInOrder(t *testing.T) {
	cert, key, pool := certificate(t)
	for name, s := range map[string]*Server{"plain": {}, "tls": {CertFile: cert, KeyFile: key}} {
		t.Run(name, func(t *testing.T) {
			in, release := make(chan struct{}), make(chan struct{})
			s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/slow" {
					close(in)
					<-release
				}
				_, _ = io.WriteString(w, r.Proto)
			})
			s.Log = slog.New(slog.DiscardHandler)
			where := make(chan net.Addr, 1)
			s.Listening = func(a net.Addr) { where <- a }
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- s.Run(ctx, "localhost:0") }()
			_, port, _ := net.SplitHostPort((<-where).String())
			base := "http://localhost:" + port
			if name == "tls" {
				base = "https://localhost:" + port
			}
			c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
			answer := make(chan string, 1)
			go func() {
				res, err := c.Get(base + "/slow")
				if err != nil {
					answer <- err.Error()
					return
				}
				defer res.Body.Close()
				b, _ := io.ReadAll(res.Body)
				answer <- string(b)
			}()
			<-in
			stop()
			close(release)
			if got := <-answer; !strings.HasPrefix(got, "HTTP/") {
				t.Errorf("the request in progress got %q", got)
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if _, err := c.Get(base + "/"); err == nil {
				t.Error("it still answers")
			}
		})
	}
}

// A renewed certificate serves without restart; a broken one does not end service.
func TestCertificateIsRenewed(t *testing.T) {
	cert, key, _ := certificate(t)
	newCert, newKey, _ := certificate(t)
	k := &keyPair{certFile: cert, keyFile: key, log: slog.New(slog.DiscardHandler)}
	first, err := k.get(nil)
	if err != nil {
		t.Fatal(err)
	}
	later := time.Now()
	replace := func(from, to string) {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o600); err != nil {
			t.Fatal(err)
		}
		later = later.Add(time.Minute)
		if err := os.Chtimes(to, later, later); err != nil {
			t.Fatal(err)
		}
	}
	replace(newCert, cert) // its key has not come yet
	if c, err := k.get(nil); err != nil || c != first {
		t.Error("half a renewal ended service", err)
	}
	replace(newKey, key)
	second, err := k.get(nil)
	if err != nil || bytes.Equal(second.Certificate[0], first.Certificate[0]) {
		t.Error("the old certificate serves on", err)
	}
	if third, err := k.get(nil); err != nil || third != second {
		t.Error("read again without change", err)
	}
}

func TestServerThatCannotStart(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := &Server{Log: slog.New(slog.DiscardHandler)}
	if err := s.Run(t.Context(), l.Addr().String()); err == nil {
		t.Error("a taken address was taken again")
	}
	s.CertFile, s.KeyFile = "absent", "absent"
	if err := s.Run(t.Context(), "127.0.0.1:0"); err == nil {
		t.Error("served without its certificate")
	}
}

func TestReady(t *testing.T) {
	rt, log := newRouter(t, Options{})
	var broken error
	rt.Handle("GET /health", Health)
	rt.Handle("GET /ready", Ready(Probe{"database", func(context.Context) error { return broken }}, Probe{"store", func(context.Context) error { return nil }}))
	s := httptest.NewServer(rt)
	defer s.Close()
	if res, body, _ := get(t, s, "GET", "/ready", nil); res.StatusCode != 200 || !strings.Contains(body, `"database":"ok"`) {
		t.Error(res.StatusCode, body)
	}
	broken = errors.New("connection refused to db.internal")
	res, body, _ := get(t, s, "GET", "/ready", nil)
	if res.StatusCode != 503 || !strings.Contains(body, `"database":"failing"`) || !strings.Contains(body, `"store":"ok"`) || strings.Contains(body, "db.internal") {
		t.Error(res.StatusCode, body)
	}
	if !strings.Contains(log.String(), "db.internal") {
		t.Error("the log does not say why")
	}
	if res, body, _ := get(t, s, "GET", "/health", nil); res.StatusCode != 200 || !strings.Contains(body, "ok") {
		t.Error(res.StatusCode, body)
	}
}
