// Package client speaks to the API of a Socle portal (/api/v1): it finds
// datasets, reads rows, sends files and publishes them. The command line and the
// tests use it.
package client

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client is a portal and, with a token, who asks.
type Client struct {
	base  *url.URL
	token string
	lang  string
	http  *http.Client
	pause func(context.Context, time.Duration) error
}

// Options of New.
type Options struct {
	Token string       // "" reads what is public
	Lang  string       // of what the portal says: "fr" or "en"; "" leaves it to the portal
	HTTP  *http.Client // nil: one that gives up on a server silent for a minute
}

// New makes a client of the portal at an address such as https://data.example.fr.
func New(address string, o Options) (*Client, error) {
	u, err := url.Parse(strings.TrimSuffix(address, "/"))
	if err != nil {
		return nil, err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("not an address of a portal: %q", address)
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: time.Minute, TLSHandshakeTimeout: 15 * time.Second,
			IdleConnTimeout: time.Minute, DialContext: (&net.Dialer{Timeout: 15 * time.Second}).DialContext}}
	}
	return &Client{base: u, token: o.Token, lang: o.Lang, http: o.HTTP, pause: sleep}, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Error is an answer that says no.
type Error struct {
	Status  int    // HTTP status
	Kind    string // kind of error: invalid, not-found, conflict, denied, sign-in, too-large, busy, internal
	Message string
	Hint    string
	Fields  []FieldError
}

// FieldError is a problem of one member of the request.
type FieldError struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

func (e *Error) Error() string {
	s := e.Message
	for _, f := range e.Fields {
		s += "\n" + f.Name + ": " + f.Message
	}
	if e.Hint != "" {
		s += "\n" + e.Hint
	}
	return s
}

// call sends a request and decodes the answer into out, unless it is nil.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := c.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		return failure(res)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(out)
}

func (c *Client) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	address := path
	if !strings.Contains(path, "://") {
		address = c.base.String() + path
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if c.lang != "" {
		req.Header.Set("Accept-Language", c.lang)
	}
	if c.token != "" && strings.HasPrefix(address, c.base.String()+"/") {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return req, nil
}

func failure(res *http.Response) error {
	var body struct {
		Error struct {
			Kind, Message, Hint string
			Fields              []FieldError
		} `json:"error"`
	}
	e := &Error{Status: res.StatusCode, Kind: "internal", Message: res.Status}
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err == nil && json.Unmarshal(b, &body) == nil && body.Error.Message != "" {
		e.Kind, e.Message, e.Hint, e.Fields = body.Error.Kind, body.Error.Message, body.Error.Hint, body.Error.Fields
	}
	return e
}

// Upload is a file on its way in.
type Upload struct {
	ID     string
	Offset int64
	path   string
}

// UploadFile sends size bytes of r in pieces, taking up again after a cut; told
// gives the bytes that are safe and may be nil.
func (c *Client) UploadFile(ctx context.Context, organisation, name string, r io.ReaderAt, size int64, told func(done int64)) (Upload, error) {
	req, err := c.request(ctx, http.MethodPost, "/api/v1/uploads", nil)
	if err != nil {
		return Upload{}, err
	}
	b64 := base64.StdEncoding.EncodeToString
	req.Header.Set("Tus-Resumable", "1.0.0")
	req.Header.Set("Upload-Length", strconv.FormatInt(size, 10))
	req.Header.Set("Upload-Metadata", "filename "+b64([]byte(name))+",organisation "+b64([]byte(organisation)))
	res, err := c.http.Do(req)
	if err != nil {
		return Upload{}, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		return Upload{}, failure(res)
	}
	location, err := res.Request.URL.Parse(res.Header.Get("Location"))
	if err != nil {
		return Upload{}, err
	}
	u := Upload{path: location.String()}
	u.ID = u.path[strings.LastIndexByte(u.path, '/')+1:]
	for failures := 0; u.Offset < size; {
		before := u.Offset
		if err = c.send(ctx, &u, r, size); err == nil {
			failures = 0
			if told != nil {
				told(u.Offset)
			}
			continue
		}
		if failures++; failures > 5 || ctx.Err() != nil || refused(err) {
			return u, err
		}
		if err := c.pause(ctx, time.Duration(failures*failures)*200*time.Millisecond); err != nil {
			return u, err
		}
		if err := c.resume(ctx, &u); err != nil && refused(err) {
			return u, err
		}
		if u.Offset > before {
			failures = 0
		}
	}
	return u, nil
}

// refused reports whether trying again is of no use.
func refused(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status >= 400 && e.Status < 500 && e.Status != http.StatusConflict && e.Status != http.StatusTooManyRequests
}

// piece is how much is sent in one request.
const piece = 16 << 20

func (c *Client) send(ctx context.Context, u *Upload, r io.ReaderAt, size int64) error {
	req, err := c.request(ctx, http.MethodPatch, u.path, io.NewSectionReader(r, u.Offset, min(piece, size-u.Offset)))
	if err != nil {
		return err
	}
	req.ContentLength = min(piece, size-u.Offset)
	req.Header.Set("Tus-Resumable", "1.0.0")
	req.Header.Set("Content-Type", "application/offset+octet-stream")
	req.Header.Set("Upload-Offset", strconv.FormatInt(u.Offset, 10))
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		return failure(res)
	}
	u.Offset, err = strconv.ParseInt(res.Header.Get("Upload-Offset"), 10, 64)
	return err
}

// resume asks how much is safe.
func (c *Client) resume(ctx context.Context, u *Upload) error {
	req, err := c.request(ctx, http.MethodHead, u.path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Tus-Resumable", "1.0.0")
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return failure(res)
	}
	u.Offset, err = strconv.ParseInt(res.Header.Get("Upload-Offset"), 10, 64)
	return err
}
