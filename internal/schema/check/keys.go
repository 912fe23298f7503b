package check

import (
	"context"
	"encoding/binary"
	"hash/maphash"
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
	open   *spool  // of a foreign key: rows whose reference is not found yet
}

// keyPart holds the keys of the rows of a batch.
type keyPart struct {
	hashes []uint64
	ends   []uint32
	rows   []uint32
	bytes  []byte
	lines  []uint32

	nulls, nullLines []uint32 // rows whose key has no value at all
}

func (k *keyPart) reset() {
	k.hashes, k.ends, k.rows, k.bytes, k.nulls, k.nullLines, k.lines = k.hashes[:0], k.ends[:0], k.rows[:0], k.bytes[:0], k.nulls[:0], k.nullLines[:0], k.lines[:0]
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
	seed := maphash.MakeSeed()
	budget := keyMemory / max(1, len(p.keys))
	for _, k := range p.keys {
		k.set = newKeySet(seed, budget, p.options.TempDir)
		if k.kind == keyForeign {
			k.open = &spool{dir: p.options.TempDir}
		}
	}
	loaded := map[*rowKey]bool{}
	for _, fk := range p.schema.ForeignKeys {
		for _, k := range p.keys {
			if k.kind != keyForeign || k.target != nil || loaded[k] || !same(k.names, fk.Fields) {
				continue
			}
			loaded[k] = true
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
	k.other = newKeySet(k.set.seed, k.set.budget, p.options.TempDir)
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
		if _, err := k.other.add(k.other.hash(buf), buf, 1, 0); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) closeKeys() {
	for _, k := range p.keys {
		k.set.close()
		k.other.close()
		if k.open != nil {
			k.open.close()
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
					out.nulls, out.nullLines = append(out.nulls, uint32(i)), append(out.nullLines, uint32(b.Line(i)))
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
		for i, at := range in.nulls {
			c.one(c.p.keyFault(k, pos.Row+int(at), pos.Line+int(in.nullLines[i]), "check.primary-key.null", 0, ""), false)
		}
		k.set.warm(in.hashes)
		start := uint32(0)
		for i, end := range in.ends {
			row, line := pos.Row+int(in.rows[i]), pos.Line+int(in.lines[i])
			key := in.bytes[start:end]
			start = end
			if k.kind == keyForeign {
				if err := k.refer(in.hashes[i], key, row, line); err != nil {
					return err
				}
				continue
			}
			first, err := k.set.add(in.hashes[i], key, row, line)
			if err != nil {
				return err
			}
			if first > 0 && k.kind != keyTarget {
				c.one(c.p.keyFault(k, row, line, k.twiceKey(), first, readable(key)), false)
			}
		}
	}
	return nil
}

// points returns the set that a foreign key points to, nil when there is none.
func (k *rowKey) points() *keySet {
	if k.target != nil {
		return k.target.set
	}
	return k.other
}

// refer notes a reference that is not found among the keys seen so far.
func (k *rowKey) refer(h uint64, key []byte, row, line int) error {
	to := k.points()
	if to == nil || to.spool == nil && to.has(h, key) {
		return nil
	}
	return k.open.put(h, key, row, line)
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

// lateKeys tells what only the whole file tells: references that lead nowhere,
// and keys that memory did not hold.
func (c *collector) lateKeys() error {
	for _, k := range c.p.keys {
		late := &lateFaults{c: c, limit: c.p.options.Limit}
		var err error
		switch {
		case k.kind == keyForeign && k.points() != nil:
			err = c.lateReferences(k, late)
		case k.set.spool != nil && k.kind != keyTarget:
			for n := 0; n < spoolParts && err == nil; n++ {
				_, err = k.set.part(n, func(key []byte, row, line, first int) {
					late.add(c.p.keyFault(k, row, line, k.twiceKey(), first, readable(key)))
				})
			}
		}
		if err != nil {
			return err
		}
		late.tell()
	}
	return nil
}

func (c *collector) lateReferences(k *rowKey, late *lateFaults) error {
	for n := range spoolParts {
		to := k.points()
		if to.spool != nil {
			var err error
			if to, err = to.part(n, nil); err != nil {
				return err
			}
		}
		err := k.open.each(n, func(key []byte, row, line int) error {
			if !to.has(to.hash(key), key) {
				late.add(c.p.keyFault(k, row, line, "check.foreign-key", 0, readable(key)))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// lateFaults keeps the first rows of faults that do not come in order.
type lateFaults struct {
	c     *collector
	limit int
	list  []Fault
	more  int // beyond the limit
}

func (t *lateFaults) add(f Fault) {
	if told := t.c.p.options.Faulty; told != nil && f.Row > 0 {
		told(f.Row)
	}
	t.list = append(t.list, f)
	if t.limit > 0 && len(t.list) >= 2*t.limit+groupRows {
		t.cut()
	}
}

func (t *lateFaults) cut() {
	sortFaults(t.list)
	if most := max(t.limit, groupRows); t.limit > 0 && len(t.list) > most {
		t.more += len(t.list) - most
		t.list = t.list[:most]
	}
}

func (t *lateFaults) tell() {
	t.cut()
	for _, f := range t.list {
		t.c.one(f, false)
	}
	if t.more > 0 {
		g := t.c.group(idOf(&t.list[0], false), t.list[0])
		g.count += t.more
		t.c.nErrors += t.more
		t.c.cut = true
	}
}
