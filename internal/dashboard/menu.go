package dashboard

import (
	"context"
	"net/url"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// Menu says which columns of a table are a menu: a row is a dish of a day.
type Menu struct {
	Date, Dish string
	Course     string // starter, main dish…; "" when no column says it, and so on
	Product    string
	Origin     string
	Label      string
	Allergens  string
	Quality    string // official signs of quality
	Place      string // restaurant
	Code       string // of the dish
	Authority  string // SIRET of who answers for the meals
	Kitchen    string // its SIRET
	// With is the table that says what the dishes are made of; "" when there is none.
	With catalogue.ResourceID
}

const (
	menuPrefix = "menu-"
	menuWith   = menuPrefix + "with"
)

// columns lists the parts of a menu with the names of their roles.
func (m *Menu) columns() []struct {
	name   string
	column *string
} {
	return []struct {
		name   string
		column *string
	}{
		{"date", &m.Date}, {"dish", &m.Dish}, {"course", &m.Course}, {"product", &m.Product}, {"origin", &m.Origin}, {"label", &m.Label}, {"allergens", &m.Allergens}, {"quality", &m.Quality}, {"place", &m.Place},
		{"code", &m.Code}, {"authority", &m.Authority}, {"kitchen", &m.Kitchen},
	}
}

func (m Menu) values() url.Values {
	v := url.Values{}
	for _, x := range m.columns() {
		if *x.column != "" {
			v.Set(menuPrefix+x.name, *x.column)
		}
	}
	if m.With != "" && m.Code != "" {
		v.Set(menuWith, string(m.With))
	}
	return v
}

// menuOf reads a menu from the parameters of an address. Errors: Invalid.
func menuOf(v url.Values, cols []query.Column) (m Menu, err error) {
	wrong := errs.New(errs.Invalid, "dashboard.question").WithHint("dashboard.question.hint")
	for _, x := range m.columns() {
		*x.column = v.Get(menuPrefix + x.name)
		if *x.column == "" {
			continue
		}
		found := false
		for _, c := range cols {
			found = found || c.Name == *x.column && (x.name != "date" || c.Kind == tabular.Date || c.Kind == tabular.Timestamp)
		}
		if !found {
			return m, wrong
		}
	}
	if m.With = catalogue.ResourceID(v.Get(menuWith)); m.Date == "" || m.Dish == "" || m.With != "" && m.Code == "" {
		return m, wrong
	}
	return m, nil
}

// maxDishes is how many dishes of a week are read.
const maxDishes = 700

// Dish is a row of a menu. What is not said is "".
type Dish struct {
	Day                                                    time.Time
	Place, Course, Name, Product, Origin, Label, Allergens string
	// Products are those of the table that says what dishes are made of.
	Products []Product

	code, authority, kitchen string
}

// WeekOf is the menus of a week.
type WeekOf struct {
	Menu   Menu
	Monday time.Time // UTC
	Dishes []Dish    // by day, then as in the table
	More   bool      // there are more dishes than are read
	Before time.Time // a Monday with dishes before; zero when there is none
	After  time.Time // one after
}

func mondayOf(t time.Time) time.Time {
	t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
}

// week reads the menus of the week of a day: the last one that has any, when that
// week has none and none is after.
func (s *Service) week(ctx context.Context, t *table, a asked, day time.Time) (w *WeekOf, err error) {
	w = &WeekOf{Menu: a.menu, Monday: mondayOf(day)}
	if err := s.fill(ctx, t, a, w); err != nil {
		return nil, err
	}
	if len(w.Dishes) == 0 && (!w.After.IsZero() || !w.Before.IsZero()) {
		if w.Monday = w.After; w.Monday.IsZero() {
			w.Monday = w.Before
		}
		if err := s.fill(ctx, t, a, w); err != nil {
			return nil, err
		}
	}
	return w, s.compose(ctx, a.menu, w)
}

// fill reads the week of w.Monday: its dishes, and the weeks around that have some.
func (s *Service) fill(ctx context.Context, t *table, a asked, w *WeekOf) (err error) {
	if w.Before, err = s.edge(ctx, t, a, w.Monday, false); err != nil {
		return err
	}
	if w.After, err = s.edge(ctx, t, a, w.Monday.AddDate(0, 0, 6), true); err != nil {
		return err
	}
	return s.dishes(ctx, t, a, w)
}

// value is a day as a value of the column of dates.
func (a asked) value(t *table, day time.Time, end bool) query.Value {
	for _, c := range t.Columns {
		if c.Name == a.menu.Date && c.Kind == tabular.Timestamp {
			if end {
				day = day.AddDate(0, 0, 1).Add(-time.Microsecond)
			}
			return query.Value{Kind: tabular.Timestamp, Int: day.UnixMicro()}
		}
	}
	return query.Value{Kind: tabular.Date, Int: day.Unix() / 86400}
}

// edge finds the Monday of the nearest week with dishes after a day, or before one.
func (s *Service) edge(ctx context.Context, t *table, a asked, day time.Time, after bool) (time.Time, error) {
	op, f := query.Lt, query.Max
	if after {
		op, f = query.Gt, query.Min
	}
	q := a.query.With(query.Compare{Column: a.menu.Date, Op: op, Value: a.value(t, day, after)})
	q.Aggregates = []query.Aggregate{{Func: f, Column: a.menu.Date}}
	fr, err := s.o.Engine.Aggregate(ctx, t.Snapshot, q)
	if err != nil || fr.Rows == 0 || fr.Columns[0].Null[0] {
		return time.Time{}, err
	}
	n := fr.Columns[0].Int64[0]
	if fr.Fields[0].Kind == tabular.Timestamp {
		return mondayOf(tabular.Instant(n)), nil
	}
	return mondayOf(tabular.Day(n)), nil
}

func (s *Service) dishes(ctx context.Context, t *table, a asked, w *WeekOf) error {
	q := a.query.With(query.Between{Column: a.menu.Date, Low: a.value(t, w.Monday, false), High: a.value(t, w.Monday.AddDate(0, 0, 6), true)})
	q.Sort, q.Limit = []query.SortKey{{Column: a.menu.Date}}, maxDishes
	page, err := s.o.Engine.Rows(ctx, t.Snapshot, q)
	if err != nil {
		return err
	}
	w.More = page.Total > int64(len(page.Records))
	for _, r := range page.Records {
		day, err := time.Parse(time.DateOnly, cellOf(page, r, a.menu.Date)[:min(10, len(cellOf(page, r, a.menu.Date)))])
		if err != nil {
			continue // no date as people write them
		}
		w.Dishes = append(w.Dishes, Dish{
			Day: day, Place: cellOf(page, r, a.menu.Place), Course: cellOf(page, r, a.menu.Course), Name: cellOf(page, r, a.menu.Dish), Product: joined(cellOf(page, r, a.menu.Product)),
			Origin: joined(cellOf(page, r, a.menu.Origin)), Label: joined(cellOf(page, r, a.menu.Quality), cellOf(page, r, a.menu.Label)), Allergens: joined(cellOf(page, r, a.menu.Allergens)),
			code: cellOf(page, r, a.menu.Code), authority: cellOf(page, r, a.menu.Authority), kitchen: cellOf(page, r, a.menu.Kitchen),
		})
	}
	return nil
}

func cellOf(p *tables.Page, r tables.Record, name string) string {
	for j, f := range p.Fields {
		if f.Name == name && name != "" {
			return string(r.Cells[j])
		}
	}
	return ""
}
