package app

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"time"

	"socle/internal/errs"
	"socle/internal/proposal"
)

const (
	addressTime  = 2 * time.Second
	addressBytes = 256 << 10
)

// proposals complete the answers to forms.
func (a *App) proposals() *proposal.Service {
	o := proposal.Options{Identity: a.Identity, Tables: a.Tables, Engine: a.Engine, Find: a.Find, Territory: a.Config.Host.Territory, Now: time.Now}
	if address := a.Config.Entries.AddressURL; address != "" {
		o.Addresses = addressService(address, a.trusting(address, addressTime, addressBytes))
	}
	return proposal.New(o)
}

// addressService asks the national address service, or one that answers as it does: a
// FeatureCollection whose features have a label.
func addressService(address string, client *http.Client) func(context.Context, string) ([]string, error) {
	return func(ctx context.Context, q string) (list []string, err error) {
		defer errs.Wrap(&err, "app.addressService")
		u, err := url.Parse(address)
		if err != nil {
			return nil, err
		}
		v := u.Query()
		v.Set("q", q)
		v.Set("limit", "8")
		v.Set("autocomplete", "1")
		u.RawQuery = v.Encode()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Accept", "application/json")
		res, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		defer res.Body.Close()
		if res.StatusCode == http.StatusBadRequest {
			return nil, nil // what is typed is no address to it: no proposal, and no fault
		}
		if res.StatusCode != http.StatusOK {
			return nil, errs.New(errs.Busy, "errs.busy").WithHint("errs.busy.hint")
		}
		var answer struct {
			Features []struct {
				Properties struct {
					Label string `json:"label"`
				} `json:"properties"`
			} `json:"features"`
		}
		if err := json.NewDecoder(io.LimitReader(res.Body, addressBytes)).Decode(&answer); err != nil {
			return nil, err
		}
		for _, f := range answer.Features {
			if l := f.Properties.Label; l != "" && len(l) <= 200 {
				list = append(list, l)
			}
		}
		return list, nil
	}
}
