package app

import (
	"context"
	"strings"
	"time"

	"socle/internal/blob"
	"socle/internal/collect"
	"socle/internal/consolidation"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/publish"
	"socle/internal/sqldb"
	"socle/internal/tables"
)

// handleJobs says which jobs there are and which come back.
func (a *App) handleJobs() {
	a.Tables.Handle(a.Runner)
	a.Schemas.Handle(a.Runner)
	a.Publish.Handle(a.Runner, publish.Handling{People: a.Identity, Base: strings.TrimSuffix(a.Config.Base().String(), "/"), Visit: httpx.Visitor(a.Fetch), Reach: httpx.Reacher(a.Fetch), Temp: a.temp()})
	a.Forms.Handle(a.Runner)
	a.Follows.Handle(a.Runner)
	a.Community.Handle(a.Runner)
	a.Merge.Handle(a.Runner)
	mail.Deliver(a.Runner, a.DB, mail.Options{SMTP: a.Config.SMTP})
	jobs.Handle(a.Runner, a.collectBlobs)
	jobs.Handle(a.Runner, a.sweepAccounts)
	jobs.Handle(a.Runner, a.sendLetter)
	jobs.Handle(a.Runner, a.recount)
	jobs.Every(a.Runner, time.Hour, tables.ExpireUploads())
	jobs.Every(a.Runner, 5*time.Minute, publish.LookAround())
	jobs.Every(a.Runner, 24*time.Hour, collectArgs{})
	jobs.Every(a.Runner, 24*time.Hour, recountArgs{})
	jobs.Every(a.Runner, time.Hour, sweepArgs{})
	jobs.Every(a.Runner, 10*time.Minute, collect.Sweep())
	jobs.Every(a.Runner, 5*time.Minute, collect.TellWaiting())
	jobs.Every(a.Runner, 24*time.Hour, consolidation.Refresh())
}

// blobGrace is how old a blob is before it may be collected: what was stored a
// moment ago waits for the transaction that will name it.
const blobGrace = 24 * time.Hour

type collectArgs struct{}

func (collectArgs) Kind() string { return "app.collect-blobs" }

// collectBlobs deletes the blobs that nothing names.
func (a *App) collectBlobs(ctx context.Context, j *jobs.Job[collectArgs]) error {
	n, err := a.Collect(ctx, blobGrace)
	if err != nil {
		return err
	}
	if n > 0 {
		a.Log.Info("blobs collected", "count", n)
	}
	return a.DB.Write(ctx, func(tx *sqldb.Tx) error { return j.Complete(ctx, tx) })
}

// Collect deletes the blobs older than grace that nothing names and says how
// many there were.
func (a *App) Collect(ctx context.Context, grace time.Duration) (n int, err error) {
	defer errs.Wrap(&err, "app.Collect")
	named := map[blob.Hash]bool{}
	if err := a.NamedBlobs(ctx, func(h blob.Hash) { named[h] = true }); err != nil {
		return 0, err
	}
	deleted, err := a.Blobs.Collect(ctx, grace, func(r blob.Ref) (bool, error) { return named[r.Hash], nil })
	return len(deleted), err
}

// NamedBlobs gives every blob that a row names.
func (a *App) NamedBlobs(ctx context.Context, give func(blob.Hash)) error {
	sys := identity.System("blobs")
	if err := a.Tables.ReferencedBlobs(ctx, give); err != nil {
		return err
	}
	if err := a.Merge.ReferencedBlobs(ctx, give); err != nil {
		return err
	}
	logos, err := a.Identity.ReferencedBlobs(ctx, sys)
	if err != nil {
		return err
	}
	for _, h := range logos {
		give(blob.Hash(h))
	}
	for h, err := range a.Forms.ReferencedBlobs(ctx, sys) {
		if err != nil {
			return err
		}
		give(blob.Hash(h))
	}
	for h, err := range a.Catalogue.ReferencedBlobs(ctx, sys) {
		if err != nil {
			return err
		}
		give(blob.Hash(h))
	}
	return nil
}

type recountArgs struct{}

func (recountArgs) Kind() string { return "app.recount" }

// recount counts again what each organisation holds.
func (a *App) recount(ctx context.Context, j *jobs.Job[recountArgs]) error {
	if err := a.Catalogue.Recount(ctx, identity.System("quotas")); err != nil {
		return err
	}
	return a.DB.Write(ctx, func(tx *sqldb.Tx) error { return j.Complete(ctx, tx) })
}

type sweepArgs struct{}

func (sweepArgs) Kind() string { return "app.sweep-accounts" }

// sweepAccounts forgets sessions, links, attempts and letters that have had their time.
func (a *App) sweepAccounts(ctx context.Context, j *jobs.Job[sweepArgs]) error {
	if _, err := a.Identity.Sweep(ctx, identity.System("sweep")); err != nil {
		return err
	}
	return a.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := mail.Forget(ctx, tx, tx.Now().AddDate(0, 0, -a.Config.Keep.Mail)); err != nil {
			return err
		}
		return j.Complete(ctx, tx)
	})
}
