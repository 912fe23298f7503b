package cli

import (
	"context"
	"errors"
	"io"

	"socle/internal/config"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
)

// The commands of the server take the settings that `serve` takes.
type (
	serveCommand struct {
		config.Config `embed:""`
	}
	backupCommand struct {
		Archive       string `arg:"" placeholder:"FILE"`
		config.Config `embed:""`
	}
	restoreCommand struct {
		Archive       string `arg:"" placeholder:"FILE"`
		config.Config `embed:""`
	}
	rebuildCommand struct {
		config.Config `embed:""`
	}
	doctorCommand struct {
		config.Config `embed:""`
	}
	adminCommand struct {
		FirstLink    firstLinkCommand    `cmd:"" name:"first-link"`
		Reset        resetCommand        `cmd:""`
		Organisation organisationCommand `cmd:""`
		Invite       inviteCommand       `cmd:""`
	}
	auditCommand struct {
		Verify verifyCommand `cmd:""`
	}
	verifyCommand struct {
		File          string `placeholder:"FILE"`
		Part          bool
		config.Config `embed:""`
	}
	firstLinkCommand struct {
		config.Config `embed:""`
	}
	resetCommand struct {
		Email         string `arg:"" placeholder:"EMAIL"`
		config.Config `embed:""`
	}
	organisationCommand struct {
		Name          string `arg:"" placeholder:"NAME"`
		Kind          string `default:"commune" placeholder:"KIND"`
		SIREN         string `name:"siren" placeholder:"SIREN"`
		INSEE         string `name:"insee" placeholder:"INSEE"`
		config.Config `embed:""`
	}
	inviteCommand struct {
		Email         string `arg:"" placeholder:"EMAIL"`
		Organisation  string `required:"" placeholder:"ORGANISATION"`
		Role          string `default:"editor" placeholder:"ROLE"`
		config.Config `embed:""`
	}
	versionCommand struct{}
)

// Run runs the portal until ctx ends.
func (c *serveCommand) Run(ctx context.Context, r *run) error {
	if err := c.Finish(r.ReadFile); err != nil {
		return err
	}
	log := httpx.NewLogger(r.Stderr, c.Log.Format, c.Log.Level, identity.TokenPrefix)
	return r.Server.Serve(ctx, &c.Config, r.Stdout, log)
}

// Run writes a backup.
func (c *backupCommand) Run(ctx context.Context, r *run) error {
	if err := c.Finish(r.ReadFile); err != nil {
		return err
	}
	return r.Server.Backup(ctx, &c.Config, c.Archive, r.Stdout, r.lang)
}

// Run restores a backup.
func (c *restoreCommand) Run(ctx context.Context, r *run) error {
	if err := c.Finish(r.ReadFile); err != nil {
		return err
	}
	return r.Server.Restore(ctx, &c.Config, c.Archive, r.Stdout, r.lang)
}

// Run makes again all that derives from the rest.
func (c *rebuildCommand) Run(ctx context.Context, r *run) error {
	if err := c.Finish(r.ReadFile); err != nil {
		return err
	}
	return r.Server.Rebuild(ctx, &c.Config, r.Stdout, r.lang)
}

// Run checks the installation; what is not as it should be makes the exit status 1.
func (c *doctorCommand) Run(ctx context.Context, r *run) error {
	if err := c.Finish(r.ReadFile); err != nil {
		return err
	}
	healthy, err := r.Server.Doctor(ctx, &c.Config, r.Stdout, r.lang)
	if err == nil && !healthy {
		return errInvalid
	}
	return err
}

func (r *run) admin(ctx context.Context, c *config.Config, what AdminRequest) error {
	if err := c.Finish(r.ReadFile); err != nil {
		return err
	}
	return r.Server.Admin(ctx, c, what, r.Stdout, r.lang)
}

// Run says whether the chain of the audit holds, that of the portal or that of an
// exported file; status 1 when it does not.
func (c *verifyCommand) Run(ctx context.Context, r *run) error {
	if c.File != "" {
		return c.file(r)
	}
	if c.Part {
		return errs.New(errs.Invalid, "cli.audit.part").WithHint("cli.audit.part.hint")
	}
	if err := c.Finish(r.ReadFile); err != nil {
		return err
	}
	holds, err := r.Server.VerifyAudit(ctx, &c.Config, r.Stdout, r.lang)
	if err == nil && !holds {
		return errInvalid
	}
	return err
}

// file verifies an exported audit, away from the portal.
func (c *verifyCommand) file(r *run) error {
	in, err := r.openInput(c.File)
	if err != nil {
		return err
	}
	check, err := identity.VerifyAuditFile(io.NewSectionReader(in, 0, in.Size()), c.Part)
	if err := errors.Join(err, in.close()); err != nil {
		return err
	}
	args := i18n.Args{"Count": int(check.Lines), "First": check.First, "Last": check.Last, "Hash": check.Hash, "Line": check.Broken, "Gaps": check.Gaps}
	if check.Broken > 0 {
		r.printf("%s\n", r.t("cli.audit.broken", args))
		if !c.Part {
			r.printf("%s\n", r.t("cli.audit.broken.part"))
		}
		return errInvalid
	}
	holds, limits := "cli.audit.holds", "cli.audit.holds.limits"
	if c.Part {
		holds, limits = "cli.audit.part-holds", "cli.audit.part-holds.limits"
	}
	r.printf("%s\n%s\n", r.t(holds, args), r.t(limits, args))
	return nil
}

// Run gives the link of the first administrator.
func (c *firstLinkCommand) Run(ctx context.Context, r *run) error {
	return r.admin(ctx, &c.Config, AdminRequest{Do: "first-link"})
}

// Run gives a link to choose a new password.
func (c *resetCommand) Run(ctx context.Context, r *run) error {
	return r.admin(ctx, &c.Config, AdminRequest{Do: "reset", Email: c.Email})
}

// Run creates an organisation.
func (c *organisationCommand) Run(ctx context.Context, r *run) error {
	return r.admin(ctx, &c.Config, AdminRequest{Do: "organisation", Name: c.Name, Kind: c.Kind, SIREN: c.SIREN, INSEE: c.INSEE})
}

// Run invites a person.
func (c *inviteCommand) Run(ctx context.Context, r *run) error {
	return r.admin(ctx, &c.Config, AdminRequest{Do: "invite", Email: c.Email, Organisation: c.Organisation, Role: c.Role})
}

// Run prints the version.
func (versionCommand) Run(_ context.Context, r *run) error {
	r.printf("socle %s\n", r.Version)
	return nil
}
