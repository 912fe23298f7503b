package httpx_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"socle/internal/errs"
	"socle/internal/httpx"
)

// One who tries too often is told when to come back; a server that is busy is not
// the visitor's fault.
func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		after  string
	}{
		{errs.New(errs.Busy, "errs.busy"), 503, ""},
		{errs.New(errs.Busy, "errs.busy", errs.Args{"RetryAfter": 90 * time.Second}), 429, "90"},
		{errs.New(errs.Invalid, "errs.busy", errs.Args{"RetryAfter": 90 * time.Second}), 422, ""},
		{httpx.TooMany(1500 * time.Millisecond), 429, "2"},
	} {
		w := httptest.NewRecorder()
		httpx.SetRetryAfter(w, c.err)
		if got := httpx.Status(c.err); got != c.status || w.Header().Get("Retry-After") != c.after {
			t.Errorf("%v: %d %q", c.err, got, w.Header().Get("Retry-After"))
		}
	}
}
