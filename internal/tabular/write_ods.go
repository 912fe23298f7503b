package tabular

import (
	"archive/zip"
	"encoding/xml"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"socle/internal/errs"
)

// odsWriter writes one table of OpenDocument as a stream.
type odsWriter struct {
	zip    *zip.Writer
	table  io.Writer
	fields []Field
	name   string
	rows   int
	begun  bool
	buf    []byte
	cell   []byte
}

func newODSWriter(w io.Writer, fields []Field, o WriteOptions) (*odsWriter, error) {
	if len(fields) > maxColumns {
		return nil, fail(errs.TooLarge, CodeFormat, "tabular.sheet-columns", errs.Args{"Limit": maxColumns})
	}
	d := &odsWriter{zip: newZip(w), fields: fields, name: sheetName(o.Sheet)}
	kind, err := d.zip.CreateHeader(&zip.FileHeader{Name: "mimetype", Method: zip.Store})
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(kind, "application/vnd.oasis.opendocument.spreadsheet"); err != nil {
		return nil, err
	}
	parts := []struct{ name, text string }{
		{"META-INF/manifest.xml", odsManifest},
		{"settings.xml", odsSettings(d.name)},
	}
	for _, p := range parts {
		part, err := d.zip.Create(p.name)
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(part, xml.Header+p.text); err != nil {
			return nil, err
		}
	}
	d.table, err = d.zip.Create("content.xml")
	return d, err
}

func (d *odsWriter) begin(fr *Frame) error {
	d.begun = true
	d.buf = append(d.buf, xml.Header+odsStart...)
	widths := columnWidths(d.fields, fr)
	for j, width := range widths {
		d.buf = append(d.buf, `<style:style style:name="w`+strconv.Itoa(j)+`" style:family="table-column"><style:table-column-properties style:column-width="`+strconv.FormatFloat(float64(width)*0.21, 'f', 2, 64)+`cm"/></style:style>`...)
	}
	d.buf = append(d.buf, `</office:automatic-styles><office:body><office:spreadsheet><table:table table:name="`+escapeXML(d.name)+`">`...)
	for j := range widths {
		d.buf = append(d.buf, `<table:table-column table:style-name="w`+strconv.Itoa(j)+`"/>`...)
	}
	d.buf = append(d.buf, "<table:table-header-rows><table:table-row>"...)
	for _, f := range d.fields {
		d.text([]byte(f.Name), ` table:style-name="head"`)
	}
	d.buf = append(d.buf, "</table:table-row></table:table-header-rows>"...)
	return d.flush()
}

func (d *odsWriter) flush() error {
	_, err := d.table.Write(d.buf)
	d.buf = d.buf[:0]
	return err
}

func (d *odsWriter) Write(fr *Frame) error {
	if !d.begun {
		if err := d.begin(fr); err != nil {
			return err
		}
	}
	if err := (Format{Name: "ods", MaxRows: sheetRowsMax}).Fits(int64(d.rows + fr.Rows)); err != nil {
		return err
	}
	for i := range fr.Rows {
		d.rows++
		d.buf = append(d.buf, "<table:table-row>"...)
		for j := range d.fields {
			if fr.Columns[j].Null[i] {
				d.buf = append(d.buf, "<table:table-cell/>"...)
			} else {
				d.value(&d.fields[j], &fr.Columns[j], i)
			}
		}
		d.buf = append(d.buf, "</table:table-row>"...)
		if len(d.buf) > flushBytes {
			if err := d.flush(); err != nil {
				return err
			}
		}
	}
	return d.flush()
}

func (d *odsWriter) value(f *Field, c *Column, i int) {
	d.cell = appendText(d.cell[:0], f, c, i)
	typed := func(attributes string) {
		d.buf = append(d.buf, `<table:table-cell `+attributes+`="`...)
		d.buf = append(d.buf, d.cell...)
		d.buf = append(d.buf, `"><text:p>`...)
		d.buf = append(d.buf, d.cell...)
		d.buf = append(d.buf, "</text:p></table:table-cell>"...)
	}
	switch f.Kind {
	case Int:
		if v := c.Int64[i]; v > -exactInteger && v < exactInteger {
			typed(`office:value-type="float" office:value`)
			return
		}
	case Float:
		if v := c.Float64[i]; !math.IsNaN(v) && !math.IsInf(v, 0) {
			typed(`office:value-type="float" office:value`)
			return
		}
	case Bool:
		typed(`office:value-type="boolean" office:boolean-value`)
		return
	case Date:
		typed(`table:style-name="date" office:value-type="date" office:date-value`)
		return
	case Timestamp:
		if f.Local {
			typed(`table:style-name="moment" office:value-type="date" office:date-value`)
			return
		}
	case TimeOfDay:
		us := c.Int64[i]
		text := append([]byte(nil), d.cell...)
		d.cell = append(d.cell[:0], "PT"...)
		d.cell = strconv.AppendInt(d.cell, us/3600e6, 10)
		d.cell = append(d.cell, 'H')
		d.cell = strconv.AppendInt(d.cell, us/60e6%60, 10)
		d.cell = append(d.cell, 'M')
		d.cell = strconv.AppendFloat(d.cell, float64(us%60e6)/1e6, 'f', -1, 64)
		d.cell = append(d.cell, 'S')
		d.buf = append(d.buf, `<table:table-cell table:style-name="clock" office:value-type="time" office:time-value="`...)
		d.buf = append(d.buf, d.cell...)
		d.buf = append(d.buf, `"><text:p>`...)
		d.buf = append(d.buf, text...)
		d.buf = append(d.buf, "</text:p></table:table-cell>"...)
		return
	}
	d.text(d.cell, "")
}

