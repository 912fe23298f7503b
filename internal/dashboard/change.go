package dashboard

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"socle/internal/chart"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// Act is a change of a board.
type Act string

const (
	Up     Act = "up"     // before the block above it
	Down   Act = "down"   // after the block below it
	Rename Act = "rename" // another title, and text
	Widen  Act = "widen"  // as wide as the page, or no longer
	Remove Act = "remove"
	Add    Act = "add"   // at the end
	Reset  Act = "reset" // as made from the tables there are
)

// Change is an act on a block of a board.
type Change struct {
	Act   Act
	Block string // identifier; "" for Add and Reset
	New   Block  // of Add; Title and Text of Rename
}

// MayChange reports whether the actor arranges the board of an owner.
func MayChange(a identity.Actor, owner identity.OrganisationID) bool { return may(a, owner) == nil }

func may(a identity.Actor, owner identity.OrganisationID) error {
	if owner == Territory {
		return a.Require(identity.ActionTerritory, "")
	}
	return a.Require(identity.ActionPublish, owner)
}

// Change arranges a board, whose revision the caller has seen; l is the language in
// which a board that nobody arranged yet is kept. Rights: ActionPublish in the
// organisation; ActionTerritory for the territory. Kinds: SignIn, Denied, NotFound
// (block, table), Invalid (fields, too many blocks), Conflict (somebody else was first).
func (s *Service) Change(ctx context.Context, a identity.Actor, owner identity.OrganisationID, revision int, c Change, l i18n.Lang) (b Board, err error) {
	defer errs.Wrap(&err, "dashboard.Change(%s)", owner)
	if err := may(a, owner); err != nil {
		return b, err
	}
	if b, err = s.Board(ctx, a, owner, l); err != nil {
		return b, err
	}
	if b.Revision != revision {
		return b, changed()
	}
	if c.Act == Add {
		if c.New, err = s.valid(ctx, c.New); err != nil {
			return b, err
		}
	}
	was := b.Blocks
	if b.Blocks, err = c.apply(was); err != nil {
		return b, err
	}
	text, err := json.Marshal(b.Blocks)
	if err != nil {
		return b, err
	}
	err = s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		now, err := stored(ctx, tx, owner)
		if err != nil {
			return err
		}
		if now.Revision != revision {
			return changed()
		}
		if c.Act == Reset {
			b.Revision = 0
			_, err = tx.Exec(ctx, `DELETE FROM boards WHERE owner = $1`, owner)
		} else {
			b.Revision, b.ChangedAt = now.Revision+1, tx.Now()
			_, err = tx.Exec(ctx, `INSERT INTO boards (owner, blocks, revision, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (owner) DO UPDATE SET blocks = excluded.blocks, revision = excluded.revision, changed_by = excluded.changed_by, changed_at = excluded.changed_at`,
				owner, string(text), b.Revision, a.Ref(), tx.Now())
		}
		if err != nil {
			return err
		}
		return identity.RecordIn(ctx, tx, a, owner, "board."+string(c.Act), "board:"+string(owner), c.told(was), c.told(b.Blocks))
	})
	return b, err
}

// audit is a block as the audit keeps it.
type audit struct {
	Block string `json:"block"`
	Title string `json:"title"`
	Text  string `json:"text,omitempty"`
	Wide  bool   `json:"wide"`
	Place int    `json:"place"` // 1 for the first
}

// told is what the audit keeps of a list before or after the act: the block that it is
// about, null where it is not there; all of them for Reset.
func (c Change) told(list []Block) any {
	var out []audit
	for i, b := range list {
		if c.Act == Reset || c.Act == Add && b.ID == c.New.ID || c.Act != Add && b.ID == c.Block {
			out = append(out, audit{b.ID, b.Title, b.Text, b.Wide, i + 1})
		}
	}
	switch {
	case len(out) == 0:
		return nil
	case c.Act == Reset:
		return out
	}
	return out[0]
}

