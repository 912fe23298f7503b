// Package cog knows the official geographic code of France (code officiel
// géographique, COG): communes, their delegated, associated and former ones,
// municipal districts, intercommunalities, départements, régions, postal codes.
//
// The facts are in cog.txt.zst and codes.bin, made by tools/cog from the npm
// package @etalab/decoupage-administratif 6.0.0 (COG of 1 January 2026; sources
// INSEE, DGCL, La Poste; Licence Ouverte), and the boxes of communes from
// @etalab/fr-bounding-boxes 0.1.3 (from IGN ADMIN EXPRESS 2017, Licence Ouverte;
// package under MIT): a box is right to about 100 m and that of a commune made by
// a merger since 2017 joins the boxes of the communes it was made from.
//
// countries.tsv has the countries of ISO 3166-1 with their names (country.go).
//
// Tests of membership (IsCommune, IsFormer, IsPostalCode) cost a few nanoseconds
// and need nothing decoded; the first question about a place decodes the file
// once (about 3 MB stay in memory). The package knows no file of users, no
// network, no database.
//
// Start with Commune in cog.go.
package cog
