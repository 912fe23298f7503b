package httpx

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"socle/internal/errs"
)

// Document is what an address gave.
type Document struct {
	Body      []byte // nil when Unchanged
	ETag      string // of the other server, "" when it says none
	Unchanged bool   // the document is the one of the ETag that was sent
}

// Fetch reads the document at an address, at most limit bytes. With the ETag of a
// document read before, the other server may answer that it is unchanged. The
// client is one of Client. Kinds: Invalid (the address), NotFound (the other
// server answers otherwise than 200 or 304), TooLarge, Busy.
func Fetch(ctx context.Context, client *http.Client, address, etag string, limit int64) (d Document, err error) {
	defer errs.Wrap(&err, "httpx.Fetch")
	res, u, err := visit(ctx, client, address, etag)
	if err != nil {
		return d, err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNotModified && etag != "" {
		return Document{ETag: etag, Unchanged: true}, nil
	}
	if res.StatusCode != http.StatusOK {
		return d, badStatus(u, res)
	}
	d.ETag = res.Header.Get("ETag")
	if d.Body, err = io.ReadAll(io.LimitReader(res.Body, limit+1)); err != nil {
		return Document{}, err
	}
	if int64(len(d.Body)) > limit {
		return Document{}, answerTooLarge(limit)
	}
	return d, nil
}

// Fetcher is Fetch with a client and a limit, for packages that know no network.
func Fetcher(client *http.Client, limit int64) func(ctx context.Context, address, etag string) (Document, error) {
	return func(ctx context.Context, address, etag string) (Document, error) {
		return Fetch(ctx, client, address, etag, limit)
	}
}

// IsAddress tells whether a text is meant as the address of a document on the web.
func IsAddress(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s))
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}

// visit asks for an address. The caller closes the body.
func visit(ctx context.Context, client *http.Client, address, etag string) (*http.Response, *url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return nil, nil, errs.New(errs.Invalid, "httpx.address", errs.Args{"Address": address}).WithHint("httpx.address.hint")
	}
	if err := CheckURL(u); err != nil {
		return nil, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, nil, err
	}
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	res, err := client.Do(req)
	return res, u, err
}

func badStatus(u *url.URL, res *http.Response) error {
	return errs.New(errs.NotFound, "httpx.download-status", errs.Args{"Address": RedactURL(u), "Status": res.StatusCode}).WithHint("httpx.download-status.hint")
}
