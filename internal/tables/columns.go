package tables

import (
	"slices"

	"socle/internal/catalogue"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/tabular"
)

// columnsOf is the schema of a file's own columns, in its order: those of the
// schema as they are described there, the others as text.
func columnsOf(fields []tabular.Field, s *schema.Schema) *schema.Schema {
	c := &schema.Schema{Name: s.Name, Title: s.Title, Description: s.Description, Version: s.Version, Homepage: s.Homepage, MissingValues: s.MissingValues}
	for _, f := range fields {
		if i := s.Field(f.Name); i >= 0 {
			c.Fields = append(c.Fields, s.Fields[i])
		} else {
			c.Fields = append(c.Fields, schema.Field{Name: f.Name, Type: schema.String})
		}
	}
	if !slices.ContainsFunc(s.PrimaryKey, func(name string) bool { return c.Field(name) < 0 }) {
		c.PrimaryKey = s.PrimaryKey
	}
	return c
}

// fieldsOf is the opposite: the columns of the Parquet of a version.
func fieldsOf(s *schema.Schema) []tabular.Field {
	f := &tabular.File{Info: tabular.Info{HeaderRows: 1}}
	for i := range s.Fields {
		f.Header = append(f.Header, s.Fields[i].Name)
	}
	return check.Fields(f, s)
}

// Located reports whether the rows of a version say where they lie.
func Located(v catalogue.Version) bool {
	s, err := schema.Parse(v.Columns)
	return err == nil && tabular.Located(fieldsOf(s))
}
