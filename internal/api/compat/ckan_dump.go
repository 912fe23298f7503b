package compat

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"

	"socle/internal/interop/ckan"
)

// dumper writes the rows of a dump.
type dumper interface {
	begin() error
	row([]json.RawMessage) error
	end() error
}

type dumpFormat struct {
	mediaType string
	writer    func(io.Writer, []ckan.StoredField, bool) dumper
}

var dumpFormats = map[string]dumpFormat{
	"csv": {"text/csv; charset=utf-8", func(w io.Writer, f []ckan.StoredField, bom bool) dumper { return newDumpText(w, f, bom, ',') }},
	"tsv": {"text/tab-separated-values; charset=utf-8", func(w io.Writer, f []ckan.StoredField, bom bool) dumper { return newDumpText(w, f, bom, '\t') }},
	"json": {"application/json; charset=utf-8", func(w io.Writer, f []ckan.StoredField, _ bool) dumper {
		return &dumpJSON{w: bufio.NewWriterSize(w, 1<<16), fields: f}
	}},
	"xml": {"text/xml; charset=utf-8", func(w io.Writer, f []ckan.StoredField, _ bool) dumper {
		return &dumpXML{w: bufio.NewWriterSize(w, 1<<16), fields: f}
	}},
}

type dumpText struct {
	out    io.Writer
	w      *csv.Writer
	fields []ckan.StoredField
	bom    bool
	line   []string
}

func newDumpText(w io.Writer, fields []ckan.StoredField, bom bool, comma rune) *dumpText {
	d := &dumpText{out: w, w: csv.NewWriter(w), fields: fields, bom: bom, line: make([]string, len(fields))}
	d.w.Comma = comma
	return d
}

func (d *dumpText) begin() error {
	if d.bom {
		if _, err := io.WriteString(d.out, "\ufeff"); err != nil {
			return err
		}
	}
	for i, f := range d.fields {
		d.line[i] = f.ID
	}
	return d.w.Write(d.line)
}

func (d *dumpText) row(cells []json.RawMessage) error {
	for i, c := range cells {
		d.line[i] = plainCell(c)
	}
	return d.w.Write(d.line)
}

func (d *dumpText) end() error {
	d.w.Flush()
	return d.w.Error()
}

// dumpJSON writes {"fields": […], "records": [[…], …]}.
type dumpJSON struct {
	w      *bufio.Writer
	fields []ckan.StoredField
	more   bool
}

func (d *dumpJSON) begin() error {
	fields, err := json.Marshal(d.fields)
	if err != nil {
		return err
	}
	_, err = d.w.WriteString("{\n  \"fields\": " + string(fields) + ",\n  \"records\": [")
	return err
}

func (d *dumpJSON) row(cells []json.RawMessage) error {
	text, err := json.Marshal(cells)
	if err != nil {
		return err
	}
	sep := "\n    "
	if d.more {
		sep = "," + sep
	}
	d.more = true
	_, err = d.w.WriteString(sep + string(text))
	return err
}

func (d *dumpJSON) end() error {
	if _, err := d.w.WriteString("\n]}\n"); err != nil {
		return err
	}
	return d.w.Flush()
}

// dumpXML writes <data><row _id="1"><nom>…</nom></row></data>. A name that is none in XML is in the
// attribute name of an element column.
type dumpXML struct {
	w      *bufio.Writer
	fields []ckan.StoredField
}

func (d *dumpXML) begin() error {
	_, err := d.w.WriteString("<data xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n")
	return err
}

func (d *dumpXML) row(cells []json.RawMessage) error {
	enc := xml.NewEncoder(d.w)
	row := xml.StartElement{Name: xml.Name{Local: "row"}}
	for i, f := range d.fields {
		if f.ID == ckan.RowID.ID {
			row.Attr = []xml.Attr{{Name: xml.Name{Local: f.ID}, Value: string(cells[i])}}
		}
	}
	if err := enc.EncodeToken(row); err != nil {
		return err
	}
	for i, f := range d.fields {
		if f.ID == ckan.RowID.ID {
			continue
		}
		el := xml.StartElement{Name: xml.Name{Local: f.ID}}
		if !xmlName(f.ID) {
			el = xml.StartElement{Name: xml.Name{Local: "column"}, Attr: []xml.Attr{{Name: xml.Name{Local: "name"}, Value: f.ID}}}
		}
		if string(cells[i]) == "null" {
			el.Attr = append(el.Attr, xml.Attr{Name: xml.Name{Local: "xsi:nil"}, Value: "true"})
		}
		if err := enc.EncodeElement(xml.CharData(plainCell(cells[i])), el); err != nil {
			return err
		}
	}
	if err := enc.EncodeToken(row.End()); err != nil {
		return err
	}
	if err := enc.Flush(); err != nil {
		return err
	}
	return d.w.WriteByte('\n')
}

func (d *dumpXML) end() error {
	if _, err := d.w.WriteString("</data>\n"); err != nil {
		return err
	}
	return d.w.Flush()
}

// xmlName reports names that an element may have; those of ASCII letters, digits and _ are enough.
func xmlName(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || (r < '0' || r > '9') && r != '-' && r != '.') {
			return false
		}
	}
	return s != ""
}
