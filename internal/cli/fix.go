package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"socle/internal/errs"
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
	Reading  `embed:""`

	Catalogue `embed:""`
}

// Run mends a file, says what it did, and checks the result again.
func (c *fixCommand) Run(ctx context.Context, r *run) error {
	if err := c.outside(); err != nil {
		return err
	}
	s, err := r.schema(ctx, c.Schema, c.Catalogue)
	if err != nil {
		return err
	}
	in, err := r.openInput(c.File)
	if err != nil {
		return err
	}
	if err = c.mend(ctx, r, s, in); err != nil || c.Output == "-" {
		return errors.Join(err, in.close())
	}
	if err := in.close(); err != nil {
		return err
	}
	return c.checkAgain(ctx, r, s)
}

// outside refuses to write over the file that is read, and what is no text of cells.
func (c *fixCommand) outside() error {
	switch strings.ToLower(filepath.Ext(c.Output)) {
	case "", ".csv", ".txt":
	default:
		if c.Output != "-" {
			return errs.New(errs.Invalid, "cli.fix.format", errs.Args{"Path": c.Output}).WithHint("cli.fix.format.hint")
		}
	}
	from, err1 := os.Stat(c.File)
	to, err2 := os.Stat(c.Output)
	if c.File != "-" && c.Output != "-" && err1 == nil && err2 == nil && os.SameFile(from, to) {
		return errs.New(errs.Conflict, "cli.fix.same", errs.Args{"Path": c.Output}).WithHint("cli.fix.same.hint")
	}
	return nil
}

// mend writes the mended file and says what was done.
func (c *fixCommand) mend(ctx context.Context, r *run, s *schema.Schema, in *input) error {
	plan, err := check.PlanRepairs(ctx, func() (*tabular.File, error) {
		f, _, err := r.tableOf(ctx, in, c.Reading)
		return f, err
	}, s, check.PlanOptions{Workers: workers})
	if err != nil {
		return err
	}
	chosen := plan.Safe()
	if c.Doubtful {
		chosen = plan.All()
	}
	fixed, err := c.write(ctx, r, s, in, chosen)
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
	return nil
}

func (c *fixCommand) write(ctx context.Context, r *run, s *schema.Schema, in *input, chosen []check.Choice) (check.Fixed, error) {
	f, done, err := r.tableOf(ctx, in, c.Reading)
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
