package dashboard_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/dashboard"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/publish"
	"socle/internal/schema"
	"socle/internal/schema/national"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
	"socle/internal/tables/duck"
)

// hall is a commune with published tables, on a real database, store and engine.
type hall struct {
	*testing.T
	runner    *jobs.Runner
	tables    *tables.Service
	catalogue *catalogue.Service
	publish   *publish.Service
	boards    *dashboard.Service
	org       identity.OrganisationID
	editor    identity.Actor
	territory []catalogue.DatasetID
}

var sys = identity.System("test")

func open(t *testing.T, db *sqldb.DB) *hall {
	t.Helper()
	ctx := t.Context()
	w := &hall{T: t}
	blobs, err := blob.Open(ctx, blob.Options{URL: "file://" + t.TempDir()})
	w.must(err)
	t.Cleanup(func() { _ = blobs.Close() })
	w.runner, err = jobs.New(db, jobs.Options{})
	w.must(err)
	engine, err := duck.Open(t.TempDir(), duck.Options{})
	w.must(err)
	t.Cleanup(func() { _ = engine.Close() })
	find := func(_ context.Context, ref string) (*schema.Schema, error) { return national.Find(ref) }
	w.catalogue = catalogue.New(db, nil)
	w.tables = tables.New(tables.Options{DB: db, Blobs: blobs, Schemas: find, Catalogue: w.catalogue, Temp: t.TempDir()})
	w.tables.Handle(w.runner)
	w.publish = publish.New(db, w.tables, w.catalogue, false)
	w.boards = dashboard.New(dashboard.Options{DB: db, Catalogue: w.catalogue, Tables: w.tables, Engine: engine, Consolidated: func(context.Context) ([]catalogue.DatasetID, error) { return w.territory, nil }})
	o, err := identity.New(db, identity.Options{}).CreateOrganisation(ctx, sys, identity.OrganisationForm{Name: "Roques", Kind: identity.KindCommune}, false)
	w.must(err)
	w.org = o.ID
	w.editor = identity.PersonActor("editor", "Editor", 0, identity.Membership{Organisation: o.ID, Role: identity.Editor})
	return w
}

func (w *hall) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *hall) wants(err error, kind errs.Kind) {
	w.Helper()
	if !errs.Is(err, kind) {
		w.Fatalf("got %v, want kind %v", err, kind)
	}
}

func (w *hall) publishes(title, csv string) catalogue.Dataset {
	w.Helper()
	return w.publishesAs(title, "", csv)
}

// publishesAs publishes a table of a schema.
func (w *hall) publishesAs(title, schema, csv string) catalogue.Dataset {
	w.Helper()
	ctx := w.Context()
	u, err := w.tables.Upload(ctx, sys, w.org, "f.csv", strings.NewReader(csv))
	w.must(err)
	i, err := w.tables.StartImport(ctx, sys, u.ID, tables.Settings{Schema: schema})
	w.must(err)
	w.must(w.runner.Drain(ctx))
	d, err := w.publish.PublishImport(ctx, sys, i.ID, publish.Target{Description: catalogue.Metadata{Title: title, Description: "Words.", Licence: catalogue.LicenceOuverte}})
	w.must(err)
	return d
}

func (w *hall) board(owner identity.OrganisationID) dashboard.Board {
	w.Helper()
	b, err := w.boards.Board(w.Context(), identity.Anonymous(), owner, i18n.French)
	w.must(err)
	return b
}

func kinds(b dashboard.Board) string {
	var out []string
	for _, x := range b.Blocks {
		out = append(out, string(x.Kind)+": "+x.Title)
	}
	return strings.Join(out, "\n")
}

const grants = "nomBeneficiaire,montant,dateConvention,objet,nature\nClub,100,2024-02-01,Matériel,numéraire\nClub,250.5,2025-02-01,Stage,numéraire\nChorale,50,2025-03-01,Concert,en nature\n"

