package consolidation

import (
	"context"
	"net/url"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/sqldb"
)

// RowsLeftOut tells that rows of a table were left out of the dataset of the
// territory, others than before.
type RowsLeftOut struct {
	Schema   string
	Resource catalogue.ResourceID
}

// TableLeftOut tells that a table was left out whole of the dataset of the territory,
// for another reason than before.
type TableLeftOut struct {
	Schema   string
	Resource catalogue.ResourceID
}

// Event names it.
func (RowsLeftOut) Event() string { return "consolidation.rows-left-out" }

// Event names it.
func (TableLeftOut) Event() string { return "consolidation.table-left-out" }

// buildArgs builds the dataset of a schema. Now tells what cannot wait for the
// others: something was withdrawn.
type buildArgs struct {
	Schema string `json:"schema"`
	Now    bool   `json:"now,omitempty"`
}

func (buildArgs) Kind() string { return "consolidation.build" }

// refreshArgs builds all, for schemas of which a newer version is known, and thins
// their versions.
type refreshArgs struct{}

func (refreshArgs) Kind() string { return "consolidation.refresh" }

// Refresh is the job to run every day.
func Refresh() jobs.Args { return refreshArgs{} }

// Changes wait for others a moment: a second, and one more for each rowsPerSecond
// of the dataset, since what serves it is made anew each time.
const (
	pause         = time.Second
	rowsPerSecond = 50_000
	longestPause  = time.Minute
)

func wait(rows int64) time.Duration {
	return min(pause+time.Duration(rows/rowsPerSecond)*time.Second, longestPause)
}

func enqueue(ctx context.Context, tx *sqldb.Tx, schemaID string, after time.Duration) error {
	if after == 0 {
		return jobs.Add(ctx, tx, buildArgs{Schema: schemaID, Now: true}, jobs.Unique())
	}
	return jobs.Add(ctx, tx, buildArgs{Schema: schemaID}, jobs.Unique(), jobs.At(tx.Now().Add(after)))
}

// Handle gives the jobs and the listeners of this package to the runner. base is the
// address of the portal, in letters.
func (s *Service) Handle(r *jobs.Runner) {
	jobs.Handle(r, s.runBuild, jobs.Timeout(30*time.Minute))
	jobs.Handle(r, s.runRefresh)
	jobs.On(r, "consolidation.version", func(ctx context.Context, e catalogue.VersionAdded) error { return s.touched(ctx, e.Dataset, false) })
	jobs.On(r, "consolidation.published", func(ctx context.Context, e catalogue.DatasetPublished) error { return s.touched(ctx, e.Dataset, false) })
	jobs.On(r, "consolidation.described", func(ctx context.Context, e catalogue.DatasetDescribed) error { return s.touched(ctx, e.Dataset, false) })
	jobs.On(r, "consolidation.renamed", func(ctx context.Context, e catalogue.DatasetRenamed) error { return s.touched(ctx, e.Dataset, false) })
	jobs.On(r, "consolidation.withdrawn", func(ctx context.Context, e catalogue.DatasetWithdrawn) error { return s.touched(ctx, e.Dataset, true) })
	jobs.On(r, "consolidation.deleted", func(ctx context.Context, e catalogue.DatasetDeleted) error { return s.touched(ctx, e.Dataset, true) })
	jobs.On(r, "consolidation.organisation", func(ctx context.Context, e identity.OrganisationChanged) error {
		return s.producer(ctx, e.Organisation)
	})
	jobs.On(r, "consolidation.merged", func(ctx context.Context, e identity.OrganisationMerged) error { return s.merged(ctx, e) })
	jobs.On(r, "consolidation.tell", s.tell)
	jobs.On(r, "consolidation.tell-whole", s.tellWhole)
}

func (s *Service) runBuild(ctx context.Context, j *jobs.Job[buildArgs]) error {
	complete := func(ctx context.Context, tx *sqldb.Tx) error { return j.Complete(ctx, tx) }
	_, err := s.Build(ctx, builder, j.Args.Schema, complete)
	if errs.Is(err, errs.NotFound) { // stopped since
		if _, gone := s.Find(ctx, builder, j.Args.Schema); errs.Is(gone, errs.NotFound) {
			return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error { return j.Complete(ctx, tx) })
		}
	}
	return err
}

func (s *Service) runRefresh(ctx context.Context, j *jobs.Job[refreshArgs]) error {
	list, err := s.List(ctx, builder)
	if err != nil {
		return err
	}
	for _, c := range list {
		if err := s.thin(ctx, c.Resource); err != nil {
			return err
		}
	}
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		for _, c := range list {
			if err := enqueue(ctx, tx, c.Schema, wait(c.Rows)); err != nil {
				return err
			}
		}
		return j.Complete(ctx, tx)
	})
}

