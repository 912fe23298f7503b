package publish

import (
	"context"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// reachNow is how long an editor waits for the answer of a link that they have written.
const reachNow = 10 * time.Second

// LinkForm is a plain link: an address that a dataset leads to, of which nothing is held
// here.
type LinkForm struct {
	Organisation               identity.OrganisationID // of a new dataset
	Dataset                    catalogue.DatasetID     // "" makes a draft of the link's title
	Resource                   catalogue.ResourceID    // "" adds a link
	Revision                   int                     // of the dataset, when a link is changed
	catalogue.ResourceMetadata                         // Format and MediaType are those found when Format is empty
}

// SaveLink adds a link to a dataset, or changes one, and tries its address first: what
// does not answer is kept all the same, with why. Rights: those of describing the
// dataset; nothing is visited for others. Kinds: NotFound, SignIn, Denied, Invalid
// (title, url, format, description), Conflict (revision; 200 resources).
func (s *Service) SaveLink(ctx context.Context, a identity.Actor, reach Reach, f LinkForm) (r catalogue.Resource, d catalogue.Dataset, err error) {
	defer errs.Wrap(&err, "publish.SaveLink(%s)", f.Dataset)
	action, org := identity.ActionContribute, f.Organisation
	if f.Dataset != "" {
		if d, err = s.catalogue.Get(ctx, a, f.Dataset); err != nil {
			return r, d, err
		}
		action, org = catalogue.DescribeAction(d.State), d.Organisation
	}
	if err := a.Require(action, org); err != nil {
		return r, d, err
	}
	now, cancel := context.WithTimeout(ctx, reachNow)
	defer cancel()
	found, failure := reach(now, f.URL)
	if failure != nil && errs.Is(failure, errs.Internal) && now.Err() == nil {
		return r, d, failure
	}
	if f.Format == "" && failure == nil {
		f.Format, f.MediaType = formatOf(found.MediaType), found.MediaType
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if r, d, err = s.putLink(ctx, tx, a, f); err != nil {
			return err
		}
		t, wait, err := tried(r, failure)
		if err != nil {
			return err
		}
		t.Next = tx.Now().Add(wait)
		if _, err := s.catalogue.NoteLinkTx(ctx, tx, watching, r.ID, t); err != nil {
			return err
		}
		r.LinkState = catalogue.LinkState{LinkChecked: tx.Now(), LinkBroken: t.Broken, LinkFailures: t.Failures, LinkProblem: t.Problem}
		return nil
	})
	return r, d, err
}

// putLink writes the link, and its dataset when it is new.
func (s *Service) putLink(ctx context.Context, tx *sqldb.Tx, a identity.Actor, f LinkForm) (r catalogue.Resource, d catalogue.Dataset, err error) {
	if f.Resource != "" {
		if r, err = s.catalogue.EditResourceTx(ctx, tx, a, f.Resource, f.Revision, f.ResourceMetadata); err != nil {
			return r, d, err
		}
		d, err = s.catalogue.GetTx(ctx, tx, a, r.Dataset)
		return r, d, err
	}
	if f.Dataset == "" {
		if d, err = s.catalogue.CreateTx(ctx, tx, a, catalogue.NewDataset{Organisation: f.Organisation, Metadata: catalogue.Metadata{Title: f.Title}, Demonstration: s.demo}); err != nil {
			return r, d, err
		}
		f.Dataset = d.ID
	}
	if r, err = s.catalogue.AddResourceTx(ctx, tx, a, f.Dataset, catalogue.Link, f.ResourceMetadata); err != nil {
		return r, d, err
	}
	d, err = s.catalogue.GetTx(ctx, tx, a, f.Dataset)
	return r, d, err
}

// formats are the short names of what links often lead to, by media type.
var formats = map[string]string{
	"text/html": "html", "application/xhtml+xml": "html", "application/pdf": "pdf", "text/csv": "csv", "text/plain": "txt", "application/json": "json",
	"application/geo+json": "geojson", "application/xml": "xml", "text/xml": "xml", "application/zip": "zip", "image/png": "png", "image/jpeg": "jpeg", "video/mp4": "mp4",
	"application/vnd.oasis.opendocument.text": "odt", "application/vnd.oasis.opendocument.spreadsheet": "ods",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}

// formatOf is the short name of a media type; "" for what has none here.
func formatOf(mediaType string) string { return formats[strings.ToLower(mediaType)] }
