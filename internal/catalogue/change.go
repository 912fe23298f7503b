package catalogue

import (
	"context"
	"time"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// ChangeKind says what happened to a dataset.
type ChangeKind string

const (
	ChangeCreated     ChangeKind = "created"
	ChangeDescribed   ChangeKind = "described" // description or resources
	ChangeRenamed     ChangeKind = "renamed"
	ChangeData        ChangeKind = "data" // a version
	ChangePublished   ChangeKind = "published"
	ChangeInternal    ChangeKind = "internal"
	ChangeWithdrawn   ChangeKind = "withdrawn"
	ChangeBackToDraft ChangeKind = "back-to-draft"
	ChangeDeleted     ChangeKind = "deleted"
)

// Change is a line of the change log.
type Change struct {
	Seq     int64 // grows in the order of commits, without a gap
	Dataset DatasetID
	Kind    ChangeKind
	Actor   string // identity.Actor.Ref
	At      time.Time
}

// recordChange numbers a change: writers take turns on the last number until
// they commit, so that a reader who has seen n never misses one before it.
func recordChange(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id DatasetID, kind ChangeKind) error {
	var seq int64
	if err := tx.QueryRow(ctx, `UPDATE catalogue_head SET seq = seq + 1 WHERE id = 1 RETURNING seq`).Scan(&seq); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO catalogue_changes (seq, dataset, kind, actor, at) VALUES ($1, $2, $3, $4, $5)`, seq, id, kind, a.Ref(), tx.Now())
	return err
}

// Changes lists what happened after a number, the oldest first, at most limit
// (1 to 1000; 200 when 0): feeds the search index and feeds. The system sees
// all, deletions included; others see the datasets that they may see.
func (s *Service) Changes(ctx context.Context, a identity.Actor, after int64, limit int) (list []Change, err error) {
	defer errs.Wrap(&err, "catalogue.Changes(%d)", after)
	if limit <= 0 {
		limit = 200
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		var q where
		q.Add(`c.seq > ` + q.Arg(after))
		join := ""
		if !a.IsSystem() {
			join = ` JOIN datasets d ON d.id = c.dataset`
			q.visible(a)
		}
		rows, err := tx.Query(ctx, `SELECT c.seq, c.dataset, c.kind, c.actor, c.at FROM catalogue_changes c`+join+q.String()+
			` ORDER BY c.seq LIMIT `+q.Arg(min(limit, 1000)), q.Args...)
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, func(r sqldb.Scanner) (c Change, err error) {
			err = r.Scan(&c.Seq, &c.Dataset, &c.Kind, &c.Actor, &c.At)
			if !a.Can(identity.ActionReadInternal, "") && !a.IsSystem() {
				c.Actor = "" // who did it is not for everyone
			}
			return c, err
		})
		return err
	})
	return list, err
}

// LastChange returns the number of the last change; 0 when nothing happened yet.
func (s *Service) LastChange(ctx context.Context, _ identity.Actor) (seq int64, err error) {
	defer errs.Wrap(&err, "catalogue.LastChange")
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `SELECT seq FROM catalogue_head WHERE id = 1`).Scan(&seq)
	})
	return seq, err
}
