package admin

import (
	"bytes"
	"io"
	"net/http"
	"strconv"

	"socle/internal/blob"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// logoView is the picture of an organisation and the form that changes it.
type logoView struct {
	frame
	Action   string
	Now      string // address of the picture; "" when there is none
	Revision string
	File     ui.FileInput
	Problems ui.Problems
	Back     string
}

func (p *Pages) logoForm(w http.ResponseWriter, r *http.Request) error {
	o, err := p.organisation(r, identity.ActionEditOrganisation)
	if err != nil {
		return err
	}
	return p.logoPage(w, r, o, nil)
}

func (p *Pages) logoPage(w http.ResponseWriter, r *http.Request, o identity.Organisation, problem error) error {
	v, ctx, status := shell.From(r), r.Context(), http.StatusOK
	at := "/organisations/" + o.Slug
	view := logoView{frame: frame{tabs(ctx, v.Actor, "/admin/organisations"), ui.PageHead{Eyebrow: o.Name, Title: ui.T(ctx, "logo.title"), Lead: ui.T(ctx, "logo.lead")}},
		Action: at + "/logo/change", Now: ui.OrganisationLogo(o.Slug, o.Logo), Revision: strconv.Itoa(o.Revision), Back: at + "/members",
		File: ui.FileInput{Field: ui.Field{Name: "file", Label: ui.T(ctx, "logo.file"), Help: ui.T(ctx, "ui.logo.hint")}, Accept: ".svg,.png,.jpg,.jpeg,.webp"}}
	if problem != nil {
		e := errs.As(problem)
		if e.Kind == errs.Internal {
			return problem
		}
		status = httpx.Status(problem)
		message := ui.T(ctx, e.Key, e.Args)
		if e.Hint != "" {
			message += " " + ui.T(ctx, e.Hint, e.Args)
		}
		view.Problems, view.File.Error = ui.Problems{{Name: "file", Message: message}}, message
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true}, logoPage(view))
}

// setLogo keeps a picture for an organisation, or takes it away.
func (p *Pages) setLogo(w http.ResponseWriter, r *http.Request) error {
	o, err := p.organisation(r, identity.ActionEditOrganisation)
	if err != nil {
		return err
	}
	if err := r.ParseMultipartForm(ui.MaxLogo); err != nil {
		return httpx.BadRequest("publishui.no-file")
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }()
	ctx, f := r.Context(), o.OrganisationForm
	f.Logo = ""
	if r.PostFormValue("act") != "remove" {
		file, _, err := r.FormFile("file")
		if err != nil {
			return p.logoPage(w, r, o, errs.New(errs.Invalid, "publishui.no-file"))
		}
		defer file.Close()
		data, err := io.ReadAll(io.LimitReader(file, ui.MaxLogo+1))
		if err != nil {
			return err
		}
		if _, err := ui.SafePicture(data); err != nil {
			return p.logoPage(w, r, o, err)
		}
		ref, err := p.o.Blobs.Put(ctx, bytes.NewReader(data))
		if err != nil {
			return err
		}
		f.Logo = string(ref.Hash)
	}
	revision := shell.Revision(r)
	if _, err := p.o.Identity.EditOrganisation(ctx, shell.From(r).Actor, o.ID, revision, f); err != nil {
		return p.logoPage(w, r, o, err)
	}
	shell.Flash(w, r, ui.Good, "admin.saved")
	return shell.Redirect(w, r, "/organisations/"+o.Slug)
}

// logo gives the picture of an organisation, as a picture and nothing else.
func (p *Pages) logo(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	o, err := p.o.Identity.OrganisationByAddress(ctx, shell.From(r).Actor, r.PathValue("slug"))
	if err != nil {
		return err
	}
	if o.Logo == "" {
		return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
	}
	from, err := p.o.Blobs.Open(ctx, blob.Hash(o.Logo))
	if err != nil {
		return err
	}
	defer from.Close()
	data, err := io.ReadAll(io.LimitReader(from, ui.MaxLogo+1))
	if err != nil {
		return err
	}
	kind, err := ui.SafePicture(data) // what was kept by another way is looked at too
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "public, max-age=300")
	if ui.OrganisationLogo(o.Slug, o.Logo) == ui.OrganisationLogo(r.PathValue("slug"), r.URL.Query().Get("v")) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	return httpx.WriteBytes(w, r, http.StatusOK, data)
}
