package dashboard

import (
	"context"
	"encoding/json"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/sqldb"
	"socle/internal/tables"
)

// Territory is the owner of the board of the territory.
const Territory identity.OrganisationID = ""

// Kind is what is made of the answer of a block.
type Kind string

const (
	Text   Kind = "text"   // a heading and words; asks nothing
	Figure Kind = "figure" // one number
	Chart  Kind = "chart"
	Map    Kind = "map"
	Table  Kind = "table" // the first rows
	Week   Kind = "week"  // the menus of a week
)

// Kinds lists the kinds that ask a table.
var Kinds = []Kind{Figure, Chart, Map, Table, Week}

// LabelKey is the message key of the kind's name.
func (k Kind) LabelKey() string { return "dashboard.kind." + string(k) }

// Block is one part of a board.
type Block struct {
	ID       string
	Kind     Kind
	Title    string // 1 to 200 characters
	Text     string // Markdown, of a Text; at most 5,000 characters
	Resource catalogue.ResourceID
	// Address holds the question and what is drawn, as the parameters of an address.
	Address string
	Wide    bool // as wide as the page
}

// Board is a page of blocks.
type Board struct {
	Owner     identity.OrganisationID
	Blocks    []Block
	Revision  int // 0: nobody arranged it
	ChangedAt time.Time
	// Others are public datasets with a table of which no block speaks.
	Others []catalogue.Dataset
}

// Own reports that somebody arranged the board.
func (b Board) Own() bool { return b.Revision > 0 }

// Find returns a block by its identifier. Kinds: NotFound.
func (b Board) Find(id string) (Block, error) {
	for _, x := range b.Blocks {
		if x.ID == id {
			return x, nil
		}
	}
	return Block{}, noBlock()
}

func noBlock() error {
	return errs.New(errs.NotFound, "dashboard.no-block").WithHint("dashboard.no-block.hint")
}

// Bounds.
const (
	maxBlocks = 60
	maxTitle  = 200
	maxText   = 5000
	maxTables = 8  // of a board that nobody arranged
	maxListed = 60 // datasets looked at
)

// Options are what the Service is made of.
type Options struct {
	DB        *sqldb.DB
	Catalogue *catalogue.Service
	Tables    *tables.Service
	Engine    tables.Engine
	// Consolidated gives the datasets of the territory, of which its board is made.
	Consolidated func(ctx context.Context) ([]catalogue.DatasetID, error)
}

// Service keeps boards and asks their questions.
type Service struct{ o Options }

// New makes the Service; it starts nothing.
func New(o Options) *Service { return &Service{o} }

// Board returns the board of an owner, in a language where nobody arranged it.
// Anyone: it is about what is public.
func (s *Service) Board(ctx context.Context, _ identity.Actor, owner identity.OrganisationID, l i18n.Lang) (b Board, err error) {
	defer errs.Wrap(&err, "dashboard.Board(%s)", owner)
	err = s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		b, err = stored(ctx, tx, owner)
		return err
	})
	if err != nil {
		return b, err
	}
	list, err := s.datasets(ctx, owner)
	if err != nil {
		return b, err
	}
	if !b.Own() {
		if b.Blocks, err = s.made(ctx, list, l); err != nil {
			return b, err
		}
	}
	spoken := map[catalogue.ResourceID]bool{}
	for _, x := range b.Blocks {
		spoken[x.Resource] = true
	}
	for _, d := range list {
		if r, ok := tableOf(d); ok && !spoken[r.ID] {
			b.Others = append(b.Others, d)
		}
	}
	return b, nil
}

// stored reads a board; Revision is 0 where there is none.
func stored(ctx context.Context, tx *sqldb.Tx, owner identity.OrganisationID) (Board, error) {
	b := Board{Owner: owner}
	var blocks json.RawMessage
	err := tx.QueryRow(ctx, `SELECT blocks, revision, changed_at FROM boards WHERE owner = $1`, owner).Scan(&blocks, &b.Revision, &b.ChangedAt)
	if errs.Is(err, errs.NotFound) {
		return b, nil
	}
	if err != nil {
		return b, err
	}
	return b, json.Unmarshal(blocks, &b.Blocks)
}

// datasets are the public ones of an owner, with their latest versions.
func (s *Service) datasets(ctx context.Context, owner identity.OrganisationID) (list []catalogue.Dataset, err error) {
	nobody := identity.Anonymous()
	var ids []catalogue.DatasetID
	if owner == Territory {
		if ids, err = s.o.Consolidated(ctx); err != nil {
			return nil, err
		}
	}
	if len(ids) == 0 {
		f := catalogue.Filter{Organisation: owner, States: []catalogue.State{catalogue.Published}}
		page, err := s.o.Catalogue.List(ctx, nobody, f, catalogue.ByTitle, "", maxListed)
		if err != nil {
			return nil, err
		}
		for _, d := range page.Datasets {
			ids = append(ids, d.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := s.o.Catalogue.Wholes(ctx, nobody, "", maxListed, ids...)
	if err != nil {
		return nil, err
	}
	for _, id := range ids { // in the order asked
		for _, d := range found {
			if d.ID == id && d.State == catalogue.Published {
				list = append(list, d)
			}
		}
	}
	return list, nil
}

// tableOf is the table of a dataset that has rows.
func tableOf(d catalogue.Dataset) (catalogue.Resource, bool) {
	for _, r := range d.Resources {
		if r.Kind == catalogue.Table && r.Current != nil && r.Current.Rows > 0 {
			return r, true
		}
	}
	return catalogue.Resource{}, false
}

// made is the board of the tables there are: those that a recipe knows first.
func (s *Service) made(ctx context.Context, list []catalogue.Dataset, l i18n.Lang) ([]Block, error) {
	type section struct {
		known  bool
		blocks []Block
	}
	var sections []section
	with := composed(list)
	for _, d := range list {
		r, ok := tableOf(d)
		if !ok {
			continue
		}
		t, err := s.read(ctx, d, r)
		if err != nil {
			return nil, err
		}
		blocks, known := suggest(t, with, l)
		sections = append(sections, section{known, blocks})
	}
	var out []Block
	taken := 0
	for _, known := range []bool{true, false} {
		for _, x := range sections {
			if x.known == known && taken < maxTables && len(out)+len(x.blocks) <= maxBlocks {
				out = append(out, x.blocks...)
				taken++
			}
		}
	}
	return out, nil
}

// Propose lists the blocks that may be added of a dataset, in a language. Anyone.
// Kinds: NotFound (it is not public, or has no rows).
func (s *Service) Propose(ctx context.Context, _ identity.Actor, id catalogue.DatasetID, l i18n.Lang) (list []Block, err error) {
	defer errs.Wrap(&err, "dashboard.Propose(%s)", id)
	d, err := s.o.Catalogue.Get(ctx, identity.Anonymous(), id)
	if err != nil {
		return nil, err
	}
	r, ok := tableOf(d)
	if d.State != catalogue.Published || !ok {
		return nil, errs.New(errs.NotFound, "dashboard.no-table").WithHint("dashboard.no-table.hint")
	}
	t, err := s.read(ctx, d, r)
	if err != nil {
		return nil, err
	}
	around, err := s.datasets(ctx, d.Organisation)
	if err != nil {
		return nil, err
	}
	return proposed(t, composed(around), l), nil
}
