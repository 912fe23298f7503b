// Package find knows how people look for data: which words mean the same, which
// letters they mistype, what they narrow by. It keeps an index of the catalogue
// (words.go, document.go, library.go) and one of the cells of tables (cells.go)
// in a folder of the machine, and answers from them.
//
// It must not know where rows are (the words of a table are given to it), nor
// how pages look. Bleve is imported here alone.
//
// The folder is a cache: made when it is missing, of another format, damaged or
// ahead of the database; brought up to date from the change log before each
// answer, so that who has just published finds it, on every replica.
//
// Start with Service in find.go, then search.go. What an actor may not see is set
// aside before anything is counted, mended or suggested: see matcher in query.go.
package find
