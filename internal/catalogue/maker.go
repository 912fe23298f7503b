package catalogue

import (
	"context"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// Maker makes the versions of some tables from something else than files: from what
// people enter, from other tables. Nobody else adds a version there: the next one that
// is made would take its place.
type Maker struct {
	Name string // of the system that makes them: identity.System(Name)
	Key  string // message key of the refusal of others; its hint follows
	// Among gives those of some tables that it makes.
	Among func(ctx context.Context, tx *sqldb.Tx, tables []ResourceID) ([]ResourceID, error)
}

// WithMakers says who makes versions.
func (s *Service) WithMakers(list ...Maker) *Service {
	s.makers = list
	return s
}

// Makers gives the name of the Maker of each of some tables that has one. The caller
// has the tables from the catalogue.
func (s *Service) Makers(ctx context.Context, _ identity.Actor, tables ...ResourceID) (names map[ResourceID]string, err error) {
	defer errs.Wrap(&err, "catalogue.Makers")
	names = map[ResourceID]string{}
	if len(tables) == 0 {
		return names, nil
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		clear(names)
		for _, m := range s.makers {
			list, err := m.Among(ctx, tx, tables)
			if err != nil {
				return err
			}
			for _, id := range list {
				names[id] = m.Name
			}
		}
		return nil
	})
	return names, err
}

// FreeTx refuses a table whose versions another than the actor makes. Kinds: Conflict.
func (s *Service) FreeTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, table ResourceID) error {
	for _, m := range s.makers {
		if a.Ref() == identity.System(m.Name).Ref() {
			continue
		}
		made, err := m.Among(ctx, tx, []ResourceID{table})
		if err != nil {
			return err
		}
		if len(made) > 0 {
			return errs.New(errs.Conflict, m.Key).WithHint(m.Key + ".hint")
		}
	}
	return nil
}
