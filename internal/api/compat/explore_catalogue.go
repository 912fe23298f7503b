package compat

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/interop/explore"
	"socle/internal/query"
	"socle/internal/tabular"
)

// catalogueFormats are those of exports of the catalogue; laterFormats are those of other portals
// that are not written here.
var (
	catalogueFormats = []string{"csv", "data.json", "json", "rss", "xlsx"}
	laterFormats     = []string{"dcat", "dcat_ap_ch", "dcat_ap_de", "dcat_ap_se", "dcat_ap_sp", "dcat_ap_it", "dcat_ap_vl", "dcat_ap_benap", "dublin_core", "rdf", "ttl"}
)

// exploreCatalogueExport writes the catalogue.
func (api *API) exploreCatalogueExport(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, exploreExportAsk...); err != nil {
		return err
	}
	format := strings.TrimSuffix(r.PathValue("format"), "/")
	if slices.Contains(laterFormats, format) {
		return errs.New(errs.NotFound, "compat.explore.dcat", errs.Args{"Format": format, "Formats": strings.Join(catalogueFormats, ", ")}).WithHint("compat.explore.dcat.hint")
	}
	if !slices.Contains(catalogueFormats, format) {
		return noFormat(format, catalogueFormats)
	}
	c, err := exploreChoices(r, format)
	if err != nil {
		return err
	}
	limit, offset, err := explorePage(r.URL.Query(), false, true)
	if err != nil {
		return err
	}
	list, x, err := api.exploreCatalogue(r)
	if err != nil {
		return err
	}
	list = list[min(offset, len(list)):]
	if limit > 0 || r.URL.Query().Get("limit") == "0" {
		list = list[:min(limit, len(list))]
	}
	if format != "json" && len(x.Outputs) > 0 {
		return &query.ClauseError{Clause: "select", Err: errs.New(errs.Invalid, "interop.unsupported", errs.Args{"What": "select"}).WithHint("interop.unsupported.hint")}
	}
	write := map[string]func(io.Writer) error{
		"json":      func(out io.Writer) error { return catalogueJSON(out, list, x) },
		"data.json": func(out io.Writer) error { return api.catalogueData(out, list) },
		"rss":       func(out io.Writer) error { return api.catalogueRSS(out, list) },
		"csv":       func(out io.Writer) error { return catalogueTable(out, "csv", list, c.write) },
		"xlsx":      func(out io.Writer) error { return catalogueTable(out, "xlsx", list, c.write) },
	}[format]
	h := w.Header()
	h.Set("Content-Type", map[string]string{"json": "application/json; charset=utf-8", "data.json": "application/json; charset=utf-8", "rss": "application/rss+xml; charset=utf-8", "csv": "text/csv; charset=utf-8",
		"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}[format])
	switch {
	case c.compressed:
		h.Set("Content-Type", "application/gzip")
		httpx.Attach(h, "catalog."+format+".gz")
	case format == "csv" || format == "xlsx":
		httpx.Attach(h, "catalog."+format)
	}
	if r.Method == http.MethodHead {
		return nil
	}
	return compressedTo(w, c.compressed, write)
}

func catalogueJSON(out io.Writer, list []explore.Dataset, x query.Exploration) error {
	if len(x.Outputs) == 0 {
		return json.NewEncoder(out).Encode(append([]explore.Dataset{}, list...))
	}
	rows, err := exploreSelected(list, x)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(rows)
}

// catalogueTable writes a row per dataset.
func catalogueTable(out io.Writer, format string, list []explore.Dataset, o tabular.WriteOptions) error {
	fields := []tabular.Field{{Name: "datasetid"}}
	for _, name := range []string{"title", "description", "theme", "keyword", "license", "license_url", "language", "modified", "publisher"} {
		fields = append(fields, tabular.Field{Name: "default." + name})
	}
	fields = append(fields, tabular.Field{Name: "default.records_count", Kind: tabular.Int})
	fr := &tabular.Frame{Fields: fields, Rows: len(list), Columns: make([]tabular.Column, len(fields))}
	for i := range list {
		m := &list[i].Metas.Default
		for j, text := range []string{list[i].ID, m.Title, m.Description, strings.Join(m.Theme, ","), strings.Join(m.Keyword, ","), m.License, m.LicenseURL, m.Language,
			m.Modified.Format("2006-01-02T15:04:05-07:00"), m.Publisher} {
			v := query.Text(text)
			appendValue(&fr.Columns[j], tabular.Text, &v)
		}
		n := query.Int(m.RecordsCount)
		appendValue(&fr.Columns[len(fields)-1], tabular.Int, &n)
	}
	w, err := tabular.NewWriter(format, out, fields, o)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		if err := w.Write(fr); err != nil {
			return err
		}
	}
	return w.Close()
}

