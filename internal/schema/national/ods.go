package national

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"io"
	"strings"

	"socle/internal/errs"
	"socle/internal/i18n"
)

// ODS writes the same model as Workbook for LibreOffice (OpenDocument 1.3).
func (e Entry) ODS(w io.Writer, l i18n.Lang) (err error) {
	defer errs.Wrap(&err, "national.ODS(%s)", e.Ref())
	s, err := e.sheet(l)
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	const mime = "application/vnd.oasis.opendocument.spreadsheet"
	// The type comes first, stored without compression (OpenDocument 1.3, part 2, 3.3).
	first, err := z.CreateRaw(&zip.FileHeader{Name: "mimetype", Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(mime)),
		CompressedSize64: uint64(len(mime)), UncompressedSize64: uint64(len(mime))})
	if err != nil {
		return err
	}
	if _, err := io.WriteString(first, mime); err != nil {
		return err
	}
	for _, part := range []struct{ name, text string }{
		{"META-INF/manifest.xml", odsManifest},
		{"styles.xml", odsStyles},
		{"content.xml", s.ods()},
	} {
		p, err := z.Create(part.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(p, part.text); err != nil {
			return err
		}
	}
	return z.Close()
}

const odsManifest = `<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
<manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/>
</manifest:manifest>
`

const odsStyles = `<?xml version="1.0" encoding="UTF-8"?>
<office:document-styles xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.3"/>
`

const odsHead = `<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" office:version="1.3">
<office:automatic-styles>
<number:date-style style:name="Nd"><number:year number:style="long"/><number:text>-</number:text><number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/></number:date-style>
<number:text-style style:name="Nt"><number:text-content/></number:text-style>
<number:number-style style:name="Nn"><number:number number:min-integer-digits="1"/></number:number-style>
<style:style style:name="header" style:family="table-cell" style:data-style-name="Nt"><style:table-cell-properties fo:wrap-option="wrap"/><style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="text" style:family="table-cell" style:data-style-name="Nt"/>
<style:style style:name="number" style:family="table-cell" style:data-style-name="Nn"/>
<style:style style:name="date" style:family="table-cell" style:data-style-name="Nd"/>
<style:style style:name="wrap" style:family="table-cell" style:data-style-name="Nt"><style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"/></style:style>
<style:style style:name="wide" style:family="table-column"><style:table-column-properties style:column-width="6cm"/></style:style>
<style:style style:name="usual" style:family="table-column"><style:table-column-properties style:column-width="3.5cm"/></style:style>
</office:automatic-styles>
<office:body><office:spreadsheet>
`

var odsKinds = map[sheetKind]string{sheetText: "text", sheetNumber: "number", sheetDate: "date"}

// ods writes content.xml: rules of lists first, then the two sheets.
func (s *sheet) ods() string {
	var b strings.Builder
	b.WriteString(odsHead)
	b.WriteString("<table:content-validations>\n")
	for j, c := range s.columns {
		fmt.Fprintf(&b, `<table:content-validation table:name="v%d" table:base-cell-address=%s`, j, quoted(fmt.Sprintf("$'%s'.A2", s.name)))
		if c.allowed != nil {
			items := make([]string, len(c.allowed))
			for i, v := range c.allowed {
				items[i] = `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
			}
			fmt.Fprintf(&b, ` table:condition=%s table:display-list="unsorted"`, quoted("of:cell-content-is-in-list("+strings.Join(items, ";")+")"))
		}
		fmt.Fprintf(&b, `><table:help-message table:title=%s table:display="true"><text:p>%s</text:p></table:help-message>`, quoted(c.name), escaped(c.note))
		if c.allowed != nil {
			b.WriteString(`<table:error-message table:message-type="warning" table:display="true"/>`)
		}
		b.WriteString("</table:content-validation>\n")
	}
	b.WriteString("</table:content-validations>\n")
	fmt.Fprintf(&b, "<table:table table:name=%s>\n", quoted(s.name))
	for range s.columns {
		b.WriteString(`<table:table-column table:style-name="usual"/>`)
	}
	b.WriteString("<table:table-header-rows><table:table-row>")
	for _, c := range s.columns {
		odsText(&b, "header", "", c.name)
	}
	b.WriteString("</table:table-row></table:table-header-rows>\n<table:table-row>")
	for j, c := range s.columns {
		rule := fmt.Sprintf(` table:content-validation-name="v%d"`, j)
		switch {
		case c.example == "":
			fmt.Fprintf(&b, `<table:table-cell table:style-name="%s"%s/>`, odsKinds[c.kind], rule)
		case c.kind == sheetNumber:
			fmt.Fprintf(&b, `<table:table-cell table:style-name="number"%s office:value-type="float" office:value=%s><text:p>%s</text:p></table:table-cell>`, rule, quoted(c.example), escaped(c.example))
		case c.kind == sheetDate:
			fmt.Fprintf(&b, `<table:table-cell table:style-name="date"%s office:value-type="date" office:date-value=%s><text:p>%s</text:p></table:table-cell>`, rule, quoted(c.example), escaped(c.example))
		default:
			odsText(&b, "text", rule, c.example)
		}
	}
	fmt.Fprintf(&b, "</table:table-row>\n<table:table-row table:number-rows-repeated=\"%d\">", filledRows-1)
	for j, c := range s.columns {
		fmt.Fprintf(&b, `<table:table-cell table:style-name="%s" table:content-validation-name="v%d"/>`, odsKinds[c.kind], j)
	}
	b.WriteString("</table:table-row>\n</table:table>\n")
	s.explainODS(&b)
	b.WriteString("</office:spreadsheet></office:body></office:document-content>\n")
	return b.String()
}

func (s *sheet) explainODS(b *strings.Builder) {
	fmt.Fprintf(b, "<table:table table:name=%s>\n", quoted(s.help))
	for range s.rows[0] {
		b.WriteString(`<table:table-column table:style-name="wide"/>`)
	}
	for i, line := range s.intro {
		style := "text"
		if i == 0 {
			style = "header"
		}
		b.WriteString("<table:table-row>")
		odsText(b, style, "", line)
		b.WriteString("</table:table-row>\n")
	}
	b.WriteString("<table:table-row><table:table-cell/></table:table-row>\n")
	for i, row := range s.rows {
		style := "wrap"
		if i == 0 {
			style = "header"
		}
		b.WriteString("<table:table-row>")
		for _, cell := range row {
			odsText(b, style, "", cell)
		}
		b.WriteString("</table:table-row>\n")
	}
	b.WriteString("</table:table>\n")
}

func odsText(b *strings.Builder, style, more, text string) {
	fmt.Fprintf(b, `<table:table-cell table:style-name="%s"%s office:value-type="string"><text:p>%s</text:p></table:table-cell>`, style, more, escaped(text))
}

func escaped(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a bytes.Buffer takes everything
	return b.String()
}

func quoted(s string) string { return `"` + escaped(s) + `"` }
