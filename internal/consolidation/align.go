package consolidation

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// Why a whole table is left out.
const (
	LeftForLicence = "licence"    // its licence does not let its rows be published under another
	LeftForColumns = "columns"    // columns that the schema requires are missing
	LeftUnreadable = "unreadable" // its rows cannot be read
)

// brought is a table that may join.
type brought struct {
	dataset      catalogue.Dataset
	resource     catalogue.Resource
	organisation identity.Organisation
	version      catalogue.Version
}

// recipe tells what a table is aligned from and to; the same recipe gives the same part.
func (b *brought) recipe(t *target, address string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%q %q %q %q %d", t.recipe, b.version.ID, b.organisation.Name, b.organisation.SIREN, address, b.dataset.Licence, b.version.CreatedAt.Unix())
	for _, p := range b.version.Parts {
		fmt.Fprintf(h, "\n%s", p.Blob)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// aligned is what a table gave.
type aligned struct {
	part    blob.Ref
	rows    int64
	keys    blob.Hash
	wrong   int64 // rows left out
	report  blob.Hash
	file    blob.Hash // all rows of the table, as a file with the columns of the schema; when some are wrong
	leftOut string
}

// align makes the part of a table.
func (s *Service) align(ctx context.Context, t *target, b *brought, address string) (out aligned, err error) {
	defer errs.Wrap(&err, "consolidation.align(%s)", b.resource.ID)
	if b.dataset.Licence != catalogue.LicenceOuverte {
		return aligned{leftOut: LeftForLicence}, nil
	}
	columns, err := schema.Parse(b.version.Columns)
	if err != nil {
		return aligned{leftOut: LeftUnreadable}, nil //nolint:nilerr // a table that cannot be read holds up no other
	}
	at := t.match(columns.Fields)
	if !t.enough(b, at) {
		return aligned{leftOut: LeftForColumns}, nil
	}
	w := &aligner{Service: s, t: t, b: b, address: address, columns: columns, at: at}
	defer w.cleanUp()
	if b.version.Report.Valid && t.follows(columns, at) {
		out, err = w.straight(ctx)
	} else {
		out, err = w.checked(ctx)
	}
	// What the store does not give is no fault of the table: the build is tried again,
	// and the dataset of the territory stays as it is.
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.TooLarge) {
		return aligned{leftOut: LeftUnreadable}, nil
	}
	return out, err
}

// enough reports that a table has columns of the schema: some, and the required ones
// when its rows were never checked against it.
func (t *target) enough(b *brought, at []int) bool {
	found := make([]bool, len(t.schema.Fields))
	some := false
	for _, i := range at {
		if i >= 0 {
			found[i], some = true, true
		}
	}
	if !some || !b.version.Schema.IsZero() {
		return some
	}
	return !slices.ContainsFunc(t.missing(found), func(i int) bool { return t.schema.Fields[i].Constraints.Required })
}

// aligner aligns one table.
type aligner struct {
	*Service
	t       *target
	b       *brought
	address string
	columns *schema.Schema
	at      []int // field of the schema of each column; -1 for none
	files   []string
}

func (w *aligner) cleanUp() {
	for _, f := range w.files {
		_ = os.Remove(f)
	}
}

func (w *aligner) tempFile() (*os.File, error) {
	f, err := os.CreateTemp(w.o.Temp, "consolidate-*")
	if err == nil {
		w.files = append(w.files, f.Name())
	}
	return f, err
}

// straight aligns rows that are right as they are.
func (w *aligner) straight(ctx context.Context) (out aligned, err error) {
	p, err := w.newPart(ctx, w.at)
	if err != nil {
		return out, err
	}
	number := uint32(0)
	err = w.read(ctx, func(fr *tabular.Frame) error {
		first := number
		number += uint32(fr.Rows)
		return p.add(fr, func(i int) (uint32, bool) { return first + uint32(i) + 1, true })
	})
	if err != nil {
		return out, errors.Join(err, p.file.Close())
	}
	return p.finish(ctx)
}

// read gives the rows of the version.
func (w *aligner) read(ctx context.Context, give func(*tabular.Frame) error) error {
	for _, part := range w.b.version.Parts {
		if err := w.o.Tables.Frames(ctx, blob.Hash(part.Blob), give); err != nil {
			return err
		}
	}
	return nil
}

// part writes the rows of a table with the columns of the target.
type part struct {
	w    *aligner
	file *os.File
	pq   *tabular.ParquetWriter
	from []int // column of the frames of each field; -1 for none
	fr   tabular.Frame
	keys []byte
	cell []byte
	rows int64
}

// newPart prepares a part of frames whose columns stand for the fields at.
func (w *aligner) newPart(ctx context.Context, at []int) (*part, error) {
	f, err := w.tempFile()
	if err != nil {
		return nil, err
	}
	p := &part{w: w, file: f, from: make([]int, len(w.t.fields))}
	for i := range p.from {
		p.from[i] = slices.Index(at, i)
	}
	p.fr = tabular.Frame{Fields: w.t.fields, Columns: make([]tabular.Column, len(w.t.fields))}
	p.pq, err = tabular.NewParquetWriter(f, w.t.fields, tabular.ParquetOptions{Context: ctx, Metadata: map[string]string{tabular.ParquetSchemaKey: string(w.t.columns.JSON())}})
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return p, nil
}

// add writes the rows of a frame that take tells the number of.
func (p *part) add(fr *tabular.Frame, take func(i int) (number uint32, ok bool)) error {
	var kept []int
	var numbers []uint32
	for i := range fr.Rows {
		if number, ok := take(i); ok {
			kept = append(kept, i)
			numbers = append(numbers, number)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	if len(kept) < fr.Rows {
		fr = fr.Take(kept)
	}
	p.fr.Rows = fr.Rows
	own := len(p.w.t.fields) - added
	for i := range own {
		if err := p.column(i, fr); err != nil {
			return err
		}
	}
	p.source(own, len(kept))
	for i := range kept {
		p.keys = binary.LittleEndian.AppendUint64(p.keys, p.key(i))
		p.keys = binary.LittleEndian.AppendUint32(p.keys, numbers[i])
	}
	p.rows += int64(len(kept))
	return p.pq.Write(&p.fr)
}

// column fills a column of the part.
func (p *part) column(i int, fr *tabular.Frame) error {
	out, kind, j := &p.fr.Columns[i], p.w.t.fields[i].Kind, p.from[i]
	if j >= 0 {
		if fr.Fields[j].Kind != kind {
			return fmt.Errorf("column %q is of kind %d, not %d", fr.Fields[j].Name, fr.Fields[j].Kind, kind)
		}
		*out = fr.Columns[j] // read before the frame changes
		return nil
	}
	*out = tabular.Column{Null: make([]bool, fr.Rows)}
	for i := range out.Null {
		out.Null[i] = true
	}
	switch kind {
	case tabular.Text, tabular.JSON:
		out.Bytes = make([][]byte, fr.Rows)
	case tabular.Float:
		out.Float64 = make([]float64, fr.Rows)
	default:
		out.Int64 = make([]int64, fr.Rows)
	}
	return nil
}

// source fills the columns that say where rows come from.
func (p *part) source(first, n int) {
	b := p.w.b
	texts := [added - 1]string{b.organisation.Name, b.organisation.SIREN, p.w.address}
	for k, text := range texts {
		c := tabular.Column{Null: make([]bool, n), Bytes: make([][]byte, n)}
		value := []byte(text)
		for i := range n {
			c.Null[i], c.Bytes[i] = text == "", value
			if text == "" {
				c.Bytes[i] = nil
			}
		}
		p.fr.Columns[first+k] = c
	}
	days := b.version.CreatedAt.UTC().Unix() / 86400
	c := tabular.Column{Null: make([]bool, n), Int64: make([]int64, n)}
	for i := range n {
		c.Int64[i] = days
	}
	p.fr.Columns[first+len(texts)] = c
}

// key is that of a row of the frame in hand: 0 when all its columns are empty, else
// the beginning of a digest of its cells.
func (p *part) key(row int) uint64 {
	p.cell = p.cell[:0]
	filled := false
	for _, i := range p.w.t.key {
		c := &p.fr.Columns[i]
		start := len(p.cell)
		if !c.Null[row] {
			filled = true
			switch p.w.t.fields[i].Kind {
			case tabular.Text, tabular.JSON:
				p.cell = append(p.cell, c.Bytes[row]...)
			case tabular.Float:
				p.cell = strconv.AppendFloat(p.cell, c.Float64[row], 'g', -1, 64)
			default:
				p.cell = strconv.AppendInt(p.cell, c.Int64[row], 10)
			}
		}
		p.cell = binary.LittleEndian.AppendUint32(p.cell, uint32(len(p.cell)-start))
	}
	if !filled {
		return 0
	}
	sum := sha256.Sum256(p.cell)
	return max(binary.LittleEndian.Uint64(sum[:8]), 1)
}

// finish stores the part and its keys.
func (p *part) finish(ctx context.Context) (out aligned, err error) {
	if err := errors.Join(p.pq.Close(), p.file.Close()); err != nil {
		return out, err
	}
	out.rows = p.rows
	if out.part, err = p.w.o.Blobs.PutFile(ctx, p.file.Name()); err != nil {
		return out, err
	}
	out.keys, err = p.w.putBytes(ctx, p.keys)
	return out, err
}
