package publish_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/catalogue"
	"socle/internal/identity"
	"socle/internal/publish"
	"socle/internal/schema"
	"socle/internal/schema/national"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
)

var prefiller = identity.System("test")

// of makes an organisation the owner of what is brought from now on.
func (w *workshop) of(f identity.OrganisationForm) identity.Organisation {
	w.Helper()
	o, err := w.people.CreateOrganisation(w.Context(), prefiller, f, false)
	w.must(err)
	w.org = o.ID
	return o
}

// proposed is what is proposed for a deposit, and for which fields.
func (w *workshop) proposed(o identity.Organisation, d publish.Deposit) (catalogue.Metadata, []string) {
	w.Helper()
	d, err := w.publish.Find(w.Context(), prefiller, d.ID)
	w.must(err)
	i, err := w.tables.FindImport(w.Context(), prefiller, d.Import)
	w.must(err)
	m, filled, err := w.publish.Proposed(w.Context(), prefiller, d, o, i)
	w.must(err)
	return m, filled
}

const votes = "COLL_NOM;COLL_SIRET;DELIB_ID;DELIB_DATE;DELIB_MATIERE_CODE;DELIB_MATIERE_NOM;DELIB_OBJET;PREF_DATE\n" +
	"Roques;21310458100011;2;2025-06-30;7.1;Finances locales/Décisions budgétaires;Budget;2025-07-14\n" +
	"Roques;21310458100011;1;2024-01-15;7.1;Finances locales/Décisions budgétaires;Budget;2024-02-01\n"

var roques = identity.OrganisationForm{Name: "Mairie de Roques", Kind: identity.KindCommune, INSEE: "31458", Email: "mairie@roques.example"}

// Of a file with a schema, everything that can be known is proposed; nothing is kept.
func TestProposedOfASchema(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		o := w.of(roques)
		d, i := w.bring(prefiller, "export_actes.csv", votes, "scdl/deliberations")
		if !i.Ready() {
			t.Fatalf("import %+v", i)
		}
		got, filled := w.proposed(o, d)
		e, err := national.Lookup("scdl/deliberations")
		w.must(err)
		want := catalogue.Metadata{
			Title: "Délibérations de Roques", Description: e.Description, Licence: catalogue.LicenceOuverte, Language: "fr", Themes: []catalogue.ThemeID{"municipal-life"},
			Keywords: []string{"délibérations", "vie municipale et démocratie"}, Contact: catalogue.Contact{Name: "Mairie de Roques", Email: "mairie@roques.example"},
			Temporal: catalogue.Period{Start: "2024-01-15", End: "2025-06-30"},
			Spatial:  catalogue.Coverage{Zones: []catalogue.Zone{{Kind: catalogue.ZoneCommune, Code: "31458", Name: "Roques"}}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if want := []string{"title", "description", "themes", "keywords", "contact.name", "temporal.start", "spatial.zones"}; !slices.Equal(filled, want) {
			t.Errorf("filled %v, want %v", filled, want)
		}
		w.must(got.Complete())
		again, err := w.publish.Find(t.Context(), prefiller, d.ID)
		w.must(err)
		if again.Description.Title != "" || again.Revision != d.Revision {
			t.Errorf("a proposal was kept: %+v", again)
		}
	})
}

// What a person wrote stays, what she left empty is proposed; once she confirmed, nothing is.
func TestProposedLeavesWhatWasWritten(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		o := w.of(roques)
		d, _ := w.bring(prefiller, "export.csv", votes, "scdl/deliberations")
		mine := catalogue.Metadata{Title: "Le nôtre", Licence: catalogue.ODbL, Language: "fr", Contact: catalogue.Contact{Name: "Accueil"}, Temporal: catalogue.Period{Start: "2020-01-01"}}
		d, err := w.publish.SetDescription(t.Context(), prefiller, d.ID, d.Revision, mine, false)
		w.must(err)
		got, filled := w.proposed(o, d)
		if got.Title != mine.Title || got.Licence != mine.Licence || got.Contact != mine.Contact || got.Temporal != mine.Temporal || got.Description == "" {
			t.Errorf("proposed %+v", got)
		}
		if want := []string{"description", "themes", "keywords", "spatial.zones"}; !slices.Equal(filled, want) {
			t.Errorf("filled %v, want %v", filled, want)
		}
		mine.Description = "La nôtre."
		_, err = w.publish.SetDescription(t.Context(), prefiller, d.ID, d.Revision, mine, true)
		w.must(err)
		got, filled = w.proposed(o, d)
		if diff := cmp.Diff(mine, got); diff != "" || len(filled) > 0 {
			t.Errorf("filled %v: %s", filled, diff)
		}
	})
}

