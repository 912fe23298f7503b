package follow_test

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socle/internal/catalogue"
	"socle/internal/catalogue/find"
	"socle/internal/errs"
	"socle/internal/follow"
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
	start = time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC) // a Wednesday
)

// world is a portal with two organisations, a follower with an account, and a
// program that is called.
type world struct {
	*follow.Service
	*testing.T
	db           *sqldb.DB
	runner       *jobs.Runner
	people       *identity.Service
	sets         *catalogue.Service
	ours, theirs identity.OrganisationID
	lea, marc    identity.Actor // an editor of ours; a person of no organisation

	mu    sync.Mutex
	at    time.Time
	calls []call
	reply func(n int) (int, error) // what the program answers to its n-th call
}

type call struct {
	url    string
	header map[string]string
	body   string
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
		w.T, w.db, w.at, w.calls = t, db, start, nil
		w.reply = func(int) (int, error) { return 204, nil }
		w.mu.Unlock()
		w.people = identity.New(db, identity.Options{Hash: identity.HashParams{KiB: 64, Passes: 1, Lanes: 1}})
		w.sets = catalogue.New(db, nil)
		seek := find.New(find.Options{Dir: t.TempDir(), Catalogue: w.sets, Identity: w.people, Located: func(catalogue.Version) bool { return false }, Now: w.now})
		t.Cleanup(func() { _ = seek.Close() })
		var err error
		w.runner, err = jobs.New(db, jobs.Options{FirstRetry: time.Millisecond})
		w.ok(err)
		w.Service = follow.New(follow.Options{DB: db, Identity: w.people, Catalogue: w.sets, Find: func(ctx context.Context, a identity.Actor, q find.Query) (find.Result, error) {
			if err := seek.Sync(ctx); err != nil {
				return find.Result{}, err
			}
			return seek.Search(ctx, a, q)
		}, Post: w.post, Key: []byte("a key of the tests, of thirty-two"), BaseURL: "https://portail.example", Host: "Portail", Zone: time.UTC})
		w.Handle(w.runner)
		mail.Deliver(w.runner, db, mail.Options{})
		for name, id := range map[string]*identity.OrganisationID{"Roques": &w.ours, "Labège": &w.theirs} {
			o, err := w.people.CreateOrganisation(ctx, root, identity.OrganisationForm{Name: name, Kind: identity.KindCommune}, false)
			w.ok(err)
			*id = o.ID
		}
		person := func(email string) identity.Actor {
			p, err := w.people.CreatePerson(ctx, root, identity.NewPerson{Email: email, Name: "Une personne", Language: i18n.French, Password: "une phrase assez longue"}, 0)
			w.ok(err)
			a, err := w.people.ActorOfPerson(ctx, root, p.ID)
			w.ok(err)
			return a
		}
		w.lea, w.marc = person("lea@essai.example"), person("marc@essai.example")
		w.ok(w.people.SetMember(ctx, root, w.ours, w.lea.Person(), identity.Editor))
		w.lea, err = w.people.ActorOfPerson(ctx, root, w.lea.Person())
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

func (w *world) post(_ context.Context, address string, header map[string]string, body []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, call{address, header, string(body)})
	return w.reply(len(w.calls))
}

// publish makes a dataset public, with a version.
func (w *world) publish(org identity.OrganisationID, title string) catalogue.Dataset {
	w.Helper()
	d := w.draft(org, title)
	d, err := w.sets.Publish(ctx, root, d.ID, d.Revision)
	w.ok(err)
	return d
}

func (w *world) draft(org identity.OrganisationID, title string) catalogue.Dataset {
	w.Helper()
	d, err := w.sets.Create(ctx, root, catalogue.NewDataset{Organisation: org, Metadata: catalogue.Metadata{Title: title, Description: "Un essai.", Licence: catalogue.LicenceOuverte}})
	w.ok(err)
	r, err := w.sets.AddResource(ctx, root, d.ID, catalogue.File, catalogue.ResourceMetadata{Title: "Fichier"})
	w.ok(err)
	w.version(r.ID)
	d, err = w.sets.Get(ctx, root, d.ID)
	w.ok(err)
	return d
}

func (w *world) version(r catalogue.ResourceID) {
	w.Helper()
	_, err := w.sets.AddVersion(ctx, root, catalogue.NewVersion{Resource: r, Expect: catalogue.AnyVersion, Original: catalogue.Original{Blob: strings.Repeat("ab", 32), Bytes: 10, FileName: "a.csv", MediaType: "text/csv"}})
	w.ok(err)
}

