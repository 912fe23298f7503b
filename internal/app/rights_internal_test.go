package app

import (
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"socle/internal/config"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// Each change of rights is told by mail to the person and to the administrators of the
// organisations that it concerns, and not to who made it.
func TestChangesOfRightsAreTold(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		ctx, must := t.Context(), func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		ids := identity.New(db, identity.Options{Hash: identity.HashParams{KiB: 64, Passes: 1, Lanes: 1}})
		a := &App{DB: db, Identity: ids, Config: &config.Config{BaseURL: "https://donnees.example.org"}}
		var err error
		a.Runner, err = jobs.New(db, jobs.Options{Log: slog.New(slog.DiscardHandler)})
		must(err)
		mail.Deliver(a.Runner, db, mail.Options{})
		a.tellRights()
		system := identity.System("test")
		organisation := func(name string) identity.OrganisationID {
			o, err := ids.CreateOrganisation(ctx, system, identity.OrganisationForm{Name: name, Kind: identity.KindCommune}, false)
			must(err)
			return o.ID
		}
		person := func(name string, roles ...identity.HostRole) identity.PersonID {
			p, err := ids.CreatePerson(ctx, system, identity.NewPerson{Email: name + "@valmont.example", Name: name, Language: i18n.French, Password: "une phrase assez longue 31"}, identity.HostSet(roles...))
			must(err)
			return p.ID
		}
		in := func(name string) identity.Actor {
			e, err := ids.SignIn(ctx, identity.SignIn{Email: name + "@valmont.example", Password: "une phrase assez longue 31", Network: netip.MustParseAddr("192.0.2.1")})
			must(err)
			r, err := ids.Resume(ctx, e.Secret)
			must(err)
			return r.Actor
		}
		// told are the letters since the last time: "recipient: subject", in order.
		seen := map[string]bool{}
		told := func(what string, want ...string) {
			t.Helper()
			must(a.Runner.Drain(ctx))
			var got []string
			must(db.Read(ctx, func(tx *sqldb.Tx) error {
				list, err := mail.List(ctx, tx, mail.Filter{Limit: 200})
				got = nil
				for _, m := range list {
					if !seen[m.ID] {
						got = append(got, fmt.Sprintf("%s: %s", strings.TrimSuffix(m.To, "@valmont.example"), m.Subject))
						if !strings.Contains(m.Text, "https://donnees.example.org/") || strings.Contains(m.Subject+m.Text, "<no value>") {
							t.Errorf("%s: %q", m.Subject, m.Text)
						}
					}
					seen[m.ID] = true
				}
				return err
			}))
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s: letters are\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
		commune, epci := organisation("Valmont"), organisation("Agglomération")
		host, maire, chef := person("host", identity.HostAdministrator), person("maire"), person("chef")
		lea := person("lea")
		must(ids.SetMember(ctx, system, commune, maire, identity.Administrator))
		must(ids.SetMember(ctx, system, epci, chef, identity.Administrator))
		told("the first administrators", "maire: Vous rejoignez Valmont", "chef: Vous rejoignez Agglomération")

		must(ids.SetMember(ctx, in("maire"), commune, lea, identity.Reader))
		told("a member, by the administrator", "lea: Vous rejoignez Valmont")
		must(ids.SetMember(ctx, in("host"), commune, lea, identity.Editor))
		told("a role, by the host", "lea: Votre rôle change : Valmont", "maire: Le rôle d’un membre change : Valmont")

		m, err := ids.GiveMandate(ctx, in("host"), identity.Mandate{Organisation: commune, Delegate: epci, Reference: "abc"})
		must(err)
		told("a mandate, by the host", "maire: Un mandat pour publier : Valmont", "chef: Un mandat pour publier : Valmont")
		must(ids.RevokeMandate(ctx, in("maire"), m.ID))
		told("its end", "chef: Un mandat révoqué : Valmont")

		must(ids.SetHostRoles(ctx, in("host"), lea, identity.HostSet(identity.HostAuditor)))
		told("a role of the host", "lea: Vos rôles du portail changent")
		must(ids.SetHostRoles(ctx, in("host"), lea, identity.HostSet()))
		told("no role of the host", "lea: Vos rôles du portail changent")
		must(ids.ResetFactors(ctx, in("host"), lea))
		told("second factors", "lea: Votre second facteur est retiré")

		must(ids.RemoveMember(ctx, in("lea"), commune, lea))
		told("somebody leaves", "maire: Un membre de moins : Valmont")

		must(ids.SetDomains(ctx, in("maire"), commune, []string{"valmont.example"}))
		must(db.Write(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE people SET email_verified_at = $1`, tx.Now())
			return err
		}))
		ask := func() string {
			must(ids.AskToJoin(ctx, in("lea"), commune))
			list, err := ids.JoinRequests(ctx, in("maire"), commune)
			must(err)
			return list[0].ID
		}
		first := ask()
		told("a request", "maire: On demande à rejoindre Valmont")
		must(ids.DecideJoin(ctx, in("maire"), first, identity.NoRole))
		told("refused", "lea: Votre demande pour rejoindre Valmont")
		second := ask()
		told("again", "maire: On demande à rejoindre Valmont")
		must(ids.DecideJoin(ctx, in("maire"), second, identity.Contributor))
		told("accepted", "lea: Vous rejoignez Valmont")

		must(ids.ClosePerson(ctx, in("host"), lea))
		told("an account that is closed", "maire: Un membre de moins : Valmont")
		must(ids.SetMember(ctx, demonstration, commune, host, identity.Reader))
		told("the demonstration")
	})
}
