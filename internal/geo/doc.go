// Package geo knows geometries and where they lie: their forms in files (GeoJSON,
// WKB) and the projections in use in France, to and from WGS 84.
//
// A geometry is a value of github.com/paulmach/orb, in two dimensions: heights and
// measures are read over. In cells of a table it is GeoJSON (RFC 7946), longitude
// and latitude in degrees of WGS 84, whatever the file held it in.
//
// It must not know tables, columns or files: the readers and writers of
// internal/tabular do. Its errors are plain; they become messages there.
//
// Start with crs.go (CRS, by code, by name, by WKT, by its values); projection.go has
// the formulas, geojson.go and wkb.go the forms.
package geo
