package httpx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"

	"socle/internal/errs"
	"socle/internal/i18n"
)

// ClientOptions say how far a client for strangers' addresses may go.
type ClientOptions struct {
	Timeout      time.Duration  // of the whole exchange, body included; zero: 30 s
	MaxBytes     int64          // of an answer, unpacked; zero: 32 MiB
	MaxRedirects int            // zero: 5; negative: none
	Allow        []netip.Prefix // addresses allowed although private (a host's own network)
	AllowHosts   []string       // "host:port" allowed although private
	UserAgent    string         // zero: "Socle"
}

// Client returns an HTTP client for addresses that strangers give: watched
// links, webhooks, harvested portals. It speaks http and https only and refuses
// private, loopback, link-local and reserved addresses: the check is made on the
// address that is really dialled, after resolution, for every redirect too.
//
// Its errors hold an errs.Error: Invalid (forbidden or unusable address), TooLarge
// (while the body is read), Busy (the other server does not answer; ErrUnreachable).
func Client(o ClientOptions) *http.Client {
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 32 << 20
	}
	if o.MaxRedirects == 0 {
		o.MaxRedirects = 5
	}
	if o.UserAgent == "" {
		o.UserAgent = "Socle"
	}
	open := &net.Dialer{Timeout: 10 * time.Second}
	guarded := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return forbidden(address).Because(err)
		}
		if a := ap.Addr().Unmap(); !within(a, o.Allow) && !public(a) {
			return forbidden(address)
		}
		return nil
	}}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if slices.Contains(o.AllowHosts, address) {
				return open.DialContext(ctx, network, address)
			}
			return guarded.DialContext(ctx, network, address)
		},
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           16,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        30 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
	return &http.Client{
		Transport: &guard{next: transport, o: o},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > max(o.MaxRedirects, 0) {
				return errs.New(errs.Invalid, "httpx.redirects", errs.Args{"Max": max(o.MaxRedirects, 0)}).WithHint("httpx.redirects.hint")
			}
			return nil
		},
	}
}

// ErrUnreachable is in the errors of an exchange that failed on the way: no such
// host, refused, cut, too slow.
var ErrUnreachable = errors.New("the other server did not answer")

// guard checks each request, redirected ones too, and limits its answer.
type guard struct {
	next http.RoundTripper
	o    ClientOptions
}

// RoundTrip makes one hop. The time is that of the whole exchange: a hop that a
// redirect caused goes on with the deadline of the one before.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := CheckURL(r.URL); err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	deadline := time.Now().Add(g.o.Timeout)
	if r.Response != nil {
		if b, ok := r.Response.Body.(*limitedBody); ok {
			deadline = b.deadline
		}
	}
	ctx, cancel := context.WithDeadline(r.Context(), deadline)
	host := r.URL.Host
	r = r.Clone(ctx)
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", g.o.UserAgent)
	}
	res, err := g.next.RoundTrip(r)
	if err != nil {
		cancel()
		return nil, unreachable(host, err)
	}
	if res.ContentLength > g.o.MaxBytes {
		_ = res.Body.Close()
		cancel()
		return nil, answerTooLarge(g.o.MaxBytes)
	}
	res.Body = &limitedBody{ReadCloser: res.Body, left: g.o.MaxBytes, max: g.o.MaxBytes, host: host, deadline: deadline, cancel: cancel}
	return res, nil
}

// unreachable says that the other side is at fault, unless the error is known
// or the caller gave up.
func unreachable(host string, err error) error {
	var known *errs.Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	return errs.New(errs.Busy, "httpx.unreachable", errs.Args{"Host": host}).
		WithHint("httpx.unreachable.hint").Because(fmt.Errorf("%w: %w", ErrUnreachable, err))
}

// CheckURL tells whether an address has a form that Client may visit: http or
// https, a host, no user and password. Kind: Invalid.
func CheckURL(u *url.URL) error {
	if u == nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil {
		return errs.New(errs.Invalid, "httpx.address", errs.Args{"Address": RedactURL(u)}).WithHint("httpx.address.hint")
	}
	return nil
}

// limitedBody is an answer with its limits of size and time.
type limitedBody struct {
	io.ReadCloser
	left, max int64
	host      string
	deadline  time.Time
	cancel    context.CancelFunc
}

// Read fails at the byte after the limit, never silently short.
func (b *limitedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > b.left {
		n = int(b.left)
		b.left = 0
		return n, answerTooLarge(b.max)
	}
	b.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = unreachable(b.host, err)
	}
	return n, err
}

func (b *limitedBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

func answerTooLarge(limit int64) error {
	return errs.New(errs.TooLarge, "httpx.answer-too-large", errs.Args{"Limit": i18n.Bytes(limit)}).WithHint("httpx.answer-too-large.hint")
}

func forbidden(address string) *errs.Error {
	return errs.New(errs.Invalid, "httpx.forbidden-address", errs.Args{"Address": address}).WithHint("httpx.forbidden-address.hint")
}

// networks that are no one's public address though netip calls them global
// unicast (IANA special-purpose address registries)
var reserved = func() []netip.Prefix {
	var out []netip.Prefix
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10", "::/96",
	} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}()

func public(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && !within(a, reserved)
}
