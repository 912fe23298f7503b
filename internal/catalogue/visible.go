package catalogue

import (
	"strings"

	"socle/internal/identity"
	"socle/internal/sqldb"
)

// where is which datasets a list has.
type where struct{ sqldb.Conditions }

// visible keeps the datasets that the actor may know of: what is published, the
// trace of what was, what is inside for those inside, and everything of the
// actor's own organisations.
func (q *where) visible(a identity.Actor) {
	const state, organisation = "d.state", "d.organisation"
	all, own := a.Where(identity.ActionReadDraft)
	if all {
		return
	}
	or := []string{sqldb.In(&q.Conditions, state, []State{Published, Withdrawn})}
	if len(own) > 0 {
		or = append(or, sqldb.In(&q.Conditions, organisation, own))
	}
	switch everywhere, inside := a.Where(identity.ActionReadInternal); {
	case everywhere:
		or = append(or, state+" = "+q.Arg(Internal))
	case len(inside) > 0:
		or = append(or, state+" = "+q.Arg(Internal)+" AND "+sqldb.In(&q.Conditions, organisation, inside))
	}
	q.Add("(" + strings.Join(or, " OR ") + ")")
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
