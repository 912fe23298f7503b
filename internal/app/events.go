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
	jobs.On(a.Runner, "app.merge", a.merged)
	jobs.On(a.Runner, "tables.compare", a.compare)
	a.tellRights()
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

// compare keeps what changed from the version before a new one.
func (a *App) compare(ctx context.Context, e catalogue.VersionAdded) error {
	if e.Number < 2 {
		return nil
	}
	sys := identity.System("compare")
	var versions [2]catalogue.Version
	for i := range versions {
		v, err := a.Catalogue.Version(ctx, sys, e.Resource, e.Number-1+i)
		if errs.Is(err, errs.NotFound) || err == nil && len(v.Columns) == 0 {
			return nil // gone since, or no table
		}
		if err != nil {
			return err
		}
		versions[i] = v
	}
	return a.Tables.Compare(ctx, a.Engine, versions[0], versions[1])
}

// merged gives what an organisation kept to the one that it is now part of.
func (a *App) merged(ctx context.Context, e identity.OrganisationMerged) error {
	sys := identity.System("merge")
	if _, err := a.Catalogue.MoveDatasets(ctx, sys, e.From, e.Into); err != nil {
		return err
	}
	if err := a.Tables.Move(ctx, sys, e.From, e.Into); err != nil {
		return err
	}
	if err := a.Publish.Move(ctx, sys, e.From, e.Into); err != nil {
		return err
	}
	if err := a.Community.Move(ctx, sys, e.From, e.Into); err != nil {
		return err
	}
	return a.Follows.Move(ctx, sys, e.From, e.Into)
}
