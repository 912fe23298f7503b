// Package chart holds a chart of a table as a value: what is drawn, along what,
// by what, in which colours. A Chart is read from and written to an address, is
// computed by a grouped query, and is drawn as SVG, so that the same drawing
// serves pages, prints, embeds and downloads. Suggest chooses a first chart from
// what is in the columns.
//
// It does not run queries and knows no page. Start at Chart (chart.go), then
// data.go (from groups to series) and draw.go.
//
// # The address
//
//	chart-type=columns&chart-x=date.year&chart-y=montant.sum&chart-by=nature&chart-order=value&chart-top=10&chart-colour=3
//
// chart-x and chart-by are groups, chart-y is a figure, in the words of package query.
package chart
