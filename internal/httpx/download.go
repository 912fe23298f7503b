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
// server answers otherwise than 200), TooLarge, Busy.
func Download(ctx context.Context, client *http.Client, address string, w io.Writer, limit int64) (name string, err error) {
	defer errs.Wrap(&err, "httpx.Download")
	res, u, err := visit(ctx, client, address, "")
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", badStatus(u, res)
	}
	n, err := io.Copy(w, io.LimitReader(res.Body, limit+1))
	if err != nil {
		return "", err
	}
	if n > limit {
		return "", answerTooLarge(limit)
	}
	return downloadName(res), nil
}

// Visitor is Download that asks for what changed since an etag, for packages that
// know no network: changed is false when the other server says that nothing did.
func Visitor(client *http.Client) func(ctx context.Context, address, etag string, w io.Writer, limit int64) (name, newETag string, changed bool, err error) {
	return func(ctx context.Context, address, etag string, w io.Writer, limit int64) (name, newETag string, changed bool, err error) {
		defer errs.Wrap(&err, "httpx.Visitor")
		res, u, err := visit(ctx, client, address, etag)
		if err != nil {
			return "", "", false, err
		}
		defer res.Body.Close()
		switch {
		case etag != "" && res.StatusCode == http.StatusNotModified:
			return "", etag, false, nil
		case res.StatusCode >= http.StatusInternalServerError || res.StatusCode == http.StatusTooManyRequests:
			return "", "", false, errs.New(errs.Busy, "httpx.download-status", errs.Args{"Address": RedactURL(u), "Status": res.StatusCode}).WithHint("httpx.download-status.hint")
		case res.StatusCode != http.StatusOK:
			return "", "", false, badStatus(u, res)
		}
		n, err := io.Copy(w, io.LimitReader(res.Body, limit+1))
		if err != nil {
			return "", "", false, err
		}
		if n > limit {
			return "", "", false, answerTooLarge(limit)
		}
		return downloadName(res), res.Header.Get("ETag"), true, nil
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
