package compat

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/interop/ogc"
)

// ogcAnswer gives faults of a request the status 400.
func ogcAnswer(h httpx.HandlerFunc) httpx.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Add("Vary", "Accept, Accept-Language")
		err := h(w, r)
		if err != nil && httpx.Status(err) == http.StatusUnprocessableEntity {
			return httpx.WithStatus(err, http.StatusBadRequest)
		}
		return err
	}
}

// ogcFailure shows failures as RFC 7807 says.
func ogcFailure(w http.ResponseWriter, r *http.Request, f httpx.Failure) {
	body, err := json.Marshal(ogc.Exception{Title: http.StatusText(f.Status), Status: f.Status, Detail: said(r, f.Error)})
	if err != nil {
		body = []byte("{}") // texts only
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(f.Status)
	_, _ = w.Write(append(body, '\n'))
}

// ogcGive answers with JSON, or with a page of the same.
func (api *API) ogcGive(w http.ResponseWriter, r *http.Request, mediaType string, v any, page func() ogcView) error {
	html, err := wantsHTML(r, mediaType)
	if err != nil {
		return err
	}
	if html {
		return page().show(w, r)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", mediaType)
	return httpx.WriteBytes(w, r, http.StatusOK, b.Bytes())
}

// wantsHTML reports that an answer is to be a page and not of a media type of JSON: as f says, else as
// Accept likes it better. Errors: Invalid, for another f, and with the status 406 for an
// Accept of neither.
func wantsHTML(r *http.Request, mediaType string) (bool, error) {
	switch f := r.URL.Query().Get("f"); f {
	case "html":
		return true, nil
	case "json", "geojson":
		return false, nil
	case "":
		page, data := liked(r, ogc.HTML), liked(r, mediaType, ogc.JSON)
		if page+data == 0 {
			return false, notAcceptable(mediaType, ogc.HTML)
		}
		return page > data, nil
	default:
		return false, badParameter("f", f)
	}
}

func notAcceptable(mediaTypes ...string) error {
	err := errs.New(errs.Invalid, "compat.ogc.accept", errs.Args{"Types": strings.Join(mediaTypes, ", ")}).WithHint("compat.ogc.accept.hint")
	return httpx.WithStatus(err, http.StatusNotAcceptable)
}

// liked is how much Accept likes a media type by one of its names, from 0 to 1: the most precise range counts, parameters but
// q set aside (RFC 9110, 12.5.1). All is liked by a header that is missing or says nothing.
func liked(r *http.Request, names ...string) float64 {
	best, quality, understood := 0, 0.0, false
	for text := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		kind, parameters, err := mime.ParseMediaType(text)
		if err != nil || !strings.Contains(kind, "/") {
			continue
		}
		q := 1.0
		if text, given := parameters["q"]; given {
			if q, err = strconv.ParseFloat(text, 64); err != nil || !(q >= 0 && q <= 1) {
				continue
			}
		}
		understood = true
		for _, name := range names {
			name, _, _ = strings.Cut(name, ";")
			major, _, _ := strings.Cut(name, "/")
			precision := map[string]int{"*/*": 1, major + "/*": 2, name: 3}[kind]
			if precision > best || precision == best && precision > 0 && q > quality {
				best, quality = precision, q
			}
		}
	}
	if !understood {
		return 1
	}
	return quality
}
