package httpx

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"os"

	"socle/internal/errs"
	"socle/internal/i18n"
)

// maxField is how much of a field of a form that streams is read, in bytes.
const maxField = 4096

// maxSmallFile is how much is read of a file of another field than "file", in bytes.
const maxSmallFile = 1 << 20

// FormFile is the file of a form that was received.
type FormFile struct {
	Name string // as the sender calls it, "" when it has no name
	Sent bool   // false: the field was not there, or no file was chosen
}

// ReceiveFile streams a multipart form: the file of the field "file" into temp (of
// several the last stays), every other field to set, whose error ends it, the bytes of a
// small file too. Fields
// come in the order of the form. Kinds: Invalid (no multipart form: status 415; one
// that is cut: 400), TooLarge (the file has more than limit bytes), those of set.
func ReceiveFile(r *http.Request, temp *os.File, limit int64, set func(name, value string) error) (f FormFile, err error) {
	defer errs.Wrap(&err, "httpx.ReceiveFile")
	parts, err := r.MultipartReader()
	if err != nil {
		return f, WithStatus(errs.New(errs.Invalid, "httpx.multipart").WithHint("httpx.multipart.hint").Because(err), http.StatusUnsupportedMediaType)
	}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return f, formCut(err)
		}
		if p.FormName() != "file" {
			most := int64(maxField)
			if p.FileName() != "" {
				most = maxSmallFile
			}
			value, err := io.ReadAll(io.LimitReader(p, most+1))
			if err != nil {
				return f, formCut(err)
			}
			if int64(len(value)) > most {
				if p.FileName() != "" {
					return f, tooLargeFile(most)
				}
				value = value[:most]
			}
			if err := set(p.FormName(), string(value)); err != nil {
				return f, err
			}
			continue
		}
		n, err := keepPart(temp, p, limit)
		if err != nil {
			return f, err
		}
		f = FormFile{Name: p.FileName(), Sent: n > 0 || p.FileName() != ""}
	}
}

// keepPart makes temp hold the bytes of a part alone.
func keepPart(temp *os.File, p *multipart.Part, limit int64) (n int64, err error) {
	if err := temp.Truncate(0); err != nil {
		return 0, err
	}
	if _, err := temp.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	if n, err = io.Copy(temp, io.LimitReader(p, limit+1)); err != nil {
		return n, formCut(err)
	}
	if n > limit {
		return n, tooLargeFile(limit)
	}
	return n, nil
}

// formCut says that a form did not arrive whole, or that the whole request was
// larger than its route allows.
func formCut(cause error) error {
	var large *http.MaxBytesError
	if errors.As(cause, &large) {
		return tooLargeFile(large.Limit).Because(cause)
	}
	return WithStatus(errs.New(errs.Invalid, "httpx.form-cut").WithHint("httpx.form-cut.hint").Because(cause), http.StatusBadRequest)
}

func tooLargeFile(limit int64) *errs.Error {
	return errs.New(errs.TooLarge, "httpx.file-too-large", errs.Args{"Limit": i18n.Bytes(limit)}).WithHint("httpx.file-too-large.hint")
}
