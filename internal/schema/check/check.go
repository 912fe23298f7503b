package check

import (
	"context"
	"iter"
	"runtime"
	"sort"
	"time"

	"socle/internal/errs"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// Values of Options.Limit.
const (
	DefaultLimit = 100
	All          = -1
)

// Options of a run. The zero value is the rule of French open data, a hundred
// faults listed per group.
type Options struct {
	Limit    int  // faults listed per group; 0: DefaultLimit; All: no limit, and memory grows with the faults
	Standard bool // the standard's rule for columns and rows
	Written  bool // labels must be written as the fields are: case and accents count
	Workers  int  // goroutines; 0: one per processor
	// Clock measures Stats.Seconds; nil leaves it zero.
	Clock func() time.Time
	// References gives the rows of the tables that foreign keys point to; nil when
	// there are none: such keys are told as not checked.
	References References
	// Resource is the name of the table in its package: foreign keys to it are to
	// the table itself.
	Resource string
	// Sink receives the typed rows, batch by batch, concurrently: see Sink.
	Sink Sink
	// Faulty is told each row with an error, as reports number rows, once or more,
	// concurrently; listed or not: what is kept of a file are the other rows.
	Faulty func(row int)
	// Look is given each batch as it was read, concurrently, before it is judged; the
	// batch is valid during the call only.
	Look func(b *tabular.Batch)
	// TempDir is where keys go that memory does not hold; "" is the system's.
	TempDir string
}

// Sink receives the rows of a batch as a frame: the columns of the file in its
// order, with the fields of Fields, blank rows left out. seq is the number of the
// batch in the file. Calls are concurrent and the frame is valid during the call
// only. Cells that do not cast are null: keep the frames only of a valid file.
type Sink func(seq int, fr *tabular.Frame) error

// References gives the rows of other tables.
type References interface {
	// Rows yields the cells of the named fields, row by row, as text. The error is
	// of kind NotFound when there is no such table.
	Rows(ctx context.Context, r schema.Reference) (iter.Seq2[[]string, error], error)
}

// Run reads f once and reports all that contradicts the schema. Its error is of
// reading (kinds Invalid, TooLarge) or of ctx: a file with faults is no error.
func Run(ctx context.Context, f *tabular.File, s *schema.Schema, o Options) (rep *Report, err error) {
	defer errs.Wrap(&err, "check.Run")
	var start time.Time
	if o.Clock != nil {
		start = o.Clock()
	}
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	p := newPlan(f, s, o)
	if err := p.prepareKeys(ctx); err != nil {
		return nil, err
	}
	defer p.closeKeys()
	c := newCollector(p)
	c.header()
	end, err := tabular.Scan(ctx, f, o.Workers, p.work, func(pos tabular.Position, part *part) error {
		defer p.release(part)
		return c.merge(pos, part)
	})
	if err != nil {
		return nil, err
	}
	if err := c.lateKeys(); err != nil {
		return nil, err
	}
	rep = c.report(end)
	if o.Clock != nil {
		rep.Stats.Seconds = o.Clock().Sub(start).Seconds()
	}
	return rep, nil
}

// Fields returns the columns of the frames that a Sink receives.
func Fields(f *tabular.File, s *schema.Schema) []tabular.Field {
	p := newPlan(f, s, Options{})
	return p.sinkFields()
}

func sortFaults(list []Fault) {
	sort.SliceStable(list, func(i, j int) bool {
		a, b := &list[i], &list[j]
		if a.Row != b.Row {
			return a.Row < b.Row
		}
		return a.Column < b.Column
	})
}
