package consolidation

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/tabular"
)

// What each row says of where it comes from, after the columns of the schema.
const (
	columnProducer = "producteur"
	columnSIREN    = "producteur_siren"
	columnSource   = "source"
	columnDate     = "source_date"
	added          = 4
)

// format is the version of how tables are aligned; another one aligns all again.
const format = 1

// target is what the tables of a consolidation are aligned to.
type target struct {
	schema  *schema.Schema // with its checks: rows are held to it
	fields  []tabular.Field
	columns *schema.Schema // of the dataset: the schema's, then those of the source
	names   [added]string
	key     []int // positions of the columns that tell a row from another
	recipe  string
	renamed map[string]string
}

func newTarget(s *schema.Schema, f Form) target {
	t := target{schema: s, renamed: f.Renamed}
	file := &tabular.File{Info: tabular.Info{HeaderRows: 1}}
	for i := range s.Fields {
		file.Header = append(file.Header, s.Fields[i].Name)
	}
	t.fields = check.Fields(file, s)
	t.columns = &schema.Schema{Name: s.Name, Title: s.Title, Description: s.Description, Version: s.Version, Homepage: s.Homepage, MissingValues: s.MissingValues, Fields: slices.Clone(s.Fields)}
	for i, own := range []schema.Field{
		{Name: columnProducer, Type: schema.String, Title: "Producteur", Description: "Nom de l’organisation qui publie la ligne.", Example: "Roques"},
		{Name: columnSIREN, Type: schema.String, Title: "SIREN du producteur", Description: "Numéro SIREN de l’organisation qui publie la ligne.", Example: "213104581"},
		{Name: columnSource, Type: schema.String, Format: "uri", Title: "Source", Description: "Adresse permanente du jeu de données d’où vient la ligne."},
		{Name: columnDate, Type: schema.Date, Title: "Date de la source", Description: "Jour de la publication de la version d’où vient la ligne."},
	} {
		for s.Field(own.Name) >= 0 { // a column of the schema has the name
			own.Name += "_"
		}
		t.names[i] = own.Name
		own.BareNumber = true
		t.columns.Fields = append(t.columns.Fields, own)
		kind := tabular.Text
		if own.Type == schema.Date {
			kind = tabular.Date
		}
		t.fields = append(t.fields, tabular.Field{Name: own.Name, Kind: kind})
	}
	t.key = keyOf(s, f.Key)
	h := sha256.New()
	fmt.Fprintf(h, "%d\n%s\n%v\n", format, s.JSON(), t.key)
	for _, from := range slices.Sorted(maps.Keys(f.Renamed)) {
		fmt.Fprintf(h, "%q %q\n", from, f.Renamed[from])
	}
	t.recipe = hex.EncodeToString(h.Sum(nil)[:16])
	return t
}

// keyOf is what the host chose, else the primary key, else all columns.
func keyOf(s *schema.Schema, chosen []string) (at []int) {
	if len(chosen) == 0 {
		chosen = s.PrimaryKey
	}
	for _, name := range chosen {
		if i := s.Field(name); i >= 0 {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		for i := range s.Fields {
			at = append(at, i)
		}
	}
	return at
}

// Key names the columns that tell a row of the schema from another, as chosen; nil
// when it takes all of them.
func Key(s *schema.Schema, chosen []string) (names []string) {
	at := keyOf(s, chosen)
	if len(at) == len(s.Fields) && len(chosen) == 0 && len(s.PrimaryKey) == 0 {
		return nil
	}
	for _, i := range at {
		names = append(names, s.Fields[i].Name)
	}
	return names
}

// match finds the field of each column of a table: -1 for none.
func (t *target) match(columns []schema.Field) []int {
	labels := make([]string, len(columns))
	for j, c := range columns {
		labels[j] = c.Name
		for from, to := range t.renamed {
			if strings.EqualFold(from, c.Name) {
				labels[j] = to
			}
		}
	}
	out := make([]int, len(columns))
	for j, m := range check.MatchColumns(t.schema, labels) {
		out[j] = -1
		if m.Sure {
			out[j] = m.Field
		}
	}
	return out
}

// same reports that two fields ask the same of their cells.
func same(a, b schema.Field) bool {
	one := func(f schema.Field) []byte { return (&schema.Schema{Fields: []schema.Field{f}}).JSON() }
	return bytes.Equal(one(a), one(b))
}

// follows reports that rows checked against the columns of a version are right by
// the target as they are: the same version of the schema, field by field, under the
// same names, and no required column is missing.
func (t *target) follows(columns *schema.Schema, at []int) bool {
	if columns.Version != t.schema.Version || columns.Version == "" && len(t.schema.Checks) > 0 {
		return false
	}
	found := make([]bool, len(t.schema.Fields))
	for j, i := range at {
		if i < 0 {
			continue
		}
		if columns.Fields[j].Name != t.schema.Fields[i].Name || !same(columns.Fields[j], t.schema.Fields[i]) {
			return false
		}
		found[i] = true
	}
	return !slices.ContainsFunc(t.missing(found), func(i int) bool { return t.schema.Fields[i].Constraints.Required })
}

func (t *target) missing(found []bool) (list []int) {
	for i, ok := range found {
		if !ok {
			list = append(list, i)
		}
	}
	return list
}
