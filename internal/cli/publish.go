package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/schollz/progressbar/v3"

	"socle/client"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/schema/national"
)

type publishCommand struct {
	File         string `arg:"" placeholder:"FILE"`
	Dataset      string `required:"" placeholder:"DATASET"`
	Create       bool
	Server       string `required:"" placeholder:"URL"`
	Token        string `required:"" placeholder:"TOKEN"`
	Organisation string `placeholder:"ORGANISATION"`
	Schema       string `placeholder:"REF"`
	Description  string `placeholder:"TEXT"`
	Licence      string `placeholder:"LICENCE"`
	Note         string `placeholder:"TEXT"`
	Personal     string `placeholder:"REASON"`
	Repair       bool
	Reading      `embed:""`
	Typing       `embed:""`
}

// isAddress tells whether a text reads as the id or the short address of a dataset
// rather than as a title: a slip in one must not make a new dataset.
func isAddress(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' })
}

// Run sends a file, has it checked, and publishes it: as the next version of the
// dataset named, or as a new one of that title.
func (c *publishCommand) Run(ctx context.Context, r *run) error {
	token, err := r.secret(c.Token)
	if err != nil {
		return err
	}
	portal, err := client.New(c.Server, client.Options{Token: token, Lang: string(r.lang)})
	if err != nil {
		return errs.New(errs.Invalid, "cli.publish.server", errs.Args{"Address": c.Server}).WithHint("cli.publish.server.hint").Because(err)
	}
	target := client.PublishRequest{Note: c.Note, Personal: c.Personal}
	known, err := portal.FindDataset(ctx, c.Dataset)
	var answer *client.Error
	switch {
	case err == nil:
		if c.Description != "" || c.Licence != "" {
			fmt.Fprintln(r.Stderr, r.t("cli.publish.kept", i18n.Args{"Dataset": c.Dataset}))
		}
		target.Dataset, c.Organisation = known.ID, known.Organisation
	case errors.As(err, &answer) && answer.Status == 404 && !c.Create && isAddress(c.Dataset):
		return errs.New(errs.NotFound, "cli.publish.unknown", errs.Args{"Dataset": c.Dataset}).WithHint("cli.publish.unknown.hint")
	case errors.As(err, &answer) && answer.Status == 404:
		target.Title, target.Description, target.Licence = c.Dataset, c.Description, c.Licence
	default:
		return said(err)
	}
	i, err := c.send(ctx, r, portal)
	if err != nil {
		return said(err)
	}
	if i.State == "failed" {
		return errs.New(errs.Invalid, "cli.publish.unreadable", errs.Args{"Message": i.Failure.Message, "Hint": i.Failure.Hint}).WithHint("cli.publish.unreadable.hint")
	}
	if !i.Outcome.Valid {
		fmt.Fprintln(r.Stderr, r.t("cli.publish.invalid", i18n.Args{"Count": i.Outcome.Errors}))
		report, err := portal.Report(ctx, i.ID, string(r.lang))
		if err != nil {
			return said(err)
		}
		r.printf("%s", report)
		return errInvalid
	}
	for _, p := range i.Outcome.Personal {
		fmt.Fprintln(r.Stderr, p.Message)
	}
	if target.Title != "" && target.Description == "" {
		target.Description = r.t("cli.publish.description", i18n.Args{"Title": c.Dataset})
		if e, err := national.Lookup(c.Schema); c.Schema != "" && err == nil {
			target.Description = e.About(r.lang)
		}
	}
	target.Import = i.ID
	d, err := portal.Publish(ctx, target)
	if err != nil {
		return said(err)
	}
	fmt.Fprintln(r.Stderr, r.t("cli.publish.done", i18n.Args{"Count": int(i.Outcome.Rows), "Rows": i18n.Int(r.lang, i.Outcome.Rows)}))
	r.printf("%s\n", d.URL)
	return nil
}

// send uploads the file and waits for its check.
func (c *publishCommand) send(ctx context.Context, r *run, portal *client.Client) (client.Import, error) {
	in, err := r.openInput(c.File)
	if err != nil {
		return client.Import{}, err
	}
	defer in.close()
	if c.Reading != (Reading{}) { // told before the file is sent
		_, done, err := r.tableOf(ctx, in, c.Reading)
		if err != nil {
			return client.Import{}, err
		}
		if err := done(); err != nil {
			return client.Import{}, err
		}
	}
	name := in.name
	if name == "" {
		name = "data"
	}
	tell, end := r.progress(in.Size(), "cli.publish.sending")
	u, err := portal.UploadFile(ctx, c.Organisation, name, in, in.Size(), tell)
	end()
	if err != nil {
		return client.Import{}, err
	}
	o := c.Reading.options(name)
	q := client.ImportRequest{Upload: u.ID, Schema: c.Schema, Format: o.Format, Types: c.Type, Encoding: o.Encoding, Delimiter: o.Delimiter, Sheet: o.Sheet, HeaderRows: o.HeaderRows, CRS: o.CRS}
	if c.Repair {
		q.Repair = "safe"
	}
	i, err := portal.StartImport(ctx, q)
	if err != nil {
		return i, err
	}
	tell, end = r.progress(in.Size(), "cli.publish.checking")
	defer end()
	return portal.WaitImport(ctx, i, func(i client.Import) {
		if i.Progress != nil {
			tell(i.Progress.Done)
		}
	})
}

// progress shows a bar on a terminal, and nothing elsewhere.
func (r *run) progress(total int64, key string) (tell func(int64), end func()) {
	if !r.Terminal {
		return func(int64) {}, func() {}
	}
	bar := progressbar.NewOptions64(total, progressbar.OptionSetWriter(r.Stderr), progressbar.OptionSetDescription(r.t(key)), progressbar.OptionShowBytes(true), progressbar.OptionClearOnFinish())
	return func(n int64) { _ = bar.Set64(n) }, func() { _ = bar.Finish() }
}

// secret returns a token given on the command line or, as -, on the standard input.
func (r *run) secret(s string) (string, error) {
	if s != "-" {
		return s, nil
	}
	line, err := bufio.NewReader(r.Stdin).ReadString('\n')
	if line = strings.TrimSpace(line); line == "" && err != nil {
		return "", err
	}
	return line, nil
}

// said turns the answer of a portal into an error of the command line.
func said(err error) error {
	var answer *client.Error
	if errors.As(err, &answer) {
		return errs.New(errs.Invalid, "cli.publish.refused", errs.Args{"Message": answer.Error()}).Because(err)
	}
	var known *errs.Error
	if errors.As(err, &known) {
		return err
	}
	return errs.New(errs.Busy, "cli.publish.unreachable", errs.Args{"Detail": err.Error()}).WithHint("cli.publish.server.hint").Because(err)
}
