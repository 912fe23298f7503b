package client

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Import is one reading of a file.
type Import struct {
	ID       string `json:"id"`
	Revision int    `json:"revision"`
	State    string `json:"state"` // queued, checked, failed
	Progress *struct {
		Done  int64 `json:"done"`
		Total int64 `json:"total"`
	} `json:"progress"`
	Outcome *struct {
		Valid    bool       `json:"valid"`
		Rows     int64      `json:"rows"`
		Errors   int        `json:"errors"`
		Warnings int        `json:"warnings"`
		Repaired int        `json:"repaired"`
		Personal []struct { // columns that seem to be about persons
			Kind    string   `json:"kind"`
			Columns []string `json:"columns"`
			Message string   `json:"message"`
			Rule    string   `json:"rule"`
			Ways    []string `json:"ways"`
		} `json:"personal"`
	} `json:"outcome"`
	Failure *struct {
		Message string `json:"message"`
		Hint    string `json:"hint"`
	} `json:"failure"`
}

// ImportRequest says how an upload is read.
type ImportRequest struct {
	Upload     string            `json:"upload"`
	Schema     string            `json:"schema,omitempty"`
	Format     string            `json:"format,omitempty"`
	Encoding   string            `json:"encoding,omitempty"`
	Delimiter  string            `json:"delimiter,omitempty"`
	Sheet      string            `json:"sheet,omitempty"`
	HeaderRows *int              `json:"header_rows,omitempty"`
	CRS        string            `json:"crs,omitempty"`    // of the coordinates: EPSG:2154; "none" adds no columns of degrees
	Types      map[string]string `json:"types,omitempty"`  // of columns of a table without schema, by label
	Repair     string            `json:"repair,omitempty"` // "" or "safe"
}

// StartImport has an upload read.
func (c *Client) StartImport(ctx context.Context, in ImportRequest) (Import, error) {
	var i Import
	return i, c.call(ctx, http.MethodPost, "/api/v1/imports", in, &i)
}

// FindImport returns an import.
func (c *Client) FindImport(ctx context.Context, id string) (Import, error) {
	var i Import
	return i, c.call(ctx, http.MethodGet, "/api/v1/imports/"+url.PathEscape(id), nil, &i)
}

// WaitImport waits until an import is checked or failed.
func (c *Client) WaitImport(ctx context.Context, i Import, told func(Import)) (Import, error) {
	for wait := 50 * time.Millisecond; i.State == "queued"; wait = min(2*wait, time.Second) {
		if err := c.pause(ctx, wait); err != nil {
			return i, err
		}
		var err error
		if i, err = c.FindImport(ctx, i.ID); err != nil {
			return i, err
		}
		if told != nil {
			told(i)
		}
	}
	return i, nil
}

// Report returns the report of an import as the contract of `socle check` has it.
func (c *Client) Report(ctx context.Context, importID, lang string) ([]byte, error) {
	req, err := c.request(ctx, http.MethodGet, "/api/v1/imports/"+url.PathEscape(importID)+"/report?lang="+url.QueryEscape(lang), nil)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, failure(res)
	}
	return io.ReadAll(io.LimitReader(res.Body, 64<<20))
}

// Dataset is what is catalogued, as far as a script needs it.
type Dataset struct {
	ID           string     `json:"id"`
	Slug         string     `json:"slug"`
	URL          string     `json:"url"`
	Title        string     `json:"title"`
	Organisation string     `json:"organisation"`
	State        string     `json:"state"`
	Resources    []Resource `json:"resources"`
}

// Resource is one table, file or link of a dataset.
type Resource struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Title  string `json:"title"`
	Rows   int64  `json:"rows"`
	Latest int    `json:"version"`
}

// PublishRequest makes a checked import public: as the next version of a dataset
// (its id or slug) or, with a title, as a new dataset of the import's organisation.
type PublishRequest struct {
	Import      string   `json:"import"`
	Dataset     string   `json:"dataset,omitempty"`
	Title       string   `json:"title,omitempty"`
	Description string   `json:"description,omitempty"`
	Licence     string   `json:"licence,omitempty"`
	Themes      []string `json:"themes,omitempty"`
	Keywords    []string `json:"keywords,omitempty"`
	Frequency   string   `json:"frequency,omitempty"`
	Note        string   `json:"note,omitempty"`
	Visibility  string   `json:"visibility,omitempty"` // "public" (default) or "internal"
	Personal    string   `json:"personal,omitempty"`   // why columns that seem to be about persons may be published
}

// Publish makes an import public.
func (c *Client) Publish(ctx context.Context, in PublishRequest) (Dataset, error) {
	var d Dataset
	return d, c.call(ctx, http.MethodPost, "/api/v1/publications", in, &d)
}

// FindDataset returns a dataset by id or slug.
func (c *Client) FindDataset(ctx context.Context, ref string) (Dataset, error) {
	var d Dataset
	return d, c.call(ctx, http.MethodGet, "/api/v1/datasets/"+url.PathEscape(ref), nil, &d)
}

// Organisation is one in which the token's owner may act.
type Organisation struct {
	ID   string `json:"id"`
	Slug string `json:"slug"`
	Name string `json:"name"`
	Role string `json:"role"`
}

// Me is who the token is.
type Me struct {
	Name          string         `json:"name"`
	Organisations []Organisation `json:"organisations"`
}

// Me returns who the token is and where it may act.
func (c *Client) Me(ctx context.Context) (Me, error) {
	var m Me
	return m, c.call(ctx, http.MethodGet, "/api/v1/me", nil, &m)
}

// Page is rows of a table.
type Page struct {
	Columns []struct {
		Name string `json:"name"`
		Type string `json:"type"`
	} `json:"columns"`
	Rows  []map[string]any `json:"rows"`
	Total int64            `json:"total"`
	Next  string           `json:"next"` // address of the next page; "" at the end
}

// Rows returns a page of a table; the query is that of the page's address.
func (c *Client) Rows(ctx context.Context, resource string, query url.Values) (Page, error) {
	var p Page
	return p, c.call(ctx, http.MethodGet, "/api/v1/resources/"+url.PathEscape(resource)+"/rows?"+query.Encode(), nil, &p)
}

// Download copies a resource in a format (csv, xlsx, parquet, json, jsonl…), or
// "original" for the bytes as they were brought.
func (c *Client) Download(ctx context.Context, resource, format string, query url.Values, w io.Writer) error {
	path := "/api/v1/resources/" + url.PathEscape(resource)
	if format == "original" {
		path += "/original"
	} else {
		path += "/export." + format + "?" + query.Encode()
	}
	req, err := c.request(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "*/*")
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return failure(res)
	}
	_, err = io.Copy(w, res.Body)
	return err
}
