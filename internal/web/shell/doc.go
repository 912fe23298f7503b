// Package shell is what stands between the router and the pages: the table of
// routes with who may call them, the visit in progress (who, in which language,
// from where), the session's cookie, the answers of the last act, the frame
// around a page, and the pages of errors.
//
// It knows: httpx, identity, the frame of web/ui.
//
// It must not know: what any page shows. The areas (web/account, web/catalogueui…)
// give it their routes and their bodies.
//
// An area is a list of routes:
//
//	{"GET /datasets/{slug}", shell.Anyone, h.showDataset},
//	{"POST /datasets/{slug}/title", shell.SignedIn, h.renameDataset},
//
// and handlers that ask for the visit and answer with a page:
//
//	v := shell.From(r)
//	d, err := h.catalogue.Dataset(r.Context(), v.Actor, id)
//	…
//	return shell.Page(w, r, ui.Page{Title: d.Title}, datasetPage(view))
//
// Start with route.go, then visit.go, page.go and failure.go.
package shell
