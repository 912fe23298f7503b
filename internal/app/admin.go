package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"

	"socle/internal/cli"
	"socle/internal/config"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
)

// admin does what an operator asks from the server, and prints the answer.
func admin(ctx context.Context, c *config.Config, what cli.AdminRequest, out io.Writer, l i18n.Lang) (err error) {
	a, err := Build(ctx, c, slog.New(slog.DiscardHandler), Version)
	if err != nil {
		return err
	}
	defer a.Close()
	operator := identity.System("command line")
	base := c.Base().String()
	switch what.Do {
	case "first-link":
		secret, needed, err := a.Identity.FirstAdminLink(ctx)
		if err != nil {
			return err
		}
		if !needed {
			return errs.New(errs.Conflict, "app.admin.has-administrator").WithHint("app.admin.has-administrator.hint")
		}
		fmt.Fprintln(out, i18n.T(l, "app.first-admin", i18n.Args{"URL": base + firstAccountPath + secret}))
	case "reset":
		reset, err := a.Identity.RequestReset(ctx, what.Email, netip.Addr{})
		if err != nil {
			return err
		}
		if !reset.Send {
			return errs.New(errs.NotFound, "app.admin.no-account", errs.Args{"Email": what.Email}).WithHint("app.admin.no-account.hint")
		}
		fmt.Fprintln(out, i18n.T(l, "app.admin.reset", i18n.Args{"Email": what.Email, "URL": base + resetPath + reset.Secret}))
	case "organisation":
		if err := knownKind(what.Kind); err != nil {
			return err
		}
		o, err := a.Identity.CreateOrganisation(ctx, operator, identity.OrganisationForm{Name: what.Name, Kind: identity.OrganisationKind(what.Kind), SIREN: what.SIREN, INSEE: what.INSEE}, false)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, i18n.T(l, "app.admin.organisation", i18n.Args{"Name": o.Name, "Slug": o.Slug}))
	case "invite":
		o, err := a.Identity.FindOrganisation(ctx, operator, what.Organisation)
		if errs.Is(err, errs.NotFound) {
			return errs.New(errs.NotFound, "app.admin.no-organisation", errs.Args{"Name": what.Organisation}).WithHint("app.admin.no-organisation.hint")
		}
		if err != nil {
			return err
		}
		role, err := identity.ParseRole(what.Role)
		if err != nil {
			return err
		}
		_, secret, err := a.Identity.Invite(ctx, operator, identity.Invitation{Email: what.Email, Organisation: o.ID, Role: role})
		if err != nil {
			return err
		}
		fmt.Fprintln(out, i18n.T(l, "app.admin.invited", i18n.Args{"Email": what.Email, "Organisation": o.Name, "URL": base + invitationPath + secret}))
	default:
		return fmt.Errorf("no such administration: %s", strings.TrimSpace(what.Do))
	}
	return nil
}

// knownKind refuses a kind of organisation that does not exist, and lists those
// that do.
func knownKind(kind string) error {
	var known []string
	for _, k := range identity.OrganisationKinds {
		if string(k) == kind {
			return nil
		}
		known = append(known, string(k))
	}
	return errs.New(errs.Invalid, "app.admin.kind", errs.Args{"Kind": kind, "Kinds": strings.Join(known, ", ")}).WithHint("app.admin.kind.hint")
}
