package tables

import (
	"context"

	"socle/internal/catalogue"
	"socle/internal/ids"
	"socle/internal/query"
	"socle/internal/tabular"
)

// DownloadName is the name under which rows of a dataset are saved: its slug, the
// table's title where there are several, the day of the version, "extrait" for a part of
// them, the extension with its dot.
func DownloadName(d catalogue.Dataset, v catalogue.Version, part bool, extension string) string {
	name := d.Slug
	if title := tableTitle(d, v.Resource); title != "" {
		name += "_" + ids.Slug(title)
	}
	name += "_" + v.CreatedAt.UTC().Format("2006-01-02")
	if part {
		name += "_extrait"
	}
	return name + extension
}

// tableTitle is the title of one of several tables of a dataset; "" of the only one.
func tableTitle(d catalogue.Dataset, id catalogue.ResourceID) (title string) {
	tables := 0
	for _, r := range d.Resources {
		if r.Kind == catalogue.Table {
			tables++
			if r.ID == id {
				title = r.Title
			}
		}
	}
	if tables < 2 {
		return ""
	}
	return title
}

// CheckSize refuses an export of more rows than a file of the format can hold,
// before anything of it is written. A query that begins after a row is not
// counted: the writer refuses it when it comes to the limit. Kinds: TooLarge, and
// those of Engine.Count.
func CheckSize(ctx context.Context, e Engine, snap Snapshot, q query.Query, f tabular.Format) error {
	if f.MaxRows == 0 || q.After > 0 || snap.Rows() <= int64(f.MaxRows) {
		return nil
	}
	n, err := e.Count(ctx, snap, q)
	if err != nil {
		return err
	}
	n -= int64(q.Offset)
	if q.Limit > 0 {
		n = min(n, int64(q.Limit))
	}
	return f.Fits(n)
}
