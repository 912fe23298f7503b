package compat

import (
	"math"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/paulmach/orb"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/interop/explore"
	"socle/internal/interop/ogc"
	"socle/internal/markup"
	"socle/internal/query"
	"socle/internal/tables/tile"
	"socle/internal/tabular"
)

// located is a table that has places.
type located struct {
	entry
	place  tile.Place
	ask    query.Located
	fields []tabular.Field
}

// locate finds the places of the table of an entry.
func locate(e entry) (l located, ok bool) {
	if e.table == nil {
		return l, false
	}
	l = located{entry: e, fields: e.table.Snapshot.Fields}
	if l.place, ok = tile.Find(l.fields); !ok {
		return l, false
	}
	if l.place.Column >= 0 {
		l.ask.Geometry = l.fields[l.place.Column].Name
	} else {
		for _, at := range l.place.Columns() {
			if k := l.fields[at].Kind; k != tabular.Int && k != tabular.Float {
				return l, false
			}
		}
		l.ask.Lon, l.ask.Lat = l.fields[l.place.Lon].Name, l.fields[l.place.Lat].Name
	}
	for _, f := range l.fields {
		if f.Kind == tabular.Date || f.Kind == tabular.Timestamp {
			l.ask.At = f.Name
			break
		}
	}
	return l, true
}

// ogcFind is the collection of a request.
func (api *API) ogcFind(r *http.Request) (located, error) {
	e, err := api.find(r, r.PathValue("id"))
	if err != nil {
		return located{}, err
	}
	l, ok := locate(e)
	if !ok || e.dataset.State == catalogue.Withdrawn {
		return l, errs.New(errs.NotFound, "compat.ogc.nowhere").WithHint("compat.ogc.nowhere.hint")
	}
	return l, nil
}

// extent is where and when the rows of a collection are; nil when none has a place or a date.
type extent struct {
	box   *orb.Bound
	times *[2]time.Time
}

// extents keeps those of versions, which never change.
type extents struct {
	mu    sync.Mutex
	known map[catalogue.VersionID]extent
}

// Limits of extents: how many are kept, and how long a list of collections waits for those that
// are not known yet.
const (
	mostExtents = 10_000
	extentWait  = 2 * time.Second
)

// extent is that of a collection, computed once for a version.
func (api *API) extent(r *http.Request, l located) (extent, error) {
	kept := &api.extents
	kept.mu.Lock()
	x, ok := kept.known[l.table.version.ID]
	kept.mu.Unlock()
	if ok {
		return x, nil
	}
	found, err := api.o.Engine.Extent(client(r), l.table.Snapshot)
	if err != nil {
		return x, err
	}
	if b := found.Bounds; found.Rows > 0 {
		x.box = &orb.Bound{Min: orb.Point{micro(b[0], math.Floor), micro(b[1], math.Floor)}, Max: orb.Point{micro(b[2], math.Ceil), micro(b[3], math.Ceil)}}
	}
	if l.ask.At != "" {
		ends, found, err := api.times(r, l)
		if err != nil {
			return x, err
		}
		if found {
			x.times = &ends
		}
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if kept.known == nil || len(kept.known) >= mostExtents {
		kept.known = map[catalogue.VersionID]extent{}
	}
	kept.known[l.table.version.ID] = x
	return x, nil
}

// times are the first and the last instant of the column of dates: its first rows from the least and
// from the greatest on, which need no count of all. found is false when it has no value.
func (api *API) times(r *http.Request, l located) (ends [2]time.Time, found bool, err error) {
	for i := range ends {
		q := query.Query{Select: []string{l.ask.At}, Sort: []query.SortKey{{Column: l.ask.At, Desc: i == 1}}, Limit: 1}
		page, err := api.o.Engine.Rows(client(r), l.table.Snapshot, q)
		if err != nil || len(page.Records) == 0 {
			return ends, false, err
		}
		kind := page.Fields[0].Kind
		end, ok := query.ParseValue(kind, string(page.Records[0].Cells[0]))
		if !ok { // cells without value come last
			return ends, false, nil
		}
		if kind == tabular.Timestamp {
			ends[i] = tabular.Instant(end.Int)
		} else { // the first second of the first day, the last of the last
			ends[i] = tabular.Day(end.Int + int64(i)).Add(-time.Duration(i) * time.Second)
		}
	}
	return ends, true, nil
}

// micro cuts a number after its sixth decimal.
func micro(n float64, cut func(float64) float64) float64 { return cut(n*1e6) / 1e6 }

func (api *API) ogcCollections(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, "f"); err != nil {
		return err
	}
	list, err := api.published(r.Context())
	if err != nil {
		return err
	}
	var all []ogc.Collection
	until := api.o.Now().Add(extentWait)
	for _, set := range list {
		for _, e := range set.each() {
			l, ok := locate(e)
			if !ok {
				continue
			}
			var x extent
			if api.o.Now().Before(until) {
				if x, err = api.extent(r, l); err != nil && !errs.Is(err, errs.Busy) {
					return err
				}
			}
			all = append(all, api.ogcDescribe(l, x))
		}
	}
	v := ogc.NewCollections(api.ogcBase(), all)
	return api.ogcGive(w, r, ogc.JSON, v, func() ogcView {
		page := ogcView{title: i18n.T(language(r), "compat.ogc.collections"), links: v.Links, facts: [][2]string{{"crs", strings.Join(v.CRS, ", ")}}}
		for _, c := range v.Collections {
			page.parts = append(page.parts, ogcPart{c.Title, c.Links[1].Href, c.Description, factsOf(c), c.Links})
		}
		return page
	})
}

