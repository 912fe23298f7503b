package shell

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"sort"
	"strings"

	"socle/internal/web/ui"
)

// mostKept is how many bytes of a form sent in parts are read to be kept: a text pasted
// whole (2,000,000 characters), and the fields around it.
const mostKept = 9 << 20

// resend reads the fields of a form that was refused because the session is over, so
// that the page can send them again; nil when there is none, or it is too large. Files and
// passwords are not kept.
func resend(v *Visit, r *http.Request) *resendView {
	if r.Method != http.MethodPost {
		return nil
	}
	out := &resendView{Action: v.Path + query(r), SignIn: SignInPath + "?next=" + url.QueryEscape(ui.Address(v.Lang, "/"))}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case kind == "multipart/form-data" && out.parts(r) == nil:
		out.Parts = true
	case kind == "application/x-www-form-urlencoded" && r.ParseForm() == nil:
		for name, values := range r.PostForm {
			for _, x := range values {
				out.Fields = append(out.Fields, ui.KeyValue{Key: name, Value: x})
			}
		}
		sort.SliceStable(out.Fields, func(i, j int) bool { return out.Fields[i].Key < out.Fields[j].Key })
	default:
		return nil
	}
	for _, f := range out.Fields {
		if strings.Contains(strings.ToLower(f.Key), "password") {
			return nil
		}
	}
	return out
}

// parts reads the texts of a form that is sent in parts, in their order.
func (v *resendView) parts(r *http.Request) error {
	body := &io.LimitedReader{R: r.Body, N: mostKept + 1}
	r.Body = io.NopCloser(body)
	parts, err := r.MultipartReader()
	if err != nil {
		return err
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, isFile := partFile(part.Header.Get("Content-Disposition")); isFile {
			v.NoFiles = v.NoFiles || part.FileName() != ""
			continue
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		v.Fields = append(v.Fields, ui.KeyValue{Key: part.FormName(), Value: string(text)})
	}
}

// partFile is the name of the file that a part is; "" for a field of files without one.
func partFile(disposition string) (name string, is bool) {
	_, params, err := mime.ParseMediaType(disposition)
	name, is = params["filename"]
	return name, err == nil && is
}
