package tabular

import (
	"socle/internal/errs"
	"socle/internal/i18n"
)

// Codes of the check contract for what reading can say.
const (
	CodeSource   = "source-error"   // the file cannot be read as a table
	CodeFormat   = "format-error"   // the file is not of a format that is read
	CodeEncoding = "encoding-error" // its characters cannot be decoded
)

// Code returns the contract code of an error of this package: source-error,
// format-error or encoding-error; source-error for any other error.
func Code(err error) string {
	if err == nil {
		return ""
	}
	if c, ok := errs.As(err).Args["Code"].(string); ok {
		return c
	}
	return CodeSource
}

// fail makes an error of this package: key.hint says what to do.
func fail(kind errs.Kind, code, key string, args errs.Args) *errs.Error {
	all := errs.Args{"Code": code}
	for k, v := range args {
		all[k] = v
	}
	return errs.New(kind, key, all).WithHint(key + ".hint")
}

// Limits of what is read. A file beyond them gets an error of kind TooLarge.
const (
	maxRecord  = 32 << 20 // bytes of one record
	maxQuoted  = 16 << 20 // bytes after which a quote that does not close counts as text
	maxColumns = 16384    // cells of one record
	maxRows    = 1 << 20  // of a sheet
	maxRepeats = 50 << 20 // cells of a sheet that are declared by repetition
	maxHead    = 1 << 20  // bytes looked at to recognise a file
	maxTail    = 64 << 10 // bytes at the end where footnotes are looked for
)

// tooLongRecord is the error for a record beyond maxRecord.
func tooLongRecord(line int) error {
	return fail(errs.TooLarge, CodeSource, "tabular.record-too-long", errs.Args{"Line": line, "Limit": maxRecord >> 20})
}

// tooManySheetRows is the error for a row that no spreadsheet program could show.
func tooManySheetRows() error {
	return fail(errs.TooLarge, CodeSource, "tabular.too-many-rows", errs.Args{"Limit": i18n.Number(maxRows)})
}

// tooManyColumns is the error for a record beyond maxColumns.
func tooManyColumns(line int) error {
	return fail(errs.TooLarge, CodeSource, "tabular.too-many-columns", errs.Args{"Line": line, "Limit": maxColumns})
}
