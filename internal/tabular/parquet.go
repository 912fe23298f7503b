package tabular

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"

	"socle/internal/errs"
)

// Parquet is how the rows of a version last. A column is optional and has the
// physical type of its Kind:
//
//	Text       BYTE_ARRAY, String
//	Int        INT64
//	Float      DOUBLE
//	Bool       BOOLEAN
//	Date       INT32, Date
//	Timestamp  INT64, Timestamp of microseconds, adjusted to UTC unless Local
//	TimeOfDay  INT64, Time of microseconds, not adjusted
//	JSON       BYTE_ARRAY, JSON
//
// https://github.com/apache/parquet-format/blob/master/LogicalTypes.md

// parquetGeometry is the key of the file's metadata that says which columns are
// geometries: a JSON object from name to Field.Geometry.
const parquetGeometry = "socle.geometry"

// ParquetSchemaKey is the key of the file's metadata under which the Table
// Schema of the rows is kept.
const ParquetSchemaKey = "table-schema"

// parquetRoot is the root of a schema with its columns in order; parquet.Group
// would sort them by name.
type parquetRoot struct{ fields []parquet.Field }

func (r *parquetRoot) ID() int                     { return 0 }
func (r *parquetRoot) String() string              { return fmt.Sprintf("%d columns", len(r.fields)) }
func (r *parquetRoot) Type() parquet.Type          { return parquet.Group{}.Type() }
func (r *parquetRoot) Optional() bool              { return false }
func (r *parquetRoot) Repeated() bool              { return false }
func (r *parquetRoot) Required() bool              { return true }
func (r *parquetRoot) Leaf() bool                  { return false }
func (r *parquetRoot) Fields() []parquet.Field     { return r.fields }
func (r *parquetRoot) Encoding() encoding.Encoding { return nil }
func (r *parquetRoot) Compression() compress.Codec { return nil }
func (r *parquetRoot) GoType() reflect.Type        { return reflect.TypeFor[map[string]any]() }

type parquetField struct {
	parquet.Node
	name string
}

func (f *parquetField) Name() string { return f.name }
func (f *parquetField) Value(base reflect.Value) reflect.Value {
	return base.MapIndex(reflect.ValueOf(f.name))
}

// parquetSchema makes the schema of a file. repeats says of each column whether
// its values repeat enough for a dictionary.
func parquetSchema(fields []Field, repeats []bool) *parquet.Schema {
	root := &parquetRoot{}
	for i, f := range fields {
		node := parquetNode(f)
		if repeats[i] {
			node = parquet.Encoded(node, &parquet.RLEDictionary)
		}
		root.fields = append(root.fields, &parquetField{Node: parquet.Optional(node), name: f.Name})
	}
	return parquet.NewSchema("rows", root)
}

func parquetNode(f Field) parquet.Node {
	switch f.Kind {
	case Int:
		return parquet.Leaf(parquet.Int64Type)
	case Float:
		return parquet.Leaf(parquet.DoubleType)
	case Bool:
		return parquet.Leaf(parquet.BooleanType)
	case Date:
		return parquet.Date()
	case Timestamp:
		return parquet.TimestampAdjusted(parquet.Microsecond, !f.Local)
	case TimeOfDay:
		return parquet.TimeAdjusted(parquet.Microsecond, false)
	case Text:
		if f.Geometry == geometryWKB {
			return parquet.Leaf(parquet.ByteArrayType)
		}
	case JSON:
		return parquet.JSON()
	}
	return parquet.String()
}

// checkParquetFields refuses what no reader would find again by name.
func checkParquetFields(fields []Field) error {
	if len(fields) == 0 {
		return errs.New(errs.Invalid, "parquet.no-column").WithHint("parquet.no-column.hint")
	}
	seen := make(map[string]bool, len(fields))
	for _, f := range fields {
		if seen[f.Name] {
			return errs.New(errs.Invalid, "parquet.same-name", errs.Args{"Name": f.Name}).WithHint("parquet.same-name.hint")
		}
		seen[f.Name] = true
	}
	return nil
}

// fieldOfParquet is the opposite of parquetNode; scale multiplies integers to
// reach microseconds. It also takes the flat types that other programs write.
func fieldOfParquet(name string, node parquet.Node) (f Field, scale parquetScale, err error) {
	f.Name = name
	if !node.Leaf() || node.Repeated() {
		return f, scale, fmt.Errorf("column %q is nested", name)
	}
	typ := node.Type()
	var logical any
	if lt := typ.LogicalType(); lt != nil {
		logical = lt.Value
	}
	switch typ.Kind() {
	case parquet.Boolean:
		f.Kind = Bool
		return f, scale, nil
	case parquet.Int32, parquet.Int64:
		f.Kind = Int
		switch lt := logical.(type) {
		case *format.DateType:
			f.Kind = Date
		case *format.TimestampType:
			f.Kind, f.Local = Timestamp, !lt.IsAdjustedToUTC
			scale = scaleOf(lt.Unit)
		case *format.TimeType:
			f.Kind = TimeOfDay
			scale = scaleOf(lt.Unit)
		case *format.DecimalType:
			return f, scale, fmt.Errorf("column %q is a decimal", name)
		}
		return f, scale, nil
	case parquet.Float, parquet.Double:
		f.Kind = Float
		return f, scale, nil
	case parquet.ByteArray:
		switch logical.(type) {
		case *format.JsonType:
			f.Kind = JSON
		case *format.DecimalType, *format.BsonType, *format.VariantType:
			return f, scale, fmt.Errorf("column %q has the type %v", name, typ)
		}
		return f, scale, nil
	}
	return f, scale, fmt.Errorf("column %q has the type %v", name, typ)
}

// parquetScale turns a unit into microseconds: times mul, divided by div.
type parquetScale struct{ mul, div int64 }

func (s parquetScale) apply(n int64) int64 {
	if s.mul > 1 {
		return n * s.mul
	}
	if s.div > 1 {
		q := n / s.div
		if n%s.div < 0 {
			q--
		}
		return q
	}
	return n
}

func scaleOf(u format.TimeUnit) parquetScale {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return parquetScale{mul: 1000}
	case *format.NanoSeconds:
		return parquetScale{div: 1000}
	}
	return parquetScale{}
}

func geometryMetadata(fields []Field) string {
	m := map[string]string{}
	for _, f := range fields {
		if f.Geometry != "" && f.Geometry != geometryWKB {
			m[f.Name] = f.Geometry
		}
	}
	if len(m) == 0 {
		return ""
	}
	data, err := json.Marshal(m)
	if err != nil {
		return ""
	}
	return string(data)
}
