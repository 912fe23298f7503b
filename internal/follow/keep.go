package follow

import (
	"context"
	"net/url"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// Erase removes what a person follows and their webhooks: when an account is closed.
// The system only. Kinds: Denied.
func (s *Service) Erase(ctx context.Context, a identity.Actor, who identity.PersonID) (err error) {
	defer errs.Wrap(&err, "follow.Erase(%s)", who)
	if err := a.RequireSystem(); err != nil {
		return err
	}
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM follows WHERE person = $1`, who)
		return err
	})
}

// Move gives the followers of an organisation to the one that it is now part of.
// Doing it again does nothing more. The system only. Kinds: Denied.
func (s *Service) Move(ctx context.Context, a identity.Actor, from, into identity.OrganisationID) (err error) {
	defer errs.Wrap(&err, "follow.Move(%s, %s)", from, into)
	if err := a.RequireSystem(); err != nil {
		return err
	}
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		moved, err := list(ctx, tx, ` WHERE f.organisation = $1 OR f.search LIKE $2`, from, "%"+url.QueryEscape(string(from))+"%")
		if err != nil {
			return err
		}
		for _, f := range moved {
			if f.Kind == Organisation {
				f.Organisation = into
			} else {
				v := f.Search.Values()
				if v.Get("organisation") != string(from) {
					continue
				}
				v.Set("organisation", string(into))
				f.Search = Words(v.Encode())
			}
			if _, err := one(ctx, tx, `f.channel = $1 AND f.who_what = $2 AND f.channel = 'mail'`, f.Channel, f.whoWhat()); err == nil {
				if _, err := tx.Exec(ctx, `DELETE FROM follows WHERE id = $1`, f.ID); err != nil {
					return err
				}
				continue
			} else if !errs.Is(err, errs.NotFound) {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE follows SET organisation = $2, search = $3, who_what = $4 WHERE id = $1`, f.ID, sqldb.SomeText(f.Organisation), f.Search, f.whoWhat()); err != nil {
				return err
			}
		}
		return nil
	})
}
