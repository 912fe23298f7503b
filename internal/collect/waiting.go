package collect

import (
	"context"
	"slices"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/sqldb"
)

// tellArgs writes to those who may accept the entries that wait.
type tellArgs struct{}

func (tellArgs) Kind() string { return "collect.tell" }

// TellWaiting is the job to run every few minutes: what came meanwhile is one letter.
func TellWaiting() jobs.Args { return tellArgs{} }

// The least time between two letters about the same form.
const (
	tellAgain = time.Hour      // when all that the letter before told of is decided
	tellStill = 24 * time.Hour // while some of it waits
)

// Awaiting lists the forms that have entries which wait for the actor, who may accept
// them, with their counts. Kinds: SignIn.
func (s *Service) Awaiting(ctx context.Context, a identity.Actor) (out []Form, err error) {
	defer errs.Wrap(&err, "collect.Awaiting")
	if a.IsAnonymous() {
		return nil, a.Require(identity.ActionEdit, "")
	}
	everywhere, orgs := a.Where(identity.ActionEdit)
	cond, args := `d.state <> 'withdrawn' AND EXISTS (SELECT 1 FROM entries e WHERE e.form = f.id AND e.state = 'waiting')`, []any{}
	if !everywhere {
		if len(orgs) == 0 {
			return nil, nil
		}
		cond, args = cond+` AND d.organisation IN (`+sqldb.Marks(1, len(orgs))+`)`, sqldb.AnySlice(orgs)
	}
	list, err := s.list(ctx, cond, args...)
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		out = nil
		for _, f := range list {
			ok, err := s.mayAccept(ctx, tx, a, f)
			if err != nil {
				return err
			}
			if ok {
				out = append(out, f)
			}
		}
		return nil
	})
	return out, err
}

// mayAccept reports whether an actor may accept the entries of a form.
func (s *Service) mayAccept(ctx context.Context, tx *sqldb.Tx, a identity.Actor, f Form) (bool, error) {
	if !(Visitor{Actor: a}).may(f).moderate {
		return false, nil
	}
	needs, err := s.needsApproval(ctx, tx, a, f)
	return !needs, err
}

// needsApproval reports whether what an actor accepts would be public without the
// approval that the organisation asks for.
func (s *Service) needsApproval(ctx context.Context, tx *sqldb.Tx, a identity.Actor, f Form) (bool, error) {
	if f.State != catalogue.Published {
		return false, nil
	}
	return s.o.Catalogue.NeedsApprovalTx(ctx, tx, a, f.Organisation)
}

// untold chooses the forms with entries that wait and that no letter told of. The letter
// before must be older than $2, and than $1 while entries that it told of wait.
const untold = `d.state <> 'withdrawn' AND EXISTS (SELECT 1 FROM entries e WHERE e.form = f.id AND e.state = 'waiting' AND e.seq > f.told_seq)
	AND (f.told_at IS NULL OR f.told_at <= $1 OR f.told_at <= $2 AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.form = f.id AND e.state = 'waiting' AND e.seq <= f.told_seq))`

// tellWaiting writes to each person who may accept entries that wait, one letter for all
// their forms.
func (s *Service) tellWaiting(ctx context.Context, j *jobs.Job[tellArgs]) (err error) {
	defer errs.Wrap(&err, "collect.tellWaiting")
	now := s.now()
	forms, err := s.list(ctx, untold, now.Add(-tellStill), now.Add(-tellAgain))
	if err != nil {
		return err
	}
	var to []identity.Person
	theirs := map[identity.PersonID][]Form{}
	for _, f := range forms {
		people, err := s.accepting(ctx, f)
		if err != nil {
			return err
		}
		for _, p := range people {
			if theirs[p.ID] == nil {
				to = append(to, p)
			}
			theirs[p.ID] = append(theirs[p.ID], f)
		}
	}
	letters := make([]mail.Message, len(to))
	for i, p := range to {
		letters[i] = s.waitingLetter(p, theirs[p.ID])
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, f := range forms {
			if _, err := tx.Exec(ctx, `UPDATE forms SET told_at = $2, told_seq = (SELECT t.seq FROM entry_tables t WHERE t.resource = forms.resource) WHERE id = $1`, f.ID, now); err != nil {
				return err
			}
		}
		if err := mail.SendAll(ctx, tx, letters...); err != nil {
			return err
		}
		return j.Complete(ctx, tx)
	})
}

// accepting are the people who may accept the entries of a form.
func (s *Service) accepting(ctx context.Context, f Form) ([]identity.Person, error) {
	people, err := s.o.Identity.PeopleOf(ctx, postman, f.Organisation, identity.Editor)
	if err != nil {
		return nil, err
	}
	actors := make(map[identity.PersonID]identity.Actor, len(people))
	for _, p := range people {
		a, err := s.o.Identity.ActorOfPerson(ctx, postman, p.ID)
		if err != nil && !errs.Is(err, errs.Denied) && !errs.Is(err, errs.NotFound) { // closed since
			return nil, err
		}
		actors[p.ID] = a
	}
	may := map[identity.PersonID]bool{}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) (err error) {
		for id, a := range actors {
			if may[id], err = s.mayAccept(ctx, tx, a, f); err != nil {
				return err
			}
		}
		return nil
	})
	return slices.DeleteFunc(people, func(p identity.Person) bool { return !may[p.ID] }), err
}

var postman = identity.System("entries")

// waitingLetter tells one person what waits for them.
func (s *Service) waitingLetter(to identity.Person, forms []Form) mail.Message {
	var lines []string
	waiting := map[catalogue.ResourceID]int{} // forms of one table have the same entries
	for _, f := range forms {
		waiting[f.Resource] = f.Counts.Waiting
		lines = append(lines, i18n.T(to.Language, "collect.mail.waiting.line", i18n.Args{"Title": f.Definition.Title, "Count": f.Counts.Waiting, "Link": s.o.BaseURL + WaitingPath(f.ID)}))
	}
	n := 0
	for _, of := range waiting {
		n += of
	}
	args := i18n.Args{"Name": to.Name, "Count": n, "Lines": strings.Join(lines, "\n\n")}
	return mail.Letter(to.Email, to.Language, "collect.mail.waiting", args)
}

// WaitingPath is the page of the entries of a form that wait.
func WaitingPath(id FormID) string { return "/formulaires/" + string(id) + "/saisies?state=waiting" }
