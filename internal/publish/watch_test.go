package publish_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/detect"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/publish"
	"socle/internal/schema/check"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
	"socle/internal/tabular"
)

const address = "https://www.roques.example/lieux.csv"

// fromLink publishes what an address gives and has it watched.
func (w *workshop) fromLink(text string) catalogue.Dataset {
	w.Helper()
	ctx := w.Context()
	w.web.files[address] = text
	u, err := w.tables.Upload(ctx, w.editor, w.org, "lieux.csv", strings.NewReader(text))
	w.must(err)
	d, err := w.publish.Start(ctx, w.editor, w.org, "")
	w.must(err)
	d, err = w.publish.BringLink(ctx, w.editor, d.ID, d.Revision, u.ID, tables.Settings{}, address, publish.Daily)
	w.must(err)
	w.read(w.editor, d.Import)
	d = w.describe(w.editor, d, "Lieux")
	set, err := w.publish.Finish(ctx, w.editor, d.ID, d.Revision, publish.Public, "")
	w.must(err)
	return set
}

// look has the address looked at, and all that follows done.
func (w *workshop) look() {
	w.Helper()
	w.must(w.db.Write(w.Context(), func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(w.Context(), `UPDATE watches SET next_at = 0`); err != nil {
			return err
		}
		return jobs.Add(w.Context(), tx, publish.LookAround())
	}))
	w.must(w.runner.Drain(w.Context()))
}

func TestWatchedLink(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		set := w.fromLink(places)
		latest := func() catalogue.Version {
			t.Helper()
			v, err := w.catalogue.Version(ctx, identity.Anonymous(), set.Resources[0].ID, 0)
			w.must(err)
			return v
		}
		state := func() publish.Watch {
			t.Helper()
			x, err := w.publish.Watched(ctx, w.helper, set.ID)
			w.must(err)
			return x
		}
		w.look()
		if v, x := latest(), state(); v.Number != 1 || x.State != publish.WatchGood || x.CheckedAt.IsZero() || !x.NextAt.After(time.Now().Add(23*time.Hour)) {
			t.Fatalf("the same file made version %d, watch %+v", v.Number, x)
		}
		w.web.files[address] = places + "Mairie;12;oui\n"
		w.look()
		if v := latest(); v.Number != 2 || v.Rows != 3 {
			t.Fatalf("version %d of %d rows after another file was found", v.Number, v.Rows)
		}
		// A file that cannot be read as a table waits on the desk, and the editors are told, once.
		w.web.files[address] = "\x89PNG\r\n\x1a\n" + strings.Repeat("\x00\x01\xff", 500)
		w.look()
		w.look()
		if v, x := latest(), state(); v.Number != 2 || x.State != publish.WatchRefused || x.Problem == nil {
			t.Fatalf("version %d, watch %+v", v.Number, x)
		}
		list, err := w.publish.Pending(ctx, w.helper)
		w.must(err)
		if len(list) != 1 || !list[0].Watched {
			t.Fatalf("on the desk: %+v", list)
		}
		// The address breaks, then answers again.
		w.web.files[address] = ""
		w.look()
		w.look()
		if x := state(); x.State != publish.WatchBroken || x.Failures != 2 {
			t.Fatalf("watch %+v", x)
		}
		told := map[string]int{}
		for _, subject := range w.letters() {
			_, subject, _ = strings.Cut(subject, ": ")
			told[subject]++
		}
		if told["Un fichier attend votre décision : Lieux"] != 3 || told["Un lien ne répond plus : Lieux"] != 3 { // the two editors and the administrator, once each
			t.Errorf("letters %v", told)
		}
		troubles, err := w.publish.Troubles(ctx, w.helper)
		w.must(err)
		if len(troubles) != 1 {
			t.Errorf("%d troubles", len(troubles))
		}
		if troubles, err = w.publish.Troubles(ctx, w.stranger); err != nil || len(troubles) != 0 {
			t.Errorf("a stranger sees %d troubles, %v", len(troubles), err)
		}
		w.web.files[address] = places
		w.look()
		if v, x := latest(), state(); v.Number != 3 || v.Rows != 2 || x.State != publish.WatchGood || x.Failures != 0 {
			t.Fatalf("version %d, watch %+v", v.Number, x)
		}
		if list, err = w.publish.Pending(ctx, w.helper); err != nil || len(list) != 0 {
			t.Errorf("what was not taken up is left on the desk: %+v %v", list, err)
		}
		asked := w.web.asked.Load()
		w.wants(w.publish.StopWatch(ctx, w.helper, set.ID), errs.Denied)
		_, err = w.publish.Watched(ctx, w.stranger, set.ID)
		w.wants(err, errs.NotFound)
		w.must(w.publish.StopWatch(ctx, w.editor, set.ID))
		w.look()
		if w.web.asked.Load() != asked {
			t.Error("an address that is not watched any more was visited")
		}
		for _, bad := range []struct {
			address string
			rhythm  publish.Rhythm
		}{{"ftp://x.example/y.csv", publish.Daily}, {address, "minute"}, {"", publish.Daily}} {
			w.wants(w.publish.SetWatch(ctx, w.editor, set.ID, bad.address, bad.rhythm), errs.Invalid)
		}
		w.wants(w.publish.SetWatch(ctx, w.stranger, set.ID, address, publish.Daily), errs.Denied)
		w.must(w.publish.SetWatch(ctx, w.editor, set.ID, address, publish.Weekly))
		w.must(w.runner.Drain(ctx))
		if x := state(); x.Rhythm != publish.Weekly || x.CheckedAt.IsZero() {
			t.Errorf("a watch that was set anew is not looked at: %+v", x)
		}
	})
}

