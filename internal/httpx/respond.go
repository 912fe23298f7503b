package httpx

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"socle/internal/errs"
	"socle/internal/i18n"
)

// FileTag is the strong entity tag of bytes known by their SHA-256 (hex).
func FileTag(sha256Hex string) string { return `"` + sha256Hex + `"` }

// PageTag is a weak entity tag over what a page is made from (identifiers,
// versions, language): the same parts give the same page.
func PageTag(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = io.WriteString(h, strconv.Itoa(len(p))+":"+p)
	}
	return `W/"` + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12]) + `"`
}

// NotModified sets the ETag and, when the visitor already has that state
// (If-None-Match, GET and HEAD), answers 304 and reports true: the handler
// returns then. Call it before the work that the answer would cost.
func NotModified(w http.ResponseWriter, r *http.Request, tag string) bool {
	w.Header().Set("ETag", tag)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	if !matches(r.Header.Get("If-None-Match"), tag) {
		return false
	}
	w.Header().Del("Content-Type")
	w.WriteHeader(http.StatusNotModified)
	return true
}

// IfMatch is for writes: with an If-Match header that names another state than
// tag, it is a Conflict (status 412); without the header it is nil.
func IfMatch(r *http.Request, tag string) error {
	h := r.Header.Get("If-Match")
	if h == "" || matches(h, tag) {
		return nil
	}
	return WithStatus(errs.New(errs.Conflict, "httpx.changed").WithHint("httpx.changed.hint"), http.StatusPreconditionFailed)
}

// matches compares weakly (RFC 9110, 8.8.3.2) a list of tags with one.
func matches(header, tag string) bool {
	bare := strings.TrimPrefix(tag, "W/")
	for header != "" {
		header = strings.TrimLeft(header, " \t,")
		if strings.HasPrefix(header, "*") {
			return true
		}
		rest := strings.TrimPrefix(header, "W/")
		if !strings.HasPrefix(rest, `"`) {
			return false
		}
		end := strings.IndexByte(rest[1:], '"')
		if end < 0 {
			return false
		}
		if rest[:end+2] == bare {
			return true
		}
		header = rest[end+2:]
	}
	return false
}

// WriteHTML answers with a whole page. A GET of status 200 gets a weak tag from its
// bytes and 304 when the visitor has it.
func WriteHTML(w http.ResponseWriter, r *http.Request, status int, page []byte) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return WriteBytes(w, r, status, page)
}

// WriteBytes answers with a whole body whose Content-Type is set. Without a
// Cache-Control of the handler, caches must ask again each time.
func WriteBytes(w http.ResponseWriter, r *http.Request, status int, body []byte) error {
	h := w.Header()
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	if status == http.StatusOK && !strings.Contains(h.Get("Cache-Control"), "no-store") {
		tag := h.Get("ETag")
		if tag == "" {
			sum := sha256.Sum256(body)
			tag = `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		}
		if NotModified(w, r, tag) {
			return nil
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(body)
	return err
}

// WriteJSON answers with v as JSON.
func WriteJSON(w http.ResponseWriter, r *http.Request, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return WriteBytes(w, r, status, append(body, '\n'))
}

// ReadJSON reads the body into v: one JSON value, every member known.
// Kinds: Invalid (400 unreadable or unknown member, 415 another type), TooLarge.
func ReadJSON(r *http.Request, v any) error {
	t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || (t != "application/json" && !strings.HasSuffix(t, "+json")) {
		return WithStatus(errs.New(errs.Invalid, "httpx.json-type").WithHint("httpx.json-type.hint"), http.StatusUnsupportedMediaType)
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return unreadable(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return BadRequest("httpx.json", errs.Args{"Detail": "more than one value"})
	}
	return nil
}

func unreadable(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	var typ *json.UnmarshalTypeError
	if errors.As(err, &typ) && typ.Field != "" {
		return WithStatus(errs.New(errs.Invalid, "httpx.json", errs.Args{"Detail": typ.Field + ": " + typ.Value}).
			WithField(typ.Field, "httpx.json-field").Because(err), http.StatusBadRequest)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return BadRequest("httpx.json", errs.Args{"Detail": "unexpected end"})
	}
	return BadRequest("httpx.json", errs.Args{"Detail": strings.TrimPrefix(err.Error(), "json: ")})
}

// Digest is the SHA-256 of bytes in hex, for FileTag.
func Digest(b []byte) string { s := sha256.Sum256(b); return hex.EncodeToString(s[:]) }

// ErrorBody is the JSON of an error, the same in the API and the CLI.
type ErrorBody struct {
	Error struct {
		Code    string       `json:"code"`
		Kind    string       `json:"kind"`
		Message string       `json:"message"`
		Hint    string       `json:"hint,omitempty"`
		Fields  []ErrorField `json:"fields,omitempty"`
		Request string       `json:"request_id,omitempty"`
	} `json:"error"`
}

// ErrorField is the JSON of a problem of one named input.
type ErrorField struct {
	Name    string `json:"name"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// NewErrorBody says an error in a language, without its cause.
func NewErrorBody(l i18n.Lang, f Failure) ErrorBody {
	var b ErrorBody
	e := f.Error
	b.Error.Code, b.Error.Kind, b.Error.Request = e.Key, e.Kind.String(), f.RequestID
	b.Error.Message = i18n.T(l, e.Key, e.Args)
	if e.Hint != "" {
		b.Error.Hint = i18n.T(l, e.Hint, e.Args)
	}
	for _, x := range e.Fields {
		b.Error.Fields = append(b.Error.Fields, ErrorField{Name: x.Name, Code: x.Key, Message: i18n.T(l, x.Key, x.Args)})
	}
	return b
}

// JSONRenderer shows failures as ErrorBody in the language of Accept-Language.
func JSONRenderer(w http.ResponseWriter, r *http.Request, f Failure) {
	body, err := json.Marshal(NewErrorBody(i18n.Match(r.Header.Get("Accept-Language")), f))
	if err != nil {
		body = []byte(`{"error":{"code":"errs.internal","kind":"internal","message":"internal error"}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Language", string(i18n.Match(r.Header.Get("Accept-Language"))))
	w.WriteHeader(f.Status)
	_, _ = w.Write(append(body, '\n'))
}
