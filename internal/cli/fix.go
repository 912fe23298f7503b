package cli

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/tabular"
)

type fixCommand struct {
	File     string `arg:"" placeholder:"FILE"`
	Schema   string `required:"" placeholder:"REF"`
	Output   string `short:"o" required:"" placeholder:"OUT"`
	Doubtful bool
	Lang     string `placeholder:"fr|en"`
	Reading  `embed:""`

	Catalogue `embed:""`
}

// Run mends a file, says what it did, and checks the result again.
func (c *fixCommand) Run(ctx context.Context, r *run) error {
	s, err := r.schema(ctx, c.Schema, c.Catalogue)
	if err != nil {
		return err
	}
	plan, err := check.PlanRepairs(ctx, func() (*tabular.File, error) {
		f, _, err := r.openTable(ctx, c.File, c.Reading)
		return f, err
	}, s, check.PlanOptions{Workers: workers})
	if err != nil {
		return err
	}
	chosen := plan.Safe()
	if c.Doubtful {
		chosen = plan.All()
	}
	fixed, err := c.write(ctx, r, s, chosen)
	if err != nil {
		return err
	}
	fmt.Fprintln(r.Stderr, r.t("cli.fix.done", i18n.Args{"Count": fixed.Count(), "Rows": fixed.Rows, "Removed": fixed.Removed}))
	w := tabwriter.NewWriter(r.Stderr, 0, 4, 2, ' ', tabwriter.AlignRight)
	for _, a := range fixed.Repairs {
		fmt.Fprintf(w, "%d\t  %s\t%s\t\n", a.Count, r.t("repair."+a.ID), a.Field)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if left := len(plan.Groups) - len(chosen); left > 0 {
		fmt.Fprintln(r.Stderr, r.t("cli.fix.doubtful", i18n.Args{"Count": left}))
	}
	if c.Output == "-" {
		return nil
	}
	return c.checkAgain(ctx, r, s)
}

func (c *fixCommand) write(ctx context.Context, r *run, s *schema.Schema, chosen []check.Choice) (check.Fixed, error) {
	f, done, err := r.openTable(ctx, c.File, c.Reading)
	if err != nil {
		return check.Fixed{}, err
	}
	w, finish, err := r.create(c.Output)
	if err != nil {
		return check.Fixed{}, errors.Join(err, done())
	}
	fixed, err := check.Fix(ctx, f, s, chosen, w, check.FixOptions{Workers: workers})
	return fixed, errors.Join(finish(err), done())
}

// checkAgain prints the report of the mended file, on the standard error.
func (c *fixCommand) checkAgain(ctx context.Context, r *run, s *schema.Schema) error {
	f, done, err := r.openTable(ctx, c.Output, Reading{})
	if err != nil {
		return err
	}
	report, err := check.Run(ctx, f, s, check.Options{Workers: workers})
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	if err := check.Text(r.Stderr, report, r.lang, r.Terminal); err != nil {
		return err
	}
	if !report.Valid {
		return errInvalid
	}
	return nil
}
