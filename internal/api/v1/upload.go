package v1

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/tables"
)

// Uploads speak the core of the tus protocol, version 1.0.0, with its creation
// and termination extensions (https://tus.io/protocols/resumable-upload): any
// client of it can send a file and take it up again after a cut.
const tusVersion = "1.0.0"

func tus(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Tus-Resumable", tusVersion)
	w.Header().Set("Cache-Control", "no-store")
	if v := r.Header.Get("Tus-Resumable"); v != tusVersion {
		w.Header().Set("Tus-Version", tusVersion)
		return httpx.WithStatus(errs.New(errs.Invalid, "api.tus-version"), http.StatusPreconditionFailed)
	}
	return nil
}

// uploadOptions says what the server can do.
func (api *API) uploadOptions(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Tus-Resumable", tusVersion)
	w.Header().Set("Tus-Version", tusVersion)
	w.Header().Set("Tus-Extension", "creation,termination")
	w.Header().Set("Tus-Max-Size", strconv.FormatInt(api.o.Tables.MaxUpload(), 10))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// createUpload announces a file: Upload-Length, Upload-Metadata with filename and
// organisation (id or slug).
func (api *API) createUpload(w http.ResponseWriter, r *http.Request) error {
	if err := tus(w, r); err != nil {
		return err
	}
	a := actor(r)
	size, err := strconv.ParseInt(r.Header.Get("Upload-Length"), 10, 64)
	if err != nil || size < 0 {
		return httpx.BadRequest("api.upload-length")
	}
	meta, err := tusMetadata(r.Header.Get("Upload-Metadata"))
	if err != nil {
		return err
	}
	org, err := api.organisation(r, a, meta["organisation"])
	if err != nil {
		return err
	}
	u, err := api.o.Tables.StartUpload(r.Context(), a, org, meta["filename"], size)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/uploads/"+string(u.ID))
	w.Header().Set("Upload-Offset", "0")
	w.WriteHeader(http.StatusCreated)
	return nil
}

// tusMetadata reads "key base64,key base64".
func tusMetadata(header string) (map[string]string, error) {
	m := map[string]string{}
	for pair := range strings.SplitSeq(header, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(pair), " ")
		b, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return nil, httpx.BadRequest("api.upload-metadata")
		}
		m[key] = string(b)
	}
	return m, nil
}

// organisation finds the organisation named by id or slug; "" is the only one
// in which the actor may contribute.
func (api *API) organisation(r *http.Request, a identity.Actor, ref string) (identity.OrganisationID, error) {
	if ref != "" {
		o, err := api.o.Identity.FindOrganisation(r.Context(), a, ref)
		return o.ID, err
	}
	everywhere, orgs := a.Where(identity.ActionContribute)
	if everywhere || len(orgs) != 1 {
		if !everywhere && len(orgs) == 0 {
			return "", a.Require(identity.ActionContribute, "")
		}
		return "", errs.New(errs.Invalid, "api.which-organisation").WithHint("api.which-organisation.hint")
	}
	return orgs[0], nil
}

func (api *API) headUpload(w http.ResponseWriter, r *http.Request) error {
	if err := tus(w, r); err != nil {
		return err
	}
	a := actor(r)
	u, err := api.o.Tables.FindUpload(r.Context(), a, tables.UploadID(r.PathValue("id")))
	if err != nil {
		return err
	}
	w.Header().Set("Upload-Offset", strconv.FormatInt(u.Received, 10))
	w.Header().Set("Upload-Length", strconv.FormatInt(u.Size, 10))
	w.WriteHeader(http.StatusOK)
	return nil
}

func (api *API) patchUpload(w http.ResponseWriter, r *http.Request) error {
	if err := tus(w, r); err != nil {
		return err
	}
	a := actor(r)
	if r.Header.Get("Content-Type") != "application/offset+octet-stream" {
		return httpx.WithStatus(errs.New(errs.Invalid, "api.upload-type"), http.StatusUnsupportedMediaType)
	}
	offset, err := strconv.ParseInt(r.Header.Get("Upload-Offset"), 10, 64)
	if err != nil {
		return httpx.BadRequest("api.upload-offset")
	}
	u, err := api.o.Tables.Append(r.Context(), a, tables.UploadID(r.PathValue("id")), offset, r.Body)
	if err != nil {
		return err
	}
	w.Header().Set("Upload-Offset", strconv.FormatInt(u.Received, 10))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (api *API) deleteUpload(w http.ResponseWriter, r *http.Request) error {
	if err := tus(w, r); err != nil {
		return err
	}
	a := actor(r)
	if err := api.o.Tables.CancelUpload(r.Context(), a, tables.UploadID(r.PathValue("id"))); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