func TestBoardsOfRecipes(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		w.publishes("Subventions", grants)
		if got, want := kinds(w.board(w.org)), "text: Subventions\nfigure: Montant total, en euros\nfigure: Subventions\nfigure: Bénéficiaires\nchart: Montants par année\nchart: Principaux bénéficiaires\nchart: Montants par nature d’aide\ntable: Les subventions les plus élevées"; got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
		b := w.board(w.org)
		list, err := w.boards.Answers(t.Context(), identity.Anonymous(), b.Blocks, i18n.French, time.Now())
		w.must(err)
		for _, a := range list {
			if a.Problem != nil {
				t.Errorf("%s: %v", a.Block.Title, a.Problem)
			}
		}
		if list[1].Value != "400,5" || list[2].Value != "3" || list[3].Value != "2" {
			t.Errorf("%q %q %q", list[1].Value, list[2].Value, list[3].Value)
		}
		// By beneficiary and year: two series, the club first.
		if d := list[5].Data; fmt.Sprint(d.Labels) != "[Club Chorale]" || len(d.Series) != 2 || d.Series[1].Values[0] != 250.5 {
			t.Errorf("%+v", d)
		}
		if p := list[7].Page; len(p.Records) != 3 || string(p.Records[0].Cells[len(p.Fields)-1]) != "250.5" {
			t.Errorf("%+v", p)
		}
		// The board of the territory is that of its consolidated datasets.
		w.publishes("Autres", "nom,type,commune,longitude,latitude\nMairie,Mairie,Roques,1.36,43.5\nÉcole,École,Labège,1.52,43.53\nStade,Stade,Roques,1.37,43.51\n")
		if got := kinds(w.board(dashboard.Territory)); !strings.Contains(got, "map: Où sont les équipements") || !strings.Contains(got, "chart: Équipements par commune et par type") || !strings.Contains(got, "Montant total") {
			t.Errorf("%s", got)
		}
		d := w.publishes("Tout", grants)
		w.territory = []catalogue.DatasetID{d.ID}
		if got := kinds(w.board(dashboard.Territory)); !strings.HasPrefix(got, "text: Tout\n") || strings.Contains(got, "Équipements") {
			t.Errorf("%s", got)
		}
	})
}

func TestMenus(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		w.publishes("Menus", "date,restaurant,service,plat,origine,label,allergenes\n"+
			"2025-09-01,École,entrée,Carottes,Gers,bio,\n2025-09-01,École,plat,Poisson,Atlantique,,poisson\n2025-09-02,École,plat,Lasagnes,France,,\"gluten, lait\"\n2025-09-15,École,plat,Poulet,Gers,,\n")
		b := w.board(w.org)
		if b.Blocks[1].Kind != dashboard.Week {
			t.Fatal(kinds(b))
		}
		ask := func(day string) *dashboard.WeekOf {
			t.Helper()
			d, err := time.Parse(time.DateOnly, day)
			w.must(err)
			list, err := w.boards.Answers(t.Context(), identity.Anonymous(), b.Blocks[1:2], i18n.French, d)
			w.must(err)
			if list[0].Problem != nil {
				t.Fatal(list[0].Problem)
			}
			return list[0].Week
		}
		day := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.Format(time.DateOnly)
		}
		for _, x := range []struct {
			day, monday, before, after string
			dishes                     int
		}{
			{"2025-09-03", "2025-09-01", "", "2025-09-15", 3},
			{"2025-09-07", "2025-09-01", "", "2025-09-15", 3},
			{"2025-09-15", "2025-09-15", "2025-09-01", "", 1},
			{"2025-08-01", "2025-09-01", "", "2025-09-15", 3}, // the next one
			{"2026-11-20", "2025-09-15", "2025-09-01", "", 1}, // the last one
		} {
			got := ask(x.day)
			if day(got.Monday) != x.monday || day(got.Before) != x.before || day(got.After) != x.after || len(got.Dishes) != x.dishes {
				t.Errorf("%s: %+v", x.day, got)
			}
		}
		d := ask("2025-09-01").Dishes
		if d[1].Name != "Poisson" || d[1].Origin != "Atlantique" || d[1].Allergens != "poisson" || d[0].Label != "bio" || d[2].Day.Day() != 2 || d[2].Allergens != "gluten, lait" {
			t.Errorf("%+v", d)
		}
	})
}

