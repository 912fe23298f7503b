package tabular

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"socle/internal/errs"
)

// maxHeaderRows is how many header rows may be said by hand.
const maxHeaderRows = 50

// Said lists the names that Say takes.
var Said = []string{"sheet", "delimiter", "encoding", "format", "header_rows", "crs"}

// Say takes one option as a person or a program writes it; known is false when there
// is none of that name. "" leaves it to detection. Kinds: Invalid (the value).
func (o *Options) Say(name, value string) (known bool, err error) {
	switch name {
	case "sheet":
		o.Sheet = value
	case "delimiter":
		o.Delimiter = DelimiterNamed(value)
	case "encoding":
		o.Encoding = value
	case "format":
		o.Format = value
	case "crs":
		if o.CRS = value; value != "" {
			o.Degrees = AddedDegrees()
		}
	case "header_rows":
		if value == "" {
			return true, nil
		}
		n, err := strconv.Atoi(value)
		if err != nil {
			return true, badHeaderRows(value)
		}
		o.HeaderRows = &n
	default:
		return false, nil
	}
	return true, o.check()
}

// DelimiterNamed is the delimiter that a person means, who cannot type a tab everywhere.
func DelimiterNamed(s string) string {
	if s == `\t` || strings.EqualFold(s, "tab") {
		return "\t"
	}
	return s
}

func badHeaderRows(value string) error {
	return fail(errs.Invalid, CodeSource, "tabular.bad-header-rows", errs.Args{"Option": "header_rows", "Value": value, "Max": maxHeaderRows})
}

// check refuses options that mean nothing for any file.
func (o Options) check() error {
	if f, ok := FormatNamed(o.Format); o.Format != "" && (!ok || !f.Read) {
		var known []string
		for _, f := range Formats {
			if f.Read {
				known = append(known, f.Name)
			}
		}
		return fail(errs.Invalid, CodeFormat, "tabular.unknown-format", errs.Args{"Option": "format", "Format": o.Format, "Known": strings.Join(known, ", ")})
	}
	if o.Encoding != "" {
		if _, err := charsetNamed(o.Encoding); err != nil {
			return err
		}
	}
	if o.Delimiter != "" && !isDelimiter(o.Delimiter) {
		return fail(errs.Invalid, CodeSource, "tabular.bad-delimiter", errs.Args{"Option": "delimiter", "Delimiter": o.Delimiter})
	}
	if n := o.HeaderRows; n != nil && (*n < 0 || *n > maxHeaderRows) {
		return badHeaderRows(strconv.Itoa(*n))
	}
	return nil
}

// isDelimiter: one character that is no end of line and no quote; several are one of
// those that are recognised, or one followed by the space that pads cells.
func isDelimiter(s string) bool {
	if utf8.RuneCountInString(s) == 1 {
		return !strings.ContainsAny(s, "\r\n\"\x00") && !unicode.IsLetter([]rune(s)[0]) && !unicode.IsDigit([]rune(s)[0])
	}
	return slices.ContainsFunc(candidates, func(c candidate) bool { return c.delim == s || c.delim+" " == s })
}

// uses lists the options, by the names of Say, that say something of a file of each
// format. What is not here takes none.
var uses = map[string][]string{
	"csv": {"encoding", "delimiter", "header_rows"}, "fixed": {"encoding", "header_rows"}, "json": {"header_rows"},
	"xlsx": {"sheet", "header_rows"}, "xls": {"sheet", "header_rows"}, "ods": {"sheet", "header_rows"},
	"dbf": {"encoding"}, "shp": {"encoding", "sheet"}, "gpkg": {"sheet"}, "kml": {"sheet"}, "gpx": {"sheet"},
}

// alike are names of formats that are read in one way.
var alike = map[string]string{"tsv": "csv", "jsonl": "json", "geojson": "json", "geoparquet": "parquet", "kmz": "kml"}

// OpenSaid is Open with options that a person gave for this very file: one that has no
// use with it is an error, where Open goes on without. The argument Option of an error
// names the option that it is of. Kinds: Invalid, and those of Open.
func OpenSaid(ctx context.Context, src Source, o Options) (*File, error) {
	f, err := Open(ctx, src, o)
	if err != nil {
		return nil, err
	}
	if err := o.useful(f.Info.Format); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// useful refuses what says nothing of a file of the format.
func (o Options) useful(format string) error {
	plain := func(name string) string {
		if other, ok := alike[name]; ok {
			return other
		}
		return name
	}
	if o.Format != "" && plain(o.Format) != plain(format) {
		return fail(errs.Invalid, CodeFormat, "tabular.other-format", errs.Args{"Option": "format", "Said": o.Format, "Format": format})
	}
	for _, given := range []struct {
		name  string
		there bool
		key   string
	}{
		{"sheet", o.Sheet != "", "tabular.no-sheets"},
		{"delimiter", o.Delimiter != "", "tabular.no-delimiter"},
		{"encoding", o.Encoding != "", "tabular.no-encoding"},
		{"header_rows", o.HeaderRows != nil, "tabular.no-header-rows"},
	} {
		if given.there && !slices.Contains(uses[plain(format)], given.name) {
			return fail(errs.Invalid, CodeFormat, given.key, errs.Args{"Option": given.name, "Format": format})
		}
	}
	return nil
}
