package follow_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"socle/internal/errs"
	"socle/internal/follow"
)

// A webhook: signed, one message at a time, tried again, paused, taken up again
// where it was.
func TestWebhook(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		_, _, err := w.AddWebhook(ctx, w.marc, follow.Topic{Kind: follow.Portal}, follow.Hook{Name: "", URL: "http://en-clair.example/"})
		if e := errs.As(err); e.Kind != errs.Invalid || len(e.Fields) != 2 {
			t.Fatalf("%v", err)
		}
		f, secret, err := w.AddWebhook(ctx, w.marc, follow.Topic{Kind: follow.Portal}, follow.Hook{Name: "Mon outil", URL: "https://outil.example/socle?cle=abc"})
		w.ok(err)
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil || len(key) != 32 {
			t.Fatalf("secret %q: %v", secret, err)
		}
		w.ok(w.Test(ctx, w.marc, f.ID))
		w.kind(w.Test(ctx, w.marc, f.ID), errs.Busy)
		w.kind(w.Test(ctx, w.lea, f.ID), errs.NotFound)
		w.ok(w.runner.Drain(ctx))
		if len(w.calls) != 1 || w.calls[0].body != `{"events":[{"kind":"test","at":"2026-03-04T09:00:00Z"}]}` || w.calls[0].url != "https://outil.example/socle?cle=abc" {
			t.Fatalf("%+v", w.calls)
		}

		d := w.publish(w.ours, "Bancs publics")
		w.work(time.Minute)
		if len(w.calls) != 2 {
			t.Fatalf("%+v", w.calls)
		}
		c := w.calls[1]
		if want := follow.Sign(key, c.header["webhook-id"], w.now(), []byte(c.body)); want["webhook-signature"] != c.header["webhook-signature"] || want["webhook-timestamp"] != c.header["webhook-timestamp"] {
			t.Errorf("signed %v, want %v", c.header, want)
		}
		var said struct {
			Events []struct {
				Kind     string
				Versions int
				Dataset  struct{ ID, Slug, Title, URL string }
			}
		}
		w.ok(json.Unmarshal([]byte(c.body), &said))
		if len(said.Events) != 1 || said.Events[0].Kind != "dataset.published" || said.Events[0].Dataset.ID != string(d.ID) || said.Events[0].Dataset.URL != "https://portail.example/datasets/bancs-publics" {
			t.Fatalf("%s", c.body)
		}

		// The other side is down: the same message, later and later; what happens
		// meanwhile waits.
		w.reply = func(n int) (int, error) { return 503, nil }
		w.version(d.Resources[0].ID)
		w.work(time.Minute)
		w.version(d.Resources[0].ID)
		first := w.calls[2].header["webhook-id"]
		for range 10 {
			w.work(13 * time.Hour)
		}
		if len(w.calls) != 2+8 {
			t.Fatalf("%d attempts", len(w.calls)-2)
		}
		for _, c := range w.calls[2:] {
			if c.header["webhook-id"] != first || c.body != w.calls[2].body {
				t.Errorf("another message: %+v", c)
			}
		}
		f, err = w.Get(ctx, w.marc, f.ID)
		if err != nil || f.PausedAt.IsZero() || f.Hook.Problem != "Réponse 503" {
			t.Fatalf("%+v %v", f, err)
		}
		if l := w.letters(); len(l) != 1 || l[0].To != "marc@essai.example" || l[0].Subject != "Webhook arrêté : Mon outil" && !strings.HasPrefix(l[0].Subject, "Webhook arrêté") || strings.Contains(l[0].Text, "cle=abc") {
			t.Errorf("%+v", l)
		}
		w.reply = func(n int) (int, error) { return 200, nil }
		w.ok(w.Resume(ctx, w.marc, f.ID))
		w.work(time.Minute)
		if len(w.calls) != 11 || w.calls[10].header["webhook-id"] == first || !strings.Contains(w.calls[10].body, `"versions":1`) {
			t.Fatalf("%+v", w.calls[10:])
		}
		log, err := w.Deliveries(ctx, w.marc, f.ID)
		if err != nil || len(log) != 4 || log[0].State != follow.Done || log[1].State != follow.Failed || log[1].Attempts != 8 || log[1].Status != 503 || !log[3].Test {
			t.Fatalf("%+v %v", log, err)
		}

		other, err := w.NewSecret(ctx, w.marc, f.ID)
		if err != nil || other == secret {
			t.Fatalf("%q %v", other, err)
		}
		w.version(d.Resources[0].ID)
		w.work(time.Minute)
		key, _ = base64.StdEncoding.DecodeString(strings.TrimPrefix(other, "whsec_"))
		c = w.calls[11]
		if want := follow.Sign(key, c.header["webhook-id"], w.now(), []byte(c.body)); want["webhook-signature"] != c.header["webhook-signature"] {
			t.Error("not signed by the new secret")
		}
	})
}

// Who answers 410 is not called again; an address that is not reached is said in words.
func TestWebhookGone(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		f, _, err := w.AddWebhook(ctx, w.marc, follow.Topic{Kind: follow.Portal}, follow.Hook{Name: "Mon outil", URL: "https://outil.example/"})
		w.ok(err)
		w.reply = func(n int) (int, error) {
			if n == 1 {
				return 0, errs.New(errs.Busy, "httpx.unreachable", errs.Args{"Host": "outil.example"}).Because(errors.New("refused"))
			}
			return 410, nil
		}
		w.publish(w.ours, "Bancs publics")
		w.work(time.Second * 6)
		log, err := w.Deliveries(ctx, w.marc, f.ID)
		if err != nil || len(log) != 1 || log[0].State != follow.Waiting || !strings.Contains(log[0].Problem, "outil.example") || log[0].NextAt.IsZero() {
			t.Fatalf("%+v %v", log, err)
		}
		w.work(time.Minute)
		f, err = w.Get(ctx, w.marc, f.ID)
		if err != nil || f.PausedAt.IsZero() || len(w.calls) != 2 {
			t.Fatalf("%+v %v, %d calls", f, err, len(w.calls))
		}
	})
}

// What fails on this side, until the job that makes an attempt is given up, is an
// attempt that failed: the next one is made.
func TestWebhookJobGivenUp(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		f, _, err := w.AddWebhook(ctx, w.marc, follow.Topic{Kind: follow.Portal}, follow.Hook{Name: "Mon outil", URL: "https://outil.example/"})
		w.ok(err)
		const tries = 8 // of a job
		w.reply = func(n int) (int, error) {
			if n <= tries {
				panic("on this side")
			}
			return 204, nil
		}
		w.publish(w.ours, "Bancs publics")
		for range tries {
			w.work(time.Minute)
		}
		log, err := w.Deliveries(ctx, w.marc, f.ID)
		if err != nil || len(log) != 1 || len(w.calls) < tries || log[0].Attempts < 1 {
			t.Fatalf("%+v %v, %d calls", log, err, len(w.calls))
		}
		w.work(time.Hour)
		log, err = w.Deliveries(ctx, w.marc, f.ID)
		if err != nil || len(log) != 1 || log[0].State != follow.Done || log[0].Attempts != 2 || len(w.calls) != tries+1 {
			t.Errorf("%+v %v, %d calls", log, err, len(w.calls))
		}
	})
}
