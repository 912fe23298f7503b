package collect

import (
	"context"
	"mime"
	"regexp"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/schema/form"
	"socle/internal/sqldb"
)

// desk is where entries of one table are taken: the form and what the visitor may.
type desk struct {
	form     Form // of the grid: ID "" and the definition of the table's schema
	resource catalogue.ResourceID
	may      may
	sight    Sight
	visitor  Visitor
	corrects bool // all that arrives changes what is there
}

// grid reports whether members write without a form: what is wrong is kept then, and
// stands in no version.
func (d *desk) grid() bool { return d.form.ID == "" }

// desk opens a target for a visitor. Kinds: NotFound, SignIn, Denied.
func (s *Service) desk(ctx context.Context, tx *sqldb.Tx, v Visitor, t target) (*desk, error) {
	if t.form != "" {
		f, err := s.form1(ctx, tx, "f.id", string(t.form))
		if err != nil {
			return nil, err
		}
		d := &desk{form: f, resource: f.Resource, may: v.may(f), sight: f.Sight, visitor: v}
		if !d.may.fill && !d.may.moderate {
			if f.Access == Members && v.Actor.IsAnonymous() && f.State == catalogue.Published {
				return nil, v.Actor.Require(identity.ActionContribute, f.Organisation)
			}
			return nil, notFound()
		}
		return d, s.approved(ctx, tx, d)
	}
	_, set, err := s.o.Catalogue.HeadTx(ctx, tx, v.Actor, t.resource)
	if err != nil {
		return nil, err
	}
	if err := v.Actor.Require(identity.ActionContribute, set.Organisation); err != nil {
		return nil, err
	}
	tab, err := table1(ctx, tx, t.resource)
	if err != nil {
		return nil, err
	}
	f := Form{Resource: t.resource, Organisation: set.Organisation, Dataset: set.ID, DatasetSlug: set.Slug, DatasetTitle: set.Title, State: set.State, Schema: tab.ref}
	if f.ready, err = s.ready("", tab.descriptor); err != nil {
		return nil, err
	}
	f.Definition = f.ready.definition
	d := &desk{form: f, resource: t.resource, may: v.mayIn(set.Organisation, set.State), sight: All, visitor: v}
	d.may.publish = v.Actor.Can(LinesAction(set.State), set.Organisation)
	return d, s.approved(ctx, tx, d)
}

// approved takes the right to publish from who needs an approval for it. Whoever made a
// form publish at once has given it for what comes through that form.
func (s *Service) approved(ctx context.Context, tx *sqldb.Tx, d *desk) error {
	if !d.may.publish || d.form.State != catalogue.Published || !d.grid() && !d.form.Moderated {
		return nil
	}
	needs, err := s.o.Catalogue.NeedsApprovalTx(ctx, tx, d.visitor.Actor, d.form.Organisation)
	d.may.publish = !needs
	return err
}

// mends reports whether who moderates corrects what is there.
func (d *desk) mends() bool {
	return d.corrects && d.may.moderate && d.form.State != catalogue.Withdrawn
}

// takes refuses entries before a form opens and when it takes none any more, and lines of
// who may not publish them. Of a form that has just closed, each entry is asked when it
// was made. Who moderates corrects what is there at any time.
func (d *desk) takes(now time.Time) error {
	switch {
	case d.grid() && !d.may.publish:
		return errs.New(errs.Denied, "collect.line.rights").WithHint("collect.line.rights.hint")
	case !d.may.fill:
		return denied()
	case d.mends():
		return nil
	case now.Before(d.form.Opens):
		return errs.New(errs.Conflict, "collect.not-open", errs.Args{"Date": d.form.Opens}).WithHint("collect.not-open.hint")
	case !d.form.Takes(now, time.Time{}):
		return closed()
	}
	return nil
}

func closed() error {
	return errs.New(errs.Conflict, "collect.closed").WithHint("collect.closed.hint")
}

// arriving is an entry that was checked and is not yet written.
type arriving struct {
	Sent
	values   form.Values // by column, as they are kept
	problems []errs.Field
	digest   string
	data     string // as its row keeps values and files
	lon, lat any    // as its row keeps where it lies
	err      error  // nothing of it can be kept
}

