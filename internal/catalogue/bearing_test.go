package catalogue_test

import (
	"testing"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// The tables of a schema are those that everyone sees; what is withdrawn is none.
func TestBearing(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		ctx, sys := t.Context(), identity.System("test")
		s := catalogue.New(db, nil)
		o, err := identity.New(db, identity.Options{}).CreateOrganisation(ctx, sys, identity.OrganisationForm{Name: "Roques", Kind: identity.KindCommune}, false)
		if err != nil {
			t.Fatal(err)
		}
		make1 := func(title, schema, own string, public bool) catalogue.Dataset {
			t.Helper()
			d, err := s.Create(ctx, sys, catalogue.NewDataset{Organisation: o.ID, Metadata: catalogue.Metadata{Title: title, Description: "Words.", Licence: catalogue.LicenceOuverte, Schema: catalogue.SchemaRef{ID: own}}})
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.AddResource(ctx, sys, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "Table", Format: "csv"})
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.AddVersion(ctx, sys, catalogue.NewVersion{Resource: r.ID, Expect: 0, Columns: []byte(`{"fields": []}`), Schema: catalogue.SchemaRef{ID: schema},
				Parts: []catalogue.VersionPart{{Blob: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", Rows: 1}}})
			if err == nil && public {
				d, err = s.Publish(ctx, sys, d.ID, catalogue.AnyRevision)
			}
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		checked := make1("Checked", "acts", "", true)
		said := make1("Said", "", "acts", true)
		make1("Other", "grants", "acts", true)
		make1("Draft", "acts", "acts", false)
		list, err := s.Bearing(ctx, identity.Anonymous(), "acts")
		if err != nil || len(list) != 2 || list[0].Dataset.ID != checked.ID || list[1].Dataset.ID != said.ID || list[0].Resource.Current == nil {
			t.Fatalf("%+v %v", list, err)
		}
		n, err := s.SchemasBorne(ctx, identity.Anonymous())
		if err != nil || len(n) != 2 || n["acts"] != 1 || n["grants"] != 1 {
			t.Fatal(n, err)
		}
		// A history that begins with the latest version.
		if _, err := s.AddVersion(ctx, sys, catalogue.NewVersion{Resource: list[0].Resource.ID, Expect: 1, Columns: []byte(`{"fields": []}`), Parts: list[0].Resource.Current.Parts}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Version(ctx, identity.Anonymous(), list[0].Resource.ID, 1); err != nil {
			t.Fatal(err)
		}
		hide := func(a identity.Actor) error {
			return db.Write(ctx, func(tx *sqldb.Tx) error { return s.HideBeforeTx(ctx, tx, a, list[0].Resource.ID) })
		}
		if err := hide(identity.Anonymous()); !errs.Is(err, errs.SignIn) {
			t.Fatal(err)
		}
		if err := hide(sys); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Version(ctx, identity.Anonymous(), list[0].Resource.ID, 1); !errs.Is(err, errs.NotFound) {
			t.Fatal(err)
		}
		if _, err := s.Withdraw(ctx, sys, checked.ID, catalogue.AnyRevision, "An error."); err != nil {
			t.Fatal(err)
		}
		if list, err = s.Bearing(ctx, identity.Anonymous(), "acts"); err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
	})
}
