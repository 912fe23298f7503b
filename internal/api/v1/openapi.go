package v1

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"socle/internal/detect"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/schema/check"
)

// operation documents a route: what it takes and what it answers.
type operation struct {
	pattern string
	id      string // of the operation, and of its message openapi.op.ID
	path    []string
	query   []string
	header  []string
	rows    bool     // takes the parameters of a query, too
	body    any      // Go value of the JSON that is sent
	media   string   // of what is sent, when it is no JSON
	form    []string // fields of the multipart form that is sent
	answer  any      // Go value of the JSON answered
	file    string   // media type answered, when it is no JSON
	status  int      // of success; 0: 200
	signed  bool     // needs a token or a session
}

// operations lists what is documented; a test keeps it whole.
var operations = []operation{
	{pattern: "GET /api/v1/datasets", id: "listDatasets", query: []string{"q", "organisation", "theme", "keyword", "licence", "schema", "sort", "limit", "after"}, answer: datasetsAnswer{}},
	{pattern: "GET /api/v1/datasets/{ref}", id: "showDataset", path: []string{"ref"}, answer: datasetAnswer{}},
	{pattern: "GET /api/v1/organisations", id: "listOrganisations", query: []string{"q", "kind", "insee", "limit", "after"}, answer: organisationsAnswer{}},
	{pattern: "GET /api/v1/schemas", id: "listSchemas", query: []string{"national"}, answer: schemasAnswer{}},
	{pattern: "GET /api/v1/resources/{id}/rows", id: "listRows", path: []string{"id"}, query: []string{"version", "sort", "facet", "group", "aggregate", "offset", "after"}, rows: true, answer: rowsPage{}},
	{pattern: "GET /api/v1/resources/{id}/versions", id: "listVersions", path: []string{"id"}, query: []string{"before"}, answer: versionsAnswer{}},
	{pattern: "GET /api/v1/resources/{id}/schema", id: "showSchema", path: []string{"id"}, query: []string{"version"}, answer: map[string]any{}},
	{pattern: "GET /api/v1/resources/{id}/profile", id: "showProfile", path: []string{"id"}, query: []string{"version"}, answer: profileAnswer{}},
	{pattern: "GET /api/v1/resources/{id}/original", id: "downloadOriginal", path: []string{"id"}, query: []string{"version"}, file: "application/octet-stream"},
	{pattern: "GET /api/v1/resources/{id}/differences", id: "showDifferences", path: []string{"id"}, query: []string{"from", "to", "kind", "limit", "offset"}, answer: differenceAnswer{}},
	{pattern: "GET /api/v1/resources/{id}/differences.csv", id: "downloadDifferences", path: []string{"id"}, query: []string{"from", "to"}, file: "text/csv"},
	{pattern: "GET /api/v1/resources/{id}/features", id: "listFeatures", path: []string{"id"}, query: []string{"version", "bbox", "after"}, rows: true, file: "application/geo+json"},
	{pattern: "GET /api/v1/resources/{id}/tiles.json", id: "describeTiles", path: []string{"id"}, query: []string{"version"}, rows: true, answer: tileJSON{}},
	{pattern: "GET /api/v1/resources/{id}/tiles/{z}/{x}/{y}", id: "showTile", path: []string{"id", "z", "x", "y"}, query: []string{"version"}, rows: true, file: "application/vnd.mapbox-vector-tile"},
	{pattern: "GET /api/v1/resources/{id}/{file}", id: "export", path: []string{"id", "file"}, query: []string{"version", "sort", "offset", "variant", "delimiter", "bom", "decimal"}, rows: true, file: "application/octet-stream"},
	{pattern: "POST /api/v1/check", id: "checkFile", form: fileFields(checkFields), answer: check.Wire{}},
	{pattern: "POST /api/v1/describe", id: "describeFile", form: fileFields([]string{"type"}), answer: detect.Wire{}},
	{pattern: "GET /api/v1/openapi.json", id: "openapi", answer: map[string]any{}},

	{pattern: "GET /api/v1/forms", id: "listForms", answer: formsAnswer{}},
	{pattern: "GET /api/v1/forms/{id}", id: "showForm", path: []string{"id"}, answer: formAnswer{}},
	{pattern: "GET /api/v1/forms/{id}/entries", id: "listEntries", path: []string{"id"}, query: []string{"after", "limit", "mine", "state", "box"}, answer: entriesAnswer{}},
	{pattern: "POST /api/v1/forms/{id}/entries", id: "sendEntries", path: []string{"id"}, body: entriesRequest{}, answer: entryResults{}},
	{pattern: "GET /api/v1/forms/{id}/entries/{entry}", id: "showEntry", path: []string{"id", "entry"}, answer: entryAnswer{}},
	{pattern: "PUT /api/v1/forms/{id}/entries/{entry}", id: "sendEntry", path: []string{"id", "entry"}, body: entryRequest{}, answer: entryAnswer{}, status: http.StatusCreated},
	{pattern: "DELETE /api/v1/forms/{id}/entries/{entry}", id: "removeEntry", path: []string{"id", "entry"}, query: []string{"revision"}, answer: entryAnswer{}},
	{pattern: "GET /api/v1/forms/{id}/entries/{entry}/files/{sha256}", id: "downloadEntryFile", path: []string{"id", "entry", "sha256"}, file: "application/octet-stream"},
	{pattern: "PUT /api/v1/forms/{id}/entries/{entry}/files/{sha256}", id: "sendEntryFile", path: []string{"id", "entry", "sha256"}, media: "application/octet-stream", status: http.StatusNoContent},
	{pattern: "GET /api/v1/forms/{id}/entries/{entry}/history", id: "showEntryHistory", path: []string{"id", "entry"}, answer: historyAnswer{}, signed: true},
	{pattern: "POST /api/v1/forms/{id}/entries/{entry}/restore", id: "restoreEntry", path: []string{"id", "entry"}, body: restoreRequest{}, answer: entryAnswer{}, signed: true},
	{pattern: "POST /api/v1/forms/{id}/decisions", id: "decideEntries", path: []string{"id"}, body: decisionRequest{}, answer: decisionAnswer{}, signed: true},
	{pattern: "GET /api/v1/forms/{id}/events", id: "watchEntries", path: []string{"id"}, file: "text/event-stream"},
	{pattern: "GET /api/v1/resources/{id}/events", id: "watchVersions", path: []string{"id"}, file: "text/event-stream"},
	{pattern: "GET /api/v1/resources/{id}/entries/{entry}/files/{sha256}", id: "downloadTableFile", path: []string{"id", "entry", "sha256"}, file: "application/octet-stream"},
	{pattern: "GET /api/v1/resources/{id}/lines", id: "listLines", path: []string{"id"}, query: []string{"after", "limit", "layout"}, answer: linesAnswer{}, signed: true},
	{pattern: "GET /api/v1/resources/{id}/lines/removed", id: "listRemovedLines", path: []string{"id"}, query: []string{"after", "limit", "layout"}, answer: linesAnswer{}, signed: true},
	{pattern: "POST /api/v1/resources/{id}/lines", id: "sendLines", path: []string{"id"}, body: linesRequest{}, answer: lineResults{}, signed: true},
	{pattern: "GET /api/v1/resources/{id}/lines/events", id: "watchLines", path: []string{"id"}, file: "text/event-stream", signed: true},
	{pattern: "GET /api/v1/resources/{id}/lines/{entry}/history", id: "showLineHistory", path: []string{"id", "entry"}, query: []string{"layout"}, answer: lineHistory{}, signed: true},

	{pattern: "GET /api/v1/me", id: "me", answer: meAnswer{}, signed: true},
	{pattern: "OPTIONS /api/v1/uploads", id: "uploadOptions", status: http.StatusNoContent, signed: true},
	{pattern: "POST /api/v1/uploads", id: "createUpload", header: []string{"Tus-Resumable", "Upload-Length", "Upload-Metadata"}, status: http.StatusCreated, signed: true},
	{pattern: "HEAD /api/v1/uploads/{id}", id: "headUpload", path: []string{"id"}, header: []string{"Tus-Resumable"}, signed: true},
	{pattern: "PATCH /api/v1/uploads/{id}", id: "patchUpload", path: []string{"id"}, header: []string{"Tus-Resumable", "Upload-Offset"}, media: "application/offset+octet-stream", status: http.StatusNoContent, signed: true},
	{pattern: "DELETE /api/v1/uploads/{id}", id: "deleteUpload", path: []string{"id"}, header: []string{"Tus-Resumable"}, status: http.StatusNoContent, signed: true},
	{pattern: "POST /api/v1/imports", id: "createImport", body: importRequest{}, answer: importAnswer{}, status: http.StatusAccepted, signed: true},
	{pattern: "GET /api/v1/imports/{id}", id: "showImport", path: []string{"id"}, answer: importAnswer{}, signed: true},
	{pattern: "GET /api/v1/imports/{id}/report", id: "showReport", path: []string{"id"}, answer: check.Wire{}, signed: true},
	{pattern: "POST /api/v1/publications", id: "createPublication", body: publicationRequest{}, answer: datasetAnswer{}, status: http.StatusCreated, signed: true},
	{pattern: "GET /api/v1/follows", id: "listFollows", answer: followsAnswer{}, signed: true},
	{pattern: "POST /api/v1/follows", id: "createFollow", body: followRequest{}, answer: followAnswer{}, status: http.StatusCreated, signed: true},
	{pattern: "DELETE /api/v1/follows/{id}", id: "deleteFollow", path: []string{"id"}, status: http.StatusNoContent, signed: true},
}

