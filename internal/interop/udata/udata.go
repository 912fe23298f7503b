package udata

import (
	"encoding/json"
	"time"

	"socle/internal/interop/jsonrow"
	"socle/internal/query"
	"socle/internal/tabular"
)

// MaxDownload is how many rows …/data/csv/ and …/data/json/ give.
const MaxDownload = 50_000

// RowID is the number of a row, from 1, first member of each.
const RowID = "__id"

// Link is an address of the API.
type Link struct {
	Href string `json:"href"`
	Type string `json:"type"`
	Rel  string `json:"rel"`
}

// Resource is the answer to /api/resources/{id}/.
type Resource struct {
	Created time.Time `json:"created_at"`
	URL     string    `json:"url"` // of the original file
	Links   []Link    `json:"links"`
}

// Profiled is the answer to …/profile/.
type Profiled struct {
	Profile Profile    `json:"profile"`
	Deleted *time.Time `json:"deleted_at"`
	Dataset string     `json:"dataset_id"`
	Indexes []string   `json:"indexes"`
}

// Profile says what a table is, as csv-detective does.
type Profile struct {
	Header      []string                 `json:"header"`
	Columns     map[string]Column        `json:"columns"`
	Encoding    string                   `json:"encoding"`
	Separator   string                   `json:"separator"`
	HeaderRow   int                      `json:"header_row_idx"`
	Headings    int                      `json:"heading_columns"`
	Trailing    int                      `json:"trailing_columns"`
	Total       int64                    `json:"total_lines"`
	Duplicates  int64                    `json:"nb_duplicates"`
	Categorical []string                 `json:"categorical"`
	Formats     map[string][]string      `json:"formats"`
	Columnwise  map[string]ColumnProfile `json:"profile"`
}

// Column is what a column holds.
type Column struct {
	Score  float64 `json:"score"`
	Format string  `json:"format"`
	Python string  `json:"python_type"`
}

// ColumnProfile is what is in a column; the figures of numbers only where there are some.
type ColumnProfile struct {
	Tops     []Top    `json:"tops"`
	Distinct int64    `json:"nb_distinct"`
	Missing  int64    `json:"nb_missing_values"`
	Min      *float64 `json:"min,omitempty"`
	Max      *float64 `json:"max,omitempty"`
	Mean     *float64 `json:"mean,omitempty"`
	Std      *float64 `json:"std,omitempty"`
}

// Top is a frequent value.
type Top struct {
	Count int64  `json:"count"`
	Value string `json:"value"`
}

// ColumnOf says what a column holds by the names of csv-detective.
func ColumnOf(f tabular.Field) Column {
	c := Column{Score: 1, Format: "string", Python: "string"}
	switch {
	case f.Geometry == "point-lonlat":
		c.Format = "latlon_wgs"
	case f.Geometry != "":
		c.Format, c.Python = "geojson", "json"
	}
	if f.Geometry != "" {
		return c
	}
	switch f.Kind {
	case tabular.Int:
		c.Format, c.Python = "int", "int"
	case tabular.Float:
		c.Format, c.Python = "float", "float"
	case tabular.Bool:
		c.Format, c.Python = "booleen", "bool"
	case tabular.Date:
		c.Format, c.Python = "date", "date"
	case tabular.Timestamp:
		c.Format, c.Python = "datetime_iso", "datetime"
	case tabular.JSON:
		c.Format, c.Python = "json", "json"
	}
	return c
}

// Data is the answer to …/data/.
type Data struct {
	Data  []jsonrow.Object `json:"data"`
	Links DataLinks        `json:"links"`
	Meta  Meta             `json:"meta"`
}

// DataLinks leads on from a page.
type DataLinks struct {
	Profile string  `json:"profile"`
	Swagger string  `json:"swagger"`
	Next    *string `json:"next"`
	Prev    *string `json:"prev"`
}

// Meta says which page it is.
type Meta struct {
	Page     int    `json:"page"`
	PageSize int    `json:"page_size"`
	Total    *int64 `json:"total,omitempty"` // none for groups
}

// Errors is the answer to what cannot be answered.
type Errors struct {
	Errors []Error `json:"errors"`
}

// Error is one of them.
type Error struct {
	Code   *string `json:"code"`
	Title  string  `json:"title"`
	Detail string  `json:"detail"`
}

// Fault makes an answer of one error.
func Fault(title, detail string) Errors { return Errors{[]Error{{Title: title, Detail: detail}}} }

// Swagger is the OpenAPI description of a table, restricted to the operators that each
// column has. JSON is YAML too.
func Swagger(base, id, title string, fields []tabular.Field) ([]byte, error) {
	parameters := []map[string]any{
		parameter("page", "integer", "Numéro de la page, à partir de 1"),
		parameter("page_size", "integer", "Lignes par page, 50 au plus"),
		parameter("columns", "string", "Colonnes à garder, séparées par des virgules"),
	}
	properties := map[string]any{RowID: map[string]any{"type": "integer"}}
	for _, f := range fields {
		properties[f.Name] = map[string]any{"type": jsonType(f.Kind), "nullable": true}
		for _, op := range query.TabularOperators(f.Kind) {
			p := parameter(f.Name+"__"+op, "string", f.Name+" "+op)
			switch op {
			case "isnull", "isnotnull", "groupby", "count", "avg", "sum", "min", "max":
				p["allowEmptyValue"] = true
			case "sort":
				p["schema"] = map[string]any{"type": "string", "enum": []string{"asc", "desc"}}
			}
			parameters = append(parameters, p)
		}
	}
	answer := map[string]any{"description": "OK", "content": map[string]any{"application/json": map[string]any{"schema": map[string]any{
		"type": "object", "properties": map[string]any{
			"data":  map[string]any{"type": "array", "items": map[string]any{"type": "object", "properties": properties}},
			"links": map[string]any{"type": "object"}, "meta": map[string]any{"type": "object"},
		}}}}}
	return json.MarshalIndent(map[string]any{
		"openapi": "3.0.3",
		"info":    map[string]any{"title": title, "version": "1.0.0"},
		"servers": []map[string]any{{"url": base}},
		"paths": map[string]any{"/api/resources/" + id + "/data/": map[string]any{"get": map[string]any{
			"summary": title, "parameters": parameters, "responses": map[string]any{"200": answer}}}},
	}, "", "  ")
}

func parameter(name, kind, description string) map[string]any {
	return map[string]any{"name": name, "in": "query", "description": description, "required": false, "schema": map[string]any{"type": kind}}
}

func jsonType(k tabular.Kind) string {
	switch k {
	case tabular.Int:
		return "integer"
	case tabular.Float:
		return "number"
	case tabular.Bool:
		return "boolean"
	case tabular.JSON:
		return "object"
	}
	return "string"
}
