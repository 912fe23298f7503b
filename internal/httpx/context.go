package httpx

import (
	"context"
	"net/netip"
)

// state is what the Router knows of a request in progress.
type state struct {
	id     string
	client netip.Addr
	secure bool
	err    error // what the handler returned, for the log
}

type stateKey struct{}

func stateOf(ctx context.Context) *state {
	if s, ok := ctx.Value(stateKey{}).(*state); ok {
		return s
	}
	return &state{}
}

// RequestID names the request in the log and on error pages; "" outside a request.
func RequestID(ctx context.Context) string { return stateOf(ctx).id }

// ClientAddr is the visitor's address, trusted proxies left out; the zero Addr
// where it is unknown (Unix socket, outside a request).
func ClientAddr(ctx context.Context) netip.Addr { return stateOf(ctx).client }

// Secure reports whether the visitor came by https, as the server or a trusted
// proxy says.
func Secure(ctx context.Context) bool { return stateOf(ctx).secure }
