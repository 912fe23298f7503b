package ui

import (
	"context"
	"strings"
	"time"

	"github.com/a-h/templ"

	"socle/internal/errs"
	"socle/internal/i18n"
)

type langKey struct{}

// WithLang sets the language in which the components of a page speak.
func WithLang(ctx context.Context, l i18n.Lang) context.Context {
	return context.WithValue(ctx, langKey{}, l)
}

// LangOf is the language of a page; French unless said otherwise.
func LangOf(ctx context.Context) i18n.Lang {
	if l, ok := ctx.Value(langKey{}).(i18n.Lang); ok {
		return l
	}
	return i18n.French
}

// T is the message of a key in the page's language.
func T(ctx context.Context, key string, args ...i18n.Args) string {
	return i18n.T(LangOf(ctx), key, args...)
}

// outside are the addresses that are the same in every language.
var outside = []string{"/api/", "/static/", "/host/", "/healthz", "/readyz", "/metrics", "/validate", "/terrain"}

// Address puts the prefix of a language before the path of a page: French has
// none, "/datasets/x" is "/en/datasets/x" in English. Addresses of other sites,
// of files and of the API, "#part" and "?query" stay as they are.
func Address(l i18n.Lang, path string) string {
	if l != i18n.English || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return path
	}
	for _, p := range outside {
		if strings.HasPrefix(path, p) {
			return path
		}
	}
	if path == "/" {
		return "/en"
	}
	return "/en" + path
}

// Href is Address in the page's language, with dangerous schemes removed.
func Href(ctx context.Context, path string) templ.SafeURL {
	return templ.URL(Address(LangOf(ctx), path))
}

// Integer writes "1 234" (fr, narrow non-breaking space) or "1,234" (en).
func Integer(ctx context.Context, n int64) string { return i18n.Int(LangOf(ctx), n) }

// Decimal writes a number with at most so many decimals: "1 234,5", "1,234.5".
func Decimal(ctx context.Context, x float64, decimals int) string {
	return i18n.Decimal(LangOf(ctx), x, decimals)
}

// Percent writes a share of 1 as a whole number of hundredths: "12 %", "12%".
func Percent(ctx context.Context, share float64) string {
	return i18n.Percent(LangOf(ctx), share, 0)
}

// Bytes writes a size in units of 1000: "1,2 Mo", "1.2 MB".
func Bytes(ctx context.Context, n int64) string { return i18n.Size(LangOf(ctx), n) }

// Day writes "3 mars 2026", in t's zone.
func Day(ctx context.Context, t time.Time) string { return i18n.Date(LangOf(ctx), t) }

// Moment writes "3 mars 2026 à 10 h 42", in t's zone.
func Moment(ctx context.Context, t time.Time) string { return i18n.DateTime(LangOf(ctx), t) }

// Clock writes "10 h 42" or "10:42".
func Clock(ctx context.Context, t time.Time) string { return i18n.Time(LangOf(ctx), t) }

// Ago writes how far t is from now: "il y a 3 jours"; beyond a month it is the Day.
func Ago(ctx context.Context, t, now time.Time) string { return i18n.Relative(LangOf(ctx), now, t) }

// Problem is what is wrong with one field of a form, said to the visitor.
type Problem struct{ Name, Message string }

// Problems of a form, in its order.
type Problems []Problem

// ProblemsOf says the fields of an Invalid error in the page's language; nil when
// err names no field.
func ProblemsOf(ctx context.Context, err error) Problems {
	e := errs.As(err)
	if e == nil {
		return nil
	}
	var out Problems
	for _, f := range e.Fields {
		out = append(out, Problem{f.Name, T(ctx, f.Key, f.Args)})
	}
	return out
}

// Failed tells an error inside a page, where no field is to blame: what happened and
// what to do. It is read out when it comes.
func Failed(ctx context.Context, err error) *Notice {
	e := errs.As(err)
	n := &Notice{Kind: Wrong, Title: T(ctx, e.Key, e.Args), Live: true}
	if e.Hint != "" {
		n.Text = T(ctx, e.Hint, e.Args)
	}
	return n
}

// Of returns the message for a field; "" when it is right.
func (p Problems) Of(name string) string {
	for _, x := range p {
		if x.Name == name {
			return x.Message
		}
	}
	return ""
}
