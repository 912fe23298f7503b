package dashboard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/chart"
	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tables/tile"
)

// table is a table that blocks ask.
type table struct {
	tables.Table
	dataset  catalogue.Dataset
	resource catalogue.Resource
	version  catalogue.Version
	cols     []chart.Column
}

// read opens the latest version of a table, as everyone sees it.
func (s *Service) read(ctx context.Context, d catalogue.Dataset, r catalogue.Resource) (t *table, err error) {
	if r.Current == nil {
		return nil, errs.New(errs.NotFound, "dashboard.no-table").WithHint("dashboard.no-table.hint")
	}
	t = &table{dataset: d, resource: r, version: *r.Current}
	if t.Table, err = s.o.Tables.Open(ctx, t.version); err != nil {
		return nil, err
	}
	profile, err := s.o.Engine.Profile(ctx, t.Snapshot)
	if err != nil {
		return nil, err
	}
	t.cols = profile.Chartable(t.Columns)
	return t, nil
}

// placed reports that the rows have places.
func (t *table) placed() bool {
	_, ok := tile.Find(t.Snapshot.Fields)
	return ok
}

// asked is a block's question, read.
type asked struct {
	query query.Query
	chart chart.Chart
	menu  Menu
}

// Rows of a table block.
const (
	usualRows = 10
	mostRows  = 50
)

// question reads the parameters of a block. Errors: Invalid.
func question(k Kind, v url.Values, t *table) (a asked, err error) {
	rest := url.Values{}
	for name, list := range v {
		if !slices.Contains(chart.Parameters(), name) && !strings.HasPrefix(name, menuPrefix) {
			rest[name] = list
		}
	}
	if a.query, err = query.ParseURL(rest, t.Columns); err != nil {
		return a, err
	}
	wrong := errs.New(errs.Invalid, "dashboard.question").WithHint("dashboard.question.hint")
	q := &a.query
	switch k {
	case Figure:
		if len(q.Aggregates) != 1 || len(q.Group) > 0 {
			return a, wrong
		}
	case Chart:
		*q = query.Query{Where: q.Where, Text: q.Text}
		a.chart, err = chart.Parse(v, t.Columns)
	case Map:
		*q = query.Query{Where: q.Where, Text: q.Text}
		if !t.placed() {
			return a, wrong
		}
	case Table:
		if len(q.Group) > 0 || len(q.Aggregates) > 0 {
			return a, wrong
		}
		if q.Limit == 0 {
			q.Limit = usualRows
		}
		q.Limit, q.Facets = min(q.Limit, mostRows), nil
	case Week:
		*q = query.Query{Where: q.Where, Text: q.Text}
		a.menu, err = menuOf(v, t.Columns)
	}
	if err != nil {
		return a, err
	}
	return a, q.Validate(t.Columns)
}

// address writes the question as parameters; question reads them back.
func (a asked) address() string {
	v := a.query.URL()
	maps.Copy(v, a.chart.Values())
	maps.Copy(v, a.menu.values())
	return v.Encode()
}

// id names a block by what it is.
func id(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:5])
}
