package httpx

import (
	"bytes"
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
	var b bytes.Buffer
	a, err := take(ctx, client, address, etag, &b, limit)
	if err != nil {
		return Document{}, err
	}
	return Document{Body: b.Bytes(), ETag: a.etag, Unchanged: a.unchanged}, nil
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

// taken says what an address gave.
type taken struct {
	name      string // that the other server gives the file, or the last part of the address
	etag      string
	unchanged bool // nothing was given: it is still what the etag names
}

// take copies what an address gives into w, at most limit bytes, unless it is still
// what etag names.
func take(ctx context.Context, client *http.Client, address, etag string, w io.Writer, limit int64) (taken, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return taken{}, errs.New(errs.Invalid, "httpx.address", errs.Args{"Address": address}).WithHint("httpx.address.hint")
	}
	if err := CheckURL(u); err != nil {
		return taken{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return taken{}, err
	}
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	res, err := client.Do(req)
	if err != nil {
		return taken{}, err
	}
	defer res.Body.Close()
	if etag != "" && res.StatusCode == http.StatusNotModified {
		return taken{etag: etag, unchanged: true}, nil
	}
	if err := refusal(u, res.StatusCode); err != nil {
		return taken{}, err
	}
	n, err := io.Copy(w, io.LimitReader(res.Body, limit+1))
	if err != nil {
		return taken{}, err
	}
	if n > limit {
		return taken{}, answerTooLarge(limit)
	}
	return taken{name: downloadName(res), etag: res.Header.Get("ETag")}, nil
}

// refusal is what a status other than 200 means to who wanted the document.
func refusal(u *url.URL, status int) error {
	switch told := (errs.Args{"Address": RedactURL(u), "Status": status}); {
	case status >= http.StatusInternalServerError || status == http.StatusTooManyRequests:
		return errs.New(errs.Busy, "httpx.download-later", told).WithHint("httpx.download-later.hint")
	case status != http.StatusOK:
		return errs.New(errs.NotFound, "httpx.download-status", told).WithHint("httpx.download-status.hint")
	}
	return nil
}