// catalogueData writes the catalogue as Project Open Data does (schema 1.1).
func (api *API) catalogueData(out io.Writer, list []explore.Dataset) error {
	type agent struct {
		Type string `json:"@type"`
		Name string `json:"name"`
	}
	type contact struct {
		Type  string `json:"@type"`
		Name  string `json:"fn"`
		Email string `json:"hasEmail,omitempty"`
	}
	type distribution struct {
		Type   string `json:"@type"`
		Title  string `json:"title,omitempty"` // of a file; a table has that of the dataset
		Format string `json:"format"`
		Media  string `json:"mediaType"`
		URL    string `json:"downloadURL"`
	}
	type dataset struct {
		Type          string         `json:"@type"`
		Identifier    string         `json:"identifier"`
		Title         string         `json:"title"`
		Description   string         `json:"description"`
		Keyword       []string       `json:"keyword"`
		Modified      string         `json:"modified"`
		Publisher     agent          `json:"publisher"`
		Contact       contact        `json:"contactPoint"`
		Access        string         `json:"accessLevel"`
		License       string         `json:"license,omitempty"`
		Language      []string       `json:"language"`
		Page          string         `json:"landingPage"`
		Distributions []distribution `json:"distribution"`
	}
	sets := []dataset{}
	for i := range list {
		d, m := &list[i], &list[i].Metas.Default
		email, _ := d.Metas.DCAT["contact_email"].(string)
		name, _ := d.Metas.DCAT["contact_name"].(string)
		if name == "" {
			name = m.Publisher
		}
		if email != "" {
			email = "mailto:" + email
		}
		set := dataset{Type: "dcat:Dataset", Identifier: api.link("/datasets/" + d.ID), Title: m.Title, Description: m.Description, Keyword: m.Keyword, Modified: m.Modified.Format(time.RFC3339), Publisher: agent{"org:Organization", m.Publisher},
			Contact: contact{"vcard:Contact", name, email}, Access: "public", License: m.LicenseURL, Language: []string{m.Language}, Page: api.link("/datasets/" + d.ID), Distributions: []distribution{}}
		if d.HasRecords {
			for _, f := range explore.ExportFormats {
				if !f.Places || slices.Contains(d.Features, "geo") {
					media, _, _ := strings.Cut(f.MediaType, ";")
					set.Distributions = append(set.Distributions, distribution{"dcat:Distribution", "", strings.ToUpper(f.Name), media, api.link(explorePath + "/datasets/" + d.ID + "/exports/" + f.Name)})
				}
			}
		}
		for _, a := range d.Attachments {
			set.Distributions = append(set.Distributions, distribution{"dcat:Distribution", a.Title, strings.ToUpper(a.Format), a.MediaType, a.URL})
		}
		sets = append(sets, set)
	}
	return json.NewEncoder(out).Encode(struct {
		Context  string    `json:"@context"`
		Type     string    `json:"@type"`
		Conforms string    `json:"conformsTo"`
		Schema   string    `json:"describedBy"`
		Datasets []dataset `json:"dataset"`
	}{"https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld", "dcat:Catalog", "https://project-open-data.cio.gov/v1.1/schema", "https://project-open-data.cio.gov/v1.1/schema/catalog.json", sets})
}

// catalogueRSS writes the datasets as news (RSS 2.0), the last changed first.
func (api *API) catalogueRSS(out io.Writer, list []explore.Dataset) error {
	type item struct {
		Title       string   `xml:"title"`
		Link        string   `xml:"link"`
		Description string   `xml:"description"`
		Categories  []string `xml:"category"`
		GUID        string   `xml:"guid"`
		Date        string   `xml:"pubDate"`
	}
	type channel struct {
		Title       string `xml:"title"`
		Link        string `xml:"link"`
		Description string `xml:"description"`
		Language    string `xml:"language"`
		Items       []item `xml:"item"`
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b explore.Dataset) int {
		return b.Metas.Default.Modified.Compare(a.Metas.Default.Modified)
	})
	c := channel{Title: api.o.Name, Link: api.link(""), Description: api.o.Name, Language: "fr"}
	for i := range list {
		m := &list[i].Metas.Default
		page := api.link("/datasets/" + list[i].ID)
		c.Items = append(c.Items, item{m.Title, page, m.Description, m.Keyword, page, m.Modified.Format(time.RFC1123Z)})
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	return xml.NewEncoder(out).Encode(struct {
		XMLName xml.Name `xml:"rss"`
		Version string   `xml:"version,attr"`
		Channel channel  `xml:"channel"`
	}{Version: "2.0", Channel: c})
}
