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
