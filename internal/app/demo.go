package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/consolidation"
	"socle/internal/demo"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/ids"
	"socle/internal/publish"
	"socle/internal/tables"
)

// demonstration is who makes the demonstration.
var demonstration = identity.System("demonstration")

// demoAccount is an account of the demonstration.
type demoAccount struct {
	email, name  string
	host         identity.HostRoles
	organisation string
	role         identity.Role
}

var demoAccounts = []demoAccount{
	{"admin@demonstration.example", "Camille Démonstration", identity.HostSet(identity.HostAdministrator), demo.Host.Name, identity.Administrator},
	{"animation@demonstration.example", "Dominique Démonstration", identity.HostSet(identity.HostAnimator), demo.Host.Name, identity.Editor},
	{"roques@demonstration.example", "Dominique Démonstration", 0, "Roques", identity.Administrator},
	{"sicoval@demonstration.example", "Alix Démonstration", 0, "Sicoval", identity.Editor},
}

// makeDemo makes the demonstration territory where it is not there yet: each
// step looks for what an earlier start has made. tell is given the accounts once they exist.
func (a *App) makeDemo(ctx context.Context, tell func([]string)) (err error) {
	defer errs.Wrap(&err, "app.makeDemo")
	sys := demonstration
	orgs, err := a.demoOrganisations(ctx, sys)
	if err != nil {
		return err
	}
	lines, err := a.demoPeople(ctx, sys, orgs)
	if err != nil {
		return err
	}
	tell(lines)
	have, err := a.demoTitles(ctx, sys)
	if err != nil {
		return err
	}
	for _, d := range demo.Datasets() {
		if have[d.Title] {
			continue
		}
		if err := a.demoDataset(ctx, sys, orgs[d.Organisation], d); err != nil {
			return fmt.Errorf("%s: %w", d.Title, err)
		}
	}
	if err := a.demoConsolidations(ctx, sys, orgs[demo.Host.Name]); err != nil {
		return err
	}
	return a.demoForm(ctx, sys)
}

// demoForm opens the observations of irrigation for entry by everyone: they are on
// the public map within seconds.
func (a *App) demoForm(ctx context.Context, sys identity.Actor) error {
	list, err := a.Catalogue.List(ctx, sys, catalogue.Filter{}, catalogue.ByTitle, "", 200)
	if err != nil {
		return err
	}
	for _, d := range list.Datasets {
		if d.Title != demo.Live+" (démonstration)" || len(d.Resources) == 0 { // not one that somebody made of the same schema
			continue
		}
		forms, err := a.Forms.OfDataset(ctx, collect.Visitor{Actor: sys}, d.ID)
		if err != nil || len(forms) > 0 {
			return err
		}
		_, err = a.Forms.Create(ctx, sys, collect.NewForm{Organisation: d.Organisation, Resource: d.Resources[0].ID, Settings: collect.Settings{Access: collect.Public, Sight: collect.All}})
		return err
	}
	return nil
}

func (a *App) demoOrganisations(ctx context.Context, sys identity.Actor) (map[string]identity.OrganisationID, error) {
	orgs := map[string]identity.OrganisationID{}
	for _, o := range demo.Organisations {
		found, err := a.Identity.OrganisationByAddress(ctx, sys, ids.Slug(o.Name))
		if errs.Is(err, errs.NotFound) {
			found, err = a.Identity.CreateOrganisation(ctx, sys, identity.OrganisationForm{
				Name: o.Name, Kind: identity.OrganisationKind(o.Kind), SIREN: o.SIREN, INSEE: o.INSEE, Territory: "31",
				Description: "Portail de démonstration : les données publiées ici sous ce nom sont inventées.",
			}, true)
		}
		if err != nil {
			return nil, err
		}
		orgs[o.Name] = found.ID
	}
	return orgs, nil
}

