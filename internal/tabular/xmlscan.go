package tabular

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// xmlScanner reads the XML of workbooks as a flat sequence of tags and texts. It is
// several times faster than encoding/xml and never expands a document type's
// entities. Names lose their prefix. What it gives is valid until the next step.
type xmlScanner struct {
	r     io.Reader
	buf   []byte
	at    int
	ended bool

	kind  xmlKind
	name  []byte
	attrs []byte // of a start tag, raw
	raw   []byte // of a text, raw
	cdata bool
	empty bool // the start tag is also an end
	close bool // the end of an empty tag is due

	open     int  // elements that are open
	entities bool // the document declares entities of its own
}

type xmlKind uint8

const (
	xmlStart xmlKind = iota
	xmlEnd
	xmlText
)

const (
	maxXMLToken = 32 << 20
	maxXMLDepth = 200 // elements within elements, where they are followed
)

func newXMLScanner(r io.Reader) *xmlScanner {
	return &xmlScanner{r: r, buf: make([]byte, 0, 128<<10)}
}

// more reads on, keeping what begins at x.at; false at the end.
func (x *xmlScanner) more() (bool, error) {
	if x.ended {
		return false, nil
	}
	if x.at > 0 {
		x.buf = x.buf[:copy(x.buf, x.buf[x.at:])]
		x.at = 0
	}
	if len(x.buf) == cap(x.buf) {
		if cap(x.buf) > maxXMLToken {
			return false, errXMLTooLong
		}
		x.buf = append(make([]byte, 0, 2*cap(x.buf)), x.buf...)
	}
	n, err := x.r.Read(x.buf[len(x.buf):cap(x.buf)])
	x.buf = x.buf[:len(x.buf)+n]
	if errors.Is(err, io.EOF) {
		x.ended = true
		return n > 0, nil
	}
	return true, err
}

// until returns the bytes from skip bytes after x.at up to mark; found is false
// at the end of the document.
func (x *xmlScanner) until(skip int, mark []byte) (text []byte, found bool, err error) {
	from := skip
	for {
		if x.at+from <= len(x.buf) {
			if k := bytes.Index(x.buf[x.at+from:], mark); k >= 0 {
				return x.buf[x.at+skip : x.at+from+k], true, nil
			}
			from = max(skip, len(x.buf)-x.at-len(mark)+1)
		}
		ok, err := x.more()
		if err != nil {
			return nil, false, err
		}
		if !ok {
			return x.buf[min(x.at+skip, len(x.buf)):], false, nil
		}
	}
}

var (
	markOpen     = []byte("<")
	markClose    = []byte(">")
	markComment  = []byte("-->")
	markCDATA    = []byte("]]>")
	startComment = []byte("<!--")
	startCDATA   = []byte("<![CDATA[")

	declareEntity = []byte("<!ENTITY")
)

// next goes to the next tag or text; io.EOF at the end.
func (x *xmlScanner) next() error {
	if x.close {
		x.close = false
		x.kind = xmlEnd
		x.open--
		return nil
	}
	for {
		if x.at >= len(x.buf) {
			if ok, err := x.more(); err != nil {
				return err
			} else if !ok {
				return io.EOF
			}
			continue
		}
		if x.buf[x.at] != '<' {
			text, _, err := x.until(0, markOpen)
			if err != nil {
				return err
			}
			x.kind, x.raw, x.cdata = xmlText, text, false
			x.at += len(text)
			return nil
		}
		for len(x.buf)-x.at < len(startCDATA) {
			if ok, err := x.more(); err != nil {
				return err
			} else if !ok {
				break
			}
		}
		rest := x.buf[x.at:]
		switch {
		case bytes.HasPrefix(rest, startComment):
			text, _, err := x.until(len(startComment), markComment)
			if err != nil {
				return err
			}
			x.at = min(len(x.buf), x.at+len(startComment)+len(text)+len(markComment))
			continue
		case bytes.HasPrefix(rest, startCDATA):
			text, _, err := x.until(len(startCDATA), markCDATA)
			if err != nil {
				return err
			}
			x.kind, x.raw, x.cdata = xmlText, text, true
			x.at = min(len(x.buf), x.at+len(startCDATA)+len(text)+len(markCDATA))
			return nil
		}
		tag, found, err := x.until(1, markClose)
		if err != nil {
			return err
		}
		if !found {
			return io.ErrUnexpectedEOF
		}
		x.at += len(tag) + 2
		if len(tag) == 0 || tag[0] == '?' || tag[0] == '!' {
			x.entities = x.entities || bytes.HasPrefix(tag, declareEntity[1:]) || bytes.Contains(tag, declareEntity)
			continue
		}
		x.tag(tag)
		return nil
	}
}

