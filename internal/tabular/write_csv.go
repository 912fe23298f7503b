package tabular

import (
	"bytes"
	"io"
)

// csvWriter writes RFC 4180. Cells that begin with a sign of a formula are kept
// as they are: changing them would change the data.
type csvWriter struct {
	w      io.Writer
	fields []Field
	delim  byte
	comma  bool
	ending []byte
	buf    []byte
	cell   []byte
}

const flushBytes = 256 << 10

func newCSVWriter(w io.Writer, fields []Field, o WriteOptions) (*csvWriter, error) {
	c := &csvWriter{w: w, fields: fields, delim: o.Delimiter, comma: o.DecimalComma, ending: newline}
	if c.delim == 0 {
		c.delim = ','
	}
	if o.CRLF {
		c.ending = crlf
	}
	if o.BOM {
		c.buf = append(c.buf, boms[0].mark...)
	}
	for j, f := range fields {
		if j > 0 {
			c.buf = append(c.buf, c.delim)
		}
		c.buf = quoteCSV(c.buf, []byte(f.Name), c.delim, len(fields) == 1)
	}
	c.buf = append(c.buf, c.ending...)
	return c, c.flush(0)
}

// flush writes when more than n bytes wait.
func (c *csvWriter) flush(n int) error {
	if len(c.buf) <= n {
		return nil
	}
	_, err := c.w.Write(c.buf)
	c.buf = c.buf[:0]
	return err
}

func (c *csvWriter) Write(fr *Frame) error {
	for i := range fr.Rows {
		for j := range c.fields {
			if j > 0 {
				c.buf = append(c.buf, c.delim)
			}
			c.cell = appendText(c.cell[:0], &c.fields[j], &fr.Columns[j], i)
			if c.comma && c.fields[j].Kind == Float {
				if k := bytes.IndexByte(c.cell, '.'); k >= 0 {
					c.cell[k] = ','
				}
			}
			c.buf = quoteCSV(c.buf, c.cell, c.delim, len(c.fields) == 1)
		}
		c.buf = append(c.buf, c.ending...)
		if err := c.flush(flushBytes); err != nil {
			return err
		}
	}
	return nil
}

func (c *csvWriter) Close() error { return c.flush(0) }
