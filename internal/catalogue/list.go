package catalogue

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// Filter chooses datasets; what is zero does not filter.
type Filter struct {
	Organisation identity.OrganisationID
	Theme        ThemeID
	Keyword      string // accents and capitals do not matter
	Licence      LicenceID
	Schema       string // id, in any version
	Zone         Zone   // kind and code
	// States are those wanted; none for all but withdrawn. What the actor may not
	// see is never there.
	States []State
	Text   string // start of a word of the title; accents and capitals do not matter
}

// Order is the order of a list.
type Order string

const (
	ByModified Order = "modified" // the last changed first
	ByTitle    Order = "title"
)

// Cursor says where the next page starts; opaque, "" for the first.
type Cursor string

// List is one page.
type List struct {
	Datasets []Dataset
	Next     Cursor // "" when this is the last
}

// rights starts the conditions with what says who sees what, of which state and
// of whom; table has these columns.
func (f Filter) rights(table string, a identity.Actor) *where {
	q := &where{}
	if len(f.States) > 0 {
		q.add(in(q, table+".state", f.States))
	} else {
		q.add(table + ".state <> " + q.arg(Withdrawn))
	}
	q.visibleIn(table, a)
	if f.Organisation != "" {
		q.add(table + ".organisation = " + q.arg(f.Organisation))
	}
	return q
}

func (f Filter) where(a identity.Actor) *where {
	q := f.rights("d", a)
	equal := func(column, value string) {
		if value != "" {
			q.add(column + " = " + q.arg(value))
		}
	}
	facet := func(kind, value string) {
		if value != "" {
			// Asked for each dataset, so that the list is walked in its order.
			q.add("EXISTS (SELECT 1 FROM dataset_facets x WHERE x.kind = " + q.arg(kind) + " AND x.value = " + q.arg(value) + " AND x.dataset = d.id)")
		}
	}
	equal("d.licence", string(f.Licence))
	equal("d.schema_id", f.Schema)
	facet("theme", string(f.Theme))
	facet("keyword", identity.Fold(f.Keyword))
	if f.Zone.Code != "" {
		facet("zone", string(f.Zone.Kind)+":"+f.Zone.Code)
	}
	if text := identity.Fold(f.Text); text != "" { // letters, digits and spaces only: nothing to escape
		q.add("(' ' || d.title_fold) LIKE " + q.arg("% "+text+"%"))
	}
	return q
}

// onlyRights reports whether the filter asks for nothing but states and an
// organisation.
func (f Filter) onlyRights() bool {
	return f.Theme == "" && f.Keyword == "" && f.Licence == "" && f.Schema == "" && f.Zone.Code == "" && identity.Fold(f.Text) == ""
}

func (o Order) next(d Dataset) Cursor {
	key := strconv.FormatInt(d.ModifiedAt.UnixMicro(), 10)
	if o == ByTitle {
		key = identity.Fold(d.Title)
	}
	return Cursor(base64.RawURLEncoding.EncodeToString([]byte(string(d.ID) + " " + key)))
}

// after adds what comes after a cursor. Kinds: Invalid (not a cursor of ours).
func (o Order) after(q *where, c Cursor) error {
	if c == "" {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(string(c))
	id, key, ok := strings.Cut(string(raw), " ")
	bad := errs.New(errs.Invalid, "catalogue.bad-cursor").WithHint("catalogue.bad-cursor.hint")
	if err != nil || !ok {
		return bad
	}
	if o == ByTitle {
		k := q.arg(key)
		q.add("(d.title_fold > " + k + " OR d.title_fold = " + k + " AND d.id > " + q.arg(id) + ")")
		return nil
	}
	micro, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		return bad
	}
	k := q.arg(time.UnixMicro(micro))
	q.add("d.modified_at <= " + k + " AND (d.modified_at < " + k + " OR d.id < " + q.arg(id) + ")")
	return nil
}

func (o Order) sql() string {
	if o == ByTitle {
		return " ORDER BY d.title_fold, d.id"
	}
	return " ORDER BY d.modified_at DESC, d.id DESC"
}

// List returns a page of the datasets that the actor may see, with their
// resources but no versions; limit is 1 to 200, 50 when 0. Kinds: Invalid (the
// cursor).
func (s *Service) List(ctx context.Context, a identity.Actor, f Filter, o Order, after Cursor, limit int) (out List, err error) {
	defer errs.Wrap(&err, "catalogue.List")
	limit = pageLimit(limit)
	q := f.where(a)
	if err := o.after(q, after); err != nil {
		return out, err
	}
	text := `SELECT ` + datasetColumns + ` FROM datasets d` + q.String() + o.sql() + ` LIMIT ` + q.arg(limit+1)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		out = List{}
		list, err := queryDatasets(ctx, tx, a, text, q.args)
		if len(list) > limit {
			list = list[:limit]
			out.Next = o.next(list[limit-1])
		}
		out.Datasets = list
		return err
	})
	return out, err
}

// Count returns how many datasets the actor would list.
func (s *Service) Count(ctx context.Context, a identity.Actor, f Filter) (n int, err error) {
	defer errs.Wrap(&err, "catalogue.Count")
	q := f.where(a)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `SELECT count(*) FROM datasets d`+q.String(), q.args...).Scan(&n)
	})
	return n, err
}

// Dimension is what CountBy counts by.
type Dimension string

const (
	DimOrganisation Dimension = "organisation"
	DimLicence      Dimension = "licence"
	DimSchema       Dimension = "schema"
	DimState        Dimension = "state"
	DimTheme        Dimension = "theme"
	DimKeyword      Dimension = "keyword" // folded
	DimZone         Dimension = "zone"    // kind:code
)

// Tally is how many datasets have a value.
type Tally struct {
	Value string
	Count int
}

// CountBy returns the values of a dimension among the datasets that the actor
// would list, the most frequent first, at most 200. Kinds: Invalid (dimension).
func (s *Service) CountBy(ctx context.Context, a identity.Actor, f Filter, by Dimension) (list []Tally, err error) {
	defer errs.Wrap(&err, "catalogue.CountBy(%s)", by)
	q := f.where(a)
	from, column := "datasets d", ""
	switch by {
	case DimOrganisation, DimLicence, DimState:
		column = "d." + string(by)
	case DimSchema:
		column = "d.schema_id"
		q.add("d.schema_id <> ''")
	case DimTheme, DimKeyword, DimZone:
		column, from = "y.value", "datasets d JOIN dataset_facets y ON y.dataset = d.id"
		if f.onlyRights() {
			from, q = "dataset_facets y", f.rights("y", a)
		}
		q.add("y.kind = " + q.arg(string(by)))
	default:
		return nil, errs.New(errs.Invalid, "catalogue.bad-dimension")
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+column+`, count(*) FROM `+from+q.String()+` GROUP BY `+column+` ORDER BY count(*) DESC, `+column+` LIMIT 200`, q.args...)
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, func(r sqldb.Scanner) (t Tally, err error) {
			return t, r.Scan(&t.Value, &t.Count)
		})
		return err
	})
	return list, err
}
