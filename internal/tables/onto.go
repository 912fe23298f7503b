package tables

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// Mode is what the rows of a file do to the table that they are brought to.
type Mode string

const (
	Replace Mode = ""       // they are the whole table from now on
	Add     Mode = "add"    // they come after its rows
	Update  Mode = "update" // they take the place of the rows of the same key, the others come after
)

// Modes lists them.
var Modes = []Mode{Replace, Add, Update}

// Onto says to which version the rows of a file are brought, and how. Its zero
// value replaces.
type Onto struct {
	Resource catalogue.ResourceID `json:",omitempty"`
	Version  int                  `json:",omitempty"` // number of the version before
	Mode     Mode                 `json:",omitempty"`
	Key      []string             `json:",omitempty"` // of Update: names of the columns that tell rows apart; none is the primary key of the schema
}

// Joined is what becomes of a version when rows are brought to it.
type Joined struct {
	Parts    []catalogue.VersionPart `json:",omitempty"` // that stay, before those of the file
	Before   int64                   `json:",omitempty"` // rows of the version before
	Replaced int64                   `json:",omitempty"` // of them
}

// Total is how many rows the table will have.
func (o Outcome) Total() int64 { return o.Rows + o.Joined.Before - o.Joined.Replaced }

// maxKeys is how many rows may be brought to a table whose rows have keys.
const maxKeys = 2_000_000

// base finds the version that rows are brought to, and its schema.
func (w *reading) base(ctx context.Context) (catalogue.Version, *schema.Schema, error) {
	o := w.i.Settings.Onto
	v, err := w.catalogue.Version(ctx, identity.System("import"), o.Resource, o.Version)
	if errs.Is(err, errs.NotFound) || err == nil && len(v.Columns) == 0 {
		return v, nil, errs.New(errs.Invalid, "onto.gone").WithHint("onto.gone.hint")
	}
	if err != nil {
		return v, nil, err
	}
	s, err := schema.Parse(v.Columns)
	return v, s, err
}

// otherOrder reports whether the columns of a file are those of the table in
// another order.
func (w *reading) otherOrder(ctx context.Context, source blob.Hash, o tabular.Options, sch *schema.Schema) (bool, error) {
	f, closer, err := w.openTable(ctx, source, o)
	if err != nil {
		return false, err
	}
	defer closer.Close()
	names := make([]string, len(sch.Fields))
	for i := range sch.Fields {
		names[i] = sch.Fields[i].Name
	}
	return len(f.Header) > 0 && !slices.Equal(f.Header, names), nil
}

// join finds what stays of the version before: all of its parts, or a part made of
// the rows whose key the file does not have. The file has been checked and its
// Parquet is kept.
func (w *reading) join(ctx context.Context) error {
	o := w.i.Settings.Onto
	w.i.Kept, w.i.Outcome.Joined = blob.Ref{}, Joined{}
	if o.Mode == Replace || w.i.Parquet.Hash == "" {
		return nil
	}
	before, s, err := w.base(ctx)
	if err != nil {
		return err
	}
	own, err := schema.Parse(w.i.Outcome.Schema)
	if err != nil {
		return err
	}
	fields := fieldsOf(s)
	if err := sameColumns(fields, fieldsOf(own)); err != nil {
		return err
	}
	w.i.Outcome.Joined.Before = before.Rows
	key, err := keyOf(fields, s, o)
	if err != nil {
		return err
	}
	if key == nil { // Add, to rows that nothing tells apart
		w.i.Outcome.Joined.Parts = before.Parts
		return nil
	}
	keys, err := w.keys(ctx, key)
	if err != nil {
		return err
	}
	return w.keep(ctx, fields, before, key, keys)
}

// sameColumns refuses columns that are not those of the table.
func sameColumns(table, file []tabular.Field) error {
	names := func(list []tabular.Field) (out []string) {
		for _, f := range list {
			out = append(out, f.Name)
		}
		return out
	}
	have, want := names(file), names(table)
	only := func(a, b []string) string {
		return strings.Join(slices.DeleteFunc(slices.Clone(a), func(n string) bool { return slices.Contains(b, n) }), ", ")
	}
	if missing, extra := only(want, have), only(have, want); missing != "" || extra != "" {
		return errs.New(errs.Invalid, "onto.columns", errs.Args{"Missing": missing, "Extra": extra}).WithHint("onto.columns.hint")
	}
	if !slices.Equal(have, want) {
		return errs.New(errs.Invalid, "onto.order", errs.Args{"List": strings.Join(want, ", ")}).WithHint("onto.order.hint")
	}
	for i := range table {
		if table[i].Kind != file[i].Kind || table[i].Geometry != file[i].Geometry || table[i].Local != file[i].Local {
			return errs.New(errs.Invalid, "onto.type", errs.Args{"Name": table[i].Name}).WithHint("onto.type.hint")
		}
	}
	return nil
}