// thin removes the versions of a consolidated table that need not stay.
func (s *Service) thin(ctx context.Context, table catalogue.ResourceID) error {
	if table == "" {
		return nil // nothing was built yet
	}
	for n := 1; n > 0; {
		err := s.o.DB.Write(ctx, func(tx *sqldb.Tx) (err error) {
			n, err = s.o.Catalogue.ThinTx(ctx, tx, builder, table, s.o.Keep.At(tx.Now()))
			return err
		})
		if errs.Is(err, errs.NotFound) {
			return nil // taken out of its dataset
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// touched has the datasets built anew that a dataset is, or may become, part of.
func (s *Service) touched(ctx context.Context, id catalogue.DatasetID, now bool) error {
	list, err := s.List(ctx, builder)
	if err != nil || len(list) == 0 {
		return err
	}
	schemas := map[string]bool{}
	d, err := s.o.Catalogue.Get(ctx, builder, id)
	switch {
	case errs.Is(err, errs.NotFound):
	case err != nil:
		return err
	case d.State == catalogue.Published:
		schemas[d.Schema.ID] = true
		for _, r := range d.Resources {
			if r.Current != nil {
				schemas[r.Current.Schema.ID] = true
			}
		}
	}
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		joined, err := sources(ctx, tx, `dataset = $1`, id)
		if err != nil {
			return err
		}
		for _, c := range list {
			part := schemas[c.Schema]
			for _, x := range joined {
				part = part || x.Schema == c.Schema
			}
			if !part || c.Dataset == id {
				continue
			}
			after := wait(c.Rows)
			if now {
				after = 0
			}
			if err := enqueue(ctx, tx, c.Schema, after); err != nil {
				return err
			}
		}
		return nil
	})
}

// producer has the rows of an organisation say its name of now.
func (s *Service) producer(ctx context.Context, id identity.OrganisationID) error {
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		joined, err := sources(ctx, tx, `organisation = $1`, id)
		if err != nil {
			return err
		}
		for _, x := range joined {
			if err := enqueue(ctx, tx, x.Schema, pause); err != nil {
				return err
			}
		}
		return nil
	})
}

// merged gives the consolidations of an organisation to the one that it is now part
// of; its tables moved already, or their move will be told.
func (s *Service) merged(ctx context.Context, e identity.OrganisationMerged) error {
	err := s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE consolidations SET organisation = $2 WHERE organisation = $1`, e.From, e.Into)
		return err
	})
	if err != nil {
		return err
	}
	return s.producer(ctx, e.From)
}

// tell writes to the producer of rows that were left out.
func (s *Service) tell(ctx context.Context, e RowsLeftOut) error {
	x, err := s.Return(ctx, builder, e.Schema, e.Resource)
	if errs.Is(err, errs.NotFound) || err == nil && x.Wrong == 0 {
		return nil // mended, or gone
	}
	if err != nil {
		return err
	}
	return s.write(ctx, x, "consolidation.mail", func(i18n.Lang) i18n.Args { return i18n.Args{"Count": int(x.Wrong)} })
}

// tellWhole writes to the producer of a table that was left out whole: why, and what to
// do about it.
func (s *Service) tellWhole(ctx context.Context, e TableLeftOut) error {
	x, err := s.Return(ctx, builder, e.Schema, e.Resource)
	if errs.Is(err, errs.NotFound) || err == nil && x.LeftOut == "" {
		return nil // mended, or gone
	}
	if err != nil {
		return err
	}
	c, err := s.Find(ctx, builder, e.Schema)
	if errs.Is(err, errs.NotFound) {
		return nil // stopped since
	}
	if err != nil {
		return err
	}
	reason := "returned.whole." + x.LeftOut
	return s.write(ctx, x, "consolidation.mail.whole", func(l i18n.Lang) i18n.Args {
		return i18n.Args{"Territory": c.Title, "Reason": i18n.T(l, reason), "Hint": i18n.T(l, reason+".hint")}
	})
}

// write writes in the words of a key to those who publish for the producer of a source.
func (s *Service) write(ctx context.Context, x Source, key string, more func(i18n.Lang) i18n.Args) error {
	d, err := s.o.Catalogue.Get(ctx, builder, x.Dataset)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	people, err := s.o.Identity.PeopleOf(ctx, builder, x.Organisation, identity.Editor)
	if err != nil {
		return err
	}
	var letters []mail.Message
	for _, p := range people {
		args := more(p.Language)
		args["Name"], args["Title"], args["Link"] = p.Name, d.Title, s.o.BaseURL+ReturnPath(x, "")
		letters = append(letters, mail.Letter(p.Email, p.Language, key, args))
	}
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error { return mail.SendAll(ctx, tx, letters...) })
}

// ReturnPath is the address of the page of what goes back to the producer of a
// source, or of a part of it ("/report.csv").
func ReturnPath(x Source, part string) string {
	return "/returns/" + string(x.Resource) + part + "?schema=" + url.QueryEscape(x.Schema)
}
