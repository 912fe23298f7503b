package consolidation

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"socle/internal/blob"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/tables"
	"socle/internal/tabular"
)

func (s *Service) putBytes(ctx context.Context, b []byte) (blob.Hash, error) {
	ref, err := s.o.Blobs.Put(ctx, bytes.NewReader(b))
	return ref.Hash, err
}

// checked aligns rows that must be held to the schema first: they are written as a
// file with its columns, the file is checked as any other, and what is right of it
// is taken.
func (w *aligner) checked(ctx context.Context) (out aligned, err error) {
	path, numbers, err := w.write(ctx)
	if err != nil {
		return out, err
	}
	rows, err := w.tempFile()
	if err != nil {
		return out, err
	}
	defer rows.Close()
	report, wrong, at, err := w.check(ctx, path, rows, len(numbers))
	if err != nil {
		return out, err
	}
	if err := rows.Close(); err != nil {
		return out, err
	}
	if out, err = w.take(ctx, rows.Name(), at, numbers, wrong); err != nil {
		return out, err
	}
	for _, is := range wrong {
		if is {
			out.wrong++
		}
	}
	if out.wrong > 0 {
		err = w.keep(ctx, &out, path, report)
	}
	return out, err
}

// write writes the rows of the table as a file, the columns under the names of the
// schema; numbers are those of the rows in the table, blank ones being left out.
func (w *aligner) write(ctx context.Context) (path string, numbers []uint32, err error) {
	f, err := w.tempFile()
	if err != nil {
		return "", nil, err
	}
	defer func() {
		err = errors.Join(err, f.Close())
	}()
	out := bufio.NewWriterSize(f, 1<<16)
	names := w.header()
	var line, cell []byte
	for j, name := range names {
		line = appendCSV(line, []byte(name), j > 0)
	}
	if _, err := out.Write(append(line, '\r', '\n')); err != nil {
		return "", nil, err
	}
	number := uint32(0)
	err = w.read(ctx, func(fr *tabular.Frame) error {
		if len(fr.Fields) != len(names) {
			return fmt.Errorf("%d columns, not %d", len(fr.Fields), len(names))
		}
		ways := w.ways(fr.Fields)
		for i := range fr.Rows {
			number++
			line = line[:0]
			blank := true
			for j := range ways {
				cell = ways[j].appendCell(cell[:0], &fr.Columns[j], i)
				blank = blank && len(cell) == 0
				line = appendCSV(line, cell, j > 0)
			}
			if blank {
				continue
			}
			numbers = append(numbers, number)
			if _, err := out.Write(append(line, '\r', '\n')); err != nil {
				return err
			}
		}
		return nil
	})
	return f.Name(), numbers, errors.Join(err, out.Flush())
}

// header names the columns of the file: as the schema does, others as the table
// does, each name once.
func (w *aligner) header() []string {
	names := make([]string, len(w.at))
	for j, i := range w.at {
		if i >= 0 {
			names[j] = w.t.schema.Fields[i].Name
		}
	}
	for j, i := range w.at {
		if i >= 0 {
			continue
		}
		name := w.columns.Fields[j].Name
		for name == "" || slices.Contains(names, name) || w.t.schema.Field(name) >= 0 {
			name += "_"
		}
		names[j] = name
	}
	return names
}

func (w *aligner) ways(fields []tabular.Field) []writing {
	ways := make([]writing, len(fields))
	for j, f := range fields {
		ways[j] = writing{from: f, was: w.columns.Fields[j], field: w.columns.Fields[j]}
		if i := w.at[j]; i >= 0 {
			ways[j].field = w.t.schema.Fields[i]
		}
	}
	return ways
}

func appendCSV(dst, cell []byte, comma bool) []byte {
	if comma {
		dst = append(dst, ',')
	}
	if !bytes.ContainsAny(cell, "\",\r\n") {
		return append(dst, cell...)
	}
	dst = append(dst, '"')
	dst = append(dst, bytes.ReplaceAll(cell, []byte(`"`), []byte(`""`))...)
	return append(dst, '"')
}

// Reading is how the file of a source is read; temp is the folder of temporary files.
func Reading(temp string) tabular.Options {
	one := 1
	return tabular.Options{Name: "consolidation.csv", Format: "csv", Encoding: "utf-8", Delimiter: ",", HeaderRows: &one, TempDir: temp}
}

func (s *Service) open(ctx context.Context, path string) (*tabular.File, error) {
	src, err := tabular.OpenFile(path)
	if err != nil {
		return nil, err
	}
	f, err := tabular.Open(ctx, src, Reading(s.o.Temp))
	if err != nil {
		return nil, errors.Join(err, src.Close())
	}
	f.Own(src)
	return f, nil
}

// check holds the file to the schema; the typed rows go to out. at are the fields of
// the columns of these, wrong says of each row whether it has an error.
func (w *aligner) check(ctx context.Context, path string, out io.Writer, n int) (report *check.Report, wrong []bool, at []int, err error) {
	f, err := w.open(ctx, path)
	if err != nil {
		return nil, nil, nil, err
	}
	defer f.Close()
	fields := check.Fields(f, w.t.schema)
	pq, err := tabular.NewParquetWriter(out, fields, tabular.ParquetOptions{Context: ctx})
	if err != nil {
		return nil, nil, nil, err
	}
	var mu sync.Mutex
	wrong = make([]bool, n)
	faulty := func(row int) {
		mu.Lock()
		defer mu.Unlock()
		if i := row - 2; i >= 0 && i < n { // the header is row 1
			wrong[i] = true
		}
	}
	report, err = check.Run(ctx, f, w.t.schema, check.Options{Workers: 1, Sink: pq.Put, Faulty: faulty, TempDir: w.o.Temp, References: w.o.Tables.References()})
	if err != nil {
		return nil, nil, nil, err
	}
	if err := pq.Close(); err != nil {
		return nil, nil, nil, err
	}
	if got := pq.Rows(); got != int64(n) {
		return nil, nil, nil, fmt.Errorf("%d rows were read again, of %d", got, n)
	}
	for _, field := range fields {
		at = append(at, w.t.schema.Field(field.Name))
	}
	return report, wrong, at, nil
}

// take writes the part of the rows that are right.
func (w *aligner) take(ctx context.Context, path string, at []int, numbers []uint32, wrong []bool) (out aligned, err error) {
	p, err := w.newPart(ctx, at)
	if err != nil {
		return out, err
	}
	first := 0
	err = tabular.EachFrame(ctx, path, func(fr *tabular.Frame) error {
		start := first
		first += fr.Rows
		return p.add(fr, func(i int) (uint32, bool) { return numbers[start+i], !wrong[start+i] })
	})
	if err != nil {
		return out, errors.Join(err, p.file.Close())
	}
	return p.finish(ctx)
}

// keep stores what goes back to the producer: the report, the repairs, the file.
func (w *aligner) keep(ctx context.Context, out *aligned, path string, report *check.Report) error {
	plan, err := check.PlanRepairs(ctx, func() (*tabular.File, error) { return w.open(ctx, path) }, w.t.schema, check.PlanOptions{Workers: 1})
	if err != nil {
		return err
	}
	b, err := json.Marshal(tables.Findings{Report: report, Plan: plan})
	if err != nil {
		return err
	}
	if out.report, err = w.putBytes(ctx, b); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	ref, err := w.o.Blobs.Put(ctx, f)
	out.file = ref.Hash
	return err
}

// schemaOf is the schema of a consolidation, in its latest version.
func (s *Service) schemaOf(ctx context.Context, c Consolidation) (*schema.Schema, error) {
	return s.o.Schemas(ctx, c.Schema)
}
