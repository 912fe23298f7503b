package find

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
)

// Cells gives the texts of a table, column by column of each row; what give
// returns ends the reading.
type Cells func(ctx context.Context, v catalogue.Version, give func(column int, text []byte) error) error

// Bounds of what is kept of a table.
const (
	chunkWords   = 20_000  // different words of one document of the index
	mostCellWord = 600_000 // different ones of a table; beyond, it is known in part
	mostDistinct = 200     // values of a column that is a list of kinds
	mostFrequent = 30      // of these, the most frequent
	longestValue = 60      // bytes of such a value
)

const (
	cellsShelf  = "cells"
	wordsField  = "w" // words of cells
	columnField = "c" // words of the names of columns
	tableField  = "t" // which table: its resource
)

// cellShelf is the index of the words of tables. A table is several documents:
// RESOURCE#0, RESOURCE#1…
type cellShelf struct {
	*shelf
	tables  map[catalogue.ResourceID]tableState
	partial map[catalogue.ResourceID]bool                  // those of tables that are
	of      map[catalogue.DatasetID][]catalogue.ResourceID // the tables of a dataset
}

func (c *cellShelf) keep(id catalogue.ResourceID, t tableState) {
	if _, known := c.tables[id]; !known {
		c.of[t.Dataset] = append(c.of[t.Dataset], id)
	}
	c.tables[id] = t
	if delete(c.partial, id); t.Partial {
		c.partial[id] = true
	}
}

func (c *cellShelf) forget(id catalogue.ResourceID) {
	of := c.tables[id].Dataset
	delete(c.tables, id)
	delete(c.partial, id)
	if c.of[of] = slices.DeleteFunc(slices.Clone(c.of[of]), func(x catalogue.ResourceID) bool { return x == id }); len(c.of[of]) == 0 {
		delete(c.of, of)
	}
}

// tableState is what is kept of a table: which version was read.
type tableState struct {
	Dataset catalogue.DatasetID `json:"d"`
	Version catalogue.VersionID `json:"v"`
	Chunks  int                 `json:"n"`
	Values  []string            `json:"f"`           // frequent values of its columns
	Partial bool                `json:"p,omitempty"` // it has more words than are kept
}

var errEnough = errors.New("enough words")

// SyncCells opens the index of cells and takes in the tables that changed, one
// after the other.
func (s *Service) SyncCells(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "find.SyncCells")
	if s.o.Cells == nil {
		return nil
	}
	if s.cells == nil {
		if err := s.openCells(); err != nil {
			return err
		}
	}
	last, err := s.o.Catalogue.LastChange(ctx, system)
	if err != nil {
		return err
	}
	if s.cells.seq == last {
		return nil
	}
	if s.cells.seq == 0 || s.cells.seq > last {
		return s.allCells(ctx, last)
	}
	for s.cells.seq < last {
		changes, err := s.o.Catalogue.Changes(ctx, system, s.cells.seq, mostAtOnce)
		if err != nil || len(changes) == 0 {
			return err
		}
		read := map[catalogue.DatasetID]bool{}
		for _, c := range changes {
			list, err := s.o.Catalogue.Wholes(ctx, system, "", 1, c.Dataset)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				list = []catalogue.Dataset{{ID: c.Dataset}} // deleted: no resource is left
			}
			changed, err := s.cellsOf(ctx, list[0], c.Seq)
			if err != nil {
				return err
			}
			if changed {
				read[c.Dataset] = true
			}
		}
		if err := s.again(ctx, read); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) openCells() error {
	path := shelfPath(s.o.Dir, cellsShelf)
	shelf, err := openShelf(path)
	if errors.Is(err, errStale) {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		if err := makeEmpty(path, 0); err != nil {
			return err
		}
		shelf, err = openShelf(path)
	}
	if err != nil {
		return err
	}
	c := &cellShelf{shelf: shelf, tables: map[catalogue.ResourceID]tableState{}, partial: map[catalogue.ResourceID]bool{}, of: map[catalogue.DatasetID][]catalogue.ResourceID{}}
	d, err := shelf.reader.FieldDict(tableField)
	if err != nil {
		return errors.Join(err, shelf.close())
	}
	defer d.Close()
	for {
		e, err := d.Next()
		if err != nil {
			return errors.Join(err, shelf.close())
		}
		if e == nil {
			break
		}
		var t tableState
		kept, err := shelf.reader.GetInternal(stateKey(catalogue.ResourceID(e.Term)))
		if err != nil || json.Unmarshal(kept, &t) != nil {
			continue // an older version's chunk, deleted since
		}
		c.keep(catalogue.ResourceID(e.Term), t)
	}
	s.mu.Lock()
	s.cells = c
	s.mu.Unlock()
	return nil
}

