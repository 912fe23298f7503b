package community_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"socle/internal/catalogue"
	"socle/internal/community"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

var (
	ctx   = context.Background()
	root  = identity.System("test")
	start = time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
)

// world is a portal with two organisations, an editor and a reader of the first, the
// host, and a public dataset of the second.
type world struct {
	*community.Service
	*testing.T
	db                           *sqldb.DB
	runner                       *jobs.Runner
	people                       *identity.Service
	sets                         *catalogue.Service
	ours, theirs                 identity.OrganisationID
	lea, reader, host, elsewhere identity.Actor
	dataset                      catalogue.Dataset

	mu sync.Mutex
	at time.Time
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	w.at = w.at.Add(d)
	w.mu.Unlock()
}

func run(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	w := &world{}
	sqldbtest.RunAt(t, func() time.Time { return w.now() }, func(t *testing.T, db *sqldb.DB) {
		w.mu.Lock()
		w.T, w.db, w.at = t, db, start
		w.mu.Unlock()
		w.people = identity.New(db, identity.Options{Hash: identity.HashParams{KiB: 64, Passes: 1, Lanes: 1}})
		w.sets = catalogue.New(db, nil)
		var err error
		w.runner, err = jobs.New(db, jobs.Options{FirstRetry: time.Millisecond})
		w.ok(err)
		w.Service = community.New(community.Options{DB: db, Identity: w.people, Catalogue: w.sets, BaseURL: "https://portail.example", Host: "Portail", Contact: "hote@essai.example"})
		w.Handle(w.runner)
		mail.Deliver(w.runner, db, mail.Options{})
		for name, id := range map[string]*identity.OrganisationID{"Ville de Roques": &w.ours, "Labège": &w.theirs} {
			o, err := w.people.CreateOrganisation(ctx, root, identity.OrganisationForm{Name: name, Kind: identity.KindCommune}, false)
			w.ok(err)
			*id = o.ID
		}
		w.lea = w.person("lea@essai.example", w.ours, identity.Editor, 0)
		w.reader = w.person("lecteur@essai.example", w.ours, identity.Contributor, 0)
		w.elsewhere = w.person("ailleurs@essai.example", w.theirs, identity.Administrator, 0)
		w.host = w.person("animation@essai.example", "", identity.NoRole, identity.HostSet(identity.HostAnimator))
		d, err := w.sets.Create(ctx, root, catalogue.NewDataset{Organisation: w.theirs, Metadata: catalogue.Metadata{Title: "Bancs publics", Description: "Les bancs.", Licence: catalogue.LicenceOuverte}})
		w.ok(err)
		_, err = w.sets.AddResource(ctx, root, d.ID, catalogue.Link, catalogue.ResourceMetadata{Title: "Le plan", URL: "https://bancs.example/plan"})
		w.ok(err)
		w.dataset, err = w.sets.Publish(ctx, root, d.ID, catalogue.AnyRevision)
		w.ok(err)
		fn(t, w)
	})
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// fails checks the kind of an error and the field that it names, "" for none.
func (w *world) fails(err error, kind errs.Kind, field string) {
	w.Helper()
	if !errs.Is(err, kind) {
		w.Fatalf("%v, want %s", err, kind)
	}
	if field != "" && (len(errs.As(err).Fields) != 1 || errs.As(err).Fields[0].Name != field) {
		w.Fatalf("%v does not name %s alone", err, field)
	}
}

func (w *world) person(email string, org identity.OrganisationID, role identity.Role, host identity.HostRoles) identity.Actor {
	w.Helper()
	p, err := w.people.CreatePerson(ctx, root, identity.NewPerson{Email: email, Name: "Une personne", Language: i18n.French, Password: "une phrase assez longue"}, host)
	w.ok(err)
	if org != "" {
		w.ok(w.people.SetMember(ctx, root, org, p.ID, role))
	}
	a, err := w.people.ActorOfPerson(ctx, root, p.ID)
	w.ok(err)
	return a
}

// letters drains the jobs and returns the letters written since, as "to: subject".
func (w *world) letters() (out []mail.Record) {
	w.Helper()
	w.ok(w.runner.Drain(ctx))
	w.ok(w.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		if out, err = mail.List(ctx, tx, mail.Filter{Limit: 100}); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM mails`)
		return err
	}))
	return out
}

func (w *world) ask(n community.NewRequest) community.Request {
	w.Helper()
	if n.Words == "" {
		n.Words = "Les horaires de la piscine, été comme hiver"
	}
	if n.Language == "" {
		n.Language = i18n.French
	}
	r, err := w.Ask(ctx, identity.Anonymous(), n)
	w.ok(err)
	return r
}

func (w *world) count(q community.Query, a identity.Actor) int {
	w.Helper()
	list, err := w.List(ctx, a, q)
	w.ok(err)
	return len(list)
}

// From the words of a stranger to an answer that the next reader finds: nothing is
// public before, those of the organisation are told, the asker is told and forgotten.
func TestRequest(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		r := w.ask(community.NewRequest{Words: "  Les horaires de la piscine.\r\nAppelez Jean au 06 00 00 00 00", Place: "ville  de ROQUES", Email: "curieux@essai.example"})
		if r.Organisation != w.ours {
			t.Fatalf("addressed to %q, want the organisation of that name", r.Organisation)
		}
		letters := w.letters()
		if len(letters) != 1 || letters[0].To != "lea@essai.example" || !strings.Contains(letters[0].Text, "https://portail.example/requests/"+string(r.ID)) || strings.Contains(letters[0].Text, "curieux@") {
			t.Fatalf("%+v", letters)
		}
		for name, a := range map[string]identity.Actor{"anonymous": identity.Anonymous(), "contributor": w.reader, "elsewhere": w.elsewhere} {
			if _, err := w.Find(ctx, a, r.ID); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s sees it: %v", name, err)
			}
		}
		if n := w.count(community.Query{Public: true}, identity.Anonymous()); n != 0 {
			t.Fatalf("%d are public", n)
		}
		for _, a := range []identity.Actor{w.lea, w.host} {
			if n := w.count(community.Query{Open: true}, a); n != 1 {
				t.Errorf("%s may answer %d", a, n)
			}
		}
		if n := w.count(community.Query{To: []identity.OrganisationID{w.theirs}}, w.host); n != 0 {
			t.Errorf("%d are addressed elsewhere", n)
		}

		// Answered, and not over: who asked is told.
		got, err := w.Answer(ctx, w.lea, r.ID, 1, community.Reply{Answer: "En mai."})
		w.ok(err)
		if got.State() != community.Answered || got.Public() {
			t.Fatalf("%+v", got)
		}
		if letters = w.letters(); len(letters) != 1 || letters[0].To != "curieux@essai.example" || !strings.Contains(letters[0].Text, "En mai.") {
			t.Fatalf("%+v", letters)
		}
		_, err = w.Answer(ctx, w.lea, r.ID, 1, community.Reply{Answer: "Jamais."})
		w.fails(err, errs.Conflict, "")
		_, err = w.Answer(ctx, w.lea, r.ID, 2, community.Reply{Close: true})
		w.fails(err, errs.Invalid, "answer")
		_, err = w.Answer(ctx, w.lea, r.ID, 2, community.Reply{Answer: "Voici.", Public: true})
		w.fails(err, errs.Invalid, "shown")
		_, err = w.Answer(ctx, w.lea, r.ID, 2, community.Reply{Answer: "Voici.", Dataset: "none"})
		w.fails(err, errs.Invalid, "dataset")

		// Closed, public in other words, with a dataset.
		got, err = w.Answer(ctx, w.lea, r.ID, 2, community.Reply{Answer: "Elles sont là.", Dataset: w.dataset.ID, Close: true, Public: true, Shown: "Les horaires des piscines"})
		w.ok(err)
		letters = w.letters()
		if len(letters) != 1 || !strings.Contains(letters[0].Text, "/datasets/bancs-publics") || !strings.Contains(letters[0].Text, "30 jours") {
			t.Fatalf("%+v", letters)
		}
		seen, err := w.Find(ctx, identity.Anonymous(), r.ID)
		w.ok(err)
		if seen.Words != "" || seen.Place != "" || seen.AnsweredBy != "" || seen.Shown != "Les horaires des piscines" || seen.Title() != "Les horaires des piscines" {
			t.Errorf("everyone reads %+v", seen)
		}
		for text, want := range map[string]int{"Horaire piscine": 1, "horaires de l’été": 0, "": 1} {
			if n := w.count(community.Query{Public: true, Text: text}, identity.Anonymous()); n != want {
				t.Errorf("%q finds %d, want %d", text, n, want)
			}
		}
		if n := w.count(community.Query{Public: true, Dataset: w.dataset.ID}, w.elsewhere); n != 1 {
			t.Errorf("%d at its dataset", n)
		}
		_, err = w.Answer(ctx, identity.Anonymous(), r.ID, 3, community.Reply{})
		w.fails(err, errs.SignIn, "")
		_, err = w.Answer(ctx, w.elsewhere, r.ID, 3, community.Reply{})
		w.fails(err, errs.Denied, "")

		// What is only made public, or hidden, is no news for who asked.
		got, err = w.Answer(ctx, w.lea, r.ID, got.Revision, community.Reply{Answer: got.Answer, Dataset: got.Dataset, Close: true})
		w.ok(err)
		if letters = w.letters(); len(letters) != 0 || got.Public() || got.Shown != "" {
			t.Errorf("%+v after %+v", letters, got)
		}
		if n := w.count(community.Query{Public: true, Text: "piscine"}, identity.Anonymous()); n != 0 {
			t.Error("what was taken back is found")
		}
		entries, err := w.people.Audit(ctx, root, identity.AuditQuery{Object: "request:" + string(r.ID)})
		w.ok(err)
		if len(entries) != 3 || entries[0].Verb != "request.answer" || strings.Contains(string(entries[2].After), "piscine") {
			t.Errorf("%+v", entries)
		}
	})
}

// Who asked is forgotten thirty days after the end, a year after asking in any case,
// and when their account is closed; the request stays.
func TestWhoAskedIsForgotten(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		settled := w.ask(community.NewRequest{Organisation: w.ours, Email: "un@essai.example"})
		w.ask(community.NewRequest{Words: "Une autre chose encore", Email: "deux@essai.example"})
		mine, err := w.Ask(ctx, w.elsewhere, community.NewRequest{Words: "Les marchés de la commune", Email: "ignoree@essai.example", Tell: true, Language: i18n.French})
		w.ok(err)
		_, err = w.Answer(ctx, w.lea, settled.ID, 1, community.Reply{Answer: "Voici.", Close: true})
		w.ok(err)
		addresses := func() (n int) {
			w.ok(w.db.Read(ctx, func(tx *sqldb.Tx) error {
				return tx.QueryRow(ctx, `SELECT COUNT(*) FROM data_requests WHERE email <> '' OR person IS NOT NULL`).Scan(&n)
			}))
			return n
		}
		for _, step := range []struct {
			after time.Duration
			left  int
		}{{29 * 24 * time.Hour, 3}, {24 * time.Hour, 2}, {community.AskedAtMost, 0}} {
			if step.left == 0 { // the account is closed before that
				list, err := w.Mine(ctx, w.elsewhere)
				w.ok(err)
				if len(list) != 1 || list[0].ID != mine.ID {
					t.Errorf("the export has %+v", list)
				}
				w.ok(w.people.SetMember(ctx, root, w.theirs, w.lea.Person(), identity.Administrator))
				w.ok(w.people.ClosePerson(ctx, root, w.elsewhere.Person()))
				w.letters()
				if n := addresses(); n != 1 {
					t.Errorf("%d left after the account was closed", n)
				}
			}
			w.pass(step.after)
			_, err := w.Sweep(ctx, root)
			w.ok(err)
			if n := addresses(); n != step.left {
				t.Errorf("%d left after %s, want %d", n, step.after, step.left)
			}
		}
		if n := w.count(community.Query{}, w.host); n != 3 {
			t.Errorf("%d requests stay", n)
		}
		_, err = w.Sweep(ctx, w.host)
		w.fails(err, errs.Denied, "")
		_, err = w.Mine(ctx, identity.Anonymous())
		w.fails(err, errs.SignIn, "")
	})
}

// A request goes from the host to a producer and back, and away when it is none.
func TestForwardAndRemove(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		r := w.ask(community.NewRequest{Place: "la vallée"})
		if letters := w.letters(); r.Organisation != "" || len(letters) != 1 || letters[0].To != "hote@essai.example" {
			t.Fatalf("%q %+v", r.Organisation, letters)
		}
		_, err := w.Forward(ctx, w.lea, r.ID, 1, w.ours)
		w.fails(err, errs.Denied, "")
		_, err = w.Forward(ctx, w.host, r.ID, 1, "none")
		w.fails(err, errs.NotFound, "")
		r, err = w.Forward(ctx, w.host, r.ID, 1, w.ours)
		w.ok(err)
		if letters := w.letters(); len(letters) != 1 || letters[0].To != "lea@essai.example" {
			t.Fatalf("%+v", letters)
		}
		r, err = w.Forward(ctx, w.lea, r.ID, r.Revision, "")
		w.ok(err)
		if _, err := w.Find(ctx, w.lea, r.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("the producer still sees it: %v", err)
		}
		if n := w.count(community.Query{ToHost: true, Open: true}, w.host); n != 1 {
			t.Errorf("%d at the host", n)
		}
		w.fails(w.Remove(ctx, w.lea, r.ID, r.Revision), errs.NotFound, "")
		w.fails(w.Remove(ctx, w.host, r.ID, 1), errs.Conflict, "")
		w.ok(w.Remove(ctx, w.host, r.ID, r.Revision))
		if n := w.count(community.Query{}, w.host); n != 0 {
			t.Errorf("%d left", n)
		}
		other := w.ask(community.NewRequest{About: w.dataset.ID})
		if other.Organisation != w.theirs {
			t.Errorf("addressed to %q", other.Organisation)
		}
		w.ok(w.Move(ctx, root, w.theirs, w.ours))
		if n := w.count(community.Query{To: []identity.OrganisationID{w.ours}}, w.lea); n != 1 {
			t.Errorf("%d moved", n)
		}
	})
}

// What a stranger sends is bounded: lengths, the same words twice, letters of an hour,
// requests of an hour.
func TestAskingIsBounded(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		for field, n := range map[string]community.NewRequest{
			"words": {Words: "court"},
			"place": {Words: "Les bancs publics", Place: strings.Repeat("x", 151)},
			"email": {Words: "Les bancs publics", Email: "Moi <moi@essai.example>"},
		} {
			_, err := w.Ask(ctx, identity.Anonymous(), n)
			w.fails(err, errs.Invalid, field)
		}
		_, err := w.Ask(ctx, identity.Anonymous(), community.NewRequest{Words: "Les bancs\x00 publics"})
		w.fails(err, errs.Invalid, "words")
		_, err = w.Ask(ctx, identity.Anonymous(), community.NewRequest{Words: "Les bancs publics", About: "none"})
		w.fails(err, errs.NotFound, "")
		first, second := w.ask(community.NewRequest{}), w.ask(community.NewRequest{})
		if first.ID != second.ID {
			t.Error("the same words twice are two requests")
		}
		for i := 1; i < 60; i++ {
			w.ask(community.NewRequest{Words: strings.Repeat("Des bancs ", i+1)})
		}
		_, err = w.Ask(ctx, identity.Anonymous(), community.NewRequest{Words: "Une de trop, sans doute"})
		w.fails(err, errs.Busy, "")
		if letters := w.letters(); len(letters) != 5 {
			t.Errorf("%d letters", len(letters))
		}
		w.pass(61 * time.Minute)
		w.ask(community.NewRequest{Words: "Une heure plus tard"})
		if letters := w.letters(); len(letters) != 1 {
			t.Errorf("%d letters an hour later", len(letters))
		}
	})
}
