package explore

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"socle/internal/interop/jsonrow"
	"socle/internal/query"
	"socle/internal/tabular"
)

// Limits of the API: rows of a page and how far pages go, without and with groups.
const (
	DefaultLimit  = 10
	MaxLimit      = 100
	MaxDepth      = 10_000
	MaxGroups     = 20_000
	DefaultGroups = 100
)

// Records is the answer to …/records and, with other results, to …/datasets.
type Records[T any] struct {
	Total   *int64 `json:"total_count,omitempty"` // none for groups
	Results []T    `json:"results"`
}

// Link is an address among _links.
type Link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
}

// Dataset is a dataset of the catalogue.
type Dataset struct {
	Links       *[]Link      `json:"_links,omitempty"`
	ID          string       `json:"dataset_id"`
	UID         string       `json:"dataset_uid"`
	Attachments []Attachment `json:"attachments"`
	HasRecords  bool         `json:"has_records"`
	DataVisible bool         `json:"data_visible"`
	Features    []string     `json:"features"` // geo, analyze, timeserie
	Fields      []Field      `json:"fields"`
	Metas       Metas        `json:"metas"`
}

// Attachment is a file that goes with a dataset, in the list of the dataset.
type Attachment struct {
	MediaType string `json:"mimetype"`
	Title     string `json:"title"`
	URL       string `json:"url"`
	ID        string `json:"id"`
	Format    string `json:"-"` // short name, for catalogues that have a place for it
}

// Attached is an Attachment in the list of its own.
type Attached struct {
	Href  string `json:"href"`
	Metas struct {
		MediaType string `json:"mime-type"`
		Title     string `json:"title"`
		URL       string `json:"url"`
		ID        string `json:"id"`
	} `json:"metas"`
}

// Attached is the attachment as its own list has it.
func (a Attachment) Attached() (out Attached) {
	out.Href = a.URL
	out.Metas.MediaType, out.Metas.Title, out.Metas.URL, out.Metas.ID = a.MediaType, a.Title, a.URL, a.ID
	return out
}

// Field is a column of a dataset.
type Field struct {
	Name        string         `json:"name"`
	Label       string         `json:"label"`
	Type        string         `json:"type"`
	Annotations map[string]any `json:"annotations"`
	Description *string        `json:"description"`
}

// Metas are the descriptions of a dataset.
type Metas struct {
	Default Default        `json:"default"`
	DCAT    map[string]any `json:"dcat"`
}

// Default is the description that all datasets have.
type Default struct {
	Title                       string     `json:"title"`
	Description                 string     `json:"description"` // HTML
	Theme                       []string   `json:"theme"`
	Keyword                     []string   `json:"keyword"`
	License                     string     `json:"license"`
	LicenseURL                  string     `json:"license_url"`
	Language                    string     `json:"language"`
	MetadataLanguages           []string   `json:"metadata_languages"`
	Timezone                    *string    `json:"timezone"`
	Modified                    time.Time  `json:"modified"`
	ModifiedUpdatesOnMetadata   bool       `json:"modified_updates_on_metadata_change"`
	ModifiedUpdatesOnDataChange bool       `json:"modified_updates_on_data_change"`
	DataProcessed               *time.Time `json:"data_processed"`
	MetadataProcessed           time.Time  `json:"metadata_processed"`
	GeographicReference         []string   `json:"geographic_reference"`
	GeographicReferenceAuto     bool       `json:"geographic_reference_auto"`
	Territory                   []string   `json:"territory"`
	GeometryTypes               []string   `json:"geometry_types"`
	Bbox                        any        `json:"bbox"`
	Publisher                   string     `json:"publisher"`
	References                  *string    `json:"references"`
	RecordsCount                int64      `json:"records_count"`
	Attributions                []string   `json:"attributions"`
	SourceDomain                *string    `json:"source_domain"`
	SourceDomainTitle           *string    `json:"source_domain_title"`
	SourceDomainAddress         *string    `json:"source_domain_address"`
	SourceDataset               *string    `json:"source_dataset"`
	OAuthScope                  *string    `json:"oauth_scope"`
	ParentDomain                *string    `json:"parent_domain"`
	UpdateFrequency             *string    `json:"update_frequency"`
	Federated                   bool       `json:"federated"`
}

// FieldOf describes a column.
func FieldOf(f tabular.Field, label, description string) Field {
	out := Field{Name: f.Name, Label: label, Type: Type(f), Annotations: map[string]any{}}
	if label == "" {
		out.Label = f.Name
	}
	if description != "" {
		out.Description = &description
	}
	return out
}

// Type is the type of a column: text, int, double, boolean, date, datetime,
// geo_point_2d or geo_shape.
func Type(f tabular.Field) string {
	switch f.Geometry {
	case "point-lonlat":
		return "geo_point_2d"
	case "":
	default:
		return "geo_shape"
	}
	switch f.Kind {
	case tabular.Int:
		return "int"
	case tabular.Float:
		return "double"
	case tabular.Bool:
		return "boolean"
	case tabular.Date:
		return "date"
	case tabular.Timestamp:
		return "datetime"
	}
	return "text"
}