func stateKey(id catalogue.ResourceID) []byte { return []byte("table:" + string(id)) }

// allCells goes through all datasets; those of which the tables were already
// read cost nothing, so that a cut is made good from where it was.
func (s *Service) allCells(ctx context.Context, last int64) error {
	for after := catalogue.DatasetID(""); ; {
		list, err := s.o.Catalogue.Wholes(ctx, system, after, buildPage)
		if err != nil {
			return err
		}
		read := map[catalogue.DatasetID]bool{}
		for _, d := range list {
			if _, err := s.cellsOf(ctx, d, s.cells.seq); err != nil {
				return err
			}
			if len(s.cells.of[d.ID]) > 0 { // those of before a cut too: their documents may not be written
				read[d.ID] = true
			}
		}
		if err := s.again(ctx, read); err != nil {
			return err
		}
		if len(list) < buildPage {
			break
		}
		after = list[len(list)-1].ID
	}
	return s.writeCells(index.NewBatch(), last, nil)
}

// cellsOf takes in the tables of a dataset whose latest version was not read, and
// lets go of those that are gone. changed: its document is to be written again.
func (s *Service) cellsOf(ctx context.Context, d catalogue.Dataset, seq int64) (changed bool, err error) {
	kept := map[catalogue.ResourceID]bool{}
	for _, r := range d.Resources {
		if r.Kind != catalogue.Table || r.Current == nil || d.State == catalogue.Withdrawn {
			continue
		}
		kept[r.ID] = true
		if s.cells.tables[r.ID].Version == r.Current.ID {
			continue
		}
		if err := s.takeTable(ctx, d, r, s.cells.seq); err != nil {
			if ctx.Err() != nil {
				return changed, err
			}
			s.o.Log.Warn("a table is not searched", "resource", r.ID, "err", err)
			continue
		}
		changed = true
	}
	b := index.NewBatch()
	var gone []catalogue.ResourceID
	for _, id := range s.cells.of[d.ID] {
		if !kept[id] {
			drop(b, id, s.cells.tables[id])
			gone = append(gone, id)
		}
	}
	return changed, s.writeCells(b, seq, func(c *cellShelf) {
		for _, id := range gone {
			c.forget(id)
		}
	})
}

// again writes the documents of datasets once the frequent values of their tables are
// known: of many together, for each time all documents are numbered anew.
func (s *Service) again(ctx context.Context, read map[catalogue.DatasetID]bool) error {
	s.feeding.Lock()
	defer s.feeding.Unlock()
	if s.lib == nil || len(read) == 0 {
		return nil
	}
	b, gone, err := s.batch(ctx, read, s.lib.orgs)
	if err != nil {
		return err
	}
	if err := s.lib.apply(b, s.lib.seq); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.lib.read(); err != nil {
		return err
	}
	for id := range read {
		if !gone[id] { // Sync forgets those
			err = errors.Join(err, s.lib.take(string(id)))
		}
	}
	return errors.Join(err, s.lib.renumber())
}

// frequent lists the frequent values of a dataset's tables, where they are known.
func (s *Service) frequent(d catalogue.Dataset) (out []string, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.cells == nil {
		return nil, nil
	}
	for _, r := range d.Resources {
		out = append(out, s.cells.tables[r.ID].Values...)
	}
	return out, nil
}

func drop(b *index.Batch, id catalogue.ResourceID, t tableState) {
	for n := range t.Chunks {
		b.Delete(chunkID(id, n))
	}
	b.DeleteInternal(stateKey(id))
}

func chunkID(id catalogue.ResourceID, n int) string { return fmt.Sprintf("%s#%d", id, n) }

// writeCells applies a batch and lets searches see it.
func (s *Service) writeCells(b *index.Batch, seq int64, change func(*cellShelf)) error {
	if len(b.IndexOps) == 0 && seq == s.cells.seq {
		return nil
	}
	if err := s.cells.apply(b, seq); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if change != nil {
		change(s.cells)
	}
	return s.cells.read()
}

