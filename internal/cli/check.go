package cli

import (
	"context"
	"encoding/json"
	"path/filepath"
	"time"

	"socle/internal/errs"
	"socle/internal/schema/check"
)

type checkCommand struct {
	File     string `arg:"" placeholder:"FILE"`
	Schema   string `placeholder:"REF"`
	Format   string `enum:"text,json,html" default:"text"`
	Standard bool
	Limit    int `default:"100" placeholder:"N"`
	Reading  `embed:""`

	Catalogue `embed:""`
}

// Run checks a file against a schema and prints the report.
func (c *checkCommand) Run(ctx context.Context, r *run) (err error) {
	r.json = c.Format == "json"
	if c.Limit < 0 {
		return errs.New(errs.Invalid, "cli.limit", errs.Args{"Value": c.Limit}).WithHint("cli.limit.hint")
	}
	if c.Schema == "" {
		return c.packageOf(ctx, r)
	}
	s, err := r.schema(ctx, c.Schema, c.Catalogue)
	if err != nil {
		return err
	}
	f, done, err := r.openTable(ctx, c.File, c.Reading)
	if err != nil {
		return err
	}
	defer func() {
		if e := done(); err == nil {
			err = e
		}
	}()
	report, err := check.Run(ctx, f, s, check.Options{Limit: listed(c.Limit), Standard: c.Standard, Workers: workers, Clock: time.Now})
	if err != nil {
		return err
	}
	switch c.Format {
	case "json":
		enc := json.NewEncoder(r.Stdout)
		enc.SetEscapeHTML(false)
		err = enc.Encode(check.Contract(report, r.lang))
	case "html":
		err = check.HTML(r.Stdout, report, r.lang, filepath.Base(c.File))
	default:
		err = check.Text(r.Stdout, report, r.lang, r.Terminal)
	}
	if err == nil && !report.Valid {
		return errInvalid
	}
	return err
}

// listed turns "0: all" of the command line into that of the check.
func listed(limit int) int {
	if limit == 0 {
		return -1
	}
	return limit
}

// workers is how many goroutines read a file.
const workers = 2
