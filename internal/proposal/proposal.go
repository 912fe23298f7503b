package proposal

import (
	"context"
	"slices"
	"strings"
	"time"

	"socle/internal/catalogue/find"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// Kind says what is asked for.
type Kind string

// The kinds of proposals.
const (
	SIRET       Kind = "siret"
	SIREN       Kind = "siren"
	Address     Kind = "address"
	Commune     Kind = "commune"      // the value is "Roques (31458)"
	CommuneName Kind = "commune-name" // the value is the name alone
)

// Proposal is what a field may hold.
type Proposal struct {
	Value string `json:"value"`
	Label string `json:"label"`          // in words: the name of the company of a SIRET
	Note  string `json:"note,omitempty"` // what tells it from its neighbours; ""
}

// Bounds of an answer.
const (
	Most       = 8                      // proposals
	Shortest   = 2                      // bytes of what is typed
	Longest    = 120                    // of it, too
	tablesTime = 600 * time.Millisecond // for all tables
)

// Options are what the Service is made of.
type Options struct {
	Identity  *identity.Service
	Tables    *tables.Service
	Engine    tables.Engine
	Find      *find.Service
	Territory string // code of the département whose communes come first; ""
	// Addresses asks another service for addresses, Companies another for companies by
	// name, SIREN or SIRET; nil: none is asked.
	Addresses func(ctx context.Context, q string) ([]string, error)
	Companies func(ctx context.Context, q string) ([]Company, error)
	Now       func() time.Time
}

// Company is an establishment as another service knows it.
type Company struct {
	SIREN, SIRET string // digits
	Name         string
	Commune      string // "" when it is not known
}

// Service is the one way to proposals.
type Service struct {
	o         Options
	addressed *abroad[string]
	numbered  *abroad[Company]
}

// New makes the Service; it starts nothing.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{o: o, addressed: newAbroad(o.Addresses, o.Now), numbered: newAbroad(o.Companies, o.Now)}
}

// For proposes, at most Most, what the actor may see that begins as q, or has its words;
// the likeliest first. An unknown kind has no proposals.
func (s *Service) For(ctx context.Context, a identity.Actor, k Kind, q string) (list []Proposal, err error) {
	defer errs.Wrap(&err, "proposal.For(%s)", k)
	q = strings.Join(strings.Fields(q), " ")
	if len(q) < Shortest || len(q) > Longest {
		return nil, nil
	}
	switch k {
	case Commune, CommuneName:
		return s.communes(q, k == CommuneName), nil
	case SIRET, SIREN:
		list, err = s.companies(ctx, a, q, k == SIREN)
	case Address:
		list, err = s.addresses(ctx, a, q)
	}
	if err != nil {
		return nil, err
	}
	return list[:min(len(list), Most)], nil
}

// add adds what is not there yet.
func add(list []Proposal, p Proposal) []Proposal {
	if p.Value == "" || slices.ContainsFunc(list, func(x Proposal) bool { return x.Value == p.Value }) {
		return list
	}
	return append(list, p)
}

// inTables looks for a text in the tables that the actor may see. where makes the
// condition of a table and names the columns that are told of each different row; nil
// columns: the table is of no use. What a table is too slow to give is left out.
func (s *Service) inTables(ctx context.Context, a identity.Actor, text string, where func(tables.Found) []lookup, give func(lookup, []string)) error {
	soon, cancel := context.WithTimeout(ctx, tablesTime)
	defer cancel()
	found, err := s.o.Tables.Holding(ctx, a, s.o.Find, text)
	if errs.Is(err, errs.Busy) {
		return nil // the index is being made
	}
	if err != nil {
		return err
	}
	for _, t := range found {
		for _, l := range where(t) {
			if err := s.lookUp(soon, t, l, give); err != nil && ctx.Err() == nil && soon.Err() == nil && !errs.Is(err, errs.Busy) {
				return err
			}
			if soon.Err() != nil {
				return ctx.Err()
			}
		}
	}
	return nil
}

// lookup is what is looked for in one table.
type lookup struct {
	columns []string // those told, each once
	where   query.Expr
}

// rows is the name of the figure that orders what is found: how many rows have it.
const rows = "count"

func (s *Service) lookUp(ctx context.Context, t tables.Found, l lookup, give func(lookup, []string)) error {
	q := query.Query{Where: l.where, Limit: Most, Aggregates: []query.Aggregate{{Func: query.Count, Bare: true}}}
	for _, c := range l.columns {
		q.Group = append(q.Group, query.Group{Column: c})
	}
	q.Sort = []query.SortKey{{Column: rows, Desc: true}}
	fr, err := s.o.Engine.Aggregate(ctx, t.Snapshot, q)
	if err != nil {
		return err
	}
	for i := range fr.Rows {
		cells := make([]string, len(l.columns))
		for j := range cells {
			cells[j] = cell(fr, j, i)
		}
		give(l, cells)
	}
	return nil
}

// cell is a cell of a text or a whole number as it is written; "" for others.
func cell(fr *tabular.Frame, column, row int) string {
	c := &fr.Columns[column]
	switch {
	case c.Null[row]:
		return ""
	case fr.Fields[column].Kind == tabular.Text:
		return strings.Join(strings.Fields(string(c.Bytes[row])), " ")
	case fr.Fields[column].Kind == tabular.Int:
		return query.Int(c.Int64[row]).String()
	}
	return ""
}

// having asks that some of the columns have each of the words.
func having(words []string, columns ...string) query.And {
	var all query.And
	for _, w := range words {
		var any query.Or
		for _, c := range columns {
			any = append(any, query.Match{Column: c, Text: w})
		}
		if len(any) == 1 {
			all = append(all, any[0])
		} else {
			all = append(all, any)
		}
	}
	return all
}