func changed() error {
	return errs.New(errs.Conflict, "dashboard.changed").WithHint("dashboard.changed.hint")
}

// apply returns the blocks after the act; a block that is added gets an identifier of
// its own.
func (c *Change) apply(list []Block) ([]Block, error) {
	switch c.Act {
	case Reset:
		return nil, nil
	case Add:
		if len(list) >= maxBlocks {
			return nil, errs.New(errs.Invalid, "dashboard.full", errs.Args{"Count": maxBlocks}).WithHint("dashboard.full.hint")
		}
		for slices.ContainsFunc(list, func(b Block) bool { return b.ID == c.New.ID }) {
			c.New.ID += "x"
		}
		return append(slices.Clone(list), c.New), nil
	}
	i := slices.IndexFunc(list, func(b Block) bool { return b.ID == c.Block })
	if i < 0 {
		return nil, noBlock()
	}
	list = slices.Clone(list)
	switch c.Act {
	case Up:
		if i > 0 {
			list[i-1], list[i] = list[i], list[i-1]
		}
	case Down:
		if i+1 < len(list) {
			list[i+1], list[i] = list[i], list[i+1]
		}
	case Widen:
		list[i].Wide = !list[i].Wide
	case Remove:
		list = slices.Delete(list, i, i+1)
	case Rename:
		b, err := words(list[i], c.New.Title, c.New.Text)
		if err != nil {
			return nil, err
		}
		list[i] = b
	default:
		return nil, errs.New(errs.Invalid, "dashboard.act").WithHint("dashboard.act.hint")
	}
	return list, nil
}

// words gives a block its title and text.
func words(b Block, title, text string) (Block, error) {
	e := errs.New(errs.Invalid, "dashboard.invalid").WithHint("dashboard.invalid.hint")
	b.Title = strings.TrimSpace(title)
	if n := utf8.RuneCountInString(b.Title); n == 0 || n > maxTitle || strings.ContainsFunc(b.Title, unicode.IsControl) {
		e.WithField("title", "dashboard.field.title", errs.Args{"Count": maxTitle})
	}
	if b.Kind == Text {
		b.Text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
		if utf8.RuneCountInString(b.Text) > maxText {
			e.WithField("text", "dashboard.field.text", errs.Args{"Count": maxText})
		}
	}
	if len(e.Fields) > 0 {
		return b, e
	}
	return b, nil
}

// valid returns a new block as it is kept: its question is one that its table
// understands.
func (s *Service) valid(ctx context.Context, b Block) (Block, error) {
	b, err := words(b, b.Title, b.Text)
	if err != nil {
		return b, err
	}
	if b.Kind == Text {
		b.ID, b.Resource, b.Address, b.Wide = id(b.Title, string(b.Kind)), "", "", true
		return b, nil
	}
	if !slices.Contains(Kinds, b.Kind) {
		return b, errs.New(errs.Invalid, "dashboard.act").WithHint("dashboard.act.hint")
	}
	r, d, err := s.o.Catalogue.Resource(ctx, identity.Anonymous(), b.Resource)
	if err != nil {
		return b, err
	}
	t, err := s.read(ctx, d, r)
	if err != nil {
		return b, err
	}
	v, err := url.ParseQuery(b.Address)
	if err != nil {
		return b, errs.New(errs.Invalid, "dashboard.act").WithHint("dashboard.act.hint")
	}
	q, err := question(b.Kind, v, t)
	if err != nil {
		return b, err
	}
	b.Address = q.address()
	b.ID = id(string(b.Resource), string(b.Kind), b.Address)
	if b.Kind == Chart && q.chart.IsZero() {
		if q.chart, _ = chart.Suggest(t.cols); q.chart.IsZero() {
			return b, errs.New(errs.Invalid, "dashboard.no-chart").WithHint("dashboard.no-chart.hint")
		}
		b.Address = q.address()
	}
	return b, nil
}
