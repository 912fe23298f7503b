package catalogueui

import (
	"context"
	"encoding/xml"
	"net/http"
	"strconv"
	"time"

	"socle/internal/catalogue"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/schema/national"
	"socle/internal/schemas"
)

// sitemapMost is how many addresses one sitemap may hold (sitemaps.org).
const sitemapMost = 50_000

type sitemapURL struct {
	Loc      string `xml:"loc"`
	Modified string `xml:"lastmod,omitempty"`
}

type sitemap struct {
	XMLName xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []sitemapURL `xml:"url"`
}

type sitemapIndex struct {
	XMLName  xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
	Sitemaps []sitemapURL `xml:"sitemap"`
}

// sitemap lists the public pages: those of the portal, of producers, of datasets, the
// last changed first. When they are more than a sitemap may hold it lists its parts.
func (p *Pages) sitemap(w http.ResponseWriter, r *http.Request) error {
	all, err := p.publicPages(r.Context())
	if err != nil {
		return err
	}
	out := sitemapPart(all, sitemapMost, p.o.BaseURL+"/sitemap.xml", r.URL.Query().Get("part"))
	if out == nil {
		return none()
	}
	b, err := xml.Marshal(out)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	return httpx.WriteBytes(w, r, http.StatusOK, append([]byte(xml.Header), b...))
}

// sitemapPart is a part of the addresses, at most most of them, or, when none is asked,
// all of them if they are no more than that, or else the list of the parts. nil: there is
// no such part.
func sitemapPart(all []sitemapURL, most int, self, asked string) any {
	parts := (len(all) + most - 1) / most
	if asked == "" {
		if parts <= 1 {
			return sitemap{URLs: all}
		}
		index := sitemapIndex{}
		for n := range parts {
			index.Sitemaps = append(index.Sitemaps, sitemapURL{Loc: self + "?part=" + strconv.Itoa(n+1)})
		}
		return index
	}
	part, err := strconv.Atoi(asked)
	if err != nil || part < 1 || part > parts {
		return nil
	}
	return sitemap{URLs: all[(part-1)*most : min(part*most, len(all))]}
}

func (p *Pages) publicPages(ctx context.Context) (all []sitemapURL, err error) {
	add := func(path string, changed time.Time) {
		u := sitemapURL{Loc: p.o.BaseURL + path}
		if !changed.IsZero() {
			u.Modified = rfc3339(changed)
		}
		all = append(all, u)
	}
	for _, path := range []string{"/", "/search", "/organisations", "/board", "/schemas", "/check", "/about", "/law", "/licences", "/legal", "/accessibility"} {
		add(path, time.Time{})
	}
	for _, t := range catalogue.Themes {
		add("/themes/"+string(t.ID), time.Time{})
	}
	for _, e := range national.List() {
		add(schemas.Page(e.ID), time.Time{})
	}
	for o, err := range p.o.Identity.AllOrganisations(ctx, identity.Anonymous(), identity.OrganisationQuery{}) {
		if err != nil {
			return nil, err
		}
		add("/organisations/"+o.Slug, o.ChangedAt)
	}
	list, err := p.o.Catalogue.PublicAddresses(ctx)
	for _, d := range list {
		add("/datasets/"+d.Slug, d.ModifiedAt)
	}
	return all, err
}
