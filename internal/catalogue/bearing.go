package catalogue

import (
	"context"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// Bearing is a table with its dataset.
type Bearing struct {
	Dataset  Dataset  // without its resources
	Resource Resource // with its latest version
}

// Bearing lists the tables that everyone sees whose rows follow a schema, in any
// version of it: those checked against it and, of those that were checked against
// none, those whose dataset says so. In the order of their identifiers.
func (s *Service) Bearing(ctx context.Context, _ identity.Actor, schema string) (list []Bearing, err error) {
	defer errs.Wrap(&err, "catalogue.Bearing(%s)", schema)
	text := `SELECT ` + datasetColumns + `, ` + resourceColumns + ` FROM resources r JOIN datasets d ON d.id = r.dataset
		JOIN versions v ON v.resource = r.id AND v.number = r.latest
		WHERE d.state = $1 AND r.kind = $2 AND (v.schema_id = $3 OR v.schema_id = '' AND d.schema_id = $3) ORDER BY r.id`
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		list = nil
		rows, err := tx.Query(ctx, text, Published, Table, schema)
		if err != nil {
			return err
		}
		if list, err = sqldb.Collect(rows, func(r sqldb.Scanner) (b Bearing, err error) {
			var into resourceRow
			b.Dataset, err = scanDataset(alongside{r, into.columns()})
			b.Resource = into.resource()
			return b, err
		}); err != nil {
			return err
		}
		resources := make([]Resource, len(list))
		for i := range list {
			resources[i] = list[i].Resource
		}
		if err := currentVersions(ctx, tx, resources); err != nil {
			return err
		}
		for i := range list {
			list[i].Resource = resources[i]
		}
		return nil
	})
	return list, err
}

// HideBeforeTx begins the history that everyone sees with the latest version: what
// the versions before it held is no longer public. Rights: ActionWithdraw. Kinds:
// NotFound, SignIn, Denied.
func (s *Service) HideBeforeTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id ResourceID) (err error) {
	defer errs.Wrap(&err, "catalogue.HideBefore(%s)", id)
	r, d, err := resourceForChange(ctx, tx, a, id, AnyRevision, always(identity.ActionWithdraw))
	if err != nil || r.PublicFrom == 0 || r.PublicFrom == r.Latest {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE resources SET public_from = latest WHERE id = $1`, id); err != nil {
		return err
	}
	return identity.RecordIn(ctx, tx, a, d.Organisation, "resource.hide-history", "dataset:"+string(d.ID), hideAudit{id, r.PublicFrom}, hideAudit{id, r.Latest})
}

type hideAudit struct {
	Resource ResourceID `json:"resource"`
	From     int        `json:"from"`
}

// SchemasBorne counts, by schema, the tables that everyone sees whose rows were
// checked against it.
func (s *Service) SchemasBorne(ctx context.Context, _ identity.Actor) (n map[string]int, err error) {
	defer errs.Wrap(&err, "catalogue.SchemasBorne")
	type count struct {
		schema string
		n      int
	}
	n = map[string]int{}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		clear(n)
		rows, err := tx.Query(ctx, `SELECT v.schema_id, count(*) FROM resources r JOIN datasets d ON d.id = r.dataset JOIN versions v ON v.resource = r.id AND v.number = r.latest
			WHERE d.state = $1 AND r.kind = $2 AND v.schema_id <> '' GROUP BY v.schema_id`, Published, Table)
		if err != nil {
			return err
		}
		list, err := sqldb.Collect(rows, func(r sqldb.Scanner) (c count, err error) { return c, r.Scan(&c.schema, &c.n) })
		for _, c := range list {
			n[c.schema] = c.n
		}
		return err
	})
	return n, err
}