// rowsPage is what writeRows writes.
type rowsPage struct {
	Columns []columnAnswer   `json:"columns"`
	Rows    []map[string]any `json:"rows"`
	rowsAnswer
}

// wholeNumbers are the parameters that are.
var wholeNumbers = map[string]bool{"limit": true, "offset": true, "version": true, "from": true, "to": true, "before": true, "revision": true, "z": true, "x": true, "Upload-Length": true, "Upload-Offset": true}

// The document, as OpenAPI 3.1.1 names its parts.
type (
	openAPI struct {
		OpenAPI    string                          `json:"openapi"`
		Info       openInfo                        `json:"info"`
		Servers    []openServer                    `json:"servers"`
		Paths      map[string]map[string]openRoute `json:"paths"`
		Components openComponents                  `json:"components"`
	}
	openInfo struct {
		Title       string `json:"title"`
		Description string `json:"description"`
		Version     string `json:"version"`
	}
	openServer struct {
		URL string `json:"url"`
	}
	openRoute struct {
		OperationID string                  `json:"operationId"`
		Summary     string                  `json:"summary"`
		Parameters  []openParameter         `json:"parameters,omitempty"`
		RequestBody *openBody               `json:"requestBody,omitempty"`
		Responses   map[string]openResponse `json:"responses"`
		Security    []map[string][]string   `json:"security,omitempty"`
	}
	openParameter struct {
		Name        string     `json:"name"`
		In          string     `json:"in"`
		Description string     `json:"description"`
		Required    bool       `json:"required,omitempty"`
		Style       string     `json:"style,omitempty"`
		Explode     bool       `json:"explode,omitempty"`
		Schema      openSchema `json:"schema"`
	}
	openBody struct {
		Required bool                 `json:"required"`
		Content  map[string]openMedia `json:"content"`
	}
	openResponse struct {
		Description string               `json:"description"`
		Content     map[string]openMedia `json:"content,omitempty"`
	}
	openMedia struct {
		Schema openSchema `json:"schema"`
	}
	openComponents struct {
		Schemas         map[string]openSchema `json:"schemas"`
		SecuritySchemes map[string]openScheme `json:"securitySchemes"`
	}
	openScheme struct {
		Type   string `json:"type"`
		Scheme string `json:"scheme"`
	}
	openSchema struct {
		Ref                  string                `json:"$ref,omitempty"`
		Type                 []string              `json:"type,omitempty"`
		Format               string                `json:"format,omitempty"`
		Description          string                `json:"description,omitempty"`
		Minimum              *int                  `json:"minimum,omitempty"`
		Items                *openSchema           `json:"items,omitempty"`
		Properties           map[string]openSchema `json:"properties,omitempty"`
		Required             []string              `json:"required,omitempty"`
		AdditionalProperties *openSchema           `json:"additionalProperties,omitempty"`
	}
)

