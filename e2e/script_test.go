package e2e

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/text/encoding/charmap"
)

// status N PROGRAM ARGS… runs a program that must end with the status N; stdout,
// stderr and cmp look at what it wrote.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N program args…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, not %d", got, want)
	}
}

// json FILE OUT [PATH…] writes the shape of a JSON document, a line for each
// member with its type, sorted; with paths such as .errors[0].code, their values.
func jsonShape(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: json file out path…")
	}
	var doc any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &doc); err != nil {
		ts.Fatalf("%s is not JSON: %v", args[0], err)
	}
	var lines []string
	if len(args) == 2 {
		shape("", doc, &lines)
		slices.Sort(lines)
		lines = slices.Compact(lines)
	}
	for _, path := range args[2:] {
		value, err := json.Marshal(member(doc, path))
		ts.Check(err)
		lines = append(lines, path+" "+string(value))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Join(lines, "\n")+"\n"), 0o600))
}

func shape(path string, v any, lines *[]string) {
	switch v := v.(type) {
	case map[string]any:
		*lines = append(*lines, path+" object")
		for name, m := range v {
			shape(path+"."+name, m, lines)
		}
	case []any:
		*lines = append(*lines, path+" list")
		for _, e := range v {
			shape(path+"[]", e, lines)
		}
	case nil:
		*lines = append(*lines, path+" null")
	default:
		*lines = append(*lines, fmt.Sprintf("%s %T", path, v))
	}
}

var step = regexp.MustCompile(`\.([A-Za-z0-9_]+)|\[(\d+)\]`)

func member(v any, path string) any {
	for _, m := range step.FindAllStringSubmatch(path, -1) {
		switch list, isList := v.([]any); {
		case m[1] != "":
			object, ok := v.(map[string]any)
			if !ok {
				return nil
			}
			v = object[m[1]]
		case isList:
			n, err := strconv.Atoi(m[2])
			if err != nil || n >= len(list) {
				return nil
			}
			v = list[n]
		default:
			return nil
		}
	}
	return v
}

// cp1252 IN OUT writes a text of the script in Windows-1252.
func cp1252(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cp1252 in out")
	}
	out, err := charmap.Windows1252.NewEncoder().String(ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(out), 0o600))
}

// capture NAME PATTERN keeps in a variable what the first group finds in stdout.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture name pattern")
	}
	m := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if m == nil {
		ts.Fatalf("%s is not in stdout", args[1])
	}
	ts.Setenv(args[0], m[len(m)-1])
}

// bomb OUT makes a workbook of some kilobytes whose sheet has gigabytes.
func scriptBomb(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: bomb out")
	}
	ts.Check(bomb(ts.MkAbs(args[0])))
}

func bomb(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z := zip.NewWriter(f)
	for _, part := range []struct{ name, text string }{
		{"[Content_Types].xml", `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
		{"_rels/.rels", `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/_rels/workbook.xml.rels", `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
		{"xl/workbook.xml", `<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Feuille" sheetId="1" r:id="r1"/></sheets></workbook>`},
	} {
		w, err := z.Create(part.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, part.text); err != nil {
			return err
		}
	}
	if err := sheetOf(z, 3000); err != nil {
		return err
	}
	return z.Close()
}

// sheetOf writes a sheet of n megabytes: the same rows again and again, deflated
// once, for the file is to be made in no time.
func sheetOf(z *zip.Writer, n int) error {
	head := `<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`
	rows := strings.Repeat(`<row><c t="inlineStr"><is><t>`+strings.Repeat("a", 1000)+`</t></is></c></row>`, 1000)
	tail := `</sheetData></worksheet>`
	first, err := deflated(head, false)
	if err != nil {
		return err
	}
	middle, err := deflated(rows, false)
	if err != nil {
		return err
	}
	last, err := deflated(tail, true)
	if err != nil {
		return err
	}
	sum := crc32.ChecksumIEEE([]byte(head))
	for range n {
		sum = crc32.Update(sum, crc32.IEEETable, []byte(rows))
	}
	sum = crc32.Update(sum, crc32.IEEETable, []byte(tail))
	h := &zip.FileHeader{Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate, CRC32: sum,
		UncompressedSize64: uint64(len(head) + n*len(rows) + len(tail)), CompressedSize64: uint64(len(first) + n*len(middle) + len(last))}
	w, err := z.CreateRaw(h)
	if err != nil {
		return err
	}
	if _, err := w.Write(first); err != nil {
		return err
	}
	for range n {
		if _, err := w.Write(middle); err != nil {
			return err
		}
	}
	_, err = w.Write(last)
	return err
}

// deflated is a text as blocks of a deflate stream that end on a byte.
func deflated(text string, last bool) ([]byte, error) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(w, text); err != nil {
		return nil, err
	}
	if last {
		err = w.Close()
	} else {
		err = w.Flush()
	}
	return b.Bytes(), err
}

// scriptT lets helpers of tests end a script.
type scriptT struct {
	testing.TB
	ts *testscript.TestScript
}

func (s scriptT) Helper()                           {}
func (s scriptT) Fatal(args ...any)                 { s.ts.Fatalf("%s", fmt.Sprint(args...)) }
func (s scriptT) Fatalf(format string, args ...any) { s.ts.Fatalf(format, args...) }

// portal start [FLAGS…] runs a portal on the folder "data" and sets URL; portal
// token LINK opens an invitation and sets TOKEN; portal stop stops it.
func scriptPortal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: portal start|token|stop")
	}
	running, _ := ts.Value("portal").(**portal)
	switch args[0] {
	case "start":
		p, err := newPortal(filepath.Join(ts.Getenv("WORK"), "data"), args[1:]...)
		if err == nil {
			err = p.begin()
		}
		ts.Check(err)
		*running = p
		ts.Defer(func() { ts.Check(p.end()) })
		ts.Setenv("URL", p.url)
	case "token":
		v := (*running).visitor(scriptT{ts: ts})
		v.send(v.get(args[1]), `form[action="/invitation"]`, "name", "Personne d’essai", "password", password)
		ts.Setenv("TOKEN", v.token("read,write,publish"))
	case "stop":
		ts.Check((*running).end())
	}
}