// text appends a cell of text; its lines are paragraphs.
func (d *odsWriter) text(text []byte, attributes string) {
	d.buf = append(d.buf, `<table:table-cell`+attributes+` office:value-type="string"><text:p>`...)
	spaces := 0
	leading := true
	flush := func(end bool) {
		if spaces == 0 {
			return
		}
		if leading || end || spaces > 1 {
			n := spaces
			if !leading && !end {
				d.buf = append(d.buf, ' ')
				n--
			}
			d.buf = append(d.buf, `<text:s text:c="`+strconv.Itoa(n)+`"/>`...)
		} else {
			d.buf = append(d.buf, ' ')
		}
		spaces = 0
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		i += size
		if r == ' ' {
			spaces++
			continue
		}
		flush(r == '\n')
		leading = false
		switch {
		case r == '\n':
			d.buf = append(d.buf, "</text:p><text:p>"...)
			leading = true
		case r == '\t':
			d.buf = append(d.buf, "<text:tab/>"...)
		case r == utf8.RuneError && size <= 1:
			d.buf = append(d.buf, "\uFFFD"...)
		case r >= ' ' && r < 0xFFFE || r > 0xFFFF:
			d.buf = appendXMLRune(d.buf, r)
		}
	}
	flush(true)
	d.buf = append(d.buf, "</text:p></table:table-cell>"...)
}

func (d *odsWriter) Close() error {
	if !d.begun {
		if err := d.begin(nil); err != nil {
			return err
		}
	}
	d.buf = append(d.buf, "</table:table></office:spreadsheet></office:body></office:document-content>"...)
	if err := d.flush(); err != nil {
		return err
	}
	return d.zip.Close()
}

const (
	odsManifest = `<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/><manifest:file-entry manifest:full-path="settings.xml" manifest:media-type="text/xml"/></manifest:manifest>`
	odsStart    = `<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" office:version="1.3"><office:automatic-styles><style:style style:name="head" style:family="table-cell"><style:text-properties fo:font-weight="bold"/></style:style><number:date-style style:name="d"><number:year number:style="long"/><number:text>-</number:text><number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/></number:date-style><number:date-style style:name="m"><number:year number:style="long"/><number:text>-</number:text><number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/><number:text> </number:text><number:hours number:style="long"/><number:text>:</number:text><number:minutes number:style="long"/><number:text>:</number:text><number:seconds number:style="long"/></number:date-style><number:time-style style:name="t"><number:hours number:style="long"/><number:text>:</number:text><number:minutes number:style="long"/><number:text>:</number:text><number:seconds number:style="long"/></number:time-style><style:style style:name="date" style:family="table-cell" style:data-style-name="d"/><style:style style:name="moment" style:family="table-cell" style:data-style-name="m"/><style:style style:name="clock" style:family="table-cell" style:data-style-name="t"/>`
)

// odsSettings freezes the header.
func odsSettings(sheet string) string {
	item := func(name, kind, value string) string {
		return `<config:config-item config:name="` + name + `" config:type="` + kind + `">` + value + `</config:config-item>`
	}
	return `<office:document-settings xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:config="urn:oasis:names:tc:opendocument:xmlns:config:1.0" office:version="1.3"><office:settings><config:config-item-set config:name="ooo:view-settings"><config:config-item-map-indexed config:name="Views"><config:config-item-map-entry>` +
		item("ViewId", "string", "view1") + `<config:config-item-map-named config:name="Tables"><config:config-item-map-entry config:name="` + escapeXML(sheet) + `">` +
		item("VerticalSplitMode", "short", "2") + item("VerticalSplitPosition", "int", "1") + item("ActiveSplitRange", "short", "2") + item("PositionBottom", "int", "1") +
		`</config:config-item-map-entry></config:config-item-map-named></config:config-item-map-entry></config:config-item-map-indexed></config:config-item-set></office:settings></office:document-settings>`
}