// openapi answers with the description of the API, in the language asked for.
func (api *API) openapi(w http.ResponseWriter, r *http.Request) error {
	if err := only(r); err != nil {
		return err
	}
	return httpx.WriteJSON(w, r, http.StatusOK, api.document(lang(r)))
}

func (api *API) document(l i18n.Lang) openAPI {
	d := openAPI{
		OpenAPI: "3.1.1", Info: openInfo{i18n.T(l, "openapi.title"), i18n.T(l, "openapi.description"), "1"}, Servers: []openServer{{api.link()}},
		Paths:      map[string]map[string]openRoute{},
		Components: openComponents{Schemas: map[string]openSchema{}, SecuritySchemes: map[string]openScheme{"token": {"http", "bearer"}}},
	}
	for _, o := range operations {
		method, path, _ := strings.Cut(o.pattern, " ")
		if d.Paths[path] == nil {
			d.Paths[path] = map[string]openRoute{}
		}
		d.Paths[path][strings.ToLower(method)] = d.route(l, o)
	}
	return d
}

func (d openAPI) route(l i18n.Lang, o operation) openRoute {
	out := openRoute{OperationID: o.id, Summary: i18n.T(l, "openapi.op."+o.id), Responses: map[string]openResponse{}}
	in := func(where string, names []string) {
		for _, name := range names {
			p := openParameter{Name: name, In: where, Description: i18n.T(l, "openapi.param."+name), Required: where == "path" || where == "header", Schema: openSchema{Type: []string{"string"}}}
			if wholeNumbers[name] {
				zero := 0
				p.Schema = openSchema{Type: []string{"integer"}, Minimum: &zero}
			}
			out.Parameters = append(out.Parameters, p)
		}
	}
	in("path", o.path)
	in("query", o.query)
	if o.rows {
		in("query", []string{"q", "where", "select", "limit"})
		out.Parameters = append(out.Parameters, openParameter{Name: "filters", In: "query", Description: i18n.T(l, "openapi.param.filters"), Style: "form", Explode: true,
			Schema: openSchema{Type: []string{"object"}, AdditionalProperties: &openSchema{Type: []string{"string"}}}})
	}
	in("header", o.header)
	if !strings.HasPrefix(o.pattern, "OPTIONS") {
		in("query", []string{"lang"})
	}
	switch {
	case o.body != nil:
		out.RequestBody = &openBody{true, map[string]openMedia{"application/json": {d.schema(reflect.TypeOf(o.body))}}}
	case len(o.form) > 0:
		out.RequestBody = &openBody{true, map[string]openMedia{"multipart/form-data": {formSchema(l, o.form)}}}
	case o.media != "":
		out.RequestBody = &openBody{true, map[string]openMedia{o.media: {openSchema{}}}}
	}
	status := o.status
	if status == 0 {
		status = http.StatusOK
	}
	ok := openResponse{Description: http.StatusText(status)}
	switch {
	case o.answer != nil:
		ok.Content = map[string]openMedia{"application/json": {d.schema(reflect.TypeOf(o.answer))}}
	case o.file != "":
		ok.Content = map[string]openMedia{o.file: {openSchema{}}}
	}
	out.Responses[strconv.Itoa(status)] = ok
	out.Responses["default"] = openResponse{i18n.T(l, "openapi.error"), map[string]openMedia{"application/json": {d.schema(reflect.TypeOf(httpx.ErrorBody{}))}}}
	if o.signed {
		out.Security = []map[string][]string{{"token": {}}}
	}
	return out
}

