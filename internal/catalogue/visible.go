package catalogue

import (
	"strconv"
	"strings"

	"socle/internal/identity"
	"socle/internal/sqldb"
)

// where gathers the conditions of a list and their arguments.
type where struct {
	conditions []string
	args       []any
}

// arg keeps a value and returns its placeholder.
func (q *where) arg(v any) string {
	q.args = append(q.args, v)
	return "$" + strconv.Itoa(len(q.args))
}

// in returns "column IN ($n, …)" over at least one value.
func in[T any](q *where, column string, values []T) string {
	marks := sqldb.Marks(len(q.args)+1, len(values))
	q.args = append(q.args, sqldb.AnySlice(values)...)
	return column + " IN (" + marks + ")"
}

func (q *where) add(condition string) { q.conditions = append(q.conditions, condition) }

// String is the WHERE clause, starting with a space.
func (q *where) String() string {
	if len(q.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(q.conditions, " AND ")
}

// visible keeps the datasets that the actor may know of: what is published, the
// trace of what was, what is inside for those inside, and everything of the
// actor's own organisations.
func (q *where) visible(a identity.Actor) {
	const state, organisation = "d.state", "d.organisation"
	all, own := a.Where(identity.ActionReadDraft)
	if all {
		return
	}
	or := []string{in(q, state, []State{Published, Withdrawn})}
	if len(own) > 0 {
		or = append(or, in(q, organisation, own))
	}
	switch everywhere, inside := a.Where(identity.ActionReadInternal); {
	case everywhere:
		or = append(or, state+" = "+q.arg(Internal))
	case len(inside) > 0:
		or = append(or, state+" = "+q.arg(Internal)+" AND "+in(q, organisation, inside))
	}
	q.add("(" + strings.Join(or, " OR ") + ")")
}

// isMember reports whether the actor sees all that a dataset went through.
func isMember(a identity.Actor, d Dataset) bool {
	return a.Can(identity.ActionReadDraft, d.Organisation)
}

// traceOnly leaves of a withdrawn dataset what those outside may know: title,
// organisation, when and why.
func traceOnly(a identity.Actor, d Dataset) Dataset {
	if d.State != Withdrawn || isMember(a, d) {
		return d
	}
	return Dataset{
		ID: d.ID, Slug: d.Slug, Organisation: d.Organisation, Metadata: Metadata{Title: d.Title, Language: d.Language},
		State: d.State, Revision: d.Revision, CreatedAt: d.CreatedAt, ModifiedAt: d.ModifiedAt, PublishedAt: d.PublishedAt,
		WithdrawnAt: d.WithdrawnAt, WithdrawnReason: d.WithdrawnReason, Demonstration: d.Demonstration,
	}
}
