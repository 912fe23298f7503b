package tabular

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// What a page may claim. Writers make pages of some hundred kilobytes and some
// ten thousand values; the limits leave room for a thousand times that.
const (
	maxPageBytes  = 256 << 20 // of one page, packed or unpacked
	maxPagesBytes = 1 << 30   // of the largest page of each column together: one of each is in memory
	maxPageValues = 1 << 24
	maxPageHeader = 64 << 10 // bytes; headers hold at most a smallest and a largest value
)

// soundPages refuses a row group of which a page claims more than its chunk holds,
// or beyond the limits above: the library makes as much room as a page says.
func soundPages(src Source, group *format.RowGroup) error {
	largest := int64(0)
	for c := range group.Columns {
		n, err := soundChunk(src, &group.Columns[c].MetaData)
		if err != nil {
			return fmt.Errorf("column %d: %w", c, err)
		}
		if largest += n; largest > maxPagesBytes {
			return fmt.Errorf("pages of %d bytes", largest)
		}
	}
	return nil
}

// soundChunk walks the headers of the pages of a column and returns the bytes of
// the largest, unpacked.
func soundChunk(src Source, chunk *format.ColumnMetaData) (largest int64, err error) {
	at := chunk.DataPageOffset
	if chunk.DictionaryPageOffset != 0 {
		at = chunk.DictionaryPageOffset
	}
	// Old writers count a chunk too short or leave bytes behind its pages: its
	// values say where it ends.
	end, left := src.Size(), chunk.NumValues
	window := make([]byte, 512)
	for at < end && left > 0 {
		header, length, err := pageHeader(src, at, end, &window)
		if err != nil {
			return 0, err
		}
		at += length
		packed, unpacked := int64(header.CompressedPageSize), int64(header.UncompressedPageSize)
		held := max(header.DataPageHeader.V.NumValues, header.DataPageHeaderV2.V.NumValues)
		values := max(held, header.DictionaryPageHeader.V.NumValues)
		if packed < 0 || packed > min(end-at, maxPageBytes) || unpacked < 0 || unpacked > maxPageBytes ||
			values > maxPageValues || int64(values) > chunk.NumValues {
			return 0, fmt.Errorf("byte %d: a page of %d values in %d bytes, %d unpacked, where %d are left", at, values, packed, unpacked, end-at)
		}
		given, err := givenBytes(src, chunk.Codec, header, at)
		if err != nil {
			return 0, err
		}
		largest = max(largest, packed+given)
		at += packed
		left -= int64(held)
	}
	return largest, nil
}

// pageHeader reads the header at a place, and how many bytes it takes.
func pageHeader(src Source, at, end int64, window *[]byte) (*format.PageHeader, int64, error) {
	for {
		size := min(int64(len(*window)), end-at)
		n, err := src.ReadAt((*window)[:size], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, 0, err
		}
		w := compactWalk{data: (*window)[:n]}
		w.structure(0)
		if w.err == nil {
			header := new(format.PageHeader)
			err := thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(bytes.NewReader(w.data[:w.at]))).Decode(header)
			return header, int64(w.at), err
		}
		if int64(n) < int64(len(*window)) || len(*window) >= maxPageHeader {
			return nil, 0, fmt.Errorf("header of the page at byte %d: %w", at, w.err)
		}
		*window = make([]byte, 8*len(*window))
	}
}

// givenBytes is how many bytes a page at a place gives at most, unpacked; header was
// found to be of a page that the source holds.
func givenBytes(src Source, codec format.CompressionCodec, header *format.PageHeader, at int64) (int64, error) {
	page := packedPage{src: src, from: at, to: at + int64(header.CompressedPageSize), claimed: int64(header.UncompressedPageSize)}
	if header.Type == format.DataPageV2 {
		v2 := &header.DataPageHeaderV2.V
		levels := int64(v2.RepetitionLevelsByteLength) + int64(v2.DefinitionLevelsByteLength) // not packed
		if v2.RepetitionLevelsByteLength < 0 || v2.DefinitionLevelsByteLength < 0 || levels > min(page.to-page.from, page.claimed) {
			return 0, fmt.Errorf("byte %d: levels of %d bytes in a page of %d", at, levels, page.to-page.from)
		}
		if v2.IsCompressed.Valid && !v2.IsCompressed.V {
			return page.claimed, nil
		}
		page.from, page.claimed = page.from+levels, page.claimed-levels
		if page.from == page.to {
			return levels, nil
		}
		given, err := soundPacked(codec, page)
		return levels + given, err
	}
	if page.from == page.to {
		return page.claimed, nil
	}
	return soundPacked(codec, page)
}
