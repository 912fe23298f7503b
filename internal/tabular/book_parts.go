package tabular

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The parts of a book beside its sheets, as ECMA-376 asks for them.

const (
	packageRels = "http://schemas.openxmlformats.org/package/2006/relationships"
	officeRels  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	sheetML     = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	sheetTypes  = "application/vnd.openxmlformats-officedocument.spreadsheetml."
)

func (b *Book) workbookXML() string {
	var out strings.Builder
	out.WriteString(`<workbook xmlns="` + sheetML + `" xmlns:r="` + officeRels + `"><sheets>`)
	for i, s := range b.sheets {
		state := ""
		if s.Hidden {
			state = ` state="hidden"`
		}
		fmt.Fprintf(&out, `<sheet name="%s" sheetId="%d"%s r:id="rId%d"/>`, escapeXML(s.Name), i+1, state, s.number)
	}
	out.WriteString(`</sheets></workbook>`)
	return out.String()
}

func (b *Book) relsXML() string {
	var out strings.Builder
	out.WriteString(`<Relationships xmlns="` + packageRels + `">`)
	for _, s := range b.sheets {
		fmt.Fprintf(&out, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, s.number, officeRels, s.number)
	}
	fmt.Fprintf(&out, `<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/></Relationships>`, b.number+1, officeRels)
	return out.String()
}

func (b *Book) typesXML() string {
	var out strings.Builder
	out.WriteString(`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/><Override PartName="/xl/workbook.xml" ContentType="` + sheetTypes + `sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="` + sheetTypes + `styles+xml"/>`)
	for _, s := range b.sheets {
		fmt.Fprintf(&out, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, s.number, sheetTypes)
		if len(s.comments) > 0 {
			fmt.Fprintf(&out, `<Override PartName="/xl/comments%d.xml" ContentType="%scomments+xml"/>`, s.number, sheetTypes)
		}
	}
	out.WriteString(`</Types>`)
	return out.String()
}

// stylesXML: each style has a font and a fill of its own; the first two fills are
// those that the standard wants.
func (b *Book) stylesXML() string {
	var fonts, fills, cells strings.Builder
	for i, s := range b.styles {
		fonts.WriteString(`<font>`)
		if s.Bold {
			fonts.WriteString(`<b/>`)
		}
		size := s.Size
		if size == 0 {
			size = 11
		}
		fmt.Fprintf(&fonts, `<sz val="%d"/>`, size)
		if s.Ink != "" {
			fmt.Fprintf(&fonts, `<color rgb="FF%s"/>`, s.Ink)
		}
		fonts.WriteString(`<name val="Calibri"/></font>`)
		fill := 0
		if s.Fill != "" {
			fmt.Fprintf(&fills, `<fill><patternFill patternType="solid"><fgColor rgb="FF%s"/><bgColor indexed="64"/></patternFill></fill>`, s.Fill)
			fill = 2 + strings.Count(fills.String(), "<fill>") - 1
		}
		format := 0
		switch s.Format {
		case BookText:
			format = 49
		case BookDay:
			format = 164
		}
		fmt.Fprintf(&cells, `<xf numFmtId="%d" fontId="%d" fillId="%d" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1"`, format, i, fill)
		if s.Wrap {
			cells.WriteString(` applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>`)
		} else {
			cells.WriteString(`/>`)
		}
	}
	return fmt.Sprintf(`<styleSheet xmlns="%s"><numFmts count="1"><numFmt numFmtId="164" formatCode="%s"/></numFmts><fonts count="%d">%s</fonts><fills count="%d"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>%s</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="%d">%s</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`,
		sheetML, BookDay, len(b.styles), fonts.String(), 2+strings.Count(fills.String(), "<fill>"), fills.String(), len(b.styles), cells.String())
}

func (s *BookSheet) commentsXML() string {
	var out strings.Builder
	out.WriteString(`<comments xmlns="` + sheetML + `"><authors><author>Socle</author></authors><commentList>`)
	for _, c := range s.comments {
		fmt.Fprintf(&out, `<comment ref="%s%d" authorId="0"><text><r><t xml:space="preserve">%s</t></r></text></comment>`, columnLetters(c.Column-1), c.Row, appendSheetText(nil, []byte(c.Text)))
	}
	out.WriteString(`</commentList></comments>`)
	return out.String()
}

// shapesPerBlock is how many shapes an identifier of the drawing counts.
const shapesPerBlock = 1024

// drawing has the yellow box of each comment, beside its cell and as high as its text.
func (s *BookSheet) drawing() string {
	var out strings.Builder
	blocks := make([]string, 0, 4)
	for n := range (len(s.comments)+1)/shapesPerBlock + 1 {
		blocks = append(blocks, fmt.Sprint(n+1))
	}
	out.WriteString(`<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="` + strings.Join(blocks, ",") + `"/></o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>`)
	for i, c := range s.comments {
		lines := 1 + strings.Count(c.Text, "\n") + utf8.RuneCountInString(c.Text)/38
		fmt.Fprintf(&out, `<v:shape id="_x0000_s%d" type="#_x0000_t202" style="position:absolute;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"/></v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>%d, 15, %d, 4, %d, 40, %d, 10</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>%d</x:Row><x:Column>%d</x:Column></x:ClientData></v:shape>`,
			shapesPerBlock+1+i, c.Column, c.Row-1, c.Column+2, c.Row+1+lines, c.Row-1, c.Column-1)
	}
	out.WriteString(`</xml>`)
	return out.String()
}
