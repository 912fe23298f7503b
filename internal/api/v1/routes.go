package v1

import (
	"net/http"
	"time"

	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/web/shell"
)

// Routes lists the addresses of the API. Rights are checked by the services.
func (api *API) Routes() []shell.Route {
	read := shell.Anyone.With(httpx.CORS(), api.o.Limit)
	download := shell.Anyone.With(httpx.CORS(), httpx.Stream(), api.o.Limit)
	checking := shell.Anyone.With(httpx.Stream(), httpx.MaxBody(api.o.MaxBytes+1<<20), httpx.AllowCrossOrigin(), api.o.Limit)
	member := shell.SignedIn.With(api.o.Limit)
	device := shell.Anyone.With(api.o.Limit)
	batch := shell.Anyone.With(httpx.MaxBody(32<<20), httpx.Timeout(2*time.Minute), api.o.Limit)
	photo := shell.Anyone.With(httpx.Stream(), httpx.MaxBody(api.o.MaxPhoto+1), api.o.Limit)
	events := shell.Anyone.With(httpx.Stream(), api.o.Limit)
	upload := shell.SignedIn.With(httpx.Stream(), httpx.MaxBody(-1), api.o.Limit)
	return []shell.Route{
		{Pattern: "GET /api/v1/datasets", Who: read, Handler: api.listDatasets},
		{Pattern: "GET /api/v1/datasets/{ref}", Who: read, Handler: api.showDataset},
		{Pattern: "GET /api/v1/organisations", Who: read, Handler: api.listOrganisations},
		{Pattern: "GET /api/v1/schemas", Who: read, Handler: api.listSchemas},
		{Pattern: "GET /api/v1/resources/{id}/rows", Who: read, Handler: api.rows},
		{Pattern: "GET /api/v1/resources/{id}/versions", Who: read, Handler: api.listVersions},
		{Pattern: "GET /api/v1/resources/{id}/schema", Who: read, Handler: api.showSchema},
		{Pattern: "GET /api/v1/resources/{id}/profile", Who: read, Handler: api.showProfile},
		{Pattern: "GET /api/v1/resources/{id}/original", Who: download, Handler: api.original},
		{Pattern: "GET /api/v1/resources/{id}/differences", Who: read, Handler: api.differences},
		{Pattern: "GET /api/v1/resources/{id}/differences.csv", Who: download, Handler: api.differencesFile},
		{Pattern: "GET /api/v1/resources/{id}/features", Who: read, Handler: api.features},
		{Pattern: "GET /api/v1/resources/{id}/tiles.json", Who: read, Handler: api.tileDocument},
		{Pattern: "GET /api/v1/resources/{id}/tiles/{z}/{x}/{y}", Who: read, Handler: api.tile},
		{Pattern: "GET /api/v1/resources/{id}/{file}", Who: download, Handler: api.export},
		{Pattern: "POST /api/v1/check", Who: checking, Handler: api.checkFile},
		{Pattern: "POST /api/v1/describe", Who: checking, Handler: api.describeFile},
		{Pattern: "GET /api/v1/openapi.json", Who: read, Handler: api.openapi},

		{Pattern: "GET /api/v1/forms", Who: device, Handler: api.listForms},
		{Pattern: "GET /api/v1/forms/{id}", Who: device, Handler: api.showForm},
		{Pattern: "GET /api/v1/forms/{id}/entries", Who: device, Handler: api.listEntries},
		{Pattern: "POST /api/v1/forms/{id}/entries", Who: batch, Handler: api.postEntries},
		{Pattern: "GET /api/v1/forms/{id}/entries/{entry}", Who: device, Handler: api.showEntry},
		{Pattern: "PUT /api/v1/forms/{id}/entries/{entry}", Who: device, Handler: api.putEntry},
		{Pattern: "DELETE /api/v1/forms/{id}/entries/{entry}", Who: device, Handler: api.deleteEntry},
		{Pattern: "GET /api/v1/forms/{id}/entries/{entry}/files/{sha256}", Who: download, Handler: api.showEntryFile},
		{Pattern: "PUT /api/v1/forms/{id}/entries/{entry}/files/{sha256}", Who: photo, Handler: api.putEntryFile},
		{Pattern: "GET /api/v1/forms/{id}/entries/{entry}/history", Who: member, Handler: api.showHistory},
		{Pattern: "POST /api/v1/forms/{id}/entries/{entry}/restore", Who: member, Handler: api.restoreEntry},
		{Pattern: "POST /api/v1/forms/{id}/decisions", Who: member, Handler: api.decideEntries},
		{Pattern: "GET /api/v1/forms/{id}/events", Who: events, Handler: api.entryEvents},
		{Pattern: "GET /api/v1/resources/{id}/events", Who: events, Handler: api.versionEvents},
		{Pattern: "GET /api/v1/resources/{id}/entries/{entry}/files/{sha256}", Who: download, Handler: api.showPublicFile},
		{Pattern: "GET /api/v1/resources/{id}/lines", Who: member, Handler: api.listLines},
		{Pattern: "GET /api/v1/resources/{id}/lines/removed", Who: member, Handler: api.listRemovedLines},
		{Pattern: "POST /api/v1/resources/{id}/lines", Who: batch, Handler: api.sendLines},
		{Pattern: "GET /api/v1/resources/{id}/lines/events", Who: events, Handler: api.lineEvents},
		{Pattern: "GET /api/v1/resources/{id}/lines/{entry}/history", Who: member, Handler: api.showLineHistory},

		{Pattern: "GET /api/v1/me", Who: member, Handler: api.me},
		{Pattern: "OPTIONS /api/v1/uploads", Who: member, Handler: api.uploadOptions},
		{Pattern: "POST /api/v1/uploads", Who: member, Handler: api.createUpload},
		{Pattern: "HEAD /api/v1/uploads/{id}", Who: member, Handler: api.headUpload},
		{Pattern: "PATCH /api/v1/uploads/{id}", Who: upload, Handler: api.patchUpload},
		{Pattern: "DELETE /api/v1/uploads/{id}", Who: member, Handler: api.deleteUpload},
		{Pattern: "POST /api/v1/imports", Who: member, Handler: api.createImport},
		{Pattern: "GET /api/v1/imports/{id}", Who: member, Handler: api.showImport},
		{Pattern: "GET /api/v1/imports/{id}/report", Who: member, Handler: api.showReport},
		{Pattern: "POST /api/v1/publications", Who: member, Handler: api.createPublication},
		{Pattern: "GET /api/v1/follows", Who: member, Handler: api.listFollows},
		{Pattern: "POST /api/v1/follows", Who: member, Handler: api.createFollow},
		{Pattern: "DELETE /api/v1/follows/{id}", Who: member, Handler: api.deleteFollow},
	}
}

// actor says who asks: by token, else by the session of the pages.
func actor(r *http.Request) identity.Actor { return shell.From(r).Actor }