// A free table is named after its file; the schema that is accepted later fills the rest.
func TestProposedAfterAnotherReading(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		o := w.of(identity.OrganisationForm{Name: "Le Lien", Kind: identity.KindOther})
		d, i := w.bring(prefiller, "actes_du-conseil.csv", votes, "")
		got, filled := w.proposed(o, d)
		// Two columns of dates: nobody knows which tells the period. No code, no territory.
		if got.Title != "Actes du conseil" || !got.Temporal.IsZero() || !slices.Equal(filled, []string{"title"}) {
			t.Errorf("filled %v: %+v", filled, got)
		}
		e, err := national.Lookup("scdl/deliberations")
		w.must(err)
		_, err = w.publish.Reread(t.Context(), prefiller, d.ID, i.Revision, tables.Settings{Schema: e.Ref()})
		w.must(err)
		w.read(prefiller, d.Import)
		got, filled = w.proposed(o, d)
		if got.Title != "Délibérations – Le Lien" || got.Temporal.End != "2025-06-30" || !slices.Equal(filled, []string{"title", "description", "themes", "keywords", "temporal.start"}) {
			t.Errorf("filled %v: %+v", filled, got)
		}
	})
}

// The period comes from the one column of dates of a free table, unless it dates the rows.
func TestProposedPeriod(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		o := w.of(roques)
		for name, c := range map[string]struct {
			text, schema string
			want         catalogue.Period
		}{
			"a day":       {"nom;quand\nFête;03/07/2024\nBal;14/07/2023\nRien;\n", "", catalogue.Period{Start: "2023-07-14", End: "2024-07-03"}},
			"an instant":  {"nom;relevé\nA;1969-12-31T23:00:00Z\nB;2024-07-03T10:00:00Z\n", "", catalogue.Period{Start: "1969-12-31", End: "2024-07-03"}},
			"an update":   {"nom;date_maj\nFête;2024-07-03\n", "", catalogue.Period{}},
			"no date":     {"nom;quand\nFête;hier\n", "", catalogue.Period{}},
			"empty dates": {"nom;quand\nFête;\n", "", catalogue.Period{}},
			"years": {"COLL_NOM;COLL_INSEE;ENFANT_SEXE;ENFANT_PRENOM;NOMBRE_OCCURRENCES;ANNEE\nRoques;31458;F;Jeanne;4;2021\nRoques;31458;M;Louis;3;2023\n", "scdl/prenoms",
				catalogue.Period{Start: "2021-01-01", End: "2023-12-31"}},
		} {
			d, i := w.bring(prefiller, "x.csv", c.text, c.schema)
			if !i.Ready() {
				t.Fatalf("%s: %+v", name, i)
			}
			if got, _ := w.proposed(o, d); got.Temporal != c.want {
				t.Errorf("%s: %+v, want %+v of %+v", name, got.Temporal, c.want, i.Outcome.Spans)
			}
		}
	})
}