// Features says what can be done with columns.
func Features(fields []tabular.Field) []string {
	out := []string{}
	geo, time, number := false, false, false
	for _, f := range fields {
		geo = geo || f.Geometry != ""
		time = time || f.Kind == tabular.Date || f.Kind == tabular.Timestamp
		number = number || f.Kind == tabular.Int || f.Kind == tabular.Float
	}
	if geo {
		out = append(out, "geo")
	}
	if number || len(fields) > 0 {
		out = append(out, "analyze")
	}
	if time {
		out = append(out, "timeserie")
	}
	return out
}

// Cell is a cell of a record: points as {"lon","lat"}, shapes as features,
// instants in a zone with their offset.
func Cell(f tabular.Field, cell []byte, zone *time.Location) json.RawMessage {
	if cell == nil {
		return jsonrow.Null
	}
	switch {
	case f.Geometry == "point-lonlat":
		lon, lat, ok := strings.Cut(string(cell), ",")
		x, err1 := strconv.ParseFloat(strings.TrimSpace(lon), 64)
		y, err2 := strconv.ParseFloat(strings.TrimSpace(lat), 64)
		if ok && err1 == nil && err2 == nil {
			number := func(v float64) []byte { return strconv.AppendFloat(nil, v, 'f', -1, 64) }
			return jsonObject(jsonrow.Object{{Name: "lon", Value: number(x)}, {Name: "lat", Value: number(y)}})
		}
		return jsonrow.Null
	case f.Geometry == "geojson" && len(cell) > 0 && cell[0] == '{' && json.Valid(cell):
		return jsonObject(jsonrow.Object{{Name: "type", Value: jsonrow.Text("Feature")}, {Name: "geometry", Value: cell}, {Name: "properties", Value: json.RawMessage("{}")}})
	case f.Kind == tabular.Timestamp:
		v, ok := query.ParseValue(tabular.Timestamp, string(cell))
		if ok {
			return instant(v, f.Local, zone)
		}
	}
	return jsonrow.Cell(f.Kind, cell)
}

func jsonObject(o jsonrow.Object) json.RawMessage {
	b, err := o.MarshalJSON()
	if err != nil {
		return jsonrow.Null
	}
	return b
}

// instant is 2025-01-31T08:30:00+01:00; one without zone is of the zone shown.
func instant(v query.Value, local bool, zone *time.Location) json.RawMessage {
	t := tabular.Instant(v.Int)
	if local {
		t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone)
	}
	return jsonrow.Text(t.In(zone).Format("2006-01-02T15:04:05.999999-07:00"))
}

// Value is a computed value.
func Value(v *query.Value, zone *time.Location) json.RawMessage {
	if v != nil && v.Kind == tabular.Timestamp {
		return instant(*v, false, zone)
	}
	return jsonrow.Value(v)
}

// Facets is the answer to …/facets.
type Facets struct {
	Links  []Link       `json:"_links"`
	Facets []FacetGroup `json:"facets"`
}

// FacetGroup is the values of one facet.
type FacetGroup struct {
	Name   string       `json:"name"`
	Facets []FacetValue `json:"facets"`
}

// FacetValue is a value and how many records have it; state is displayed or refined.
type FacetValue struct {
	Count int64        `json:"count"`
	State string       `json:"state"`
	Name  string       `json:"name"`
	Value string       `json:"value"`
	Below []FacetValue `json:"facets,omitempty"` // of a date: months of a year
}

// Error is the answer to a request that cannot be understood.
type Error struct {
	Message string `json:"message"`
	Code    string `json:"error_code"`
}

// Codes of Error.
const (
	CodeODSQL            = "ODSQLError"
	CodeInvalidParameter = "InvalidRESTParameterError"
	CodeUnknownParameter = "UnknownRESTParameterError"
	CodeUnknownDataset   = "DatasetNotFoundError"
	CodeUnknownRecord    = "RecordNotFoundError"
	CodeNotFound         = "NotFoundError"
	CodeInternal         = "InternalError"
)

// ODSQLError says what is wrong in a clause.
func ODSQLError(clause, why string) Error {
	return Error{Message: "ODSQL query is malformed: " + why + " Clause(s) containing the error(s): " + clause + ".", Code: CodeODSQL}
}

// TooMany is the answer to a visitor who asks too much.
type TooMany struct {
	Code  int    `json:"errorcode"`
	Reset string `json:"reset_time"` // RFC 3339
	Unit  string `json:"limit_time_unit"`
	Limit int    `json:"call_limit"`
	Error string `json:"error"`
}

// ExportFormat is a format of …/exports.
type ExportFormat struct {
	Name      string // in the address
	Tabular   string // of package tabular
	MediaType string
	Extension string // of files
	Places    bool   // only of tables that have places
}

// ExportFormats lists the formats in which records are exported.
var ExportFormats = []ExportFormat{
	{"csv", "csv", "text/csv; charset=utf-8", "csv", false},
	{"geojson", "geojson", "application/geo+json; charset=utf-8", "geojson", false},
	{"geoparquet", "geoparquet", "application/vnd.apache.parquet", "parquet", true},
	{"gpx", "gpx", "application/gpx+xml; charset=utf-8", "gpx", true},
	{"json", "json", "application/json; charset=utf-8", "json", false},
	{"jsonl", "jsonl", "application/jsonl; charset=utf-8", "jsonl", false},
	{"kml", "kml", "application/vnd.google-earth.kml+xml; charset=utf-8", "kml", true},
	{"parquet", "parquet", "application/vnd.apache.parquet", "parquet", false},
	{"shp", "shp", "application/zip", "zip", true},
	{"xlsx", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", false},
}