// checkedTogether is how many entries one processor checks before it takes others.
const checkedTogether = 200

// arrivingAll checks entries, on all processors where they are many.
func (s *Service) arrivingAll(ctx context.Context, d *desk, list []Sent) ([]arriving, error) {
	out := make([]arriving, len(list))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < len(list); from += checkedTogether {
		g.Go(func() (err error) {
			for i := from; i < min(from+checkedTogether, len(list)) && ctx.Err() == nil; i++ {
				if out[i], err = s.arriving(d, list[i]); err != nil {
					return err
				}
			}
			return ctx.Err()
		})
	}
	return out, g.Wait()
}

func (s *Service) arriving(d *desk, e Sent) (a arriving, err error) {
	a.Sent = e
	if a.err = s.shape(&a.Sent); a.err != nil {
		return a, nil
	}
	a.digest = digestOf(e.Values, a.Files, e.Revisits)
	c, err := d.form.ready.checker()
	if err != nil {
		return a, err
	}
	if a.values, a.problems, err = c.Check(e.Values, e.MadeAt); err != nil {
		return a, err
	}
	for _, f := range a.Files {
		it := d.form.Definition.Find(f.Field)
		if it != nil && it.Kind == form.Repeat {
			continue
		}
		if it == nil || !it.Attached() || a.values[f.Field] != f.Name {
			a.problems = append(a.problems, errs.Field{Name: f.Field, Key: "collect.file.field", Args: errs.Args{"Name": f.Name}})
		}
	}
	if len(a.problems) > 0 && !d.grid() {
		a.err = invalid(a.problems)
		return a, nil
	}
	a.lon, a.lat = position(d.form.Definition, a.values)
	a.data, err = dataOf(a.values, a.Files)
	return a, err
}

func invalid(problems []errs.Field) error {
	e := errs.New(errs.Invalid, "collect.entry.invalid", errs.Args{"Count": len(problems)}).WithHint("collect.entry.invalid.hint")
	e.Fields = problems
	return e
}

var hashName = regexp.MustCompile(`^[0-9a-f]{64}$`)

// shape refuses what is no entry at all, whatever the form.
func (s *Service) shape(e *Sent) error {
	bad := errs.New(errs.Invalid, "collect.entry.shape").WithHint("collect.entry.shape.hint")
	if !entryID.MatchString(e.ID) {
		bad.WithField("id", "collect.entry.id")
	}
	if e.Revisits != "" && !entryID.MatchString(e.Revisits) {
		bad.WithField("revisits", "collect.entry.id")
	}
	if e.Revision < 0 {
		bad.WithField("revision", "collect.entry.revision")
	}
	size := 0
	for k, text := range e.Values {
		size += len(k) + len(text)
	}
	if size > s.o.Limits.Entry || len(e.Values) > form.MaxItems {
		return errs.New(errs.TooLarge, "collect.entry.large", errs.Args{"Size": s.o.Limits.Entry / 1024}).WithHint("collect.entry.large.hint")
	}
	if len(e.Files) > s.o.Limits.Files {
		return errs.New(errs.TooLarge, "collect.file.many", errs.Args{"Count": s.o.Limits.Files}).WithHint("collect.file.many.hint")
	}
	seen := map[string]bool{}
	for i := range e.Files {
		f := &e.Files[i]
		f.Received = false
		if _, _, err := mime.ParseMediaType(f.Type); err != nil || len(f.Type) > 100 {
			f.Type = "application/octet-stream"
		}
		if !hashName.MatchString(f.Hash) || seen[f.Hash] || f.Name == "" || len(f.Name) > 255 || strings.ContainsAny(f.Name, "/\\\x00\r\n\"") || f.Size < 0 {
			bad.WithField(f.Field, "collect.file.shape", errs.Args{"Name": f.Name})
		}
		if f.Size > s.o.Limits.File {
			return errs.New(errs.TooLarge, "collect.file.large", errs.Args{"Size": s.o.Limits.File >> 20}).WithHint("collect.file.large.hint")
		}
		seen[f.Hash] = true
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}
