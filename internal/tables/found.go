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

// searchTime is how long all tables of one search are looked into; those that
// are not made ready by then come without rows.
const searchTime = 250 * time.Millisecond

// Holding lists the tables that the actor may see and in which some row may have the
// words of a text: see find.Service.Tables. Their pages are not read. Kinds: Busy (the
// index is being made).
func (s *Service) Holding(ctx context.Context, a identity.Actor, f *find.Service, text string) (list []Found, err error) {
	defer errs.Wrap(&err, "tables.Holding")
	places, err := f.Tables(ctx, a, text)
	if err != nil {
		return nil, err
	}
	for _, p := range places {
		d, err := s.catalogue.Get(ctx, a, p.Dataset)
		if errs.Is(err, errs.NotFound) {
			continue // no longer
		}
		if err != nil {
			return nil, err
		}
		for _, r := range d.Resources {
			if r.ID != p.Resource || r.Current == nil {
				continue
			}
			t, err := s.Open(ctx, *r.Current)
			if err != nil {
				return nil, err
			}
			list = append(list, Found{Table: t, Dataset: d, Resource: r, Text: p.Text})
		}
	}
	return list, nil
}

// Search looks for the words of a text inside the tables that the actor may see:
// for each table that has them in a row, the first rows, at most so many. Kinds: Busy (the index is
// being made).
func (s *Service) Search(ctx context.Context, a identity.Actor, e Engine, f *find.Service, text string, rows int) (list []Found, err error) {
	defer errs.Wrap(&err, "tables.Search")
	held, err := s.Holding(ctx, a, f, text)
	if err != nil {
		return nil, err
	}
	soon, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	for _, t := range held {
		t.Page, err = e.Rows(soon, t.Snapshot, query.Query{Text: t.Text, Limit: rows})
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == nil && t.Page.Total == 0: // the words are in different rows
			continue
		case err != nil && soon.Err() == nil && !errs.Is(err, errs.Busy):
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
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
