package sqldb_test

import (
	"slices"
	"testing"

	"socle/internal/sqldb"
)

func TestConditions(t *testing.T) {
	var c sqldb.Conditions
	if got := c.String(); got != "" {
		t.Errorf("without conditions: %q", got)
	}
	c.Add("a > " + c.Arg(3))
	c.Add(sqldb.In(&c, "b", []string{"x", "y"}))
	c.Add(sqldb.In[string](&c, "d", nil))
	if got, want := c.String(), " WHERE a > $1 AND b IN ($2, $3) AND 1 = 0"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if last := c.Arg(true); last != "$4" || !slices.Equal(c.Args, []any{3, "x", "y", true}) {
		t.Errorf("%s, %v", last, c.Args)
	}
}
