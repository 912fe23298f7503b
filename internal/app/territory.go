package app

import (
	"context"

	"socle/internal/catalogue"
	"socle/internal/identity"
)

// consolidated gives the datasets that the tables of the territory were made into:
// its board is made of them.
func (a *App) consolidated(ctx context.Context) (ids []catalogue.DatasetID, err error) {
	list, err := a.Merge.List(ctx, identity.Anonymous())
	for _, c := range list {
		if c.Dataset != "" && c.Rows > 0 {
			ids = append(ids, c.Dataset)
		}
	}
	return ids, err
}