// people has names, addresses and dates of birth.
const people = "nom;prenom;date_naissance;adresse;montant\nLopez;Marie;03/05/1984;12 rue des Lilas 31120 Roques;10\nFaure;Jean;14/07/1979;7 avenue Pasteur 31120 Roques;20\nPuech;Zoé;01/02/1990;3 place Carnot 31120 Roques;30\n"

// A name is a name without a date of birth beside it, and far from the first rows.
func TestNamesAreSeenInTheWholeFile(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		for name, empty := range map[string]int{"first rows": 0, "rows after the first": 400} {
			text := "NOM;PRENOM;OBJET\n" + strings.Repeat(";;fournitures\n", empty) + "Abrelou;Jeanne;aide\nBertouze;Paul;aide\nCazenart;Zoé;aide\n"
			_, i := w.bring(w.editor, "aides.csv", text, "")
			found := i.Outcome.Personal()
			if len(found) != 1 || found[0].Kind != detect.PersonName || strings.Join(found[0].Columns, " ") != "NOM PRENOM" {
				t.Errorf("%s: %+v", name, found)
			}
		}
	})
}

func TestPersonalDataWaitsForADecision(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		d, i := w.bring(w.editor, "aides.csv", people, "")
		if len(i.Outcome.Personal()) == 0 {
			t.Fatalf("nobody is recognised: %+v", i.Outcome)
		}
		d = w.describe(w.editor, d, "Aides")
		if step := d.Step(i); step != publish.Protect {
			t.Fatalf("step %s", step)
		}
		_, err := w.publish.Submit(ctx, w.editor, d.ID, d.Revision, publish.Plan{})
		w.wants(err, errs.Conflict)
		_, err = w.publish.Protect(ctx, w.editor, d.ID, d.Revision, i.Revision, nil, true, " ")
		w.wants(err, errs.Invalid) // kept, and no reason
		_, err = w.publish.Protect(ctx, w.stranger, d.ID, d.Revision, i.Revision, nil, false, "")
		w.wants(err, errs.NotFound)
		choices := []check.Choice{{ID: check.RemoveColumn, Field: "nom"}, {ID: check.RemoveColumn, Field: "prenom"}, {ID: check.KeepYear, Field: "date_naissance"}, {ID: check.DropNumber, Field: "adresse"}}
		d, err = w.publish.Protect(ctx, w.editor, d.ID, d.Revision, i.Revision, choices, false, "")
		w.must(err)
		i = w.read(w.editor, d.Import)
		if !i.Ready() || d.Step(i) != publish.Publish {
			t.Fatalf("step %s, %+v", d.Step(i), i)
		}
		d, err = w.publish.Submit(ctx, w.editor, d.ID, d.Revision, publish.Plan{Visibility: publish.Public})
		w.must(err)
		set, err := w.catalogue.Get(ctx, identity.Anonymous(), d.Dataset)
		w.must(err)
		v, err := w.catalogue.Version(ctx, identity.Anonymous(), set.Resources[0].ID, 0)
		w.must(err)
		r, err := w.tables.Original(ctx, v)
		w.must(err)
		defer r.Close()
		text := readAll(t, r)
		for _, secret := range []string{"Lopez", "Marie", "1984-05", "03/05", "12 rue"} {
			if strings.Contains(text, secret) {
				t.Errorf("what is given as the file still says %q:\n%s", secret, text)
			}
		}
		if !strings.Contains(text, "1984,rue des Lilas 31120 Roques,10") || v.Original.FileName != "aides.csv" {
			t.Errorf("the file that is given, %s:\n%s", v.Original.FileName, text)
		}
	})
}

// A decision is about one reading of the file: another reading asks again.
func TestProtectionIsOfOneReading(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		d, i := w.bring(w.editor, "aides.csv", people, "")
		d = w.describe(w.editor, d, "Aides")
		d, err := w.publish.Protect(ctx, w.editor, d.ID, d.Revision, i.Revision, nil, true, "Décret")
		w.must(err)
		if d.Step(i) != publish.Publish || d.Kept != "Décret" {
			t.Fatalf("step %s, %+v", d.Step(i), d)
		}
		_, err = w.publish.Reread(ctx, w.editor, d.ID, i.Revision, tables.Settings{Delimiter: ";"})
		w.must(err)
		if i = w.read(w.editor, d.Import); d.Step(i) != publish.Protect {
			t.Fatalf("step %s after the file was read otherwise", d.Step(i))
		}
	})
}

