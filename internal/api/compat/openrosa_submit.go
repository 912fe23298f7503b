package compat

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path"
	"strings"

	"socle/internal/collect"
	"socle/internal/collect/submission"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/interop/openrosa"
)

// rosaPost is what one post holds: the XML in memory, the files in temporary ones.
type rosaPost struct {
	xml   []byte
	files []submission.File
	paths []string
}

func (p *rosaPost) close() {
	for _, name := range p.paths {
		os.Remove(name)
	}
}

// rosaSubmit takes a post of a submission.
func (api *API) rosaSubmit(w http.ResponseWriter, r *http.Request, v rosaVisit) error {
	p := &rosaPost{}
	defer p.close()
	if err := api.readPost(p, r); err != nil {
		return rosaLarge(err)
	}
	receipt, err := api.o.Submissions.Take(r.Context(), v.Visitor, p.xml, p.files)
	if err != nil {
		return err
	}
	// A client takes 201 and 202 for success, nothing else.
	status, key, args := http.StatusCreated, "openrosa.received", i18n.Args(nil)
	switch {
	case len(receipt.Awaited) > 0:
		status, key, args = http.StatusAccepted, "openrosa.awaited", i18n.Args{"Count": len(receipt.Awaited)}
	case receipt.Entry.State == collect.Waiting:
		status, key = http.StatusAccepted, "openrosa.waiting"
	}
	text := i18n.T(v.lang, key, args)
	if len(receipt.Unknown) > 0 {
		text += " " + i18n.T(v.lang, "openrosa.unknown", i18n.Args{"Names": strings.Join(receipt.Unknown, ", ")})
	}
	return writeRosa(w, r, status, openrosa.Response(text))
}

// rosaLarge says that a post is too large as clients can show it.
func rosaLarge(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return errs.New(errs.TooLarge, "openrosa.post-large", errs.Args{"Most": i18n.Bytes(openRosaPost)}).WithHint("openrosa.post-large.hint").Because(err)
	}
	return err
}

func noPart(err error) error {
	return errs.New(errs.Invalid, "openrosa.part").WithHint("openrosa.part.hint").Because(err)
}

func (api *API) readPost(p *rosaPost, r *http.Request) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return noPart(err)
	}
	most := api.o.Collect.Limits()
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			if p.xml == nil {
				return noPart(io.ErrUnexpectedEOF)
			}
			return nil
		case err != nil:
			return cut(err)
		case part.FormName() == openrosa.SubmissionPart:
			if p.xml, err = io.ReadAll(io.LimitReader(part, openrosa.MaxSubmission+1)); err != nil {
				return cut(err)
			}
		case part.FileName() == "": // a mark of older clients
		case len(p.files) >= most.Files:
			return errs.New(errs.TooLarge, "collect.file.many", errs.Args{"Count": most.Files}).WithHint("collect.file.many.hint")
		default:
			if err := api.keepPart(p, part, most.File); err != nil {
				return err
			}
		}
	}
}

// cut tells a post that broke off from a fault of ours.
func cut(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	return errs.New(errs.Invalid, "openrosa.cut").WithHint("openrosa.cut.hint").Because(err)
}

// keepPart puts a file into a temporary one.
func (api *API) keepPart(p *rosaPost, part *multipart.Part, most int64) error {
	temp, err := os.CreateTemp(api.o.Temp, "openrosa-*")
	if err != nil {
		return err
	}
	p.paths = append(p.paths, temp.Name())
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(temp, sum), io.LimitReader(part, most+1))
	if err := errors.Join(err, temp.Close()); err != nil {
		return cut(err)
	}
	if n > most {
		return errs.New(errs.TooLarge, "collect.file.large", errs.Args{"Size": most >> 20}).WithHint("collect.file.large.hint")
	}
	p.files = append(p.files, submission.File{
		Name: path.Base(part.FileName()), Type: part.Header.Get("Content-Type"), Size: n, Hash: hex.EncodeToString(sum.Sum(nil)),
		Open: func() (io.ReadCloser, error) { return os.Open(temp.Name()) },
	})
	return nil
}
