package catalogue

import (
	"context"
	"slices"
	"time"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// News is what happened to one dataset in a part of the change log.
type News struct {
	Dataset   Dataset // as the actor sees it now, without resources' versions
	Published bool    // it became public
	Withdrawn bool
	Inside    bool  // it became known to members and the host
	Versions  int64 // that were added
	Described bool  // description, resources or title
	Last      int64 // number of the last of these changes
	At        time.Time
}

// NewsFilter chooses a part of the change log.
type NewsFilter struct {
	After        int64                   // changes with greater numbers…
	Dataset      DatasetID               // of this dataset; "" for all
	Organisation identity.OrganisationID // of this organisation; "" for all
	Limit        int                     // datasets; 1 to 500, 200 when 0
}

// News gathers the changes after a number by dataset, the last changed first, of the
// datasets that the actor may see now, and returns the number of the last change
// there is: to ask after it the next time.
func (s *Service) News(ctx context.Context, a identity.Actor, f NewsFilter) (list []News, through int64, err error) {
	defer errs.Wrap(&err, "catalogue.News(%d)", f.After)
	if f.Limit <= 0 {
		f.Limit = 200
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		list, through, err = newsTx(ctx, tx, a, f)
		return err
	})
	return list, through, err
}

func newsTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, f NewsFilter) (list []News, through int64, err error) {
	if err := tx.QueryRow(ctx, `SELECT seq FROM catalogue_head WHERE id = 1`).Scan(&through); err != nil || through <= f.After {
		return nil, through, err
	}
	var q where
	q.Add("c.seq > " + q.Arg(f.After))
	if f.Dataset != "" {
		q.Add("c.dataset = " + q.Arg(f.Dataset))
	}
	if f.Organisation != "" {
		q.Add("d.organisation = " + q.Arg(f.Organisation))
	}
	q.visible(a)
	type line struct {
		dataset  DatasetID
		kind     ChangeKind
		n, last  int64
		lastTime time.Time
	}
	rows, err := tx.Query(ctx, `SELECT c.dataset, c.kind, COUNT(*), MAX(c.seq), MAX(c.at) FROM catalogue_changes c JOIN datasets d ON d.id = c.dataset`+q.String()+
		` GROUP BY c.dataset, c.kind ORDER BY MAX(c.seq) DESC LIMIT `+q.Arg(len(changeKinds)*min(f.Limit, 500)), q.Args...)
	if err != nil {
		return nil, through, err
	}
	lines, err := sqldb.Collect(rows, func(r sqldb.Scanner) (l line, err error) {
		var at int64
		err = r.Scan(&l.dataset, &l.kind, &l.n, &l.last, &at)
		l.lastTime = time.UnixMicro(at).UTC()
		return l, err
	})
	if err != nil || len(lines) == 0 {
		return nil, through, err
	}
	at := map[DatasetID]int{}
	var ids []DatasetID
	for _, l := range lines {
		i, ok := at[l.dataset]
		if !ok {
			if len(list) == min(f.Limit, 500) {
				continue
			}
			i, at[l.dataset] = len(list), len(list)
			list, ids = append(list, News{}), append(ids, l.dataset)
		}
		list[i].take(l.kind, l.n, l.last, l.lastTime)
	}
	var d where
	d.Add(sqldb.In(&d.Conditions, "d.id", ids))
	found, err := queryDatasets(ctx, tx, a, `SELECT `+datasetColumns+` FROM datasets d`+d.String(), d.Args)
	for _, set := range found {
		list[at[set.ID]].Dataset = set
	}
	return slices.DeleteFunc(list, func(n News) bool { return n.Dataset.ID == "" }), through, err
}

var changeKinds = []ChangeKind{ChangeCreated, ChangeDescribed, ChangeRenamed, ChangeData, ChangePublished, ChangeInternal, ChangeWithdrawn, ChangeBackToDraft, ChangeDeleted}

func (n *News) take(kind ChangeKind, times, last int64, at time.Time) {
	switch kind {
	case ChangePublished:
		n.Published = true
	case ChangeWithdrawn:
		n.Withdrawn = true
	case ChangeInternal:
		n.Inside = true
	case ChangeData:
		n.Versions = times
	case ChangeDescribed, ChangeRenamed:
		n.Described = true
	}
	if last > n.Last {
		n.Last, n.At = last, at
	}
}