// formSchema describes the fields of a form; "file" is bytes.
func formSchema(l i18n.Lang, fields []string) openSchema {
	s := openSchema{Type: []string{"object"}, Properties: map[string]openSchema{}}
	for _, name := range fields {
		p := openSchema{Type: []string{"string"}, Description: i18n.T(l, "openapi.form."+name)}
		if name == "file" {
			p.Format = "binary"
		}
		s.Properties[name] = p
	}
	return s
}

var (
	timeType = reflect.TypeFor[time.Time]()
	rawType  = reflect.TypeFor[json.RawMessage]()
)

// schema describes the JSON of a Go type; structures with a name become
// components, each once.
func (d openAPI) schema(t reflect.Type) openSchema {
	switch {
	case t == timeType:
		return openSchema{Type: []string{"string"}, Format: "date-time"}
	case t == rawType, t.Kind() == reflect.Interface:
		return openSchema{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		s := d.schema(t.Elem())
		if s.Ref != "" { // a structure that may be null is described in place
			s = d.structure(t.Elem())
		}
		s.Type = append(s.Type, "null")
		return s
	case reflect.Struct:
		if t.Name() == "" {
			return d.structure(t)
		}
		name := strings.TrimSuffix(t.Name(), "Answer")
		name = strings.ToUpper(name[:1]) + name[1:]
		if _, ok := d.Components.Schemas[name]; !ok {
			d.Components.Schemas[name] = openSchema{} // for those that hold themselves
			d.Components.Schemas[name] = d.structure(t)
		}
		return openSchema{Ref: "#/components/schemas/" + name}
	case reflect.Slice, reflect.Array:
		items := d.schema(t.Elem())
		return openSchema{Type: []string{"array"}, Items: &items}
	case reflect.Map:
		values := d.schema(t.Elem())
		return openSchema{Type: []string{"object"}, AdditionalProperties: &values}
	case reflect.Bool:
		return openSchema{Type: []string{"boolean"}}
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint32, reflect.Uint64:
		return openSchema{Type: []string{"integer"}}
	case reflect.Float32, reflect.Float64:
		return openSchema{Type: []string{"number"}}
	}
	return openSchema{Type: []string{"string"}}
}

func (d openAPI) structure(t reflect.Type) openSchema {
	s := openSchema{Type: []string{"object"}, Properties: map[string]openSchema{}}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			inner := d.structure(f.Type)
			maps.Copy(s.Properties, inner.Properties)
			s.Required = append(s.Required, inner.Required...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		s.Properties[name] = d.schema(f.Type)
		if options == "" {
			s.Required = append(s.Required, name)
		}
	}
	return s
}