// work runs the jobs due now, and those that they cause after a while.
func (w *world) work(d time.Duration) {
	w.Helper()
	w.ok(w.runner.Drain(ctx))
	w.pass(d)
	w.ok(w.db.Write(ctx, func(tx *sqldb.Tx) error {
		// River looks every few seconds of the real clock for what was kept for later.
		if _, err := tx.Exec(ctx, `UPDATE river_job SET state = 'available' WHERE state IN ('scheduled', 'retryable')`); err != nil {
			return err
		}
		return jobs.Add(ctx, tx, follow.TellArgs)
	}))
	w.ok(w.runner.Drain(ctx))
}

func (w *world) letters() []mail.Record {
	w.Helper()
	var list []mail.Record
	w.ok(w.db.Read(ctx, func(tx *sqldb.Tx) (err error) {
		list, err = mail.List(ctx, tx, mail.Filter{})
		return err
	}))
	slices.Reverse(list)
	return list
}

// told are the letters since the last time, "recipient: subject".
func (w *world) told(n *int) (out []string) {
	w.Helper()
	all := w.letters()
	for _, m := range all[*n:] {
		out = append(out, m.To+": "+m.Subject)
	}
	*n = len(all)
	return out
}

func (w *world) same(got []string, want ...string) {
	w.Helper()
	for i := range got { // the typography of French is not what is tested
		got[i] = strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(got[i])
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.Fatalf("got %q, want %q", got, want)
	}
}

func (w *world) kind(err error, k errs.Kind) {
	w.Helper()
	if !errs.Is(err, k) {
		w.Errorf("error %v, want kind %v", err, k)
	}
}

var link = regexp.MustCompile(`https://portail\.example(\S+)`)

func token(t *testing.T, text string) string {
	t.Helper()
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		if u, err := url.Parse(m[1]); err == nil && u.Query().Get("token") != "" {
			return u.Query().Get("token")
		}
	}
	t.Fatalf("no link with a token in %q", text)
	return ""
}

// Each sort of topic, with an account: what is new is told once, what is not is not.
func TestTopics(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		old := w.publish(w.ours, "Bancs publics")
		for _, topic := range []follow.Topic{{Kind: follow.Portal}, {Kind: follow.Organisation, Organisation: w.theirs}} {
			_, err := w.Follow(ctx, w.marc, topic, follow.Soon)
			w.ok(err)
		}
		_, err := w.Follow(ctx, w.lea, follow.Topic{Kind: follow.Dataset, Dataset: old.ID}, follow.Soon)
		w.ok(err)
		words, err := follow.ParseWords(url.Values{"q": {"  piscine "}, "page": {"3"}})
		w.ok(err)
		if words != "q=piscine" {
			t.Errorf("%q", words)
		}
		_, err = w.Follow(ctx, w.lea, follow.Topic{Kind: follow.Search, Search: words}, follow.Soon)
		w.ok(err)
		n := 0
		w.work(time.Minute)
		w.same(w.told(&n)) // what was there before is no news

		w.publish(w.ours, "Arbres")
		w.work(time.Minute)
		w.same(w.told(&n), "marc@essai.example: Arbres : nouveau")
		w.publish(w.theirs, "Piscines municipales")
		w.version(old.Resources[0].ID)
		w.version(old.Resources[0].ID)
		w.work(time.Minute)
		w.same(w.told(&n), "marc@essai.example: Piscines municipales : nouveau", "lea@essai.example: Piscines municipales : nouveau", "lea@essai.example: Bancs publics : données mises à jour 2 fois")
		w.work(2 * time.Hour) // the portal was told at most once an hour
		w.same(w.told(&n), "marc@essai.example: 2 nouveautés sur Portail")
		w.work(2 * time.Hour)
		w.same(w.told(&n))

		old, err = w.sets.Get(ctx, root, old.ID)
		w.ok(err)
		_, err = w.sets.Withdraw(ctx, root, old.ID, old.Revision, "Un essai")
		w.ok(err)
		w.work(2 * time.Hour)
		w.same(w.told(&n), "lea@essai.example: Bancs publics : retiré par son producteur", "marc@essai.example: Bancs publics : retiré par son producteur")
	})
}

// Live data: a hundred versions are one line of one letter, in the morning.
func TestDigest(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		d := w.publish(w.ours, "Hauteur de la rivière")
		f, err := w.Follow(ctx, w.marc, follow.Topic{Kind: follow.Dataset, Dataset: d.ID}, follow.Daily)
		w.ok(err)
		_, err = w.Follow(ctx, w.lea, follow.Topic{Kind: follow.Portal}, follow.Weekly)
		w.ok(err)
		n := 0
		for range 100 {
			w.version(d.Resources[0].ID)
		}
		w.work(21 * time.Hour) // 6 o'clock
		w.same(w.told(&n))
		w.work(2 * time.Hour)
		w.same(w.told(&n), "marc@essai.example: Hauteur de la rivière : données mises à jour 100 fois")
		w.work(24 * time.Hour)
		w.same(w.told(&n))
		w.work(3 * 24 * time.Hour) // Monday
		w.same(w.told(&n), "lea@essai.example: Hauteur de la rivière : données mises à jour 100 fois")
		w.ok(w.Stop(ctx, w.marc, f.ID))
		w.version(d.Resources[0].ID)
		w.work(24 * time.Hour)
		w.same(w.told(&n))
	})
}

