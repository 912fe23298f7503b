package httpx

import (
	"context"
	"io"
	"mime"
	"net/http"
	"path"

	"socle/internal/errs"
)

// Download copies what an address gives into w, at most limit bytes, and returns
// the name that the other server gives the file, or the last part of the address.
// The client is one of Client. Kinds: Invalid (the address), NotFound (the other
// server answers otherwise than 200), TooLarge, Busy (it does not answer, or answers
// that it cannot for now).
func Download(ctx context.Context, client *http.Client, address string, w io.Writer, limit int64) (name string, err error) {
	defer errs.Wrap(&err, "httpx.Download")
	a, err := take(ctx, client, address, "", w, limit)
	return a.name, err
}

// Visitor is Download that asks for what changed since an etag, for packages that
// know no network: changed is false when the other server says that nothing did.
func Visitor(client *http.Client) func(ctx context.Context, address, etag string, w io.Writer, limit int64) (name, newETag string, changed bool, err error) {
	return func(ctx context.Context, address, etag string, w io.Writer, limit int64) (name, newETag string, changed bool, err error) {
		defer errs.Wrap(&err, "httpx.Visitor")
		a, err := take(ctx, client, address, etag, w, limit)
		return a.name, a.etag, err == nil && !a.unchanged, err
	}
}

func downloadName(res *http.Response) string {
	if _, params, err := mime.ParseMediaType(res.Header.Get("Content-Disposition")); err == nil {
		if name := path.Base(params["filename"]); name != "." && name != "/" {
			return name
		}
	}
	if name := path.Base(res.Request.URL.Path); name != "." && name != "/" {
		return name
	}
	return res.Request.URL.Hostname()
}
