package page_test

import (
	"strings"
	"testing"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/page"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

func TestTexts(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		s := page.New(db, page.Host{Host: "Le Sicoval", Contact: "donnees@example.org"})
		for _, name := range page.Names {
			for _, l := range i18n.Langs {
				text, err := s.Get(ctx, name, l)
				if err != nil || text.Title == "" || (text.Body == "") != (name == page.Home) || text.Revision != 0 || strings.ContainsAny(text.Title+text.Body, "{}") {
					t.Errorf("%s %s: %+v %v", name, l, text, err)
				}
			}
		}
		for _, l := range i18n.Langs {
			if text, _ := s.Get(ctx, "legal", l); !strings.Contains(text.Body, "**Le Sicoval**") || !strings.Contains(text.Body, "donnees@example.org") {
				t.Errorf("the text does not name the host: %s", text.Body)
			}
		}
		for _, name := range []string{"nothing", "../page", ""} {
			if _, err := s.Get(ctx, name, i18n.French); !errs.Is(err, errs.NotFound) {
				t.Errorf("%q: %v", name, err)
			}
		}
		admin := identity.PersonActor("a", "a", identity.HostSet(identity.HostAdministrator))
		for _, a := range []identity.Actor{identity.Anonymous(), identity.PersonActor("b", "b", identity.HostSet(identity.HostAnimator))} {
			if _, err := s.Save(ctx, a, "legal", i18n.French, 0, "T", "B"); !errs.Is(err, errs.Denied) && !errs.Is(err, errs.SignIn) {
				t.Errorf("%s: %v", a, err)
			}
		}
		if _, err := s.Save(ctx, admin, "legal", i18n.French, 0, " ", strings.Repeat("a", 100_001)); !errs.Is(err, errs.Invalid) || len(errs.As(err).Fields) != 2 {
			t.Errorf("%v", err)
		}
		text, err := s.Save(ctx, admin, "legal", i18n.French, 0, "Mentions", "Du **texte**\r\nà nous")
		if err != nil || text.Revision != 1 || text.Body != "Du **texte**\nà nous" {
			t.Fatalf("%+v %v", text, err)
		}
		if _, err := s.Save(ctx, admin, "legal", i18n.French, 0, "Autre", ""); !errs.Is(err, errs.Conflict) {
			t.Errorf("a change on an older text: %v", err)
		}
		if other, err := s.Get(ctx, "legal", i18n.English); err != nil || other.Revision != 0 {
			t.Errorf("the other language changed: %+v %v", other, err)
		}
		if text, err = s.Restore(ctx, admin, "legal", i18n.French, 1); err != nil || text.Revision != 0 || text.Title == "Mentions" {
			t.Errorf("%+v %v", text, err)
		}
	})
}
