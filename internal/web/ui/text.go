package ui

import (
	"context"
	"strconv"
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
var outside = []string{"/api/", "/static/", "/host-", "/healthz", "/readyz", "/metrics"}

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

const (
	nbsp   = "\u00a0"
	nnbsp  = "\u202f" // between thousands, before ; ! ?
	apos   = "’"
	decSep = ","
)

// Integer writes "1 234" (fr, narrow non-breaking space) or "1,234" (en).
func Integer(ctx context.Context, n int64) string {
	return grouped(LangOf(ctx), strconv.FormatInt(n, 10))
}

// Decimal writes a number with the digits given after the mark: "1 234,50".
func Decimal(ctx context.Context, x float64, digits int) string {
	whole, part, _ := strings.Cut(strconv.FormatFloat(x, 'f', digits, 64), ".")
	s := grouped(LangOf(ctx), whole)
	switch {
	case part == "":
		return s
	case LangOf(ctx) == i18n.English:
		return s + "." + part
	}
	return s + decSep + part
}

func grouped(l i18n.Lang, digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "−", digits[1:]
	}
	sep := nnbsp
	if l == i18n.English {
		sep = ","
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// Percent writes a share of 1: "12 %" (fr), "12%" (en).
func Percent(ctx context.Context, share float64) string {
	s := Decimal(ctx, share*100, 0)
	if LangOf(ctx) == i18n.English {
		return s + "%"
	}
	return s + nnbsp + "%"
}

// Bytes writes a size: "306 Mo", "1,2 Go" (fr), "306 MB" (en); units of 1000.
func Bytes(ctx context.Context, n int64) string {
	units := []string{"octets", "Ko", "Mo", "Go", "To"}
	if LangOf(ctx) == i18n.English {
		units = []string{"bytes", "kB", "MB", "GB", "TB"}
	}
	x, i := float64(n), 0
	for x >= 999.5 && i < len(units)-1 {
		x, i = x/1000, i+1
	}
	if n == 1 {
		units[0] = strings.TrimSuffix(units[0], "s")
	}
	digits := 0
	if i > 0 && x < 9.95 {
		digits = 1
	}
	return Decimal(ctx, x, digits) + nbsp + units[i]
}

var months = map[i18n.Lang][12]string{
	i18n.French:  {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	i18n.English: {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

// Day writes "3 mars 2026", "1er mars 2026" (fr) or "3 March 2026" (en).
func Day(ctx context.Context, t time.Time) string {
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 && LangOf(ctx) == i18n.French {
		day = "1er"
	}
	return day + nbsp + months[LangOf(ctx)][t.Month()-1] + nbsp + strconv.Itoa(t.Year())
}

// Moment writes "3 mars 2026 à 10 h 42" (fr) or "3 March 2026 at 10:42" (en), in t's zone.
func Moment(ctx context.Context, t time.Time) string { return Day(ctx, t) + at(ctx) + Clock(ctx, t) }

func at(ctx context.Context) string {
	if LangOf(ctx) == i18n.English {
		return " at "
	}
	return " à "
}

// Clock writes "10 h 42" (fr) or "10:42" (en).
func Clock(ctx context.Context, t time.Time) string {
	if LangOf(ctx) == i18n.English {
		return t.Format("15:04")
	}
	return t.Format("15") + nbsp + "h" + nbsp + t.Format("04")
}

// Ago writes how long before now t was: "il y a 3 jours", "aujourd’hui à 10 h 42";
// beyond four weeks it is the Day.
func Ago(ctx context.Context, t, now time.Time) string {
	d := now.Sub(t)
	y1, m1, d1 := t.Date()
	y2, m2, d2 := now.In(t.Location()).Date()
	days := int(time.Date(y2, m2, d2, 0, 0, 0, 0, time.UTC).Sub(time.Date(y1, m1, d1, 0, 0, 0, 0, time.UTC)).Hours() / 24)
	switch {
	case d < 0 || days > 28:
		return Day(ctx, t)
	case d < time.Minute:
		return T(ctx, "ui.ago.now")
	case d < time.Hour:
		return T(ctx, "ui.ago.minutes", i18n.Args{"Count": int(d.Minutes())})
	case days == 0:
		return T(ctx, "ui.ago.today", i18n.Args{"Clock": Clock(ctx, t)})
	case days == 1:
		return T(ctx, "ui.ago.yesterday", i18n.Args{"Clock": Clock(ctx, t)})
	}
	return T(ctx, "ui.ago.days", i18n.Args{"Count": days})
}

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

// Of returns the message for a field; "" when it is right.
func (p Problems) Of(name string) string {
	for _, x := range p {
		if x.Name == name {
			return x.Message
		}
	}
	return ""
}