// What may not be seen is not told; rights are those of the moment of telling.
func TestOnlyWhatIsSeen(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		for _, a := range []identity.Actor{w.marc, w.lea} {
			_, err := w.Follow(ctx, a, follow.Topic{Kind: follow.Portal}, follow.Soon)
			w.ok(err)
		}
		d := w.draft(w.ours, "Réservé")
		_, err := w.Follow(ctx, w.marc, follow.Topic{Kind: follow.Dataset, Dataset: d.ID}, follow.Soon)
		w.kind(err, errs.NotFound)
		n := 0
		w.work(time.Minute)
		w.same(w.told(&n)) // a draft is no news, even for members
		_, err = w.sets.KeepInside(ctx, root, d.ID, d.Revision)
		w.ok(err)
		w.work(2 * time.Hour)
		w.same(w.told(&n), "lea@essai.example: Réservé : nouveau")
		w.version(d.Resources[0].ID)
		f, err := w.Follow(ctx, w.lea, follow.Topic{Kind: follow.Dataset, Dataset: d.ID}, follow.Soon)
		w.ok(err)
		title, err := w.TitleFor(ctx, i18n.French, f)
		if err != nil || title != "Réservé" {
			t.Errorf("%q %v", title, err)
		}
		w.ok(w.people.RemoveMember(ctx, root, w.ours, w.lea.Person()))
		_, err = w.TitleFor(ctx, i18n.French, f)
		w.kind(err, errs.NotFound)
		w.work(2 * time.Hour)
		w.same(w.told(&n))
		lines, err := w.people.Audit(ctx, root, identity.AuditQuery{Limit: 200})
		w.ok(err)
		for _, l := range lines {
			if l.Verb == "data.read" {
				t.Errorf("to follow is not to read: %+v", l)
			}
		}
	})
}

// Without an account: nothing is sent before the address is confirmed, links are
// good once, and one click ends it.
func TestWithoutAccount(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		d := w.publish(w.ours, "Bancs publics")
		topic, n := follow.Topic{Kind: follow.Dataset, Dataset: d.ID}, 0
		anyone := identity.Anonymous()
		for _, bad := range []string{"", "pas une adresse", "A <a@essai.example>", "a@essai.example\nBcc: b@essai.example", "a@essai.example, b@essai.example"} {
			w.kind(w.Ask(ctx, anyone, bad, i18n.French, topic, follow.Soon), errs.Invalid)
		}
		w.kind(w.Ask(ctx, anyone, "eve@essai.example", i18n.French, follow.Topic{Kind: follow.Dataset, Dataset: "none"}, follow.Soon), errs.NotFound)
		w.kind(w.Ask(ctx, w.lea, "eve@essai.example", i18n.French, follow.Topic{Kind: follow.Dataset, Dataset: w.draft(w.ours, "Brouillon").ID}, follow.Soon), errs.NotFound)
		w.ok(w.Ask(ctx, anyone, "Eve@essai.example", i18n.French, topic, follow.Soon))
		w.ok(w.Ask(ctx, anyone, "eve@essai.example", i18n.French, topic, follow.Soon)) // too soon: no second letter
		w.version(d.Resources[0].ID)
		w.work(time.Minute)
		w.same(w.told(&n), "Eve@essai.example: Confirmez que vous voulez suivre Bancs publics")
		secret := token(t, w.letters()[0].Text)
		asked, err := w.Asked(ctx, secret)
		if err != nil || asked.Dataset != d.ID {
			t.Fatalf("%+v %v", asked, err)
		}
		if _, err = w.Confirm(ctx, secret); err != nil {
			t.Fatal(err)
		}
		_, err = w.Confirm(ctx, secret)
		w.kind(err, errs.NotFound)
		w.work(time.Minute)
		w.same(w.told(&n))
		w.version(d.Resources[0].ID)
		w.work(time.Minute)
		w.same(w.told(&n), "Eve@essai.example: Bancs publics : données mises à jour")
		last := w.letters()[n-1]
		if !strings.HasPrefix(last.Unsubscribe, "https://portail.example/follow/stop?token=") || !strings.Contains(last.Text, last.Unsubscribe) || strings.Contains(last.Text, "Tous vos abonnements") {
			t.Errorf("%q %q", last.Unsubscribe, last.Text)
		}
		w.pass(time.Hour)
		w.ok(w.Ask(ctx, anyone, "eve@essai.example", i18n.English, topic, follow.Soon))
		w.ok(w.Ask(ctx, anyone, "eve@essai.example", i18n.English, topic, follow.Soon))
		w.same(w.told(&n), "Eve@essai.example: Vous suivez déjà Bancs publics")

		stop := token(t, last.Text)
		w.kind(w.StopByLink(ctx, stop+"x", false), errs.NotFound)
		w.kind(w.StopByLink(ctx, "", false), errs.NotFound)
		f, others, err := w.ByLink(ctx, stop)
		if err != nil || f.Dataset != d.ID || len(others) != 0 {
			t.Fatalf("%+v %+v %v", f, others, err)
		}
		w.ok(w.StopByLink(ctx, stop, false))
		w.ok(w.StopByLink(ctx, stop, false)) // a mail reader may send it twice
		w.version(d.Resources[0].ID)
		w.work(2 * time.Hour)
		w.same(w.told(&n))
	})
}