func (api *API) ogcDescribe(l located, x extent) ogc.Collection {
	c := ogc.NewCollection(api.ogcBase(), l.id(), l.title(), markup.Text(l.dataset.Description, 0), x.box, x.times)
	c.Links = append(c.Links, ogc.Link{Href: api.link("/datasets/" + l.dataset.Slug), Rel: "describedby", Type: ogc.HTML, Title: l.dataset.Title})
	if licence, ok := catalogue.FindLicence(l.dataset.Licence); ok && licence.URL != "" {
		c.Links = append(c.Links, ogc.Link{Href: licence.URL, Rel: "license", Type: ogc.HTML, Title: licence.Name})
	}
	return c
}

func (api *API) ogcCollection(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, "f"); err != nil {
		return err
	}
	l, err := api.ogcFind(r)
	if err != nil {
		return err
	}
	x, err := api.extent(r, l)
	if err != nil {
		return err
	}
	v := api.ogcDescribe(l, x)
	return api.ogcGive(w, r, ogc.JSON, v, func() ogcView {
		facts := append(factsOf(v), [2]string{"crs", strings.Join(v.CRS, ", ")})
		return ogcView{title: v.Title, lead: v.Description, links: v.Links, crumbs: l.crumbs(r), facts: facts}
	})
}

// factsOf are what a page says of a collection besides its texts.
func factsOf(c ogc.Collection) [][2]string {
	facts := [][2]string{{"id", c.ID}, {"itemType", c.ItemType}, {"storageCrs", c.StorageCRS}}
	if c.Extent != nil && c.Extent.Spatial != nil {
		facts = append(facts, [2]string{"bbox", pairs(c.Extent.Spatial.BBox[0])})
	}
	if c.Extent != nil && c.Extent.Temporal != nil {
		ends := c.Extent.Temporal.Interval[0]
		facts = append(facts, [2]string{"interval", *ends[0] + " / " + *ends[1]})
	}
	return facts
}

func (api *API) ogcQueryables(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, "f"); err != nil {
		return err
	}
	l, err := api.ogcFind(r)
	if err != nil {
		return err
	}
	v := ogc.Queryables(api.ogcBase(), l.id(), l.title(), l.table.Columns)
	return api.ogcGive(w, r, ogc.JSONSchema, v, func() ogcView {
		page := ogcView{title: i18n.T(language(r), "compat.ogc.queryables", map[string]any{"Title": l.title()}), crumbs: l.crumbs(r), head: []string{"name", "title", "type"}}
		for i, c := range l.table.Columns {
			page.rows = append(page.rows, []string{c.Name, c.Label(), explore.Type(l.fields[i])})
		}
		return page
	})
}
