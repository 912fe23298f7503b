package httpx

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"socle/internal/errs"
)

// Reacher tells whether an address gives a document, without reading it, for packages
// that know no network: it asks for the head, and as many servers have none, or another
// answer, for that, then for the document itself, of which it takes nothing. The client
// is one of Client. Kinds: those of Fetch but TooLarge, as no size is too large.
func Reacher(client *http.Client) func(ctx context.Context, address string) error {
	return func(ctx context.Context, address string) (err error) {
		defer errs.Wrap(&err, "httpx.Reacher")
		u, err := url.Parse(strings.TrimSpace(address))
		if err != nil {
			return errs.New(errs.Invalid, "httpx.address", errs.Args{"Address": address}).WithHint("httpx.address.hint")
		}
		if err := CheckURL(u); err != nil {
			return err
		}
		err = reach(ctx, client, http.MethodHead, u)
		if err != nil && !errs.Is(err, errs.Invalid) {
			err = reach(ctx, client, http.MethodGet, u)
		}
		return err
	}
}

func reach(ctx context.Context, client *http.Client, method string, u *url.URL) error {
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if errs.Is(err, errs.TooLarge) {
		return nil // it is there
	}
	if err != nil {
		return err
	}
	_ = res.Body.Close() // what it holds does not matter
	return refusal(u, res.StatusCode)
}