func TestRowsComeToATable(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		d, _ := w.bring(w.editor, "lieux.csv", places, "")
		d = w.describe(w.editor, d, "Lieux")
		set, err := w.publish.Finish(ctx, w.editor, d.ID, d.Revision, publish.Public, "")
		w.must(err)
		onto := func(mode tables.Mode, text string, key ...string) (publish.Deposit, tables.Import) {
			t.Helper()
			u, err := w.tables.Upload(ctx, w.editor, w.org, "plus.csv", strings.NewReader(text))
			w.must(err)
			d, err := w.publish.Start(ctx, w.editor, w.org, set.ID)
			w.must(err)
			d, err = w.publish.BringUpload(ctx, w.editor, d.ID, d.Revision, u.ID, tables.Settings{Onto: tables.Onto{Mode: mode, Key: key}})
			w.must(err)
			return d, w.read(w.editor, d.Import)
		}
		rows := func() string {
			t.Helper()
			v, err := w.catalogue.Version(ctx, identity.Anonymous(), set.Resources[0].ID, 0)
			w.must(err)
			return namesOf(t, w, v)
		}
		// Columns in another order are put in the order of the table.
		d, i := onto(tables.Add, "places;nom;ouvert\n12;Mairie;oui\n")
		if !i.Ready() || i.Outcome.Total() != 3 {
			t.Fatalf("%s %+v %+v", i.State, i.Outcome, i.Failure)
		}
		_, err = w.publish.Submit(ctx, w.editor, d.ID, d.Revision, publish.Plan{})
		w.must(err)
		if got := rows(); got != "Piscine 120, Stade 3000, Mairie 12" {
			t.Fatalf("after rows were added: %s", got)
		}
		late, lateImport := onto(tables.Add, "nom;places;ouvert\nGymnase;80;oui\n")
		d, i = onto(tables.Update, "nom;places;ouvert\nStade;3500;oui\nSalle;50;non\n", "nom")
		if !i.Ready() || i.Outcome.Total() != 4 || i.Outcome.Joined.Replaced != 1 {
			t.Fatalf("%s %+v %+v", i.State, i.Outcome, i.Failure)
		}
		_, err = w.publish.Submit(ctx, w.editor, d.ID, d.Revision, publish.Plan{})
		w.must(err)
		if got := rows(); got != "Piscine 120, Mairie 12, Stade 3500, Salle 50" {
			t.Fatalf("after an update: %s", got)
		}
		// What was compared with a version that is no longer the latest is compared again.
		_, err = w.publish.Submit(ctx, w.editor, late.ID, late.Revision, publish.Plan{})
		w.wants(err, errs.Conflict)
		_, err = w.publish.Reread(ctx, w.editor, late.ID, lateImport.Revision, lateImport.Settings)
		w.must(err)
		w.read(w.editor, late.Import)
		_, err = w.publish.Submit(ctx, w.editor, late.ID, late.Revision, publish.Plan{})
		w.must(err)
		if got := rows(); got != "Piscine 120, Mairie 12, Stade 3500, Salle 50, Gymnase 80" {
			t.Fatalf("after a second reading: %s", got)
		}
		for text, key := range map[string]string{"nom;places\nX;1\n": "onto.columns", "nom;places;ouvert\nX;1;oui\nX;2;oui\n": "onto.key-twice", "nom;places;ouvert\n;1;oui\n": "onto.empty-key"} {
			if _, i := onto(tables.Update, text, "nom"); i.State != tables.Failed || i.Failure.Key != key || i.Failure.Hint == "" {
				t.Errorf("%q: %s %+v", text, i.State, i.Failure)
			}
		}
		if _, i := onto(tables.Update, "nom;places;ouvert\nX;1;oui\n"); i.State != tables.Failed || i.Failure.Key != "onto.no-key" {
			t.Errorf("without a key: %s %+v", i.State, i.Failure)
		}
		if _, i := onto(tables.Add, "nom;places;ouvert\nX;beaucoup;oui\n"); i.State != tables.Checked || i.Outcome.Valid {
			t.Errorf("a word in a column of numbers: %s %+v", i.State, i.Outcome)
		}
	})
}

func readAll(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// namesOf says the first two columns of the rows of a version, in their order.
func namesOf(t *testing.T, w *workshop, v catalogue.Version) string {
	t.Helper()
	var out []string
	for _, part := range v.Parts {
		r, err := w.blobs.Open(t.Context(), blob.Hash(part.Blob))
		w.must(err)
		p, err := tabular.OpenParquet(tabular.Bytes([]byte(readAll(t, r))))
		w.must(err)
		w.must(r.Close())
		w.must(p.Read(t.Context(), 100, func(fr *tabular.Frame) error {
			for i := range fr.Rows {
				out = append(out, fmt.Sprintf("%s %d", fr.Columns[0].Bytes[i], fr.Columns[1].Int64[i]))
			}
			return nil
		}))
	}
	return strings.Join(out, ", ")
}
