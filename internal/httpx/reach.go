package httpx

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"socle/internal/errs"
)

// Reached is what an address gives, as its server says.
type Reached struct {
	MediaType string // "text/html", without parameters; "" when it does not say
	Bytes     int64  // -1 when it does not say
}

// Reacher tells whether an address gives a document, and which kind, without reading
// it, for packages that know no network: it asks for the head, and as many servers have
// none, or another answer, for that, then for the document itself, of which it takes
// nothing. The client is one of Client. Kinds: those of Fetch but TooLarge, as no size
// is too large.
func Reacher(client *http.Client) func(ctx context.Context, address string) (Reached, error) {
	return func(ctx context.Context, address string) (got Reached, err error) {
		defer errs.Wrap(&err, "httpx.Reacher")
		u, err := url.Parse(strings.TrimSpace(address))
		if err != nil {
			return got, errs.New(errs.Invalid, "httpx.address", errs.Args{"Address": address}).WithHint("httpx.address.hint")
		}
		if err := CheckURL(u); err != nil {
			return got, err
		}
		got, err = reach(ctx, client, http.MethodHead, u)
		if err != nil && !errs.Is(err, errs.Invalid) {
			got, err = reach(ctx, client, http.MethodGet, u)
		}
		return got, err
	}
}

func reach(ctx context.Context, client *http.Client, method string, u *url.URL) (Reached, error) {
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return Reached{}, err
	}
	res, err := client.Do(req)
	if errs.Is(err, errs.TooLarge) {
		return Reached{Bytes: -1}, nil // it is there
	}
	if err != nil {
		return Reached{}, err
	}
	_ = res.Body.Close() // what it holds does not matter
	kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	return Reached{kind, res.ContentLength}, refusal(u, res.StatusCode)
}
