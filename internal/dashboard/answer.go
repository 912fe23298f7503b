package dashboard

import (
	"context"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"socle/internal/catalogue"
	"socle/internal/chart"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tables/tile"
	"socle/internal/tabular"
)

// Answer is a block with what its table says.
type Answer struct {
	Block    Block
	Dataset  catalogue.Dataset // zero of a Text that is no heading
	Resource catalogue.Resource
	Version  catalogue.Version
	Columns  []query.Column
	Query    query.Query
	Chart    chart.Chart
	Data     chart.Data     // of a Chart
	Value    string         // of a Figure, as people of the language write it
	Page     *tables.Page   // of a Table
	Mapped   *tables.Mapped // of a Map
	Bounds   [4]float64     // of all rows of a Map
	Week     *WeekOf
	// Problem says why there is no answer: the table is not public any more, a column
	// is gone, too much is asked just now.
	Problem *errs.Error
}

// mapShapes is how many rows a map shows.
const mapShapes = 2000

// Answers asks the questions of blocks, as everyone may, on a day (that of menus).
// A question that cannot be answered is told in its answer. Anyone.
func (s *Service) Answers(ctx context.Context, _ identity.Actor, blocks []Block, l i18n.Lang, day time.Time) (list []Answer, err error) {
	defer errs.Wrap(&err, "dashboard.Answers")
	list = make([]Answer, len(blocks))
	found := map[catalogue.ResourceID]*opened{}
	for _, b := range blocks {
		if b.Resource == "" || found[b.Resource] != nil {
			continue
		}
		o, err := s.open(ctx, b.Resource)
		if err != nil {
			return nil, err
		}
		found[b.Resource] = o
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i, b := range blocks {
		list[i].Block = b
		o := found[b.Resource]
		if o == nil {
			continue
		}
		if o.problem != nil {
			list[i].Problem = o.problem
			continue
		}
		list[i].Dataset, list[i].Resource, list[i].Version, list[i].Columns = o.dataset, o.resource, o.version, o.Columns
		if b.Kind == Text {
			continue
		}
		g.Go(func() error {
			err := s.answer(gctx, &list[i], &o.table, l, day)
			if list[i].Problem = told(err); list[i].Problem != nil {
				return nil
			}
			return err
		})
	}
	return list, g.Wait()
}

// told is an error that a reader of the board is told; nil for others.
func told(err error) *errs.Error {
	if e := errs.As(err); err != nil && (e.Kind == errs.Invalid || e.Kind == errs.Busy || e.Kind == errs.NotFound || e.Kind == errs.TooLarge) {
		return e
	}
	return nil
}

// opened is a table, or why it cannot be asked.
type opened struct {
	table
	problem *errs.Error
}

func (s *Service) open(ctx context.Context, id catalogue.ResourceID) (*opened, error) {
	r, d, err := s.o.Catalogue.Resource(ctx, identity.Anonymous(), id)
	if errs.Is(err, errs.NotFound) || err == nil && (d.State != catalogue.Published || r.Current == nil) {
		return &opened{problem: errs.New(errs.NotFound, "dashboard.gone").WithHint("dashboard.gone.hint")}, nil
	}
	if err != nil {
		return nil, err
	}
	o := &opened{table: table{dataset: d, resource: r, version: *r.Current}}
	if o.Table, err = s.o.Tables.Open(ctx, o.version); err != nil {
		if o.problem = told(err); o.problem != nil {
			return o, nil
		}
	}
	return o, err
}

func (s *Service) answer(ctx context.Context, a *Answer, t *table, l i18n.Lang, day time.Time) error {
	v, err := url.ParseQuery(a.Block.Address)
	if err != nil {
		return errs.New(errs.Invalid, "dashboard.question").WithHint("dashboard.question.hint")
	}
	q, err := question(a.Block.Kind, v, t)
	if err != nil {
		return err
	}
	a.Query, a.Chart = q.query, q.chart
	switch a.Block.Kind {
	case Figure:
		fr, err := s.o.Engine.Aggregate(ctx, t.Snapshot, q.query)
		if err != nil {
			return err
		}
		a.Value = number(l, fr)
	case Chart:
		fr, err := s.o.Engine.Aggregate(ctx, t.Snapshot, q.chart.Query(q.query))
		if err != nil {
			return err
		}
		a.Data = chart.Arrange(q.chart, fr, l)
	case Table:
		a.Page, err = s.o.Engine.Rows(ctx, t.Snapshot, q.query)
	case Map:
		var everywhere tile.Box
		everywhere, _ = tile.BoxOf(-180, -90, 180, 90)
		q.query.Limit = mapShapes
		if a.Mapped, err = s.o.Engine.Mapped(ctx, t.Snapshot, q.query, everywhere); err != nil {
			return err
		}
		extent, err := s.o.Engine.Extent(ctx, t.Snapshot)
		if err != nil {
			return err
		}
		a.Bounds = extent.Bounds
	case Week:
		a.Week, err = s.week(ctx, t, q, day)
	}
	return err
}

// number is the one value of a frame.
func number(l i18n.Lang, fr *tabular.Frame) string {
	if fr.Rows == 0 || fr.Columns[0].Null[0] {
		return "—"
	}
	c := &fr.Columns[0]
	switch fr.Fields[0].Kind {
	case tabular.Int:
		return i18n.Int(l, c.Int64[0])
	case tabular.Float:
		return i18n.Decimal(l, c.Float64[0], 2)
	case tabular.Date:
		return i18n.Date(l, tabular.Day(c.Int64[0]))
	case tabular.Timestamp:
		return i18n.DateTime(l, tabular.Instant(c.Int64[0]))
	case tabular.Text, tabular.JSON:
		return string(c.Bytes[0])
	}
	return i18n.Int(l, c.Int64[0])
}
