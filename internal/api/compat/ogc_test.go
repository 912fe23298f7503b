package compat_test

import (
	"slices"
	"strings"
	"testing"

	"socle/internal/publish"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// ogcRequired lists the requirements of the classes that the portal declares, by the end of their identifiers:
// that of a class ogcapi-features-1/1.0/conf/core is http://www.opengis.net/spec/ogcapi-features-1/1.0/req/core/NAME. Sources:
// OGC 17-069r4 (Features 1), 18-058r1 (2), 19-079r2 (3), 21-065r2 (CQL2), 20-057 (Tiles 1). Those of CQL2 in text and in JSON
// that depend on a class of CQL2 which is not declared are listed, too: see notDeclared.
var ogcRequired = map[string][]string{
	"ogcapi-features-1/1.0/conf/core": {
		"root-op", "root-success", "api-definition-op", "api-definition-success", "conformance-op", "conformance-success", "http",
		"query-param-unknown", "query-param-invalid", "crs84", "fc-md-op", "fc-md-success", "fc-md-links", "fc-md-items", "fc-md-items-links",
		"fc-md-extent", "fc-md-extent-multi", // the latter is of the drafts of 1.1; the portal keeps it
		"sfc-md-op", "sfc-md-success", "fc-op", "fc-limit-definition", "fc-limit-response-1", "fc-bbox-definition", "fc-bbox-response",
		"fc-time-definition", "fc-time-response", "fc-response", "fc-links", "fc-rel-type", "fc-timeStamp", "fc-numberMatched",
		"fc-numberReturned", "f-op", "f-success", "f-links",
	},
	"ogcapi-features-1/1.0/conf/html":    {"definition", "content"},
	"ogcapi-features-1/1.0/conf/geojson": {"definition", "content"},
	"ogcapi-features-1/1.0/conf/oas30":   {"oas-definition-1", "oas-definition-2", "oas-impl", "completeness", "exception-codes", "security"},
	"ogcapi-features-2/1.0/conf/crs": {
		"crs-uri", "fc-md-crs-list", "fc-md-storageCrs", "fc-md-storageCrs-valid-value", "fc-md-crs-list-global", "fc-bbox-crs-definition",
		"fc-bbox-crs-valid-value", "fc-bbox-crs-default-value", "fc-bbox-crs-action", "fc-crs-definition", "fc-crs-valid-value",
		"fc-crs-default-value", "fc-crs-action", "geojson", "ogc-crs-header", "ogc-crs-header-value",
	},
	"ogcapi-features-3/1.0/conf/queryables":                  {"queryables-link", "get-queryables-op", "get-queryables-response", "expression-construction"},
	"ogcapi-features-3/1.0/conf/queryables-query-parameters": {"parameters"},
	"ogcapi-features-3/1.0/conf/filter": {
		"filter-param", "filter-lang-param", "filter-crs-wgs84", "filter-crs-param", "mixing-expressions", "get-functions-operation",
		"get-functions-response-json", "response",
	},
	"ogcapi-features-3/1.0/conf/features-filter": {"get-queryables-op", "queryables-link", "filter-param", "filter-lang-param", "filter-crs-param", "response"},
	"cql2/1.0/conf/basic-cql2":                   {"cql2-filter", "property", "binary-comparison-predicate", "null-predicate"},
	"cql2/1.0/conf/cql2-text":                    append([]string{"basic-cql2", "escaping"}, cql2More...),
	"cql2/1.0/conf/cql2-json":                    append([]string{"basic-cql2"}, cql2More...),
	"ogcapi-tiles-1/1.0/conf/core": {
		"conformance-success", "tc-op", "tc-tilematrix-definition", "tc-tilerow-definition", "tc-tilecol-definition", "tc-success", "tc-error",
	},
	"ogcapi-tiles-1/1.0/conf/tileset":          {"description"},
	"ogcapi-tiles-1/1.0/conf/tilesets-list":    {"tileset-links"},
	"ogcapi-tiles-1/1.0/conf/geodata-tilesets": {"operation", "desc-links"},
	"ogcapi-tiles-1/1.0/conf/mvt":              {"content"},
}

// cql2More are the classes beyond basic CQL2; a requirement of each encoding has the name of each.
var cql2More = []string{
	"advanced-comparison-operators", "case-insensitive-comparison", "accent-insensitive-comparison", "basic-spatial-functions", "spatial-functions",
	"temporal-functions", "array-functions", "property-property", "functions", "arithmetic",
}

// proofs say what a requirement asks, in our words, and try it.
type proofs map[string]func(*testing.T, *ogcClient)

var ogcProofs = map[string]proofs{
	"ogcapi-features-1/1.0/conf/core":                        merged(ogcMetadataProofs, ogcItemsProofs),
	"ogcapi-features-1/1.0/conf/html":                        ogcHTMLProofs,
	"ogcapi-features-1/1.0/conf/geojson":                     ogcGeoJSONProofs,
	"ogcapi-features-1/1.0/conf/oas30":                       ogcDefinitionProofs,
	"ogcapi-features-2/1.0/conf/crs":                         ogcSystemsProofs,
	"ogcapi-features-3/1.0/conf/queryables":                  ogcQueryablesProofs,
	"ogcapi-features-3/1.0/conf/queryables-query-parameters": ogcParametersProofs,
	"ogcapi-features-3/1.0/conf/filter":                      ogcFilterProofs,
	"ogcapi-features-3/1.0/conf/features-filter":             ogcFeaturesFilterProofs,
	"cql2/1.0/conf/basic-cql2":                               cql2Proofs,
	"cql2/1.0/conf/cql2-text":                                merged(cql2TextProofs, notDeclared()),
	"cql2/1.0/conf/cql2-json":                                merged(cql2JSONProofs, notDeclared()),
	"ogcapi-tiles-1/1.0/conf/core":                           ogcTilesProofs,
	"ogcapi-tiles-1/1.0/conf/tileset":                        ogcTilesetProofs,
	"ogcapi-tiles-1/1.0/conf/tilesets-list":                  ogcTilesetsProofs,
	"ogcapi-tiles-1/1.0/conf/geodata-tilesets":               ogcGeodataTilesProofs,
	"ogcapi-tiles-1/1.0/conf/mvt":                            ogcMVTProofs,
}

func merged(list ...proofs) proofs {
	all := proofs{}
	for _, some := range list {
		for name, proof := range some {
			if all[name] != nil {
				panic(name + " is proven twice")
			}
			all[name] = proof
		}
	}
	return all
}

// TestOGC proves each requirement of each class that the portal says it keeps. A class without list, a requirement without
// proof, a proof without requirement: all are failures.
func TestOGC(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		c := openOGC(t, db)
		var declared []string
		for _, uri := range c.good(t, ogcRoot+"/conformance", jsonT).JSON.ConformsTo {
			declared = append(declared, strings.TrimPrefix(uri, "http://www.opengis.net/spec/"))
		}
		for class := range ogcRequired {
			if !slices.Contains(declared, class) {
				t.Errorf("%s has requirements here and is not declared", class)
			}
		}
		for _, class := range declared {
			names := ogcRequired[class]
			if len(names) == 0 {
				t.Errorf("%s is declared, and its requirements are not listed", class)
			}
			for name := range ogcProofs[class] {
				if !slices.Contains(names, name) {
					t.Errorf("%s: %s is proven and is no requirement", class, name)
				}
			}
			for _, name := range names {
				t.Run(strings.Replace(class, "/conf/", "/req/", 1)+"/"+name, func(t *testing.T) {
					proof := ogcProofs[class][name]
					if proof == nil {
						t.Fatal("nothing proves it")
					}
					proof(t, c)
				})
			}
		}
	})
}

