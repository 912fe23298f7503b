package collect

import (
	"context"
	"slices"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// room is what the organisation holds, and what comes to it beside.
type room struct {
	held        catalogue.Storage
	bytes, rows int64
}

// findRoom asks once what the organisation of the table holds, with the entries that are
// in no version yet: what is taken will be published, so that the quota is kept here.
func (w *writing) findRoom(ctx context.Context) error {
	if w.room != nil {
		return nil
	}
	held, err := w.o.Catalogue.StorageTx(ctx, w.tx, w.desk.form.Organisation)
	if err != nil {
		return err
	}
	x := &room{held: held}
	if x.held.Quota.Rows > 0 {
		if err := w.tx.QueryRow(ctx, `SELECT count(*) FROM entries e WHERE e.resource = $1 AND e.revision = 1 AND e.state <> 'removed'
			AND e.seq > (SELECT t.cut_seq FROM entry_tables t WHERE t.resource = $1)`, w.desk.resource).Scan(&x.rows); err != nil {
			return err
		}
	}
	w.room = x
	return nil
}

// fits refuses what passes the quota of the organisation. How much it holds is for its
// members: others learn that there is no room. Kinds: TooLarge.
func (d *desk) fits(held catalogue.Storage, bytes, rows int64) error {
	err := held.Fits(bytes, rows)
	if err != nil && !d.visitor.Actor.Can(identity.ActionReadMembers, d.form.Organisation) {
		return errs.New(errs.TooLarge, "collect.full").WithHint("collect.full.hint").Because(err)
	}
	return err
}

// added are the bytes of files that an entry announces beside those that it had. They
// count once they have come (receive): who only announces them fills nothing.
func added(files, had []File) (bytes int64) {
	for _, f := range files {
		if !slices.ContainsFunc(had, func(h File) bool { return h.Hash == f.Hash }) {
			bytes += f.Size
		}
	}
	return bytes
}

// receive notes that a file is there and what is kept of it, whatever size was announced,
// and counts it among what its organisation holds.
func (w *writing) receive(ctx context.Context, entry, hash string, kept blob.Ref) error {
	var there int
	if err := w.tx.QueryRow(ctx, `SELECT count(*) FROM entry_files f JOIN resources r ON r.id = f.resource JOIN datasets d ON d.id = r.dataset
		WHERE f.kept = $1 AND f.received AND d.organisation = $2`, kept.Hash, w.desk.form.Organisation).Scan(&there); err != nil {
		return err
	}
	if there == 0 {
		held, err := w.o.Catalogue.StorageTx(ctx, w.tx, w.desk.form.Organisation)
		if err != nil {
			return err
		}
		if err := w.desk.fits(held, kept.Size, 0); err != nil {
			return err
		}
		if err := w.o.Catalogue.HoldTx(ctx, w.tx, w.desk.form.Organisation, kept.Size); err != nil {
			return err
		}
	}
	_, err := w.tx.Exec(ctx, `UPDATE entry_files SET received = TRUE, size = $4, kept = $5 WHERE resource = $1 AND entry = $2 AND blob = $3`, w.desk.resource, entry, hash, kept.Size, kept.Hash)
	return err
}

// HeldTx counts the bytes of the photos and files that have come to an organisation's
// entries, each blob once: catalogue.Beside.
func HeldTx(ctx context.Context, tx *sqldb.Tx, org identity.OrganisationID) (bytes int64, err error) {
	err = tx.QueryRow(ctx, `SELECT COALESCE(CAST(SUM(x.size) AS BIGINT), 0) FROM (SELECT f.kept, MAX(f.size) AS size FROM datasets d
		JOIN resources r ON r.dataset = d.id JOIN entry_files f ON f.resource = r.id WHERE d.organisation = $1 AND f.received GROUP BY f.kept) x`, org).Scan(&bytes)
	return bytes, err
}
