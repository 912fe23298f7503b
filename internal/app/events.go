package app

import (
	"context"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/jobs"
)

// listen says who hears what: event, listener, what it does.
func (a *App) listen() {
	jobs.On(a.Runner, "tables.warm", a.warm)
}

// warm makes a new version ready before the first visitor asks for it.
func (a *App) warm(ctx context.Context, e catalogue.VersionAdded) error {
	v, err := a.Catalogue.Version(ctx, identity.System("warm"), e.Resource, e.Number)
	if errs.Is(err, errs.NotFound) || err == nil && len(v.Columns) == 0 {
		return nil // gone since, or no table
	}
	if err != nil {
		return err
	}
	t, err := a.Tables.Open(ctx, v)
	if err != nil {
		return err
	}
	if err := a.Engine.Warm(ctx, t.Snapshot); err != nil {
		return err
	}
	if _, err := a.Engine.Profile(ctx, t.Snapshot); err != nil {
		return err
	}
	_, err = a.Engine.Extent(ctx, t.Snapshot)
	if errs.Is(err, errs.Invalid) {
		return nil // nothing to put on a map
	}
	return err
}
