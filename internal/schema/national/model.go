package national

import (
	"bytes"
	"encoding/csv"
)

// Model returns a model file as CSV (UTF-8, comma, LF): the header of the
// schema and one row of its examples. It is valid against its own schema.
func (e Entry) Model() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	header, row := make([]string, len(e.Fields)), make([]string, len(e.Fields))
	for i, f := range e.Fields {
		header[i], row[i] = f.Name, f.Example
	}
	_ = w.WriteAll([][]string{header, row}) // a bytes.Buffer takes everything
	return b.Bytes()
}
