package publish

import (
	"context"
	"slices"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/ids"
	"socle/internal/schema/check"
	"socle/internal/sqldb"
	"socle/internal/tables"
)

// maxReason is the length of the reason for which personal data is kept, in bytes.
const maxReason = 2000

// unprotected reports whether what an import seems to say of persons waits for a
// decision.
func (d Deposit) unprotected(i tables.Import) bool {
	return len(i.Outcome.Personal()) > 0 && d.Protected != i.Revision
}

// Protect keeps what was decided on the columns that seem to be about persons:
// choices are the protections to apply (check.Protections), reason says why what
// is left may be published. With choices, the file is read again. Contributors.
// Kinds: NotFound, Conflict (revision, of the deposit or its import), Invalid (no reason
// although something personal is kept as it is: keeps).
func (s *Service) Protect(ctx context.Context, a identity.Actor, id DepositID, revision, importRevision int, choices []check.Choice, keeps bool, reason string) (d Deposit, err error) {
	defer errs.Wrap(&err, "publish.Protect(%s)", id)
	if d, err = s.Find(ctx, a, id); err != nil {
		return d, err
	}
	if d.State != Open || d.Import == "" {
		return d, notNow(d.State)
	}
	if d.Revision != revision {
		return d, errs.New(errs.Conflict, "publish.changed").WithHint("publish.changed.hint")
	}
	reason = tidy(reason)
	if keeps && reason == "" || len(reason) > maxReason {
		return d, errs.New(errs.Invalid, "protect.reason.missing").WithHint("protect.reason.missing.hint").WithField("reason", "protect.reason.missing")
	}
	i, err := s.tables.FindImport(ctx, a, d.Import)
	if err != nil {
		return d, err
	}
	if i.Revision != importRevision {
		return d, errs.New(errs.Conflict, "tables.import.changed").WithHint("tables.import.changed.hint")
	}
	if len(choices) > 0 {
		if i, err = s.tables.Revise(ctx, a, d.Import, importRevision, i.Settings.With(choices...)); err != nil {
			return d, err
		}
	}
	return s.change(ctx, a, id, revision, func(_ *sqldb.Tx, d *Deposit) error {
		d.Protected, d.Kept = i.Revision, reason
		return nil
	})
}

func tidy(reason string) string { return strings.TrimSpace(strings.ToValidUTF8(reason, "")) }

// decided returns the reason for which an import is published although columns of it
// seem to be about persons, "" when none does. Kinds: Conflict (there are some and no
// reason), Invalid (it is too long).
func decided(i tables.Import, reason string) (string, error) {
	var names []string
	for _, f := range i.Outcome.Personal() {
		for _, c := range f.Columns {
			if !slices.Contains(names, c) {
				names = append(names, c)
			}
		}
	}
	reason = tidy(reason)
	switch {
	case len(names) == 0:
		return "", nil
	case reason == "":
		return "", errs.New(errs.Conflict, "publish.personal", errs.Args{"Columns": strings.Join(names, ", "), "Count": len(names)}).WithHint("publish.personal.hint")
	case len(reason) > maxReason:
		return "", errs.New(errs.Invalid, "protect.reason.missing").WithHint("protect.reason.missing.hint").WithField("personal", "protect.reason.missing")
	}
	return reason, nil
}

// keepReason keeps why an import that had no deposit was published with what is about
// persons, where the pages keep it: in a deposit, which is closed.
func (s *Service) keepReason(ctx context.Context, tx *sqldb.Tx, a identity.Actor, i tables.Import, d catalogue.Dataset, t Target) error {
	dep := Deposit{ID: DepositID(ids.New()), Organisation: i.Organisation, State: Published, Dataset: d.ID, Import: i.ID, Description: d.Metadata, Described: true,
		Protected: i.Revision, Kept: t.Kept, Resource: t.Table.Resource, Plan: Plan{Visibility: t.Visibility, Note: t.Note}}
	if err := dep.insert(ctx, tx, a); err != nil {
		return err
	}
	return dep.write(ctx, tx, a)
}
