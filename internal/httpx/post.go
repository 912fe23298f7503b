package httpx

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"socle/internal/errs"
)

// postAnswer is how much of an answer is read, so that its connection serves again.
const postAnswer = 64 << 10

// Post sends a body to an address and returns the status answered; what the answer
// holds is thrown away. The client is one of Client. Kinds: Invalid (the address),
// Busy, TooLarge.
func Post(ctx context.Context, client *http.Client, address string, header map[string]string, body []byte) (status int, err error) {
	defer errs.Wrap(&err, "httpx.Post")
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return 0, errs.New(errs.Invalid, "httpx.address", errs.Args{"Address": "…"}).WithHint("httpx.address.hint")
	}
	if err := CheckURL(u); err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, withoutAddress(err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, postAnswer))
	return res.StatusCode, nil
}

// withoutAddress takes the whole address, which may hold a secret, out of an error.
func withoutAddress(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// Poster is Post with a client, for packages that know no network.
func Poster(client *http.Client) func(ctx context.Context, address string, header map[string]string, body []byte) (int, error) {
	return func(ctx context.Context, address string, header map[string]string, body []byte) (int, error) {
		return Post(ctx, client, address, header, body)
	}
}
