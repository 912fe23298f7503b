package e2e

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"
)

// deposit brings a file through the form of the pages; the fields of the form
// come first, as browsers send them.
func (v *visitor) deposit(name string, content []byte, schema string) *page {
	v.t.Helper()
	action, values := v.get("/deposits/new").form(v.t, `form[action="/deposits"]`)
	if schema != "" {
		values.Set("schema", schema)
	}
	return v.upload(action, values, name, content)
}

// upload sends a form with a file.
func (v *visitor) upload(action string, values url.Values, name string, content []byte) *page {
	v.t.Helper()
	return v.uploadAs("file", action, values, name, content)
}

// uploadAs is upload of the file of a field.
func (v *visitor) uploadAs(field, action string, values url.Values, name string, content []byte) *page {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name := range values {
		if err := w.WriteField(name, values.Get(name)); err != nil {
			v.t.Fatal(err)
		}
	}
	f, err := w.CreateFormFile(field, name)
	if err == nil {
		_, err = f.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		v.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, action, &body)
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return v.do(req)
}

var steps = regexp.MustCompile(`/(understand|mend|describe|protect|publish)$`)

// settled waits until the file of a deposit is read, and returns the page then.
func (v *visitor) settled(path string) *page {
	v.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		pg := v.get(path)
		if pg.status != http.StatusOK {
			v.t.Fatalf("%s: %d: %s", path, pg.status, pg.text())
		}
		if steps.MatchString(pg.url.Path) {
			return pg
		}
	}
	v.t.Fatalf("%s: the file is never read", path)
	return nil
}

// table is CSV of n rows whose first column holds a tag.
func table(tag string, n int) []byte {
	var b bytes.Buffer
	b.WriteString("essai,nombre,jour,texte\n")
	for i := range n {
		fmt.Fprintf(&b, "%s,%d,2026-01-%02d,ligne %d de l’essai\n", tag, i, i%28+1, i)
	}
	return b.Bytes()
}

// pause is between two looks at what goes on.
func pause(t testing.TB) {
	t.Helper()
	select {
	case <-t.Context().Done():
	case <-time.After(300 * time.Millisecond):
	}
}
