package publish

import (
	"context"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/sqldb"
	"socle/internal/tables"
)

// Visibility says who sees what is published.
type Visibility string

const (
	Public   Visibility = "public"
	Internal Visibility = "internal" // members and the host
)

// Target says what an import becomes.
type Target struct {
	Dataset     catalogue.DatasetID // the dataset that gets a next version; "" makes a new one
	Table       Table               // of Dataset
	Description catalogue.Metadata  // of a new dataset
	Visibility  Visibility          // of a new dataset, or of a draft; "" is Public
	Note        string              // what changed, in the words of its author
	Kept        string              // why columns that seem to be about persons may be published; "" for none
}

// PublishImport makes a valid import public: a new dataset, or the next version of
// one, in one transaction. Editors. Kinds: NotFound, SignIn, Denied, Invalid
// (fields of the description, the reason), Conflict (the import is not valid; columns
// seem to be about persons and no reason is given; the versions of the dataset are
// made otherwise).
func (s *Service) PublishImport(ctx context.Context, a identity.Actor, id tables.ImportID, t Target) (d catalogue.Dataset, err error) {
	defer errs.Wrap(&err, "publish.PublishImport(%s)", id)
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		i, err := s.tables.FindImportTx(ctx, tx, a, id)
		if err != nil {
			return err
		}
		if t.Kept, err = decided(i, t.Kept); err != nil {
			return err
		}
		var table catalogue.ResourceID
		if d, table, err = s.publishImport(ctx, tx, a, i, t); err != nil || t.Kept == "" {
			return err
		}
		t.Table.Resource = table
		return s.keepReason(ctx, tx, a, i, d, t)
	})
	return d, err
}

func (s *Service) publishImport(ctx context.Context, tx *sqldb.Tx, a identity.Actor, i tables.Import, t Target) (d catalogue.Dataset, table catalogue.ResourceID, err error) {
	if t.Dataset == "" {
		t.Description.Schema = tables.ParseSchemaRef(i.Outcome.SchemaID)
		d, err = s.catalogue.CreateTx(ctx, tx, a, catalogue.NewDataset{Organisation: i.Organisation, Metadata: t.Description, Demonstration: s.demo})
	} else {
		d, err = s.catalogue.GetTx(ctx, tx, a, t.Dataset)
		if err == nil && d.Organisation != i.Organisation {
			err = errs.New(errs.NotFound, "publish.dataset-of-other").WithHint("publish.dataset-of-other.hint")
		}
	}
	if err != nil {
		return d, "", err
	}
	resource, err := s.tableOf(ctx, tx, a, d, i, t.Table)
	if err != nil {
		return d, "", err
	}
	version, err := tables.NewVersion(i, resource.ID, catalogue.AnyVersion)
	if err != nil {
		return d, "", err
	}
	version.Note = t.Note
	if _, err := s.catalogue.AddVersionTx(ctx, tx, a, version); err != nil {
		return d, "", err
	}
	if err := s.tables.Forget(ctx, tx, i.ID); err != nil {
		return d, "", err
	}
	if d, err = s.catalogue.GetTx(ctx, tx, a, d.ID); err != nil {
		return d, "", err
	}
	switch {
	case d.State != catalogue.Draft:
	case t.Visibility == Internal:
		d, err = s.catalogue.KeepInsideTx(ctx, tx, a, d.ID, d.Revision)
	default:
		d, err = s.catalogue.PublishTx(ctx, tx, a, d.ID, d.Revision)
	}
	return d, resource.ID, err
}

// tableOf returns the table of a dataset, adding it when it is a new one or when there is
// none.
func (s *Service) tableOf(ctx context.Context, tx *sqldb.Tx, a identity.Actor, d catalogue.Dataset, i tables.Import, t Table) (catalogue.Resource, error) {
	if t.New == "" {
		r, ok := tableAmong(d, t.Resource)
		switch {
		case ok:
			return r, nil
		case t.Resource != "":
			return r, noTable()
		}
		t.New = i18n.T(i18n.Lang(d.Language), "publish.table")
	}
	return s.catalogue.AddResourceTx(ctx, tx, a, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: t.New, Format: i.Outcome.Info.Format})
}

// Finish publishes a deposit and closes it. Editors. Kinds: NotFound, SignIn,
// Denied, Invalid (fields of the description), Conflict (revision; not valid yet).
func (s *Service) Finish(ctx context.Context, a identity.Actor, id DepositID, revision int, v Visibility, note string) (d catalogue.Dataset, err error) {
	defer errs.Wrap(&err, "publish.Finish(%s)", id)
	_, err = s.change(ctx, a, id, revision, func(tx *sqldb.Tx, dep *Deposit) error {
		dep.Plan = Plan{Visibility: v, Note: note}
		d, err = s.finish(ctx, tx, a, dep)
		return err
	})
	return d, err
}

// finish publishes a deposit by its Plan.
func (s *Service) finish(ctx context.Context, tx *sqldb.Tx, a identity.Actor, dep *Deposit) (catalogue.Dataset, error) {
	if dep.Import == "" {
		return catalogue.Dataset{}, errs.New(errs.Conflict, "tables.import.not-valid").WithHint("tables.import.not-valid.hint")
	}
	i, err := s.tables.FindImportTx(ctx, tx, a, dep.Import)
	if err != nil {
		return catalogue.Dataset{}, err
	}
	d, table, err := s.publishImport(ctx, tx, a, i, Target{Dataset: dep.Dataset, Table: Table{dep.Resource, dep.NewTable}, Description: dep.Description, Visibility: dep.Visibility, Note: dep.Note})
	if err != nil {
		return d, err
	}
	dep.State, dep.Dataset, dep.Resource, dep.Answer, dep.AnsweredBy = Published, d.ID, table, "", ""
	return d, dep.watchFrom(ctx, tx, a, i)
}

// May reports whether the actor may publish a deposit, or only prepare it.
func (s *Service) May(a identity.Actor, d Deposit) bool {
	return a.Can(identity.ActionPublish, d.Organisation)
}
