package tabular

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/i18n"
)

// workbook is a file of sheets.
type workbook interface {
	list() []sheetInfo
	rows(s sheetInfo) (rowReader, error)
	// merged lists ranges of merged cells that begin in the rows up to last.
	merged(ctx context.Context, s sheetInfo, last int) ([]mergedRange, error)
}

func (w *xlsx) list() []sheetInfo { return w.sheets }

const choiceRows = 80 // of each sheet, to choose one

// openWorkbook chooses the sheet, recognises its layout and fills f.
func (f *File) openWorkbook(ctx context.Context, w workbook, format string, o Options) error {
	f.Info.Format = format
	for _, s := range w.list() {
		f.Info.Sheets = append(f.Info.Sheets, s.name)
	}
	s, err := chooseSheet(ctx, w, o.Sheet)
	if err != nil {
		return err
	}
	f.Info.Sheet = s.name
	r, err := w.rows(s)
	if err != nil {
		return err
	}
	rows, at, err := sample(ctx, r, layoutRecords)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return emptySheet(ctx, w, s)
	}
	var merges []mergedRange
	if gaps(rows) {
		merges, err = w.merged(ctx, s, at[min(len(at), mostPreamble)-1])
		if err != nil {
			return err
		}
	}
	skip, left, typical := f.laySheet(rows, at, o.headerRows(), merges)
	f.Info.FirstColumn = left
	f.open = func(context.Context) (feed, error) {
		r, err := w.rows(s)
		if err != nil {
			return nil, err
		}
		return &rowsFeed{
			r: r, skip: skip, left: left, columns: f.ownColumns(),
			foot: &footnotes{columns: f.ownColumns(), typical: typical, off: o.Whole},
		}, nil
	}
	return nil
}

// gaps: a row near the top is filled in part, so that merged cells may matter.
func gaps(rows [][]string) bool {
	width := 0
	for _, r := range rows {
		width = max(width, len(r))
	}
	for _, r := range rows[:min(len(rows), mostPreamble)] {
		if n := filled(r); n >= 2 && n < width {
			return true
		}
	}
	return false
}

// noticeWords begin the names of sheets that explain others or list their values.
var noticeWords = []string{"notice", "lisez", "lire", "à lire", "a lire", "readme", "read me", "mode d", "aide", "documentation", "doc", "consigne", "instruction", "explication", "légende", "legende", "métadonnée", "metadonnee", "metadata", "sommaire", "accueil", "présentation", "presentation", "liste", "listes", "nomenclature", "paramètre", "parametre", "référentiel", "referentiel", "validation", "dictionnaire", "glossaire", "informations", "exemple"}

// chooseSheet finds the sheet named, or the first one that holds a table.
func chooseSheet(ctx context.Context, w workbook, name string) (sheetInfo, error) {
	sheets := w.list()
	if name != "" {
		for _, s := range sheets {
			if s.name == name {
				return s, nil
			}
		}
		for _, s := range sheets {
			if strings.EqualFold(strings.TrimSpace(s.name), strings.TrimSpace(name)) {
				return s, nil
			}
		}
		names := make([]string, len(sheets))
		for i, s := range sheets {
			names[i] = s.name
		}
		return sheetInfo{}, fail(errs.Invalid, CodeSource, "tabular.unknown-sheet", errs.Args{"Option": "sheet", "Sheet": name, "Known": strings.Join(names, ", ")})
	}
	best, score := -1, math.Inf(-1)
	for i, s := range sheets {
		n, err := likeness(ctx, w, s)
		if err != nil {
			if len(sheets) == 1 {
				return sheetInfo{}, err
			}
			continue
		}
		n -= 0.01 * float64(i)
		if n > score {
			best, score = i, n
		}
		if n+0.01*float64(i) >= bestLikeness {
			break // no other can pass it, as those before go first
		}
	}
	if best < 0 {
		return sheetInfo{}, fail(errs.Invalid, CodeSource, "tabular.damaged", nil)
	}
	if math.IsInf(score, -1) || score < -50 {
		return sheetInfo{}, emptySheet(ctx, w, sheets[best])
	}
	return sheets[best], nil
}

// emptySheet is the error for a sheet without any value; it says how many rows are
// declared, as spreadsheet programs show them.
func emptySheet(ctx context.Context, w workbook, s sheetInfo) error {
	r, err := w.rows(s)
	if err != nil {
		return err
	}
	defer r.close()
	var b Batch
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		b.reset()
		if _, err := r.next(&b); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
	}
	rows := 0
	if d, ok := r.(interface{ declared() int }); ok {
		rows = d.declared()
	}
	if rows > 1 {
		return fail(errs.Invalid, CodeSource, "tabular.empty-rows", errs.Args{"Sheet": s.name, "Rows": i18n.Number(rows)})
	}
	return fail(errs.Invalid, CodeSource, "tabular.empty-sheet", errs.Args{"Sheet": s.name})
}

// declared returns the number of rows of the sheet, once read to its end.
func (s *sheetRows) declared() int { return s.row }

func (t *odsRows) declared() int { return t.row }

// declared reads the range that the sheet says to use ([MS-XLS] 2.4.90, Dimensions).
func (s *biffRows) declared() int {
	for at := s.begin; ; {
		kind, data, next, ok := s.w.record(at)
		if !ok || kind == biffEOF {
			return 0
		}
		if kind == biffDimensions && len(data) >= 8 {
			return min(int(binary.LittleEndian.Uint32(data[4:])), maxRows)
		}
		at = next
	}
}

const biffDimensions = 0x200

const bestLikeness = 4

// likeness scores how much a sheet looks like the table that one came for:
// visible, not a notice by its name, several columns, rows alike below a header.
func likeness(ctx context.Context, w workbook, s sheetInfo) (float64, error) {
	r, err := w.rows(s)
	if err != nil {
		return 0, err
	}
	rows, _, err := sample(ctx, r, choiceRows)
	if err != nil {
		return 0, err
	}
	if len(rows) == 0 {
		return -100, nil
	}
	score := 0.0
	if s.hidden {
		score -= 5
	}
	low := strings.ToLower(strings.TrimSpace(s.name))
	for _, word := range noticeWords {
		if strings.HasPrefix(low, word) {
			score -= 2
			break
		}
	}
	var fills []int
	long, cells := 0, 0
	for _, r := range rows {
		fills = append(fills, filled(r))
		for _, c := range r {
			if c != "" {
				cells++
				if len(c) > 150 {
					long++
				}
			}
		}
	}
	slices.Sort(fills)
	median := fills[len(fills)/2]
	switch {
	case median >= 3:
		score += 3
	case median == 2:
		score += 2
	}
	if len(rows) >= 3 {
		score++
	}
	if long*4 > cells {
		score -= 1.5
	}
	if len(rows) == 1 {
		score--
	}
	return score, nil
}
