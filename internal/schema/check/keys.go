package check

import (
	"context"
	"encoding/binary"
	"math"
	"strconv"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// keyKind says what a key is for.
type keyKind uint8

const (
	keyUnique    keyKind = iota // constraint unique of one field
	keyPrimary                  // primaryKey
	keyUniqueSet                // one of uniqueKeys
	keyTarget                   // what foreign keys to the table itself point to
	keyForeign                  // foreignKeys
)

// rowKey is a key of the schema: the columns whose values together are looked up.
type rowKey struct {
	kind   keyKind
	names  []string
	at     []int // columns from 0
	number int   // column told, from 1; 0 for several
	set    *keySet
	target *rowKey // of a foreign key to the table itself
	other  *keySet // of a foreign key to another table, loaded beforehand
}

// keyPart holds the keys of the rows of a batch.
type keyPart struct {
	hashes []uint64
	ends   []uint32
	rows   []uint32
	bytes  []byte
	nulls  []uint32 // rows whose key has no value at all
	lines  []uint32
}

func (k *keyPart) reset() {
	k.hashes, k.ends, k.rows, k.bytes, k.nulls, k.lines = k.hashes[:0], k.ends[:0], k.rows[:0], k.bytes[:0], k.nulls[:0], k.lines[:0]
}

// planKeys finds the columns of the keys. A key of a column that is absent is
// not looked at: the missing column is told already.
func (p *plan) planKeys() {
	add := func(kind keyKind, names []string) *rowKey {
		k := &rowKey{kind: kind, names: names}
		for _, n := range names {
			at, ok := p.places[n]
			if !ok {
				return nil
			}
			k.at = append(k.at, at)
		}
		if len(k.at) == 1 {
			k.number = k.at[0] + 1
		}
		p.keys = append(p.keys, k)
		return k
	}
	for i := range p.columns {
		if f := p.columns[i].field; f >= 0 && p.schema.Fields[f].Constraints.Unique {
			if name := p.schema.Fields[f].Name; len(p.schema.PrimaryKey) != 1 || p.schema.PrimaryKey[0] != name {
				add(keyUnique, []string{name})
			}
		}
	}
	if len(p.schema.PrimaryKey) > 0 {
		add(keyPrimary, p.schema.PrimaryKey)
	}
	for _, names := range p.schema.UniqueKeys {
		add(keyUniqueSet, names)
	}
	for _, fk := range p.schema.ForeignKeys {
		k := add(keyForeign, fk.Fields)
		if k == nil {
			continue
		}
		if r := fk.Reference; r.Package == "" && (r.Resource == "" || r.Resource == p.options.Resource) {
			if k.target = add(keyTarget, r.Fields); k.target == nil {
				p.keys = p.keys[:len(p.keys)-1]
			}
		}
	}
}

// prepareKeys makes the sets and loads the tables that foreign keys point to.
func (p *plan) prepareKeys(ctx context.Context) error {
	for _, k := range p.keys {
		k.set = newKeySet(p.options.TempDir)
	}
	for _, fk := range p.schema.ForeignKeys {
		for _, k := range p.keys {
			if k.kind != keyForeign || k.target != nil || k.other != nil || !same(k.names, fk.Fields) {
				continue
			}
			if err := p.loadTarget(ctx, k, fk.Reference); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

func same(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (p *plan) loadTarget(ctx context.Context, k *rowKey, r schema.Reference) error {
	args := i18n.Args{"Resource": r.Resource}
	if r.Resource == "" {
		args["Resource"] = r.Package
	}
	untold := Fault{Code: CodeForeignKey, Column: k.number, Field: k.names[0], Key: "check.foreign-key.no-table", Args: args, field: -1}
	if p.options.References == nil {
		p.warn = append(p.warn, untold)
		return nil
	}
	rows, err := p.options.References.Rows(ctx, r)
	if errs.Is(err, errs.NotFound) {
		p.warn = append(p.warn, untold)
		return nil
	}
	if err != nil {
		return err
	}
	k.other = newKeySet(p.options.TempDir)
	var buf []byte
	for cells, err := range rows {
		if err != nil {
			return err
		}
		buf = buf[:0]
		for j := range k.at {
			var v schema.Value
			c := &p.columns[k.at[j]]
			if j < len(cells) && !c.caster.Cast([]byte(cells[j]), &v) {
				v = schema.Value{Class: schema.ClassText, Text: []byte(cells[j])}
			}
			buf = appendKey(buf, &v, len(k.at) > 1)
		}
		if err := k.other.put(buf); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) closeKeys() {
	for _, k := range p.keys {
		k.set.close()
		if k.other != nil {
			k.other.close()
		}
	}
}

// appendKey writes a value so that equal values, and only they, are equal bytes.
func appendKey(b []byte, v *schema.Value, several bool) []byte {
	if !several {
		switch v.Class {
		case schema.ClassText, schema.ClassJSON:
			return append(b, v.Text...)
		case schema.ClassFloat:
			return appendFloat(b, v.Float)
		}
		return strconv.AppendInt(b, v.Int, 10)
	}
	switch v.Class {
	case schema.Null:
		return append(b, 0)
	case schema.ClassText, schema.ClassJSON:
		b = append(b, 1)
		b = binary.AppendUvarint(b, uint64(len(v.Text)))
		return append(b, v.Text...)
	case schema.ClassFloat:
		return append(appendFloat(append(b, 2), v.Float), 0xff)
	}
	return append(strconv.AppendInt(append(b, 3), v.Int, 10), 0xff)
}

func appendFloat(b []byte, f float64) []byte {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.AppendInt(b, int64(f), 10)
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

// collectKeys writes the keys of the rows of a batch into its part.
func (p *plan) collectKeys(b *tabular.Batch, t *part) {
	for n, k := range p.keys {
		out := &t.keys[n]
		for i := range b.Len() {
			if t.blank[i] && k.kind != keyPrimary {
				continue
			}
			start, some := len(out.bytes), false
			for _, j := range k.at {
				var v schema.Value
				ok := p.value(b, i, j, &v)
				if !ok {
					v = schema.Value{}
				}
				some = some || ok
				if ok || len(k.at) > 1 {
					out.bytes = appendKey(out.bytes, &v, len(k.at) > 1)
				}
			}
			if !some {
				out.bytes = out.bytes[:start]
				if k.kind == keyPrimary {
					out.nulls = append(out.nulls, uint32(i))
				}
				continue
			}
			out.hashes = append(out.hashes, k.set.hash(out.bytes[start:]))
			out.ends = append(out.ends, uint32(len(out.bytes)))
			out.rows = append(out.rows, uint32(i))
			out.lines = append(out.lines, uint32(b.Line(i)))
		}
	}
}

// mergeKeys looks the keys of the next batch up.
func (c *collector) mergeKeys(pos tabular.Position, t *part) error {
	for n, k := range c.p.keys {
		in := &t.keys[n]
		for _, i := range in.nulls {
			c.one(c.p.keyFault(k, pos.Row+int(i), 0, "check.primary-key.null", 0, ""), false)
		}
		start := uint32(0)
		for i, end := range in.ends {
			row, line := pos.Row+int(in.rows[i]), pos.Line+int(in.lines[i])
			bytes := in.bytes[start:end]
			start = end
			switch {
			case k.kind == keyForeign && k.other != nil:
				if ok, err := k.other.has(bytes); err != nil {
					return err
				} else if !ok {
					c.one(c.p.keyFault(k, row, line, "check.foreign-key", 0, readable(bytes)), false)
				}
			case k.kind == keyForeign && k.target == nil:
			default:
				first, err := k.set.add(in.hashes[i], bytes, row, line)
				if err != nil {
					return err
				}
				if first > 0 && k.kind != keyForeign && k.kind != keyTarget {
					c.one(c.p.keyFault(k, row, line, k.twiceKey(), first, readable(bytes)), false)
				}
			}
		}
	}
	return nil
}

func (k *rowKey) twiceKey() string {
	if k.kind == keyPrimary {
		return "check.primary-key"
	}
	return "check.unique-error"
}

// readable is the value of a key of one column.
func readable(b []byte) string { return cellText(b) }

func (p *plan) keyFault(k *rowKey, row, line int, key string, first int, cell string) Fault {
	f := Fault{Code: CodeUnique, Row: row, Line: line, Column: k.number, Key: key, field: -1}
	switch k.kind {
	case keyPrimary:
		f.Code = CodePrimaryKey
	case keyForeign:
		f.Code = CodeForeignKey
	}
	f.Args = i18n.Args{"First": first, "Fields": k.names}
	if len(k.at) == 1 {
		c := &p.columns[k.at[0]]
		f.Field, f.field = c.name, c.field
		if cell != "" {
			f.Cell, f.HasCell = cell, true
		}
	}
	return f
}

// lateKeys tells what only the whole file tells: foreign keys to the table
// itself, and keys that memory did not hold.
func (c *collector) lateKeys() error {
	for _, k := range c.p.keys {
		switch {
		case k.kind == keyForeign && k.target != nil:
			err := k.set.missingFrom(k.target.set, func(row, line int, key []byte) {
				c.one(c.p.keyFault(k, row, line, "check.foreign-key", 0, readable(key)), false)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
