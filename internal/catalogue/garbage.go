package catalogue

import (
	"context"
	"iter"
	"time"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// BlobGrace is how long a blob that nothing refers to is kept. A job writes its
// blobs first and refers to them in the transaction that ends it: what is
// younger than a day may be waiting for that. Whoever writes a blob that is
// there already renews its time.
const BlobGrace = 24 * time.Hour

// Collectable reports whether a blob to which no domain refers may be deleted.
// The collector lists the blobs with their times first and asks the domains for
// their references afterwards, so that one referred to in between is among the
// references; and it deletes a blob only if its time is still the one listed, so
// that one written again in between is kept.
func Collectable(written, now time.Time) bool { return now.Sub(written) > BlobGrace }

const blobPage = 5000

// ReferencedBlobs yields the SHA-256 of every blob that a version refers to, in
// ascending order, each once: parts, originals, reports. It reads in pages, not
// in one transaction. The system only. Kinds: Denied.
func (s *Service) ReferencedBlobs(ctx context.Context, a identity.Actor) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if !a.IsSystem() {
			yield("", errs.New(errs.Denied, "identity.denied").WithHint("identity.denied.hint"))
			return
		}
		for last := ""; ; {
			page, err := s.blobPage(ctx, last)
			if err != nil {
				yield("", err)
				return
			}
			for _, b := range page {
				if !yield(b, nil) {
					return
				}
			}
			if len(page) < blobPage {
				return
			}
			last = page[len(page)-1]
		}
	}
}

func (s *Service) blobPage(ctx context.Context, after string) (page []string, err error) {
	defer errs.Wrap(&err, "catalogue.ReferencedBlobs(%s)", after)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT blob FROM version_parts WHERE blob > $1
			UNION SELECT original_blob FROM versions WHERE original_blob > $1
			UNION SELECT report_blob FROM versions WHERE report_blob > $1
			ORDER BY 1 LIMIT $2`, after, blobPage)
		if err != nil {
			return err
		}
		page, err = sqldb.Collect(rows, sqldb.Text)
		return err
	})
	return page, err
}
