// Package collectui is the pages of forms: their list, the editor, the settings and
// the link with its printed code, filling a form in, and what was entered.
//
// Rules are those of package collect; here are addresses, words and layout. Start
// with routes.go, then fill.go.
package collectui
