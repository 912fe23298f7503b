package tables

import (
	"context"
	"time"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/catalogue/find"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/query"
	"socle/internal/tabular"
)

// Found is a table in which a text was found.
type Found struct {
	Table
	Dataset  catalogue.Dataset
	Resource catalogue.Resource
	Text     string // what was looked for in the rows, as of query.Query.Text
	Page     *Page  // the first rows; nil when there was no time to look
}

// Inside is what was found inside tables.
type Inside struct {
	Tables []Found
	Unread []Found // large ones, of which it is not known whether they have the words
	Next   int     // as Offset, goes on from there; 0 when nothing is left
	Left   int     // tables that were not looked into
}

const (
	// searchTime is how long all tables of one search are looked into; those that
	// are not made ready by then come without rows.
	searchTime = 250 * time.Millisecond
	mostShown  = 8 // tables of one search
)

// Holding lists the tables that the actor may see and in which some row may have the
// words of a text, at most 8: see find.Service.Tables. Their pages are not read. Kinds:
// Busy (the index is being made).
func (s *Service) Holding(ctx context.Context, a identity.Actor, f *find.Service, text string) (list []Found, err error) {
	defer errs.Wrap(&err, "tables.Holding")
	places, err := f.Tables(ctx, a, find.Query{Text: text})
	if err != nil {
		return nil, err
	}
	for _, p := range places[:min(len(places), mostShown)] {
		t, err := s.at(ctx, a, p)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

// at opens the table of a place. Kinds: NotFound (it is no longer there).
func (s *Service) at(ctx context.Context, a identity.Actor, p find.Place) (Found, error) {
	d, err := s.catalogue.Get(ctx, a, p.Dataset)
	if err != nil {
		return Found{}, err
	}
	for _, r := range d.Resources {
		if r.ID == p.Resource && r.Current != nil {
			t, err := s.Open(ctx, *r.Current)
			return Found{Table: t, Dataset: d, Resource: r, Text: p.Text}, err
		}
	}
	return Found{}, errs.New(errs.NotFound, "errs.not-found")
}

// Search looks for the words of a query inside the tables that the actor may see, of the
// datasets that meet its conditions: for each table that has them in a row, the first
// rows, at most so many. Offset skips tables. Kinds: Busy (the index is being made).
func (s *Service) Search(ctx context.Context, a identity.Actor, e Engine, f *find.Service, q find.Query, rows int) (in Inside, err error) {
	defer errs.Wrap(&err, "tables.Search")
	places, err := f.Tables(ctx, a, q)
	if err != nil {
		return in, err
	}
	soon, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	for i := max(q.Offset, 0); i < len(places); i++ {
		if len(in.Tables) == mostShown || len(in.Unread) == mostShown {
			in.Next, in.Left = i, len(places)-i
			break
		}
		t, err := s.at(ctx, a, places[i])
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return in, err
		}
		t.Page, err = e.Rows(soon, t.Snapshot, query.Query{Text: t.Text, Limit: rows})
		switch {
		case ctx.Err() != nil:
			return in, ctx.Err()
		case err == nil && t.Page.Total == 0: // the words are in different rows, or beyond what is known
		case err != nil && soon.Err() == nil && !errs.Is(err, errs.Busy):
			return in, err
		case err != nil && places[i].Unsure:
			in.Unread = append(in.Unread, t)
		default:
			in.Tables = append(in.Tables, t)
		}
	}
	return in, nil
}

// cellRows is how many rows are read at once.
const cellRows = 1024

// Cells gives the texts of a version, row after row, for an index of them. Numbers,
// dates and the like are not texts. What give returns ends the reading.
func (s *Service) Cells(ctx context.Context, v catalogue.Version, give func(column int, text []byte) error) (err error) {
	defer errs.Wrap(&err, "tables.Cells(%s)", v.ID)
	if len(v.Columns) == 0 {
		return nil
	}
	for _, p := range v.Parts {
		if err := s.cellsOfPart(ctx, blob.Hash(p.Blob), give); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) cellsOfPart(ctx context.Context, h blob.Hash, give func(column int, text []byte) error) error {
	path, release, err := s.localFile(h)(ctx)
	if err != nil {
		return err
	}
	defer release()
	src, err := tabular.OpenFile(path)
	if err != nil {
		return err
	}
	defer src.Close()
	file, err := tabular.OpenParquet(src)
	if err != nil {
		return err
	}
	return file.Read(ctx, cellRows, func(fr *tabular.Frame) error {
		for i := range fr.Rows {
			for j := range fr.Columns {
				if c := &fr.Columns[j]; fr.Fields[j].Kind == tabular.Text && !c.Null[i] {
					if err := give(j, c.Bytes[i]); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
}
