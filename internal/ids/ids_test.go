package ids

import (
	"crypto/rand"
	"sort"
	"strings"
	"testing"
	"time"
)

func TestIdentifiersSortByTime(t *testing.T) {
	now := time.Date(2026, 3, 3, 10, 0, 0, 0, time.UTC)
	s := Source{Now: func() time.Time { return now }, Rand: rand.Reader}
	var made []string
	for range 1000 {
		id := s.New()
		if len(id) != 20 || strings.Trim(id, "0123456789abcdefghjkmnpqrstvwxyz") != "" {
			t.Fatalf("identifier %q", id)
		}
		made = append(made, id)
		now = now.Add(time.Millisecond)
	}
	if !sort.StringsAreSorted(made) {
		t.Error("later identifiers do not sort after earlier ones")
	}
}

func TestIdentifiersOfOneMomentDiffer(t *testing.T) {
	s := Source{Now: func() time.Time { return time.Unix(0, 0) }, Rand: rand.Reader}
	seen := map[string]bool{}
	for range 10000 {
		id := s.New()
		if seen[id] {
			t.Fatalf("%s came twice", id)
		}
		seen[id] = true
	}
}

func TestSecret(t *testing.T) {
	if a, b := Secret(32), Secret(32); a == b || len(a) < 51 {
		t.Errorf("%s %s", a, b)
	}
	if s := Secret(1); len(s) < 25 {
		t.Errorf("a secret of less than 16 bytes: %s", s)
	}
}

func TestSlug(t *testing.T) {
	for in, want := range map[string]string{
		"Délibérations du conseil municipal — 2025": "deliberations-du-conseil-municipal-2025",
		"Cœur de Garonne":               "coeur-de-garonne",
		"  L’eau, l'air  ":              "l-eau-l-air",
		"Villemur-sur-Tarn":             "villemur-sur-tarn",
		"№ 5 ½":                         "no-5-1-2",
		"日本":                            "x",
		"":                              "x",
		"../../etc/passwd":              "etc-passwd",
		"a\x00b\ufffd\u202ec":           "a-b-c",
		strings.Repeat("a", 79) + " bc": strings.Repeat("a", 79),
		strings.Repeat("é", 200):        strings.Repeat("e", 80),
		strings.Repeat("ab ", 40):       strings.TrimSuffix(strings.Repeat("ab-", 27), "-"),
	} {
		if got := Slug(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzSlug(f *testing.F) {
	f.Add("Délibérations")
	f.Fuzz(func(t *testing.T, title string) {
		s := Slug(title)
		if s == "" || len(s) > 80 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" ||
			strings.HasPrefix(s, "-") || strings.HasSuffix(s, "-") || strings.Contains(s, "--") || Slug(s) != s {
			t.Errorf("%q: %q", title, s)
		}
	})
}
