package errs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Kind says who can do something about an error. Delivery maps it to an HTTP
// status and to an exit status.
type Kind uint8

const (
	Internal Kind = iota // our fault: logged, never shown
	Invalid              // the input is wrong: the caller can mend it
	NotFound             // there is no such thing, or the caller may not know of it
	Conflict             // the state has moved on: read again
	Denied               // the caller is known and may not
	SignIn               // the caller must sign in first
	TooLarge             // the input passes a limit
	Busy                 // try again later
)

var kindNames = [...]string{"internal", "invalid", "not-found", "conflict", "denied", "sign-in", "too-large", "busy"}

// String returns the kind's stable code, as in the JSON of errors.
func (k Kind) String() string { return kindNames[k] }

// Args fills the placeholders of a message.
type Args = map[string]any

// Field is a problem of one named input.
type Field struct {
	Name string // as in the form or the JSON
	Key  string // message key
	Args Args
}

// Error is safe to show by its Key, Args, Fields and Hint; Err is for the log.
type Error struct {
	Kind   Kind
	Key    string // message key: what is wrong
	Args   Args
	Fields []Field
	Hint   string // message key: what to do next; takes Args too
	Err    error  // cause, never shown
	trail  []string
}

// New returns an error of a kind with a message key and its arguments.
func New(kind Kind, key string, args ...Args) *Error {
	e := &Error{Kind: kind, Key: key}
	if len(args) > 0 {
		e.Args = args[0]
	}
	return e
}

// WithHint sets the message key of the next step.
func (e *Error) WithHint(key string) *Error { e.Hint = key; return e }

// Because sets the cause.
func (e *Error) Because(err error) *Error { e.Err = err; return e }

// WithField adds a problem of a named input.
func (e *Error) WithField(name, key string, args ...Args) *Error {
	f := Field{Name: name, Key: key}
	if len(args) > 0 {
		f.Args = args[0]
	}
	e.Fields = append(e.Fields, f)
	return e
}

// Error is for logs: the trail of Wrap, the key and the cause.
func (e *Error) Error() string {
	var b strings.Builder
	for i := len(e.trail) - 1; i >= 0; i-- {
		b.WriteString(e.trail[i])
		b.WriteString(": ")
	}
	b.WriteString(e.Kind.String())
	if e.Key != "" {
		b.WriteString(" " + e.Key)
	}
	if len(e.Args) > 0 {
		fmt.Fprintf(&b, " %v", e.Args)
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, " [%s: %s]", f.Name, f.Key)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }

// Wrap adds where an error passed, for the log; it keeps kind and message.
// Use it as: defer errs.Wrap(&err, "catalogue.Rename(%s)", id).
func Wrap(err *error, format string, args ...any) {
	if *err == nil {
		return
	}
	where := fmt.Sprintf(format, args...)
	if e, ok := (*err).(*Error); ok { //nolint:errorlint // the outermost error itself, not one that it wraps
		c := *e
		c.trail = append(append([]string(nil), e.trail...), where)
		*err = &c
		return
	}
	*err = fmt.Errorf("%s: %w", where, *err)
}

// As finds the Error in err's chain. An error that has none is Internal, but
// for cancellation and files that do not exist.
func As(err error) *Error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &Error{Kind: Busy, Key: "errs.busy", Hint: "errs.busy.hint", Err: err}
	case errors.Is(err, fs.ErrNotExist):
		return &Error{Kind: NotFound, Key: "errs.not-found", Err: err}
	}
	return &Error{Kind: Internal, Key: "errs.internal", Hint: "errs.internal.hint", Err: err}
}

// KindOf returns the kind of err; a nil error has none and panics.
func KindOf(err error) Kind {
	if err == nil {
		panic("errs: kind of a nil error")
	}
	return As(err).Kind
}

// Is reports whether err is of the kind.
func Is(err error, kind Kind) bool { return err != nil && As(err).Kind == kind }