// keyOf finds the places of the columns of the key; nil when there is none and
// none is needed.
func keyOf(fields []tabular.Field, s *schema.Schema, o Onto) (key []int, err error) {
	names := o.Key
	if len(names) == 0 {
		names = s.PrimaryKey
	}
	if len(names) == 0 && o.Mode == Update {
		return nil, errs.New(errs.Invalid, "onto.no-key").WithHint("onto.no-key.hint")
	}
	for _, n := range names {
		at := slices.IndexFunc(fields, func(f tabular.Field) bool { return f.Name == n })
		if at < 0 {
			return nil, errs.New(errs.Invalid, "onto.key", errs.Args{"Name": n}).WithHint("onto.no-key.hint")
		}
		key = append(key, at)
	}
	return key, nil
}

// rowKey writes the values of the key columns of a row so that different ones
// differ; ok is false when all are empty.
func rowKey(b []byte, fr *tabular.Frame, key []int, row int) (text []byte, ok bool) {
	for _, at := range key {
		c := &fr.Columns[at]
		if c.Null[row] {
			b = append(b, 0)
			continue
		}
		ok = true
		b = append(b, 1)
		switch fr.Fields[at].Kind {
		case tabular.Text, tabular.JSON:
			b = binary.AppendUvarint(b, uint64(len(c.Bytes[row])))
			b = append(b, c.Bytes[row]...)
		case tabular.Float:
			b = binary.BigEndian.AppendUint64(b, math.Float64bits(c.Float64[row]))
		case tabular.Int, tabular.Bool, tabular.Date, tabular.Timestamp, tabular.TimeOfDay:
			b = binary.BigEndian.AppendUint64(b, uint64(c.Int64[row]))
		}
	}
	return b, ok
}

// keys gathers the keys of the file that was read. Each is there once.
func (w *reading) keys(ctx context.Context, key []int) (map[string]struct{}, error) {
	keys := map[string]struct{}{}
	var b []byte
	row := 1
	err := w.Frames(ctx, w.i.Parquet.Hash, func(fr *tabular.Frame) error {
		for i := range fr.Rows {
			row++
			text, ok := rowKey(b[:0], fr, key, i)
			b = text
			if !ok {
				return errs.New(errs.Invalid, "onto.empty-key", errs.Args{"Row": row}).WithHint("onto.empty-key.hint")
			}
			if _, twice := keys[string(text)]; twice {
				return errs.New(errs.Invalid, "onto.key-twice", errs.Args{"Row": row}).WithHint("onto.key-twice.hint")
			}
			if len(keys) >= maxKeys {
				return errs.New(errs.TooLarge, "onto.too-many", errs.Args{"Limit": maxKeys}).WithHint("onto.too-many.hint")
			}
			keys[string(text)] = struct{}{}
		}
		return nil
	})
	return keys, err
}

// keep writes the rows of the version before whose key is not among keys. Rows
// that are only added must have no key of the table.
func (w *reading) keep(ctx context.Context, fields []tabular.Field, before catalogue.Version, key []int, keys map[string]struct{}) error {
	out, err := w.tempFile()
	if err != nil {
		return err
	}
	defer out.Close()
	pq, err := tabular.NewParquetWriter(out, fields, tabular.ParquetOptions{Context: ctx, Metadata: map[string]string{tabular.ParquetSchemaKey: string(before.Columns)}})
	if err != nil {
		return err
	}
	var replaced int64
	var b []byte
	for _, part := range before.Parts {
		err := w.Frames(ctx, blob.Hash(part.Blob), func(fr *tabular.Frame) error {
			if !slices.Equal(fr.Fields, fields) {
				return errs.New(errs.Invalid, "onto.gone").WithHint("onto.gone.hint")
			}
			left := make([]int, 0, fr.Rows)
			for i := range fr.Rows {
				text, _ := rowKey(b[:0], fr, key, i)
				b = text
				if _, ok := keys[string(text)]; ok {
					replaced++
					continue
				}
				left = append(left, i)
			}
			return pq.Write(fr.Take(left))
		})
		if err != nil {
			pq.Abort(err)
			return err
		}
	}
	if w.i.Settings.Onto.Mode == Add {
		pq.Abort(errNotWanted)
		if replaced > 0 {
			return errs.New(errs.Invalid, "onto.known", errs.Args{"Count": replaced}).WithHint("onto.known.hint")
		}
		w.i.Outcome.Joined.Parts = before.Parts
		return nil
	}
	w.i.Outcome.Joined.Replaced = replaced
	if replaced == 0 {
		pq.Abort(errNotWanted)
		w.i.Outcome.Joined.Parts = before.Parts
		return nil
	}
	if err := errors.Join(pq.Close(), out.Close()); err != nil {
		return err
	}
	if replaced == before.Rows {
		return nil
	}
	if w.i.Kept, err = w.blobs.PutFile(ctx, out.Name()); err != nil {
		return err
	}
	w.i.Outcome.Joined.Parts = []catalogue.VersionPart{{Blob: string(w.i.Kept.Hash), Bytes: w.i.Kept.Size, Rows: before.Rows - replaced}}
	return nil
}

var errNotWanted = errors.New("the rows before stay as they are")

// Frames reads a Parquet file that is kept; a frame is valid during the call only.
// Kinds: Invalid (damaged), those of blob.Store.File.
func (s *Service) Frames(ctx context.Context, h blob.Hash, give func(*tabular.Frame) error) error {
	local, err := s.blobs.File(ctx, h)
	if err != nil {
		return err
	}
	defer local.Close()
	return tabular.EachFrame(ctx, local.Path, give)
}
