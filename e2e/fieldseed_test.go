package e2e

import (
	"log/slog"
	"os"
	"testing"

	"socle/internal/app"
	"socle/internal/collect"
	"socle/internal/config"
	"socle/internal/identity"
	"socle/internal/schema/form"
)

// hydrants is the form that the phones of the tests fill in.
func hydrants() *form.Definition {
	return &form.Definition{
		Title: "Bornes d’irrigation", Description: "L’état des bornes, relevé sur le terrain.", Language: "fr", Place: "position", Names: []string{"nom"}, Screens: form.OneScreen,
		Items: []form.Item{
			{Kind: form.Field, Name: "position", Label: "Position", Control: form.Point, Required: true},
			{Kind: form.Field, Name: "nom", Label: "Nom de la borne", Control: form.Text, Required: true, Unique: true, Constraint: "not(contains(., '/'))", ConstraintMessage: "Pas de barre dans le nom."},
			{Kind: form.Field, Name: "etat", Label: "État", Control: form.OneChoice, Required: true, Choices: []form.Choice{{Value: "bon", Label: "Bon"}, {Value: "fuite", Label: "Fuite"}}},
			{Kind: form.Field, Name: "debit", Label: "Débit", Control: form.Number, Relevant: "${etat} = 'fuite'", Maximum: "500"},
			{Kind: form.Field, Name: "jour", Label: "Débit par jour", Control: form.Calculated, Calculation: "${debit} * 24"},
			{Kind: form.Field, Name: "photo", Label: "Photo", Control: form.Photo},
		},
	}
}

// seeded is a form, its dataset public.
type seeded struct{ form, key, resource, dataset, title string }

// seedForm makes a form in the folder of a portal that rests, for the organisation
// of an address.
func seedForm(t *testing.T, p *portal, organisation string, d *form.Definition, set collect.Settings) seeded {
	t.Helper()
	c, err := config.Load(config.Sources{Args: p.args, Env: func(string) string { return "" }, ReadFile: os.ReadFile})
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Build(t.Context(), c, slog.New(slog.DiscardHandler), "test")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	org, err := a.Identity.OrganisationByAddress(t.Context(), identity.System("e2e"), organisation)
	if err != nil {
		t.Fatal(err)
	}
	agent := identity.PersonActor("seed", "Agent", 0, identity.Membership{Organisation: org.ID, Role: identity.Administrator})
	f, err := a.Forms.Create(t.Context(), agent, collect.NewForm{Organisation: org.ID, Definition: d, Settings: set})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Runner.Drain(t.Context()); err != nil { // the first version, empty
		t.Fatal(err)
	}
	dataset, err := a.Catalogue.Get(t.Context(), agent, f.Dataset)
	if err == nil {
		_, err = a.Catalogue.Publish(t.Context(), agent, f.Dataset, dataset.Revision)
	}
	if err != nil {
		t.Fatal(err)
	}
	return seeded{string(f.ID), f.Key, string(f.Resource), f.DatasetSlug, d.Title}
}