// takeTable reads a table and writes its words in the place of those of its
// version before.
func (s *Service) takeTable(ctx context.Context, d catalogue.Dataset, r catalogue.Resource, seq int64) error {
	x := &cellReader{batch: index.NewBatch(), table: r.ID, names: strings.Join(columnsOf(r.Current), "\n"), most: cmp.Or(s.o.CellWords, mostCellWord), seed: maphash.MakeSeed(), known: map[uint64]struct{}{}}
	was := s.cells.tables[r.ID]
	x.flush = func(more bool) error {
		if !more {
			return nil
		}
		b := x.batch
		x.batch = index.NewBatch()
		return s.writeCells(b, seq, nil) // memory stays small: one chunk
	}
	err := s.o.Cells(ctx, *r.Current, x.take)
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	x.chunk()
	t := tableState{Dataset: d.ID, Version: r.Current.ID, Chunks: x.chunks, Values: x.frequent(), Partial: err != nil}
	for n := x.chunks; n < was.Chunks; n++ {
		x.batch.Delete(chunkID(r.ID, n))
	}
	kept, err := json.Marshal(t)
	if err != nil {
		return err
	}
	x.batch.SetInternal(stateKey(r.ID), kept)
	return s.writeCells(x.batch, seq, func(c *cellShelf) { c.keep(r.ID, t) })
}

// cellReader gathers the words of a table.
type cellReader struct {
	batch  *index.Batch
	flush  func(more bool) error
	table  catalogue.ResourceID
	names  string
	most   int // different words
	seed   maphash.Seed
	known  map[uint64]struct{} // hashes of all words so far: eight bytes for each, not its letters
	words  []string            // those not yet in a document
	chunks int
	counts []map[string]int // by column; nil once it has too many values
}

func (x *cellReader) take(column int, text []byte) error {
	for len(x.counts) <= column {
		x.counts = append(x.counts, map[string]int{})
	}
	if c := x.counts[column]; c != nil && len(text) > 0 {
		if len(text) <= longestValue {
			c[string(text)]++
		}
		if len(text) > longestValue || len(c) > mostDistinct {
			x.counts[column] = nil
		}
	}
	for _, w := range joinNumbers(words(string(text))) {
		if len(w) < 2 {
			continue
		}
		h := maphash.String(x.seed, w)
		if _, known := x.known[h]; known {
			continue
		}
		if len(x.known) >= x.most {
			return errEnough
		}
		x.known[h] = struct{}{}
		x.words = append(x.words, w)
	}
	if len(x.words) >= chunkWords {
		x.chunk()
		return x.flush(true)
	}
	return nil
}

// given are words as they are.
type given []string

func (g given) Analyze([]byte) analysis.TokenStream { return tokens(g) }

// chunk makes a document of the words gathered so far.
func (x *cellReader) chunk() {
	if len(x.words) == 0 && x.chunks > 0 {
		return
	}
	slices.Sort(x.words)
	d := document.NewDocument(chunkID(x.table, x.chunks))
	const sought = index.IndexField | index.SkipFreqNorm
	d.AddField(document.NewTextFieldCustom(wordsField, nil, nil, sought, given(x.words)))
	d.AddField(document.NewTextFieldCustom(tableField, nil, []byte(x.table), sought, nil))
	if x.chunks == 0 {
		d.AddField(document.NewTextFieldCustom(columnField, nil, []byte(x.names), sought, rooted{}))
	}
	d.AddIDField()
	x.batch.Update(d)
	x.chunks++
	x.words = nil
}

// frequent lists the most frequent values of the columns that are lists of kinds.
func (x *cellReader) frequent() (out []string) {
	for _, c := range x.counts {
		var list []string
		rows := 0
		for v, n := range c {
			list = append(list, v)
			rows += n
		}
		if rows < 2*len(list) { // values that hardly repeat are no kinds
			continue
		}
		slices.SortFunc(list, func(a, b string) int { return cmp.Or(c[b]-c[a], strings.Compare(a, b)) })
		out = append(out, list[:min(len(list), mostFrequent)]...)
	}
	return out
}

// Place is a table of which some row may have all words of a query.
type Place struct {
	Dataset  catalogue.DatasetID
	Resource catalogue.ResourceID
	Text     string // the words to look for in its rows: without those that name a column
	Unsure   bool   // only a part of its words is known here, and not all of these
}

// Bounds of a search in tables.
const (
	mostPlaces   = 200
	shortestCell = 3  // bytes of a word that is looked for in cells
	mostBegun    = 40 // words of cells that begin as a word of the query
)

