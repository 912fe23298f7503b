package tabular

import (
	"path"
	"strings"

	"socle/internal/errs"
	"socle/internal/i18n"
)

// Format is a way to keep a table in a file.
type Format struct {
	Name       string   // stable: in addresses, in options, in Info
	Extensions []string // with the dot, the usual one first
	MediaType  string   // IANA, or the usual one
	Read       bool
	Write      bool
	Places     bool // only tables that say where their rows lie can be written in it
	MaxRows    int  // rows that a file can hold; 0: no limit
}

// Formats lists the formats, those offered first for download first.
var Formats = []Format{
	{Name: "csv", Extensions: []string{".csv", ".txt"}, MediaType: "text/csv; charset=utf-8", Read: true, Write: true},
	{Name: "xlsx", Extensions: []string{".xlsx", ".xlsm"}, MediaType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Read: true, Write: true, MaxRows: sheetRowsMax},
	{Name: "ods", Extensions: []string{".ods"}, MediaType: "application/vnd.oasis.opendocument.spreadsheet", Read: true, Write: true, MaxRows: sheetRowsMax},
	{Name: "json", Extensions: []string{".json"}, MediaType: "application/json", Read: true, Write: true},
	{Name: "jsonl", Extensions: []string{".jsonl", ".ndjson"}, MediaType: "application/x-ndjson", Read: true, Write: true},
	{Name: "geojson", Extensions: []string{".geojson"}, MediaType: "application/geo+json", Read: true, Write: true},
	{Name: "parquet", Extensions: []string{".parquet"}, MediaType: "application/vnd.apache.parquet", Read: true, Write: true},
	{Name: "geoparquet", Extensions: []string{".geoparquet"}, MediaType: "application/vnd.apache.parquet", Read: true, Write: true, Places: true},
	{Name: "kml", Extensions: []string{".kml"}, MediaType: "application/vnd.google-earth.kml+xml", Read: true, Write: true, Places: true},
	{Name: "kmz", Extensions: []string{".kmz"}, MediaType: "application/vnd.google-earth.kmz", Read: true, Write: true, Places: true},
	{Name: "gpx", Extensions: []string{".gpx"}, MediaType: "application/gpx+xml", Read: true, Write: true, Places: true},
	{Name: "gpkg", Extensions: []string{".gpkg"}, MediaType: "application/geopackage+sqlite3", Read: true, Write: true},
	{Name: "shp", Extensions: []string{".zip"}, MediaType: "application/zip", Read: true, Write: true, Places: true},
	{Name: "dbf", Extensions: []string{".dbf"}, MediaType: "application/vnd.dbf", Read: true},
	{Name: "tsv", Extensions: []string{".tsv", ".tab"}, MediaType: "text/tab-separated-values; charset=utf-8", Read: true, Write: true},
	{Name: "xls", Extensions: []string{".xls"}, MediaType: "application/vnd.ms-excel", Read: true},
	{Name: "fixed", Extensions: []string{".prn"}, MediaType: "text/plain; charset=utf-8", Read: true},
}

// Text reports whether files of the format are text: packing makes them smaller.
func (f Format) Text() bool {
	switch f.Name {
	case "csv", "tsv", "json", "jsonl", "geojson", "kml", "gpx":
		return true
	}
	return false
}

// Fits refuses more rows than a file of the format can hold. Kinds: TooLarge.
func (f Format) Fits(rows int64) error {
	if f.MaxRows > 0 && rows > int64(f.MaxRows) {
		return fail(errs.TooLarge, CodeFormat, "tabular.sheet-rows", errs.Args{"Limit": i18n.Number(f.MaxRows), "Format": f.Name})
	}
	return nil
}

// FormatNamed finds a format by its name.
func FormatNamed(name string) (Format, bool) {
	for _, f := range Formats {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// FormatOf guesses the format of a file by its name; false when it says nothing.
func FormatOf(file string) (Format, bool) {
	ext := strings.ToLower(path.Ext(file))
	for _, f := range Formats {
		for _, e := range f.Extensions {
			if e == ext {
				return f, true
			}
		}
	}
	return Format{}, false
}
