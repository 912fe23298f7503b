package ui

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"socle/internal/errs"
	"socle/internal/httpx"
)

//go:embed static
var static embed.FS

// StaticPath is where the files that the browser loads are served.
const StaticPath = "/static/"

// Assets are the files that pages load: built ones under names that carry a hash
// of their content, or the fallback stylesheet alone when nothing was built.
type Assets struct {
	names map[string]string // "app.css" → "app-1A2B.css"
	files map[string]asset  // name under StaticPath
	built bool
}

type asset struct {
	body, gzip  []byte
	contentType string
	immutable   bool
	tag         string
}

// Embedded are the assets of this binary.
var Embedded = sync.OnceValue(func() *Assets {
	sub, err := fs.Sub(static, "static")
	if err != nil {
		panic(err)
	}
	a, err := newAssets(sub)
	if err != nil {
		panic("ui: " + err.Error())
	}
	return a
})

// newAssets reads a folder of the form of static/: dist/ with manifest.json, fallback/.
func newAssets(f fs.FS) (*Assets, error) {
	a := &Assets{names: map[string]string{}, files: map[string]asset{}}
	manifest, err := fs.ReadFile(f, "dist/manifest.json")
	switch {
	case err != nil:
		a.names["app.css"] = "fallback/app.css"
		return a, a.add(f, "fallback", "fallback/", false)
	default:
		a.built = true
		if err := json.Unmarshal(manifest, &a.names); err != nil {
			return nil, fmt.Errorf("manifest.json: %w", err)
		}
	}
	if err := a.add(f, "dist", "", true); err != nil {
		return nil, err
	}
	for name, file := range a.names {
		if _, ok := a.files[file]; !ok {
			return nil, fmt.Errorf("manifest.json names %s for %s, which is not there", file, name)
		}
	}
	return a, nil
}

func (a *Assets) add(f fs.FS, dir, prefix string, immutable bool) error {
	entries, err := fs.ReadDir(f, dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || strings.HasSuffix(name, ".gz") || name == "PLACEHOLDER" || name == "manifest.json" {
			continue
		}
		body, err := fs.ReadFile(f, path.Join(dir, name))
		if err != nil {
			return err
		}
		s := asset{body: body, contentType: contentType(name), immutable: immutable, tag: httpx.FileTag(httpx.Digest(body))}
		if zipped, err := fs.ReadFile(f, path.Join(dir, name+".gz")); err == nil {
			s.gzip = zipped
		}
		a.files[prefix+name] = s
	}
	return nil
}

// contentType does not ask the machine's tables, which differ.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".wasm":
		return "application/wasm"
	case ".json":
		return "application/json"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// Built reports whether the binary holds built assets; without them pages read
// and submit, plainly.
func (a *Assets) Built() bool { return a.built }

// URL is the address of a name of the manifest ("app.css"); "" when it was not built.
func (a *Assets) URL(name string) string {
	if file, ok := a.names[name]; ok {
		return StaticPath + file
	}
	return ""
}

// Content is what a name of the manifest stands for. Kinds: NotFound.
func (a *Assets) Content(name string) ([]byte, error) {
	s, ok := a.files[a.names[name]]
	if !ok {
		return nil, errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
	}
	return s.body, nil
}

// Serve answers GET /static/{file...}. Kinds: NotFound.
func (a *Assets) Serve(w http.ResponseWriter, r *http.Request) error {
	s, ok := a.files[strings.TrimPrefix(r.URL.Path, StaticPath)]
	if !ok {
		return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
	}
	h := w.Header()
	h.Set("Content-Type", s.contentType)
	h.Set("Cache-Control", "no-cache")
	if s.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("ETag", s.tag)
	body := s.body
	if s.gzip != nil {
		h.Add("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) && r.Header.Get("Range") == "" {
			h.Set("Content-Encoding", "gzip")
			h.Set("ETag", "W/"+s.tag)
			body = s.gzip
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	return nil
}

func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if (strings.EqualFold(coding, "gzip") || coding == "*") && strings.ReplaceAll(q, " ", "") != "q=0" {
			return true
		}
	}
	return false
}
