package httpx

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"time"

	"socle/internal/errs"
	"socle/internal/i18n"
)

// Status of an error: the kind decides.
//
//	Internal 500 · Invalid 422 · NotFound 404 · Conflict 409 · Denied 403 ·
//	SignIn 401 · TooLarge 413 · Busy 503, or 429 when it says after how long
//
// Invalid is 422: the request was understood and its content is at fault. What
// could not even be read (broken JSON, unknown parameter) is 400, which
// BadRequest says; other exceptions are said with WithStatus.
func Status(err error) int {
	var s *statusError
	if errors.As(err, &s) {
		return s.status
	}
	switch errs.As(err).Kind {
	case errs.Invalid:
		return http.StatusUnprocessableEntity
	case errs.NotFound:
		return http.StatusNotFound
	case errs.Conflict:
		return http.StatusConflict
	case errs.Denied:
		return http.StatusForbidden
	case errs.SignIn:
		return http.StatusUnauthorized
	case errs.TooLarge:
		return http.StatusRequestEntityTooLarge
	case errs.Busy:
		if RetryAfter(err) > 0 {
			return http.StatusTooManyRequests
		}
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// RetryAfter is how long a refused visitor has to wait, 0 when the error does not
// say: that of TooMany, or the argument RetryAfter (a time.Duration) of an error of
// kind Busy, by which a domain says that one person tried too often.
func RetryAfter(err error) time.Duration {
	var s *statusError
	if errors.As(err, &s) && s.retryAfter > 0 {
		return s.retryAfter
	}
	if e := errs.As(err); e.Kind == errs.Busy {
		wait, _ := e.Args["RetryAfter"].(time.Duration)
		return wait
	}
	return 0
}

// SetRetryAfter writes the header of that name, in whole seconds, when err says
// how long to wait.
func SetRetryAfter(w http.ResponseWriter, err error) {
	if wait := RetryAfter(err); wait > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	}
}

type statusError struct {
	status     int
	retryAfter time.Duration // 0: not said
	err        error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

// WithStatus gives err another status than its kind has.
func WithStatus(err error, status int) error { return &statusError{status: status, err: err} }

// BadRequest is an Invalid error of a request that could not be read: status 400.
func BadRequest(key string, args ...errs.Args) error {
	return WithStatus(errs.New(errs.Invalid, key, args...), http.StatusBadRequest)
}

// statusClientGone is what the log says of a visitor who left before the answer.
const statusClientGone = 499

// normalise gives the errors of net/http a kind and a message.
func normalise(r *http.Request, err error) error {
	var (
		large *http.MaxBytesError
		known *errs.Error
	)
	switch {
	case errors.As(err, &large):
		return errs.New(errs.TooLarge, "httpx.too-large", errs.Args{"Limit": i18n.Bytes(large.Limit)}).
			WithHint("httpx.too-large.hint").Because(err)
	case errors.As(err, &known):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return WithStatus(errs.New(errs.Busy, "httpx.stalled").WithHint("httpx.stalled.hint").Because(err), http.StatusRequestTimeout)
	case r.Context().Err() != nil && !errors.Is(context.Cause(r.Context()), errTimeout):
		return WithStatus(err, statusClientGone)
	}
	return err
}

// Failure is an error ready to be shown: no cause, no internals.
type Failure struct {
	Status     int
	Error      *errs.Error // never nil; its Err must not be shown
	RequestID  string
	RetryAfter time.Duration // 0: not said
}

// Renderer writes the answer to a failed request, as page or JSON. The status
// and the headers of the answer are its business; Retry-After is already set.
type Renderer func(w http.ResponseWriter, r *http.Request, f Failure)