// Menus and what their dishes are made of, two tables of the national schemas, are one
// board: each dish with its products, their origin and allergens.
func TestMenusWithProducts(t *testing.T) {
	const (
		ours, theirs = "21310988700017", "21310555400017"
		kitchen      = "21310988700025"
	)
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		menu := func(authority, kitchen, dish, code, allergens string) string {
			return "Valbrenne," + authority + ",Cuisine centrale," + kitchen + ",École des Tilleuls,sans,élémentaire,enfants,2025-09-15,déjeuner,plat principal," + dish + "," + code + ",\"" + allergens + "\",2025-09-08T08:00:00Z\n"
		}
		made := func(authority, kitchen, code, product, supplier, town, quality, allergens string) string {
			return "Valbrenne," + authority + ",Cuisine centrale," + kitchen + "," + code + ",Plat," + product + "," + supplier + "," + town + ",\"" + quality + "\",\"" + allergens + "\",2025-09-08T08:00:00Z,2025-09-08T08:00:00Z\n"
		}
		w.publishesAs("Menus", "scdl/menus-collectifs", "menuCollNom,menuCollSiret,menuEtablissementNom,menuEtablissementSiret,menuRestaurantNom,menuRestaurantIdType,menuRestaurantType,menuRestaurantConvive,menuDate,menuRepasType,menuPlatType,menuPlatNom,menuPlatCode,menuPlatAllergene,menuPublicationDate\n"+
			menu(ours, kitchen, "Lentilles aux carottes", "LENT01", `[""lait""]`)+menu(ours, "", "Compote", "COMP", "")+menu(ours, "", "Pain", "", ""))
		d := w.publishesAs("Composition", "scdl/plats-menus-collectifs", "platCollNom,platCollSiret,platEtablissementNom,platEtablissementSiret,platCode,platNom,platProduitNom,platProduitFournisseurNom,platProduitFournisseurInsee,platProduitSiqo,platProduitAllergene,platPublicationDate,platModificationDate\n"+
			made(ours, kitchen, "LENT01", "Lentilles vertes", "Coopérative", "31555", `[""agriculture biologique""]`, "")+
			made(ours, kitchen, "LENT01", "Carottes", "", "", "", `[""céleri"",""lait""]`)+
			made(ours, theirs, "LENT01", "Lardons", "Autre cuisine", "", "", `[""soja""]`)+
			made(theirs, "", "COMP", "Pommes d’ailleurs", "", "", "", ""))
		b := w.board(w.org)
		at := slices.IndexFunc(b.Blocks, func(x dashboard.Block) bool { return x.Kind == dashboard.Week })
		if at < 0 || !strings.Contains(kinds(b), "Ce qui entre dans les plats") {
			t.Fatal(kinds(b))
		}
		week := func() []dashboard.Dish {
			t.Helper()
			list, err := w.boards.Answers(t.Context(), identity.Anonymous(), b.Blocks[at:at+1], i18n.French, time.Date(2025, 9, 15, 0, 0, 0, 0, time.UTC))
			w.must(err)
			if list[0].Problem != nil {
				t.Fatal(list[0].Problem)
			}
			return list[0].Week.Dishes
		}
		dishes := week()
		if len(dishes) != 3 {
			t.Fatalf("%+v", dishes)
		}
		want := []dashboard.Product{{Name: "Lentilles vertes", Supplier: "Coopérative", Town: "Toulouse", Label: "agriculture biologique"}, {Name: "Carottes", Allergens: "céleri, lait"}}
		if got := dishes[0]; fmt.Sprint(got.Products) != fmt.Sprint(want) || got.Allergens != "lait, céleri" {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		if len(dishes[1].Products) != 0 || len(dishes[2].Products) != 0 {
			t.Errorf("products of another authority, or of no dish: %+v", dishes[1:])
		}
		// What is proposed for a board of one's own is joined too.
		proposed, err := w.boards.Propose(t.Context(), w.editor, w.dataset("Menus"), i18n.French)
		w.must(err)
		if proposed[0].Address != b.Blocks[at].Address {
			t.Errorf("%q, on the board %q", proposed[0].Address, b.Blocks[at].Address)
		}
		// The menus stay when what dishes are made of is withdrawn.
		_, err = w.catalogue.Withdraw(t.Context(), w.editor, d.ID, catalogue.AnyRevision, "An error.")
		w.must(err)
		if dishes = week(); len(dishes) != 3 || len(dishes[0].Products) != 0 || dishes[0].Allergens != "lait" {
			t.Errorf("%+v", dishes)
		}
	})
}

func (w *hall) dataset(title string) catalogue.DatasetID {
	w.Helper()
	page, err := w.catalogue.List(w.Context(), identity.Anonymous(), catalogue.Filter{Organisation: w.org}, catalogue.ByTitle, "", 10)
	w.must(err)
	for _, d := range page.Datasets {
		if d.Title == title {
			return d.ID
		}
	}
	w.Fatalf("no dataset %q", title)
	return ""
}

