package publish

import (
	"context"
	"path"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// FileForm is a file that a dataset gives as it was brought: a notice, pictures, a plan.
// It is not read: rows to search and to draw come by a Deposit.
type FileForm struct {
	Organisation identity.OrganisationID // of a new dataset
	Dataset      catalogue.DatasetID     // "" makes a draft of the file's title
	Resource     catalogue.ResourceID    // "" adds a file
	Revision     int                     // of the dataset, when a file is described again
	Title        string                  // "" for a new file: its name, without the ending
	Description  string
	Upload       tables.UploadID // the bytes, which are whole; "" keeps those that are there
	Expect       int             // number of the version whose place the upload takes; of no meaning for a new file
	Note         string          // what changed, in the words of its author
}

// SaveFile adds a file to a dataset, describes one again, or replaces its bytes: those
// before stay in its history. On a public dataset the bytes are public at once. Rights:
// those of describing the dataset, and for bytes those of catalogue.AddVersion. Kinds:
// NotFound, SignIn, Denied (also where an administrator must approve), Invalid (title,
// description, no file, an empty one), TooLarge (quota), Conflict (revision; another file
// came meanwhile; 200 resources).
func (s *Service) SaveFile(ctx context.Context, a identity.Actor, f FileForm) (r catalogue.Resource, d catalogue.Dataset, err error) {
	defer errs.Wrap(&err, "publish.SaveFile(%s)", f.Dataset)
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if f.Dataset != "" {
			if d, err = s.catalogue.GetTx(ctx, tx, a, f.Dataset); err != nil {
				return err
			}
			f.Organisation = d.Organisation
		}
		var u tables.Upload
		if f.Upload != "" {
			if u, err = s.brought(ctx, tx, a, f); err != nil {
				return err
			}
		}
		if r, err = s.putFile(ctx, tx, a, f, u); err != nil {
			return err
		}
		d, err = s.catalogue.GetTx(ctx, tx, a, r.Dataset)
		return err
	})
	return r, d, err
}

// brought is the upload of a form, which is somebody's from now on.
func (s *Service) brought(ctx context.Context, tx *sqldb.Tx, a identity.Actor, f FileForm) (tables.Upload, error) {
	u, err := s.tables.TakeUploadTx(ctx, tx, a, f.Upload)
	switch {
	case err != nil:
		return u, err
	case u.Organisation != f.Organisation:
		return u, errs.New(errs.NotFound, "tables.upload.none").WithHint("tables.upload.none.hint")
	case u.Size == 0:
		return u, errs.New(errs.Invalid, "publish.file.empty").WithHint("publish.file.empty.hint").WithField("file", "publish.file.empty")
	}
	return u, nil
}

// putFile writes the file, and its dataset when it is new.
func (s *Service) putFile(ctx context.Context, tx *sqldb.Tx, a identity.Actor, f FileForm, u tables.Upload) (r catalogue.Resource, err error) {
	m := catalogue.ResourceMetadata{Title: f.Title, Description: f.Description}
	m.Format, m.MediaType = FormatOfFile(u.Name)
	switch {
	case f.Resource != "":
		if r, _, err = s.catalogue.ResourceTx(ctx, tx, a, f.Resource); err != nil {
			return r, err
		}
		if u.ID == "" {
			m.Format, m.MediaType = r.Format, r.MediaType
		}
		if m.Description = strings.ReplaceAll(m.Description, "\r\n", "\n"); m != r.ResourceMetadata {
			r, err = s.catalogue.EditResourceTx(ctx, tx, a, f.Resource, f.Revision, m)
		}
	case u.ID == "":
		err = errs.New(errs.Invalid, "publish.file.none").WithField("file", "publish.file.none")
	default:
		if strings.TrimSpace(m.Title) == "" {
			m.Title = strings.TrimSuffix(u.Name, path.Ext(u.Name))
		}
		r, err = s.newFile(ctx, tx, a, f, m)
	}
	if err != nil || u.ID == "" {
		return r, err
	}
	if f.Resource == "" {
		f.Expect = 0
	}
	_, err = s.catalogue.AddVersionTx(ctx, tx, a, catalogue.NewVersion{Resource: r.ID, Expect: f.Expect, Note: f.Note,
		Original: catalogue.Original{Blob: string(u.Blob), Bytes: u.Size, FileName: u.Name, MediaType: m.MediaType}})
	return r, err
}

func (s *Service) newFile(ctx context.Context, tx *sqldb.Tx, a identity.Actor, f FileForm, m catalogue.ResourceMetadata) (r catalogue.Resource, err error) {
	if f.Dataset == "" {
		d, err := s.catalogue.CreateTx(ctx, tx, a, catalogue.NewDataset{Organisation: f.Organisation, Demonstration: s.demo,
			Metadata: catalogue.Metadata{Title: m.Title, Licence: catalogue.LicenceOuverte, Language: "fr"}})
		if err != nil {
			return r, err
		}
		f.Dataset = d.ID
	}
	return s.catalogue.AddResourceTx(ctx, tx, a, f.Dataset, catalogue.File, m)
}

// mediaTypes are those of files that are no tables, by the ending of their name.
var mediaTypes = map[string]string{
	"pdf": "application/pdf", "txt": "text/plain", "md": "text/markdown", "html": "text/html", "xml": "application/xml", "rtf": "application/rtf", "epub": "application/epub+zip",
	"doc": "application/msword", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "odt": "application/vnd.oasis.opendocument.text",
	"ppt": "application/vnd.ms-powerpoint", "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation", "odp": "application/vnd.oasis.opendocument.presentation",
	"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "svg": "image/svg+xml", "tif": "image/tiff", "tiff": "image/tiff",
	"mp3": "audio/mpeg", "mp4": "video/mp4", "zip": "application/zip", "7z": "application/x-7z-compressed", "gz": "application/gzip", "tar": "application/x-tar",
}

// FormatOfFile is the short name of a file's format and its media type, by the ending of
// its name: the bytes are not read. Both are "" without an ending; the media type of one
// that is not known here is application/octet-stream.
func FormatOfFile(name string) (format, mediaType string) {
	ending := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	if !catalogue.IsFormat(ending) {
		return "", ""
	}
	if t, ok := mediaTypes[ending]; ok {
		return ending, t
	}
	for _, f := range tabular.Formats {
		for _, e := range f.Extensions {
			if e == "."+ending {
				t, _, _ := strings.Cut(f.MediaType, ";")
				return ending, t
			}
		}
	}
	return ending, "application/octet-stream"
}
