package catalogue

import (
	"context"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// Wholes returns datasets with their resources and the latest versions of these,
// in the order of their identifiers: those of a list, or, without a list, those
// after an identifier, at most limit (1 to 500). For indexes.
func (s *Service) Wholes(ctx context.Context, a identity.Actor, after DatasetID, limit int, only ...DatasetID) (list []Dataset, err error) {
	defer errs.Wrap(&err, "catalogue.Wholes")
	var q where
	q.Add("d.id > " + q.Arg(after))
	if len(only) > 0 {
		q.Add(sqldb.In(&q.Conditions, "d.id", only))
	}
	q.visible(a)
	text := `SELECT ` + datasetColumns + ` FROM datasets d` + q.String() + ` ORDER BY d.id LIMIT ` + q.Arg(min(max(limit, 1), 500))
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		if list, err = queryDatasets(ctx, tx, a, text, q.Args); err != nil {
			return err
		}
		var all []Resource
		for i := range list {
			all = append(all, list[i].Resources...)
		}
		if err := currentVersions(ctx, tx, all); err != nil {
			return err
		}
		for i := range list {
			n := len(list[i].Resources)
			list[i].Resources, all = all[:n:n], all[n:]
		}
		return nil
	})
	return list, err
}

// Sees returns what an actor may list, for an index that holds all: the rule of
// lists, but for the traces of what was withdrawn, which only their members see.
func Sees(a identity.Actor) func(State, identity.OrganisationID) bool {
	all, own := a.Where(identity.ActionReadDraft)
	everywhere, inside := a.Where(identity.ActionReadInternal)
	set := func(orgs []identity.OrganisationID) map[identity.OrganisationID]bool {
		m := make(map[identity.OrganisationID]bool, len(orgs))
		for _, o := range orgs {
			m[o] = true
		}
		return m
	}
	ours, within := set(own), set(inside)
	return func(s State, org identity.OrganisationID) bool {
		return s == Published || all || ours[org] || s == Internal && (everywhere || within[org])
	}
}
