package app

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"socle/internal/errs"
	"socle/internal/proposal"
)

// Bounds of what a national service answers.
const (
	nationalTime  = 2 * time.Second
	nationalBytes = 512 << 10
	nationalText  = 200 // of an address or a name, in bytes
)

// proposals complete the answers to forms.
func (a *App) proposals() *proposal.Service {
	o := proposal.Options{Identity: a.Identity, Tables: a.Tables, Engine: a.Engine, Find: a.Find, Territory: a.Config.Host.Territory, Now: time.Now}
	if address := a.Config.Entries.AddressURL; address != "" {
		o.Addresses = addressService(address, a.trusting(address, nationalTime, nationalBytes))
	}
	if address := a.Config.Entries.CompanyURL; address != "" {
		o.Companies = companyService(address, a.trusting(address, nationalTime, nationalBytes))
	}
	return proposal.New(o)
}

// addressService asks the national address service, or one that answers as it does: a
// FeatureCollection whose features have a label.
func addressService(address string, client *http.Client) func(context.Context, string) ([]string, error) {
	return func(ctx context.Context, q string) (list []string, err error) {
		defer errs.Wrap(&err, "app.addressService")
		var answer struct {
			Features []struct {
				Properties struct {
					Label string `json:"label"`
				} `json:"properties"`
			} `json:"features"`
		}
		if err := national(ctx, client, address, url.Values{"q": {q}, "limit": {"8"}, "autocomplete": {"1"}}, &answer); err != nil {
			return nil, err
		}
		for _, f := range answer.Features {
			if l := f.Properties.Label; l != "" && len(l) <= nationalText {
				list = append(list, l)
			}
		}
		return list, nil
	}
}

// notDisclosed is what the service writes in place of a name that its owner keeps private.
const notDisclosed = "DIFFUSIBLE"

// establishment is one of a company, as the national service of companies writes it.
type establishment struct {
	SIRET   string `json:"siret"`
	Commune string `json:"libelle_commune"`
	State   string `json:"etat_administratif"` // "A": it is open
}

// companyService asks the national service of companies, or one that answers as it does:
// results that have a SIREN, a name, a seat, and the establishments that what is asked
// designates. Open ones alone are given.
func companyService(address string, client *http.Client) func(context.Context, string) ([]proposal.Company, error) {
	return func(ctx context.Context, q string) (list []proposal.Company, err error) {
		defer errs.Wrap(&err, "app.companyService")
		var answer struct {
			Results []struct {
				SIREN    string          `json:"siren"`
				FullName string          `json:"nom_complet"`
				Name     string          `json:"nom_raison_sociale"`
				Seat     establishment   `json:"siege"`
				Matching []establishment `json:"matching_etablissements"`
			} `json:"results"`
		}
		asks := url.Values{"q": {q}, "per_page": {"8"}, "minimal": {"true"}, "include": {"siege,matching_etablissements"}}
		if err := national(ctx, client, address, asks, &answer); err != nil {
			return nil, err
		}
		for _, r := range answer.Results {
			name := strings.Join(strings.Fields(r.FullName), " ")
			if name == "" {
				name = strings.Join(strings.Fields(r.Name), " ")
			}
			if !isNumber(r.SIREN, 9) || name == "" || len(name) > nationalText || strings.Contains(name, notDisclosed) {
				continue
			}
			for _, e := range append(r.Matching, r.Seat) {
				if e.State == "A" && isNumber(e.SIRET, 14) && len(e.Commune) <= nationalText {
					list = append(list, proposal.Company{SIREN: r.SIREN, SIRET: e.SIRET, Name: name, Commune: e.Commune})
				}
			}
		}
		return list, nil
	}
}

func isNumber(text string, digits int) bool {
	return len(text) == digits && strings.Trim(text, "0123456789") == ""
}

// national asks a service of the state and reads its answer, in JSON. What is typed and
// means nothing to the service (status 400) is an empty answer and no fault.
func national(ctx context.Context, client *http.Client, address string, asks url.Values, into any) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	v := u.Query()
	for name := range asks {
		v.Set(name, asks.Get(name))
	}
	u.RawQuery = v.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusOK:
		return json.NewDecoder(io.LimitReader(res.Body, nationalBytes)).Decode(into)
	case http.StatusBadRequest:
		return nil
	}
	return errs.New(errs.Busy, "errs.busy").WithHint("errs.busy.hint")
}