func TestArranging(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		d := w.publishes("Subventions", grants)
		b := w.board(w.org)
		change := func(a identity.Actor, revision int, c dashboard.Change) (dashboard.Board, error) {
			return w.boards.Change(ctx, a, w.org, revision, c, i18n.French)
		}
		first := b.Blocks[1].ID
		_, err := change(identity.Anonymous(), 0, dashboard.Change{Act: dashboard.Down, Block: first})
		w.wants(err, errs.SignIn)
		stranger := identity.PersonActor("x", "x", identity.HostSet(identity.HostAdministrator))
		_, err = change(stranger, 0, dashboard.Change{Act: dashboard.Down, Block: first})
		w.wants(err, errs.Denied)
		if _, err = w.boards.Change(ctx, w.editor, dashboard.Territory, 0, dashboard.Change{Act: dashboard.Down, Block: first}, i18n.French); !errs.Is(err, errs.Denied) {
			t.Fatal(err)
		}
		b, err = change(w.editor, 0, dashboard.Change{Act: dashboard.Down, Block: first})
		w.must(err)
		if b.Revision != 1 || b.Blocks[2].ID != first || !b.Own() {
			t.Fatal(kinds(b))
		}
		_, err = change(w.editor, 0, dashboard.Change{Act: dashboard.Up, Block: first})
		w.wants(err, errs.Conflict)
		_, err = change(w.editor, 1, dashboard.Change{Act: dashboard.Up, Block: "none"})
		w.wants(err, errs.NotFound)
		_, err = change(w.editor, 1, dashboard.Change{Act: dashboard.Rename, Block: first, New: dashboard.Block{Title: " "}})
		w.wants(err, errs.Invalid)
		b, err = change(w.editor, 1, dashboard.Change{Act: dashboard.Rename, Block: first, New: dashboard.Block{Title: "Versé"}})
		w.must(err)
		told := func() string {
			list, err := identity.New(db, identity.Options{}).Audit(ctx, identity.System("test"), identity.AuditQuery{Organisation: w.org, Acts: "board", Limit: 1})
			w.must(err)
			return list[0].Verb + " " + string(list[0].Before) + " " + string(list[0].After)
		}
		if got := told(); !strings.HasPrefix(got, `board.rename {"block":"`+first+`","title":"`) || !strings.HasSuffix(got, `{"block":"`+first+`","title":"Versé","wide":`+fmt.Sprint(b.Blocks[2].Wide)+`,"place":3}`) || strings.Count(got, `"place":3`) != 2 {
			t.Error(got)
		}
		gone := b.Blocks[3].ID
		b, err = change(w.editor, b.Revision, dashboard.Change{Act: dashboard.Remove, Block: gone})
		w.must(err)
		if got := told(); !strings.HasPrefix(got, `board.remove {"block":"`+gone+`","title":"`) || !strings.HasSuffix(got, `"place":4} null`) {
			t.Error(got)
		}
		b, err = change(w.editor, b.Revision, dashboard.Change{Act: dashboard.Add, New: dashboard.Block{Kind: dashboard.Text, Title: "À savoir", Text: "Des *mots*."}})
		w.must(err)
		if got := told(); !strings.HasPrefix(got, `board.add null {"block":"`) || !strings.Contains(got, `"title":"À savoir","text":"Des *mots*."`) {
			t.Error(got)
		}
		n := len(b.Blocks)
		if b.Blocks[n-1].Text != "Des *mots*." || len(w.board(w.org).Blocks) != n || w.board(w.org).Blocks[2].Title != "Versé" {
			t.Fatal(kinds(b))
		}
		// A block of an address: understood, or refused.
		chart := dashboard.Block{Kind: dashboard.Chart, Title: "Par objet", Resource: d.Resources[0].ID, Address: "chart-x=objet&chart-y=montant.sum&nature=numéraire"}
		b, err = change(w.editor, b.Revision, dashboard.Change{Act: dashboard.Add, New: chart})
		w.must(err)
		list, err := w.boards.Answers(ctx, identity.Anonymous(), b.Blocks[n:], i18n.French, time.Now())
		w.must(err)
		if got := fmt.Sprint(list[0].Data.Labels, list[0].Data.Series[0].Values); got != "[Stage Matériel] [250.5 100]" {
			t.Error(got)
		}
		for _, address := range []string{"chart-x=nothing", "nothing=1", "%zz"} {
			chart.Address = address
			_, err = change(w.editor, b.Revision, dashboard.Change{Act: dashboard.Add, New: chart})
			w.wants(err, errs.Invalid)
		}
		proposed, err := w.boards.Propose(ctx, w.editor, d.ID, i18n.French)
		w.must(err)
		if len(proposed) < 8 {
			t.Errorf("%+v", proposed)
		}
		// What is withdrawn is told as such, and shows nothing.
		_, err = w.catalogue.Withdraw(ctx, w.editor, d.ID, catalogue.AnyRevision, "An error.")
		w.must(err)
		list, err = w.boards.Answers(ctx, w.editor, b.Blocks, i18n.French, time.Now())
		w.must(err)
		for _, a := range list {
			if a.Block.Resource != "" && (a.Problem == nil || a.Dataset.Title != "" || a.Value != "") {
				t.Errorf("%+v", a)
			}
		}
		_, err = change(w.editor, b.Revision, dashboard.Change{Act: dashboard.Reset})
		w.must(err)
		if b = w.board(w.org); b.Own() || len(b.Blocks) != 0 {
			t.Fatal(kinds(b))
		}
	})
}