// Nobody is flooded with questions in the name of the portal, and what nobody
// answers is forgotten.
func TestQuestionsAreBounded(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		var secret string
		for range 8 {
			d := w.publish(w.ours, "Un jeu")
			w.ok(w.Ask(ctx, identity.Anonymous(), "eve@essai.example", i18n.French, follow.Topic{Kind: follow.Dataset, Dataset: d.ID}, follow.Daily))
		}
		letters := w.letters()
		if len(letters) != 5 {
			t.Fatalf("%d letters", len(letters))
		}
		secret = token(t, letters[0].Text)
		w.pass(8 * 24 * time.Hour)
		_, err := w.Confirm(ctx, secret)
		w.kind(err, errs.NotFound)
		w.ok(w.db.Write(ctx, func(tx *sqldb.Tx) error { return jobs.Add(ctx, tx, follow.SweepArgs) }))
		w.ok(w.runner.Drain(ctx))
		var left int
		w.ok(w.db.Read(ctx, func(tx *sqldb.Tx) error { return tx.QueryRow(ctx, `SELECT COUNT(*) FROM follows`).Scan(&left) }))
		if left != 0 {
			t.Errorf("%d questions are kept", left)
		}
	})
}

// An account that is closed takes its follows along; organisations that merge keep
// their followers; a token needs the scope to write.
func TestKeep(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		for _, org := range []identity.OrganisationID{w.ours, w.theirs} {
			_, err := w.Follow(ctx, w.marc, follow.Topic{Kind: follow.Organisation, Organisation: org}, follow.Soon)
			w.ok(err)
			words, err := follow.ParseWords(url.Values{"organisation": {string(org)}})
			w.ok(err)
			_, err = w.Follow(ctx, w.marc, follow.Topic{Kind: follow.Search, Search: words}, follow.Soon)
			w.ok(err)
		}
		_, err := w.Follow(ctx, w.lea, follow.Topic{Kind: follow.Organisation, Organisation: w.theirs}, follow.Soon)
		w.ok(err)
		w.kind(w.Move(ctx, w.marc, w.theirs, w.ours), errs.Denied)
		for range 2 {
			w.ok(w.Move(ctx, root, w.theirs, w.ours))
		}
		list, err := w.Mine(ctx, w.marc)
		if err != nil || len(list) != 2 || list[0].Organisation != w.ours && list[1].Organisation != w.ours {
			t.Fatalf("%+v %v", list, err)
		}
		list, err = w.Mine(ctx, w.lea)
		if err != nil || len(list) != 1 || list[0].Organisation != w.ours {
			t.Fatalf("%+v %v", list, err)
		}
		w.ok(w.people.ClosePerson(ctx, root, w.marc.Person()))
		w.ok(w.runner.Drain(ctx))
		var left int
		w.ok(w.db.Read(ctx, func(tx *sqldb.Tx) error { return tx.QueryRow(ctx, `SELECT COUNT(*) FROM follows`).Scan(&left) }))
		if left != 1 {
			t.Errorf("%d follows are left", left)
		}
		_, err = w.Mine(ctx, identity.Anonymous())
		w.kind(err, errs.SignIn)
		_, err = w.Mine(ctx, w.lea.WithToken("t", identity.ScopeSet(identity.ScopeRead), ""))
		w.kind(err, errs.Denied)
		if _, err = w.Mine(ctx, w.lea.WithToken("t", identity.ScopeSet(identity.ScopeWrite), "")); err != nil {
			t.Error(err)
		}
	})
}
