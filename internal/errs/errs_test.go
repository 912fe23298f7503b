package errs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
)

func TestKindSurvivesWrapping(t *testing.T) {
	cause := errors.New("disk")
	var err error = New(Conflict, "a.changed", Args{"N": 1}).WithHint("a.changed.hint").WithField("title", "a.empty").Because(cause)
	Wrap(&err, "catalogue.Rename(%s)", "x1")
	err = fmt.Errorf("outside: %w", err)
	if !Is(err, Conflict) || KindOf(err) != Conflict || !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
	e := As(err)
	if e.Key != "a.changed" || e.Hint != "a.changed.hint" || len(e.Fields) != 1 || e.Fields[0].Name != "title" {
		t.Errorf("%+v", e)
	}
	for _, part := range []string{"outside", "catalogue.Rename(x1)", "conflict a.changed", "[title: a.empty]", "disk"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}

// Two callers may wrap one error value kept in a variable: it must not grow.
func TestWrapDoesNotChangeTheOriginal(t *testing.T) {
	original := New(NotFound, "a.none")
	a, b := error(original), error(original)
	Wrap(&a, "first")
	Wrap(&b, "second")
	Wrap(&a, "over")
	if original.Error() != "not-found a.none" || a.Error() != "over: first: not-found a.none" || b.Error() != "second: not-found a.none" {
		t.Errorf("%v | %v | %v", original, a, b)
	}
}

func TestWrapKeepsNil(t *testing.T) {
	var err error
	Wrap(&err, "x")
	if err != nil || Is(err, Internal) || As(nil) != nil {
		t.Error(err)
	}
}

func TestForeignErrors(t *testing.T) {
	for _, x := range []struct {
		err  error
		want Kind
	}{
		{errors.New("x"), Internal},
		{fmt.Errorf("x: %w", context.Canceled), Busy},
		{context.DeadlineExceeded, Busy},
		{&fs.PathError{Op: "open", Path: "p", Err: fs.ErrNotExist}, NotFound},
	} {
		if got := KindOf(x.err); got != x.want {
			t.Errorf("%v: %s, want %s", x.err, got, x.want)
		}
	}
}

func TestKindOfNothingPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a nil error has a kind")
		}
	}()
	KindOf(nil)
}
