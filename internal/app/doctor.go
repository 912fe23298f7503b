package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/catalogue/find"
	"socle/internal/config"
	"socle/internal/consolidation"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/sqldb"
)

// lowDisk is the free room below which doctor complains, in bytes.
const lowDisk = 1 << 30

// doctor checks settings, database, blobs, audit trail, jobs and disk, and says
// what is wrong.
func doctor(ctx context.Context, c *config.Config, out io.Writer, l i18n.Lang) (healthy bool, err error) {
	a, err := there(ctx, c)
	if err != nil {
		return false, err
	}
	defer a.Close()
	d := &diagnosis{out: out, lang: l, healthy: true}
	d.say(i18n.T(l, "app.doctor.settings"), "")
	d.tell("app.doctor.database", a.DB.Ping(ctx))
	if err := d.blobs(ctx, a); err != nil {
		return false, err
	}
	audit, err := a.Identity.VerifyAudit(ctx, identity.System("doctor"))
	if err != nil {
		return false, err
	}
	broken := ""
	if audit.Broken != 0 {
		broken = i18n.T(l, "app.doctor.audit-broken", i18n.Args{"Line": audit.Broken})
	}
	d.say(i18n.T(l, "app.doctor.audit", i18n.Args{"Count": int(audit.Lines)}), broken)
	if err := d.jobs(ctx, a); err != nil {
		return false, err
	}
	d.disk(c.Data)
	return d.healthy, nil
}

// diagnosis prints findings.
type diagnosis struct {
	out     io.Writer
	lang    i18n.Lang
	healthy bool
}

func (d *diagnosis) say(what, problem string) {
	if problem == "" {
		fmt.Fprintln(d.out, i18n.T(d.lang, "app.doctor.ok", i18n.Args{"What": what}))
		return
	}
	d.healthy = false
	fmt.Fprintln(d.out, i18n.T(d.lang, "app.doctor.bad", i18n.Args{"What": what, "Detail": problem}))
}

// tell says whether something failed, in words where the failure has some.
func (d *diagnosis) tell(key string, err error) {
	problem := ""
	if err != nil {
		problem = err.Error()
		if e := errs.As(err); e.Kind != errs.Internal {
			problem = i18n.T(d.lang, e.Key, e.Args)
			if e.Hint != "" {
				problem += " " + i18n.T(d.lang, e.Hint, e.Args)
			}
		}
	}
	d.say(i18n.T(d.lang, key), problem)
}

// blobs reads every blob that a row names, and so verifies it.
func (d *diagnosis) blobs(ctx context.Context, a *App) error {
	var bad []blob.Hash
	names, err := a.named(ctx)
	if err != nil {
		return err
	}
	for _, h := range names {
		r, err := a.Blobs.Open(ctx, h)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
			_ = r.Close()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			bad = append(bad, h)
		}
	}
	problem := ""
	if len(bad) > 0 {
		problem = i18n.T(d.lang, "app.doctor.blobs-missing", i18n.Args{"Count": len(bad), "First": bad[0]})
	}
	d.say(i18n.T(d.lang, "app.doctor.blobs", i18n.Args{"Count": len(names) - len(bad)}), problem)
	return nil
}

func (d *diagnosis) jobs(ctx context.Context, a *App) error {
	var failed []jobs.Record
	err := a.DB.Read(ctx, func(tx *sqldb.Tx) (err error) {
		failed, err = jobs.List(ctx, tx, jobs.Filter{States: []jobs.State{jobs.Failed}})
		return err
	})
	if err != nil {
		return err
	}
	problem := ""
	if len(failed) > 0 {
		problem = i18n.T(d.lang, "app.doctor.jobs-failed", i18n.Args{"Count": len(failed)})
	}
	d.say(i18n.T(d.lang, "app.doctor.jobs"), problem)
	return nil
}

func (d *diagnosis) disk(folder string) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(folder, &st); err != nil {
		d.say(i18n.T(d.lang, "app.doctor.disk", i18n.Args{"Free": "?"}), err.Error())
		return
	}
	free := int64(st.Bavail) * st.Bsize
	problem := ""
	if free < lowDisk {
		problem = i18n.T(d.lang, "app.doctor.disk-low", i18n.Args{"Free": i18n.Bytes(free)})
	}
	d.say(i18n.T(d.lang, "app.doctor.disk", i18n.Args{"Free": i18n.Bytes(free)}), problem)
}

// rebuild makes again what derives from the rest: the serving cache and the
// profile of the latest version of each table, and the indexes of the search.
func rebuild(ctx context.Context, c *config.Config, out io.Writer, l i18n.Lang) (err error) {
	a, err := there(ctx, c)
	if err != nil {
		return err
	}
	defer a.Close()
	sys := identity.System("rebuild")
	if err := a.Merge.Rebuild(ctx, sys, func(m consolidation.Consolidation, o consolidation.Outcome) {
		fmt.Fprintln(out, i18n.T(l, "app.rebuild.consolidation", i18n.Args{"Title": m.Title, "Count": o.Sources}))
	}); err != nil {
		return err
	}
	var all []catalogue.Dataset
	for after := catalogue.Cursor(""); ; {
		page, err := a.Catalogue.List(ctx, sys, catalogue.Filter{}, catalogue.ByTitle, after, 200)
		if err != nil {
			return err
		}
		all = append(all, page.Datasets...)
		if after = page.Next; after == "" {
			break
		}
	}
	for i, d := range all {
		for _, r := range d.Resources {
			if r.Kind != catalogue.Table || r.Latest == 0 {
				continue
			}
			if err := a.rebuildTable(ctx, sys, r); err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
		}
		fmt.Fprintln(out, i18n.T(l, "app.rebuild.table", i18n.Args{"Done": i + 1, "Total": len(all), "Title": d.Title}))
	}
	if err := a.rebuildIndex(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, i18n.T(l, "app.rebuild.done"))
	return nil
}

// rebuildIndex makes the indexes of the search, or has the portal that runs on
// this folder make them.
func (a *App) rebuildIndex(ctx context.Context) error {
	unlock, err := lockData(a.Config)
	if errs.Is(err, errs.Conflict) || err == nil && !strings.HasPrefix(a.Config.Database(), "sqlite:") {
		return find.AskRebuild(a.indexDir())
	}
	if err != nil {
		return err
	}
	if err = a.Find.Rebuild(ctx); err == nil {
		err = a.Find.SyncCells(ctx)
	}
	return errors.Join(err, unlock())
}

func (a *App) rebuildTable(ctx context.Context, sys identity.Actor, r catalogue.Resource) error {
	v, err := a.Catalogue.Version(ctx, sys, r.ID, 0)
	if err != nil {
		return err
	}
	t, err := a.Tables.Open(ctx, v)
	if err != nil {
		return err
	}
	if err := a.Engine.Evict(ctx, t.Snapshot.Key); err != nil {
		return err
	}
	if err := a.Engine.Warm(ctx, t.Snapshot); err != nil {
		return err
	}
	_, err = a.Engine.Profile(ctx, t.Snapshot)
	return err
}
