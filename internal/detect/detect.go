package detect

import (
	"context"
	"math"
	"runtime"
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// Column is what detect found about a column of a file.
type Column struct {
	Name       string
	Type       schema.Type // that all values have; string when they have none in common
	Format     string      // of Table Schema; "" is the default of the type
	Decimal    string      // decimal separator of numbers, "" for the point
	Group      string      // thousands separator of numbers, "" for none
	Semantic   Semantic    // "" when nothing is recognised
	Confidence float64     // of Semantic, 0 to 1
	Rows       int         // records
	Nulls      int         // records without a value
	Missing    []string    // words that stand for "no value" in a typed column (NA, NULL, -)
	Distinct   int         // different values; an estimate when Estimated
	Estimated  bool        // more different values than are counted one by one
	Min, Max   string      // as read; by value for numbers, dates and times, else by text; "" when there is none
	Examples   []string    // the first different values, at most five
	Personal   bool        // the column is about persons: see Findings
	Person     Personal    // why it is; "" when it is not

	sample []string // different values of the whole file, at most sampleSize
}

// Options of a description. The zero value is good.
type Options struct {
	Workers int // goroutines; 0: one per processor
}

const (
	examples   = 5
	sampleSize = 512    // different values that meanings are tried on
	distinct   = 65_536 // different values counted one by one
	longest    = 200    // characters of examples, least and greatest values

	leastConfidence = 0.4 // of a meaning that is told
)

// Described is what detect found about a file.
type Described struct {
	Rows    int // records, blank lines apart
	Columns []Column
}

// Table is Columns with the number of records.
func Table(ctx context.Context, f *tabular.File, o Options) (Described, error) {
	columns, rows, err := read(ctx, f, o)
	return Described{Rows: rows, Columns: columns}, err
}

// Columns reads a file once and describes its columns, in the order of the file.
// Memory does not grow with the file. Errors are those of reading.
func Columns(ctx context.Context, f *tabular.File, o Options) ([]Column, error) {
	out, _, err := read(ctx, f, o)
	return out, err
}

func read(ctx context.Context, f *tabular.File, o Options) (out []Column, rows int, err error) {
	defer errs.Wrap(&err, "detect.Columns")
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	n := max(len(f.Header), f.Info.Columns)
	columns := make([]*summary, n)
	for j := range columns {
		columns[j] = newSummary()
	}
	_, err = tabular.Scan(ctx, f, workers, func(b *tabular.Batch) (int, error) {
		for k := range columns {
			j := (k + b.Seq*7) % len(columns) // two goroutines rarely want the same column
			columns[j].take(b, j)
		}
		filled := 0
		for i := range b.Len() {
			if !b.Blank(i) {
				filled++
			}
		}
		return filled, nil
	}, func(_ tabular.Position, filled int) error {
		rows += filled
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	for j, s := range columns {
		name := ""
		if j < len(f.Header) {
			name = f.Header[j]
		}
		out = append(out, s.column(name, rows))
	}
	markPersonal(out)
	return out, rows, nil
}

// column closes the account of a column of so many records.
func (s *summary) column(name string, rows int) Column {
	c := Column{Name: name, Rows: rows, Nulls: max(rows-s.values-s.words, 0), Examples: s.first, Type: schema.String}
	c.Distinct, c.Estimated = s.distinct()
	c.sample = s.sampled()
	if len(c.Examples) == 0 {
		for _, v := range c.sample[:min(len(c.sample), examples)] {
			c.Examples = append(c.Examples, cut(v))
		}
	}
	c.Min, c.Max = s.minText, s.maxText
	if f := s.form(); f >= 0 && !s.code(f, name) { // else words like NA are values of a text
		c.Type, c.Format, c.Decimal, c.Group = forms[f].typ, forms[f].format, forms[f].decimal, forms[f].group
		c.Missing = s.missing()
		c.Nulls += s.words
		c.Distinct = max(c.Distinct-len(s.word), 0)
		r := s.ranges[f]
		c.Min, c.Max = r.minText, r.maxText
		if c.Type == schema.Boolean || c.Type == schema.Object || c.Type == schema.Array || c.Type == schema.GeoJSON {
			c.Min, c.Max = "", ""
		}
		c.Examples = slices.DeleteFunc(slices.Clone(c.Examples), func(v string) bool { return nullWord(v) })
	}
	if s.values == 0 {
		c.Type = schema.Any
		if s.words > 0 {
			c.Type = schema.String
		}
		return c
	}
	c.meaning()
	return c
}

// meaning finds the semantic of the column: the kind whose values and label
// together fit best.
func (c *Column) meaning() {
	label := labelWords(c.Name)
	values := slices.DeleteFunc(slices.Clone(c.sample), nullWord)
	if len(values) == 0 {
		return
	}
	best, score := -1, 0.0
	for i := range kinds {
		k := &kinds[i]
		fit := k.fits(label)
		if k.word == labelNeeded && fit == 0 {
			continue
		}
		share := k.pass(values)
		if share < k.share || k.also != nil && !k.also(values) {
			continue
		}
		// What values prove alone, brought nearer to certainty by the label, weighed
		// by how many values there were to see.
		confidence := (k.strict + (1-k.strict)*fit) * share * (1 - 1/float64(len(values)+2)/2)
		if k.word == labelNeeded {
			confidence *= 0.5 + fit/2
		}
		if confidence > score+1e-9 {
			best, score = i, confidence
		}
	}
	if best < 0 || score < leastConfidence {
		c.plainMeaning(len(values))
		return
	}
	k := &kinds[best]
	c.Semantic, c.Confidence = k.id, math.Round(score*100)/100
	if k.typ == "" || k.typ == c.Type {
		if k.format != "" {
			c.Format = k.format
		}
		return
	}
	if k.typ == schema.Number && (c.Type == schema.Integer || c.Type == schema.Number) {
		return
	}
	c.Type, c.Format, c.Decimal, c.Group = k.typ, k.format, "", ""
	if k.typ == schema.String {
		c.Min, c.Max = leastAndGreatest(c.Min, c.Max)
	}
}

// plainMeaning names what the type alone says: a date is a date.
func (c *Column) plainMeaning(seen int) {
	switch c.Type {
	case schema.Date, schema.Datetime, schema.Time, schema.Yearmonth, schema.Boolean:
		c.Semantic = Semantic(c.Type)
		c.Confidence = math.Round((1-1/float64(seen+2)/2)*100) / 100
	}
}

// leastAndGreatest keeps the bounds of numbers that turned out to be codes.
func leastAndGreatest(a, b string) (string, string) {
	if a > b {
		return b, a
	}
	return a, b
}

// pass gives the share of values that are of the kind. Few failures end it.
func (k *kind) pass(values []string) float64 {
	allowed := int(float64(len(values)) * (1 - k.share))
	failed := 0
	for _, v := range values {
		if !k.test(v) {
			if failed++; failed > allowed {
				return 0
			}
		}
	}
	return 1 - float64(failed)/float64(len(values))
}

// nullWord reports whether a text stands for "no value" among typed values.
func nullWord(s string) bool {
	switch strings.ToLower(s) {
	case "na", "n/a", "#n/a", "null", "none", "nan", "-", "--", "nc", "nd", "nr", "n.c.", "n.d.", "?", "néant", "neant":
		return true
	}
	return false
}

// Field writes what was found as a field of Table Schema.
func (c Column) Field() schema.Field {
	f := schema.Field{Name: c.Name, Type: c.Type, Format: c.Format, DecimalChar: c.Decimal, GroupChar: c.Group, BareNumber: true, Examples: c.Examples}
	if len(c.Examples) > 0 {
		f.Example = c.Examples[0]
	}
	if len(c.Missing) > 0 {
		f.MissingValues = []schema.MissingValue{{}}
		for _, w := range c.Missing {
			f.MissingValues = append(f.MissingValues, schema.MissingValue{Value: w})
		}
	}
	if c.Type == schema.Boolean {
		f.TrueValues, f.FalseValues = truths(c.sample)
	}
	return f
}

// truths lists the words for yes and no that a column of booleans holds.
func truths(values []string) (trueValues, falseValues []string) {
	for _, v := range values {
		switch {
		case yes[strings.ToLower(v)]:
			trueValues = append(trueValues, v)
		case no[strings.ToLower(v)]:
			falseValues = append(falseValues, v)
		}
	}
	slices.Sort(trueValues)
	slices.Sort(falseValues)
	return trueValues, falseValues
}

// cut shortens a text to what a page can show.
func cut(s string) string {
	if len(s) <= longest {
		return s
	}
	r := []rune(s)
	if len(r) <= longest {
		return s
	}
	return string(r[:longest]) + "…"
}