// tag takes a tag apart.
func (x *xmlScanner) tag(tag []byte) {
	x.kind = xmlStart
	if tag[0] == '/' {
		x.kind = xmlEnd
		x.open--
		x.name, x.attrs = local(bytes.TrimSpace(tag[1:])), nil
		return
	}
	x.open++
	x.empty = tag[len(tag)-1] == '/'
	if x.empty {
		tag = tag[:len(tag)-1]
		x.close = true
	}
	end := 0
	for end < len(tag) && tag[end] > ' ' {
		end++
	}
	x.name, x.attrs = local(tag[:end]), tag[end:]
}

// local drops the prefix of a name.
func local(name []byte) []byte {
	if k := bytes.IndexByte(name, ':'); k >= 0 {
		return name[k+1:]
	}
	return name
}

// is compares the name of the tag.
func (x *xmlScanner) is(name string) bool { return string(x.name) == name }

// attr returns the raw value of an attribute by its name without prefix; nil if
// there is none.
func (x *xmlScanner) attr(name string) []byte {
	p := x.attrs
	for {
		eq := bytes.IndexByte(p, '=')
		if eq < 0 {
			return nil
		}
		key := local(bytes.TrimSpace(p[:eq]))
		p = bytes.TrimLeft(p[eq+1:], " \t\r\n")
		if len(p) == 0 {
			return nil
		}
		end := bytes.IndexByte(p[1:], p[0])
		if end < 0 {
			return nil
		}
		if string(key) == name {
			return p[1 : 1+end : 1+end]
		}
		p = p[end+2:]
	}
}

// attrText is attr with its entities resolved.
func (x *xmlScanner) attrText(name string) string {
	return string(appendXML(nil, x.attr(name)))
}

// appendText appends the text with its entities resolved.
func (x *xmlScanner) appendText(to []byte) []byte {
	if x.cdata {
		return append(to, x.raw...)
	}
	return appendXML(to, x.raw)
}

// appendXML resolves the five entities of XML and character references; line
// ends become line feeds (XML 1.0, section 2.11).
func appendXML(to, raw []byte) []byte {
	for {
		k := bytes.IndexByte(raw, '&')
		if k < 0 {
			return appendLines(to, raw)
		}
		to = appendLines(to, raw[:k])
		raw = raw[k:]
		end := bytes.IndexByte(raw[:min(len(raw), 12)], ';')
		if end < 0 {
			to = append(to, '&')
			raw = raw[1:]
			continue
		}
		switch name := string(raw[1:end]); {
		case name == "lt":
			to = append(to, '<')
		case name == "gt":
			to = append(to, '>')
		case name == "amp":
			to = append(to, '&')
		case name == "quot":
			to = append(to, '"')
		case name == "apos":
			to = append(to, '\'')
		case len(name) > 1 && name[0] == '#':
			base, figures := 10, name[1:]
			if figures[0] == 'x' || figures[0] == 'X' {
				base, figures = 16, figures[1:]
			}
			if n, err := strconv.ParseUint(figures, base, 32); err == nil && n != 0 {
				to = utf8.AppendRune(to, rune(n))
			}
		default:
			to = append(to, raw[:end+1]...)
		}
		raw = raw[end+1:]
	}
}

func appendLines(to, raw []byte) []byte {
	for {
		k := bytes.IndexByte(raw, '\r')
		if k < 0 {
			return append(to, raw...)
		}
		to = append(append(to, raw[:k]...), '\n')
		raw = raw[k+1:]
		if len(raw) > 0 && raw[0] == '\n' {
			raw = raw[1:]
		}
	}
}

// skip goes past the end of the element whose start tag was just read.
func (x *xmlScanner) skip() error {
	for depth := 1; depth > 0; {
		if err := x.next(); err != nil {
			return err
		}
		switch x.kind {
		case xmlStart:
			depth++
		case xmlEnd:
			depth--
		}
	}
	return nil
}

// errXMLTooLong: a tag or a text of a workbook passes maxXMLToken.
var errXMLTooLong = errors.New("xml token too long")
