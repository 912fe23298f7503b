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

// Filter chooses datasets; what is zero does not filter. Words are looked for by
// package find.
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

func (f Filter) where(a identity.Actor) *where {
	q := &where{}
	if len(f.States) > 0 {
		q.Add(sqldb.In(&q.Conditions, "d.state", f.States))
	} else {
		q.Add("d.state <> " + q.Arg(Withdrawn))
	}
	q.visible(a)
	if f.Organisation != "" {
		q.Add("d.organisation = " + q.Arg(f.Organisation))
	}
	equal := func(column, value string) {
		if value != "" {
			q.Add(column + " = " + q.Arg(value))
		}
	}
	equal("d.licence", string(f.Licence))
	equal("d.schema_id", f.Schema)
	for _, x := range f.facets() {
		// Asked for each dataset, so that the list is walked in its order.
		q.Add("EXISTS (SELECT 1 FROM dataset_facets x WHERE x.kind = " + q.Arg(x[0]) + " AND x.value = " + q.Arg(x[1]) + " AND x.dataset = d.id)")
	}
	return q
}

// facets are the kinds and values that the filter wants in dataset_facets.
func (f Filter) facets() (out [][2]string) {
	add := func(kind, value string) {
		if value != "" {
			out = append(out, [2]string{kind, value})
		}
	}
	add("theme", string(f.Theme))
	add("keyword", identity.Fold(f.Keyword))
	if f.Zone.Code != "" {
		add("zone", string(f.Zone.Kind)+":"+f.Zone.Code)
	}
	return out
}

// few is how many datasets a facet has at most for a list to begin with them: walking
// all in their order would pass over most of a large catalogue.
const few = 200

// rare gives the datasets of a facet of the filter that has few; ok is false when all
// have more.
func (f Filter) rare(ctx context.Context, tx *sqldb.Tx) (ids []string, ok bool, err error) {
	for _, x := range f.facets() {
		rows, err := tx.Query(ctx, `SELECT dataset FROM dataset_facets WHERE kind = $1 AND value = $2 LIMIT $3`, x[0], x[1], few+1)
		if err != nil {
			return nil, false, err
		}
		if ids, err = sqldb.Collect(rows, sqldb.Text); err != nil || len(ids) <= few {
			return ids, err == nil, err
		}
	}
	return nil, false, nil
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
		k := q.Arg(key)
		q.Add("(d.title_fold > " + k + " OR d.title_fold = " + k + " AND d.id > " + q.Arg(id) + ")")
		return nil
	}
	micro, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		return bad
	}
	k := q.Arg(time.UnixMicro(micro))
	q.Add("d.modified_at <= " + k + " AND (d.modified_at < " + k + " OR d.id < " + q.Arg(id) + ")")
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
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		out = List{}
		q := f.where(a)
		if err := o.after(q, after); err != nil {
			return err
		}
		ids, ok, err := f.rare(ctx, tx)
		if err != nil {
			return err
		}
		if ok {
			q.Add(sqldb.In(&q.Conditions, "d.id", ids))
		}
		text := `SELECT ` + datasetColumns + ` FROM datasets d` + q.String() + o.sql() + ` LIMIT ` + q.Arg(limit+1)
		list, err := queryDatasets(ctx, tx, a, text, q.Args)
		if len(list) > limit {
			list = list[:limit]
			out.Next = o.next(list[limit-1])
		}
		out.Datasets = list
		return err
	})
	return out, err
}