// demoPeople makes the accounts and returns the lines that tell them. Passwords
// are made once and kept beside the data, before the accounts, for this start
// and the next ones to print.
func (a *App) demoPeople(ctx context.Context, sys identity.Actor, orgs map[string]identity.OrganisationID) ([]string, error) {
	lines, err := a.demoPasswords()
	if err != nil {
		return nil, err
	}
	for i, acc := range demoAccounts {
		password := strings.Split(lines[i], "\t")[1]
		p, err := a.Identity.CreatePerson(ctx, sys, identity.NewPerson{Email: acc.email, Name: acc.name, Language: i18n.French, Password: password}, acc.host)
		if errs.Is(err, errs.Conflict) {
			continue // of an earlier start
		}
		if err != nil {
			return nil, err
		}
		if err := a.Identity.SetMember(ctx, sys, orgs[acc.organisation], p.ID, acc.role); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// demoPasswords reads or makes the file of the accounts: e-mail, password and
// organisation, parted by tabs.
func (a *App) demoPasswords() ([]string, error) {
	path := filepath.Join(a.Config.Data, "demonstration-accounts.txt")
	kept, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if lines := splitLines(kept); len(lines) == len(demoAccounts) {
		return lines, nil
	}
	var out bytes.Buffer
	for _, acc := range demoAccounts {
		fmt.Fprintf(&out, "%s\t%s\t%s\n", acc.email, demoPassword(), acc.organisation)
	}
	if err := os.WriteFile(path+".new", out.Bytes(), 0o600); err != nil {
		return nil, err
	}
	return splitLines(out.Bytes()), os.Rename(path+".new", path)
}

func splitLines(b []byte) []string {
	var lines []string
	for l := range bytes.Lines(b) {
		lines = append(lines, string(bytes.TrimRight(l, "\n")))
	}
	return lines
}

// demoPassword is easy to type: groups of letters and digits, 80 bits.
func demoPassword() string {
	s := ids.Secret(16)
	return s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:16]
}

// demoConsolidations makes one dataset of the territory of each schema of demo.Merged.
func (a *App) demoConsolidations(ctx context.Context, sys identity.Actor, host identity.OrganisationID) error {
	for _, m := range demo.Merged {
		_, err := a.Merge.Start(ctx, sys, m.Schema, consolidation.Form{Organisation: host, Title: m.Title, Description: m.Description, Rule: consolidation.KeepAll, Key: m.Key})
		if err != nil && !errs.Is(err, errs.Conflict) { // of an earlier start
			return err
		}
	}
	return nil
}

func (a *App) demoTitles(ctx context.Context, sys identity.Actor) (map[string]bool, error) {
	have := map[string]bool{}
	list, err := a.Catalogue.List(ctx, sys, catalogue.Filter{}, catalogue.ByTitle, "", 200)
	if err != nil {
		return nil, err
	}
	for _, d := range list.Datasets {
		have[d.Title] = true
	}
	return have, nil
}

// demoDataset brings a file in by the path that an agent takes.
func (a *App) demoDataset(ctx context.Context, sys identity.Actor, org identity.OrganisationID, d demo.Dataset) error {
	u, err := a.Tables.Upload(ctx, sys, org, d.FileName, bytes.NewReader(d.File()))
	if err != nil {
		return err
	}
	i, err := a.Tables.StartImport(ctx, sys, u.ID, tables.Settings{Schema: d.Schema})
	if err != nil {
		return err
	}
	for wait := 10 * time.Millisecond; i.State == tables.Queued; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		if i, err = a.Tables.FindImport(ctx, sys, i.ID); err != nil {
			return err
		}
	}
	_, err = a.Publish.PublishImport(ctx, sys, i.ID, publish.Target{
		Description: catalogue.Metadata{
			Title: d.Title, Description: d.Description, Licence: catalogue.LicenceOuverte, Themes: []catalogue.ThemeID{catalogue.ThemeID(d.Theme)}, Keywords: d.Keywords,
			Frequency: catalogue.FrequencyID(d.Frequency), Contact: catalogue.Contact{Name: "Service des données (démonstration)", Email: "donnees@demonstration.example"},
			Temporal: catalogue.Period{Start: fmt.Sprintf("%d-01-01", demo.Year), End: fmt.Sprintf("%d-12-31", demo.Year)}, Language: "fr",
			Spatial: catalogue.Coverage{Zones: []catalogue.Zone{{Kind: catalogue.ZoneDepartement, Code: "31", Name: "Haute-Garonne"}}},
		},
	})
	return err
}