// Tables lists tables that the actor may see, of datasets that meet the conditions of a
// query, and whose cells have all words of its text, or words that begin so; words that
// name a column of it may stand for the column. At most 200, those of which few others
// have the words first, those that are unsure last. The caller looks for the rows: words
// may be in different ones.
func (s *Service) Tables(ctx context.Context, a identity.Actor, q Query) (out []Place, err error) {
	defer errs.Wrap(&err, "find.Tables")
	l, done, err := s.fresh(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if s.cells == nil {
		return nil, nil
	}
	list := split(q.Text)
	if !slices.ContainsFunc(list, func(w string) bool { return len(w) >= shortestCell }) {
		return nil, nil
	}
	all, unsure, err := s.cells.havingAll(ctx, list)
	if err != nil {
		return nil, err
	}
	see, where, now := newMatcher(ctx, l, a).see, l.conditions(q), s.o.Now()
	for id, have := range all {
		t := s.cells.tables[id]
		at, ok := l.at[t.Dataset]
		if !ok || !see[at] || len(have) == 0 || slices.ContainsFunc(where, func(c condition) bool { return !c.met(&l.docs[at], now) }) {
			continue
		}
		out = append(out, Place{Dataset: t.Dataset, Resource: id, Text: strings.Join(have, " "), Unsure: unsure[id]})
	}
	slices.SortFunc(out, func(a, b Place) int {
		if a.Unsure != b.Unsure {
			if b.Unsure {
				return -1
			}
			return 1
		}
		x, y := &l.docs[l.at[a.Dataset]], &l.docs[l.at[b.Dataset]]
		return cmp.Or(len(b.Text)-len(a.Text), cmp.Compare(y.DataAt, x.DataAt), strings.Compare(string(a.Resource), string(b.Resource)))
	})
	return out[:min(len(out), mostPlaces)], nil
}

// havingAll lists the tables that have all words, each with those to look for in its
// cells; unsure are those that are known in part and may have words that are not known.
func (c *cellShelf) havingAll(ctx context.Context, list phrase) (all map[catalogue.ResourceID][]string, unsure map[catalogue.ResourceID]bool, err error) {
	unsure = map[catalogue.ResourceID]bool{}
	for _, w := range list {
		cells, columns, err := c.having(ctx, w)
		if err != nil {
			return nil, nil, err
		}
		next := map[catalogue.ResourceID][]string{}
		keep := func(id catalogue.ResourceID, word ...string) {
			if have, ok := all[id]; ok || all == nil {
				if _, done := next[id]; !done {
					next[id] = append(slices.Clip(have), word...)
				}
			}
		}
		for id := range cells {
			keep(id, w)
		}
		for id := range columns {
			keep(id)
		}
		for id := range c.partial {
			if !cells[id] && !columns[id] {
				keep(id, w)
				unsure[id] = true
			}
		}
		all = next
	}
	return all, unsure, nil
}

// having lists the tables with a word in a cell (or beginning one, from four
// letters on), and those with it in the name of a column.
func (c *cellShelf) having(ctx context.Context, w string) (cells, columns map[catalogue.ResourceID]bool, err error) {
	cells, columns = map[catalogue.ResourceID]bool{}, map[catalogue.ResourceID]bool{}
	list := []string{w}
	if len(w) > shortestCell {
		d, err := c.reader.FieldDictPrefix(wordsField, []byte(w))
		if err != nil {
			return nil, nil, err
		}
		defer d.Close()
		for range mostBegun {
			e, err := d.Next()
			if err != nil {
				return nil, nil, err
			}
			if e == nil {
				break
			}
			if e.Term != w {
				list = append(list, e.Term)
			}
		}
	}
	for _, term := range list {
		if err := c.tablesOf(ctx, wordsField, term, cells); err != nil {
			return nil, nil, err
		}
	}
	for _, root := range stems(w) {
		if err := c.tablesOf(ctx, columnField, root, columns); err != nil {
			return nil, nil, err
		}
	}
	return cells, columns, nil
}

func (c *cellShelf) tablesOf(ctx context.Context, field, term string, into map[catalogue.ResourceID]bool) error {
	r, err := c.reader.TermFieldReader(ctx, []byte(term), field, false, false, false)
	if err != nil {
		return err
	}
	defer r.Close()
	var doc index.TermFieldDoc
	for {
		d, err := r.Next(&doc)
		if err != nil || d == nil {
			return err
		}
		id, err := c.reader.ExternalID(d.ID)
		if err != nil {
			return err
		}
		table, _, _ := strings.Cut(id, "#")
		into[catalogue.ResourceID(table)] = true
	}
}
