// Package expression knows the small language in which forms say when a question
// is asked, what an answer must fulfil and what is calculated: that of XLSForm,
// ${name} for the answer to a question, "." for the answer being checked, and the
// operators and functions of XPath that people who write forms use.
//
//	${age} >= 18 and selected(${services}, 'cantine')
//
// It must not know forms, schemas nor where answers are kept: an Env gives it the
// answers as text. The browser has the same language (web-src/expression.ts); both
// run the cases of testdata/cases.json, which is where its meaning is written down.
//
// It differs from XPath where XPath surprises people who fill in spreadsheets: dates
// and times compare as such, a comma may be the decimal sign, an answer "0", "false",
// "no" or "non" is false as a condition, a number that cannot be calculated is an
// empty text. Start at expression.go; functions.go lists the functions.
package expression