// Frequency, contact and keywords are those of the dataset of the same schema before; the
// contact else of what was published last. A yearly subject is yearly.
func TestProposedFromBefore(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		o := w.of(roques)
		const names = "COLL_NOM;COLL_INSEE;ENFANT_SEXE;ENFANT_PRENOM;NOMBRE_OCCURRENCES;ANNEE\nRoques;31458;F;Jeanne;4;2021\n"
		d, _ := w.bring(prefiller, "prenoms.csv", names, "scdl/prenoms")
		first, filled := w.proposed(o, d)
		if first.Frequency != "ANNUAL" || !slices.Contains(filled, "frequency") {
			t.Errorf("first names every %q", first.Frequency)
		}
		first.Frequency, first.Keywords, first.Contact = "BIENNIAL", []string{"état civil"}, catalogue.Contact{Name: "État civil", Email: "etat-civil@roques.example"}
		d, err := w.publish.SetDescription(t.Context(), prefiller, d.ID, d.Revision, first, true)
		w.must(err)
		_, err = w.publish.Finish(t.Context(), prefiller, d.ID, d.Revision, publish.Internal, "")
		w.must(err)
		d, _ = w.bring(prefiller, "prenoms-2.csv", names, "scdl/prenoms")
		if got, _ := w.proposed(o, d); got.Frequency != "BIENNIAL" || !slices.Equal(got.Keywords, first.Keywords) || got.Contact != first.Contact {
			t.Errorf("after another of its schema: %+v", got)
		}
		d, _ = w.bring(prefiller, "actes.csv", votes, "scdl/deliberations")
		if got, _ := w.proposed(o, d); got.Frequency != "" || got.Keywords[0] != "délibérations" || got.Contact != first.Contact {
			t.Errorf("after another of another schema: %+v", got)
		}
	})
}

// Each kind of authority has its territory by its code.
func TestProposedTerritory(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		for _, c := range []struct {
			form identity.OrganisationForm
			want string
		}{
			{identity.OrganisationForm{Name: "Mairie d’Aucamville", Kind: identity.KindCommune, INSEE: "31022"}, "Délibérations d’Aucamville commune 31022 Aucamville"},
			{identity.OrganisationForm{Name: "Mairie du Fauga", Kind: identity.KindCommune, INSEE: "31181"}, "Délibérations du Fauga commune 31181 Le Fauga"},
			{identity.OrganisationForm{Name: "Toulouse Métropole", Kind: identity.KindEPCI, SIREN: "243100518"}, "Délibérations – Toulouse Métropole epci 243100518 Toulouse Métropole"},
			{identity.OrganisationForm{Name: "Conseil départemental", Kind: identity.KindDepartement, Territory: "31"}, "Délibérations – Conseil départemental departement 31 Haute-Garonne"},
			{identity.OrganisationForm{Name: "Conseil régional", Kind: identity.KindRegion, INSEE: "76"}, "Délibérations – Conseil régional region 76 Occitanie"},
			{identity.OrganisationForm{Name: "Syndicat des eaux", Kind: identity.KindSyndicat, Territory: "31"}, "Délibérations – Syndicat des eaux"},
			{identity.OrganisationForm{Name: "Commune sans code", Kind: identity.KindCommune}, "Délibérations – Commune sans code"},
		} {
			o := w.of(c.form)
			d, _ := w.bring(prefiller, "actes.csv", votes, "scdl/deliberations")
			m, _ := w.proposed(o, d)
			got := m.Title
			for _, z := range m.Spatial.Zones {
				got = strings.Join([]string{got, string(z.Kind), z.Code, z.Name}, " ")
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		}
	})
}

// What bundled schemas tell is known to the catalogue: their themes, the column that dates
// a row, how often such a table changes.
func TestWhatSchemasPropose(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		o := w.of(roques)
		for _, e := range national.List() {
			m, _, err := w.publish.Proposed(t.Context(), prefiller, publish.Deposit{Description: catalogue.Metadata{Language: "fr"}}, o, tables.Import{State: tables.Checked, Outcome: tables.Outcome{SchemaID: e.Ref()}})
			w.must(err)
			if len(m.Themes) == 0 || m.Complete() != nil {
				t.Errorf("%s: %+v", e.ID, m)
			}
			for _, id := range m.Themes {
				if _, ok := catalogue.FindTheme(id); !ok {
					t.Errorf("%s: theme %s", e.ID, id)
				}
			}
			if _, ok := catalogue.FindFrequency(catalogue.FrequencyID(e.Frequency)); !ok && e.Frequency != "" {
				t.Errorf("%s: frequency %s", e.ID, e.Frequency)
			}
			dated := slices.IndexFunc(e.Fields, func(f national.Field) bool { return f.Name == e.Period })
			if e.Period != "" && (dated < 0 || !slices.Contains([]schema.Type{schema.Date, schema.Datetime, schema.Year}, schema.Type(e.Fields[dated].Type))) {
				t.Errorf("%s: no column of dates %s", e.ID, e.Period)
			}
		}
	})
}
