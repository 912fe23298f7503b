package i18n

import (
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	for _, x := range []struct{ got, want string }{
		{Int(French, 1234567), "1\u202f234\u202f567"},
		{Int(English, 1234567), "1,234,567"},
		{Int(French, -1234), "−1\u202f234"},
		{Int(French, 999), "999"},
		{Int(French, -9223372036854775808), "−9\u202f223\u202f372\u202f036\u202f854\u202f775\u202f808"},
		{Decimal(French, 1234.5, 2), "1\u202f234,5"},
		{Decimal(English, 1234.5, 2), "1,234.5"},
		{Decimal(French, -0.001, 2), "0"},
		{Decimal(French, 2, 3), "2"},
		{Percent(French, 0.125, 1), "12,5\u00a0%"},
		{Percent(English, 0.125, 1), "12.5%"},
		{Size(French, 0), "0\u00a0o"},
		{Size(French, 999), "999\u00a0o"},
		{Size(French, 1_234_567), "1,2\u00a0Mo"},
		{Size(English, 1_234_567), "1.2\u00a0MB"},
		{Size(French, 999_600), "1\u00a0Mo"},
		{Size(French, 306_000_000), "306\u00a0Mo"},
		{Size(French, 2_000_000_000), "2\u00a0Go"},
	} {
		if x.got != x.want {
			t.Errorf("%q, want %q", x.got, x.want)
		}
	}
}

func TestDates(t *testing.T) {
	at := func(s string) time.Time {
		p, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	now := at("2026-03-10 09:00")
	for _, x := range []struct{ got, want string }{
		{Date(French, at("2026-03-03 00:00")), "3\u00a0mars 2026"},
		{Date(French, at("2026-04-01 00:00")), "1er\u00a0avril 2026"},
		{Date(English, at("2026-04-01 00:00")), "1\u00a0April 2026"},
		{Month(French, now), "mars 2026"},
		{DateTime(French, at("2026-03-03 14:05")), "3\u00a0mars 2026 à 14\u00a0h\u00a005"},
		{DateTime(English, at("2026-03-03 14:05")), "3\u00a0March 2026 at 14:05"},
		{Relative(French, now, now.Add(-10*time.Second)), "à l’instant"},
		{Relative(French, now, now.Add(-time.Minute)), "il y a 1 minute"},
		{Relative(French, now, now.Add(-90*time.Minute)), "il y a 1 heure"},
		{Relative(French, now, at("2026-03-09 20:00")), "hier"},
		{Relative(French, now, at("2026-03-07 23:59")), "il y a 3 jours"},
		{Relative(English, now, at("2026-03-07 00:01")), "3 days ago"},
		{Relative(French, now, at("2026-01-07 00:00")), "7\u00a0janvier 2026"},
		{Relative(French, now, at("2026-03-11 20:00")), "demain"},
		{Relative(English, now, at("2026-03-12 10:00")), "in 2 days"},
		{Relative(French, now, now.Add(2*time.Hour)), "dans 2 heures"},
	} {
		if x.got != x.want {
			t.Errorf("%q, want %q", x.got, x.want)
		}
	}
}

// Zero is singular in French, plural in English; a million has its own form in French.
func TestPlurals(t *testing.T) {
	for _, x := range []struct {
		l    Lang
		n    any
		want string
	}{
		{French, 0, "il y a 0 jour"},
		{French, 1, "il y a 1 jour"},
		{French, 2, "il y a 2 jours"},
		{French, 1_000_000, "il y a 1\u202f000\u202f000 jours"},
		{French, int64(1243), "il y a 1\u202f243 jours"},
		{French, 1.5, "il y a 1,5 jour"},
		{English, 0, "0 days ago"},
		{English, 1, "1 day ago"},
		{English, 1_000_000, "1,000,000 days ago"},
	} {
		if got := T(x.l, "i18n.ago-days", Args{"Count": x.n}); got != x.want {
			t.Errorf("%s %v: %q, want %q", x.l, x.n, got, x.want)
		}
	}
}

func TestUnknownKeyIsSeen(t *testing.T) {
	if got := T(French, "no.such.key"); got != "[no.such.key]" {
		t.Error(got)
	}
}

func TestMatch(t *testing.T) {
	for header, want := range map[string]Lang{"": French, "en-GB,en;q=0.8": English, "fr-CA": French, "de": French, "de,en;q=0.5": English, "\xff": French} {
		if got := Match(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

func BenchmarkPlain(b *testing.B) {
	for b.Loop() {
		T(French, "i18n.now")
	}
}

func BenchmarkPlural(b *testing.B) {
	args := Args{"Count": 3}
	for b.Loop() {
		T(French, "i18n.ago-days", args)
	}
}
