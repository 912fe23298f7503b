// Package query holds the question one asks of a table, as a value: which
// columns, which rows, in what order, counted how. A Query can be checked
// against the columns of its table, read from and written to an address, and
// said as a sentence. It knows nothing of SQL, files or HTTP; package tables
// runs it.
//
// Start at Query and Expr (query.go, expr.go), then url.go.
//
// # The address
//
//	?q=école&commune=Roques&montant.ge=1000&date.between=2025-01-01..2025-12-31
//	 &sort=-montant,commune&select=objet,montant&limit=100&offset=200
//
// A parameter is COLUMN=VALUE or COLUMN.OPERATION=VALUE; all must hold. The
// operations are eq (the same as none), ne, lt, le, gt, ge, between (LOW..HIGH, either
// may be missing), contains and starts (case and accents set aside), null
// (true or false), like (a pattern with % and _), part (PART.OPERATION.NUMBER: weekday.ge.6), bbox (WEST,SOUTH,EAST,NORTH),
// near (LON,LAT,METRES), inside and meets (an area in WKT or GeoJSON). A column given several times without
// operation takes any of the values. An empty value asks nothing, so that a plain HTML form works.
//
// Parameters that are no column are
//
//	q          words that a row must all hold, case and accents set aside
//	where      a condition with or(…), and(…), not(…), search(WORDS), COLUMN.OPERATION:VALUE,
//	           COLUMN.in:VALUE|VALUE; it may be given several times
//	select     columns to return, separated by commas
//	sort       columns, separated by commas, from the last to the first with a leading minus
//	facet      columns whose values are counted
//	group      columns to group by; a date may be followed by .year, .month, .day, .monthofyear, .dayofmonth, .weekday,
//	           a timestamp also by .hourly, .hour, .minute, .second, a number by .step:WIDTH or .classes:BOUND|BOUND
//	aggregate  count, COLUMN.count, .distinct, .sum, .avg, .min, .max, .median, .percentile95
//	limit, offset, after   the page: rows, rows passed over, or the number of the last row seen
//
// A tilde takes the character that follows as it is. It stands before a column
// whose name is a reserved word (~limit=3), and in a name before a full stop (a~.b=1),
// a comma, a parenthesis, a colon, a bar, a leading minus or a tilde; the same in the values of where and, for texts, of between.
// The column without name is ~_. An unknown parameter is an error, never ignored.
//
// # No value
//
// A cell without value meets no comparison; what is said by ne and not(…) is that the
// condition is not met, so cells without value are among the answers.
package query