// Tables of the test beside those of every portal: shapes with dates, one of each without; and more points than a page has, in
// two columns of numbers, a minute and about eight metres apart.
const ogcPlaces = `{"type":"FeatureCollection","features":[
{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[1,43],[1.4,43],[1.4,43.1],[1.1,43.1],[1.1,43.4],[1,43.4],[1,43]]]},"properties":{"nom":"Équerre","pose":"2025-01-31","releve":"2025-01-31T08:30:00Z","actif":true,"nombre":3,"hauteur":1.5}},
{"type":"Feature","geometry":{"type":"LineString","coordinates":[[2,44],[3,45]]},"properties":{"nom":"Chemin d'Aran","pose":"2024-06-15","releve":"2024-06-15T23:59:59Z","actif":false,"nombre":1,"hauteur":2.25}},
{"type":"Feature","geometry":{"type":"Point","coordinates":[179.9,-17]},"properties":{"nom":"Est","pose":"2025-02-01","releve":"2025-02-01T00:00:00Z","actif":true,"nombre":2,"hauteur":3}},
{"type":"Feature","geometry":{"type":"Point","coordinates":[-179.9,-17]},"properties":{"nom":"Ouest","pose":"2023-12-31","releve":"2023-12-31T12:00:00Z","actif":false,"nombre":4,"hauteur":4}},
{"type":"Feature","geometry":null,"properties":{"nom":"Sans lieu","pose":"2022-05-05","releve":"2022-05-05T05:05:05Z","actif":true,"nombre":5,"hauteur":5}},
{"type":"Feature","geometry":{"type":"Point","coordinates":[1.36,43.5]},"properties":{"nom":"C:\\dir","pose":null,"releve":null,"actif":null,"nombre":null,"hauteur":null}}]}`

const manyPoints = 1100

func openOGC(t *testing.T, db *sqldb.DB) *ogcClient {
	t.Helper()
	p := openPortal(t, db)
	p.bring("Lieux", "lieux.geojson", ogcPlaces, publish.Public)
	p.bring("Points", "points.csv", pointsFile(), publish.Public)
	return newOGCClient(t, p)
}
