package check

import (
	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// Codes of faults: those of Frictionless, and the names of the French checks.
const (
	CodeType           = "type-error"
	CodeConstraint     = "constraint-error"
	CodeUnique         = "unique-error"
	CodePrimaryKey     = "primary-key"
	CodeForeignKey     = "foreign-key"
	CodeMissingLabel   = "missing-label"
	CodeExtraLabel     = "extra-label"
	CodeBlankLabel     = "blank-label"
	CodeDuplicateLabel = "duplicate-label"
	CodeIncorrectLabel = "incorrect-label"
	CodeMissingCell    = "missing-cell"
	CodeExtraCell      = "extra-cell"
	CodeBlankRow       = "blank-row"
	CodeBlankHeader    = "blank-header"
	CodeTruncated      = "truncated-value"
	CodeEncoding       = "encoding-error"
	CodeSource         = "source-error"
	CodeSchema         = "schema-error"
	CodeCheck          = "check-error"
)

// Report is what checking a file found. Messages are made late, in the language
// asked for: see Message, Contract, Text and HTML.
type Report struct {
	Valid    bool // no error
	Schema   *schema.Schema
	File     tabular.Info
	Columns  int
	Errors   []Fault // by row and column, up to Options.Limit of each group
	Warnings []Fault
	Groups   []Group // errors by falling count, then warnings
	Stats    Stats
	Standard bool // the standard's rule was used for the columns

	examples exampleCache
}

// Stats counts what was read and found.
type Stats struct {
	Rows      int // records read, blank ones too
	Errors    int // all, listed or not
	Warnings  int
	Truncated bool // not all faults are listed
	Seconds   float64
}

// Fault is one thing that is wrong, or worth a warning.
type Fault struct {
	Code       string
	Constraint string // of a constraint-error
	Row        int    // contract row; 0 when it is of no row
	Line       int    // physical line, or sheet row; 0 when it is of no row
	Column     int    // from 1; 0 when it is of no column
	Field      string // name of the field, or label of the column
	Cell       string // as read, shortened when very long
	HasCell    bool
	Key        string    // message key; Key+".hint" says what to do
	Args       i18n.Args // arguments of the message, beside those of the field
	Repair     *Repair

	field int // in the schema, -1 when the column is in none
	check int // number of the custom check of the schema, from 1; 0 for none
}

// Group gathers the faults that are alike: same code, constraint, column and
// wording.
type Group struct {
	Code       string
	Constraint string
	Column     int
	Field      string
	Count      int
	Rows       []int // the first ones
	Key        string
	Args       i18n.Args // of its first fault
	Warning    bool
	Repair     *Repair // what its first fault proposes

	field int
}

// Repair is a change that is proposed. It is never applied by checking.
type Repair struct {
	ID    string // stable name, as date-dmy
	Safe  bool   // nothing can be lost or misread: may be applied with the others
	Value string // the proposed cell
	Cell  bool   // false: it is not of one cell, and Value is empty
}

// maxCell bounds the text of a cell kept in a report, in bytes.
const maxCell = 500
