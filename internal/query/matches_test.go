package query_test

import (
	"testing"

	"socle/internal/query"
)

func TestLikeMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"%voirie%", "La Voirie communale", true}, {"voirie", "Voirie", true}, {"voirie", "voiries", false}, {"voi_ie", "voirie", true},
		{"%a%b%c", "xxaxbxbxc", true}, {"%a%b%c", "xxaxbxb", false}, {`100\%`, "100%", true}, {`100\%`, "1000", false},
		{"école%", "Ecole", true}, {"%", "", true}, {"_", "", false}, {"%%", "x", true}, {"a%a", "a", false},
	} {
		if got := (query.Like{Pattern: c.pattern}).Matches(c.text); got != c.want {
			t.Errorf("%q like %q: %t", c.text, c.pattern, got)
		}
	}
}

func TestPartMatches(t *testing.T) {
	sunday := query.Date(2025, 6, 15)
	for part, want := range map[query.Unit]int64{query.Weekday: 7, query.MonthOfYear: 6, query.DayOfMonth: 15} {
		if !(query.Part{Part: part, Op: query.Eq, Value: want}).Matches(sunday) {
			t.Errorf("%s is not %d", part, want)
		}
	}
}
