package jsonrow

import (
	"bytes"
	"encoding/json"
	"fmt"

	"socle/internal/query"
	"socle/internal/tabular"
)

// Member is a name and a value of an object.
type Member struct {
	Name  string
	Value json.RawMessage
}

// Object is a JSON object in the order of its members.
type Object []Member

// MarshalJSON writes the object.
func (o Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.Name)
		if err != nil {
			return nil, fmt.Errorf("jsonrow: %w", err)
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(m.Value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Null is the value of a cell without value.
var Null = json.RawMessage("null")

// Text is a JSON text.
func Text(s string) json.RawMessage {
	b, err := json.Marshal(s)
	if err != nil {
		return Null // json.Marshal writes any string
	}
	return b
}

// Cell is a cell of a record (tables.Record): numbers, truth values and JSON bare, all others texts.
func Cell(kind tabular.Kind, cell []byte) json.RawMessage {
	switch {
	case cell == nil:
		return Null
	case kind == tabular.Int, kind == tabular.Float, kind == tabular.Bool, kind == tabular.JSON:
		return json.RawMessage(cell)
	}
	return Text(string(cell))
}

// Value is a value of a query; nil is null.
func Value(v *query.Value) json.RawMessage {
	if v == nil {
		return Null
	}
	return Cell(v.Kind, []byte(v.String()))
}

// Frame is a cell of a frame as a value; nil is no value.
func Frame(fr *tabular.Frame, row, column int) *query.Value {
	c, f := &fr.Columns[column], fr.Fields[column]
	if c.Null[row] {
		return nil
	}
	v := query.Value{Kind: f.Kind}
	switch f.Kind {
	case tabular.Text, tabular.JSON:
		v.Text = string(c.Bytes[row])
	case tabular.Float:
		v.Float = c.Float64[row]
	default:
		v.Int = c.Int64[row]
	}
	return &v
}
