package tabular

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// What a page may claim. Writers make pages of some hundred kilobytes and some
// ten thousand values; the limits leave room for a thousand times that.
const (
	maxPageBytes    = 256 << 20 // of one page, unpacked
	maxPagesBytes   = 1 << 30   // of the largest page of each column together: one of each is in memory
	maxPageValues   = 1 << 24
	maxPageHeader   = 64 << 10 // bytes; headers hold at most a smallest and a largest value
	maxSnappyPrefix = binary.MaxVarintLen32
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
		if packed < 0 || packed > end-at || unpacked < 0 || unpacked > maxPageBytes ||
			values > maxPageValues || int64(values) > chunk.NumValues {
			return 0, fmt.Errorf("byte %d: a page of %d values in %d bytes, %d unpacked, where %d are left", at, values, packed, unpacked, end-at)
		}
		if chunk.Codec == format.Snappy && header.Type != format.DataPageV2 && packed > 0 {
			if err := soundSnappy(src, at, packed, unpacked); err != nil {
				return 0, err
			}
		}
		largest = max(largest, packed+unpacked)
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

// soundSnappy refuses a packed page whose own length is not the one of its header.
func soundSnappy(src Source, at, packed, unpacked int64) error {
	var start [maxSnappyPrefix]byte
	n, err := src.ReadAt(start[:min(packed, maxSnappyPrefix)], at)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if length, used := binary.Uvarint(start[:n]); used <= 0 || length > uint64(unpacked) {
		return fmt.Errorf("byte %d: a page of %d bytes that unpacks to %d", at, unpacked, length)
	}
	return nil
}
