package compat

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/interop/jsonrow"
	"socle/internal/interop/udata"
	"socle/internal/query"
	"socle/internal/tables"
	"socle/internal/tabular"
	"socle/internal/web/shell"
)

// tabularRoutes are those of the tabular API of data.gouv.fr.
func (api *API) tabularRoutes() []shell.Route {
	read := shell.Anyone.With(httpx.CORS(), httpx.WithRenderer(tabularFailure), api.o.Limit)
	download := shell.Anyone.With(httpx.CORS(), httpx.Stream(), httpx.WithRenderer(tabularFailure), api.o.Limit)
	get := func(path string, who shell.Who, h httpx.HandlerFunc) shell.Route {
		return shell.Route{Pattern: "GET /api/resources/{id}/" + path + "{$}", Who: who, Handler: h}
	}
	return []shell.Route{
		get("", read, api.tabularResource),
		get("profile/", read, api.tabularProfile),
		get("data/", read, api.tabularData),
		get("data/csv/", download, api.tabularCSV),
		get("data/json/", download, api.tabularJSON),
		get("swagger/", read, api.tabularSwagger),
		{Pattern: "GET /api/aggregation-exceptions/{$}", Who: read, Handler: tabularExceptions},
	}
}

// tabularFailure shows failures as the API does.
func tabularFailure(w http.ResponseWriter, r *http.Request, f httpx.Failure) {
	title, status := "Internal error", f.Status
	switch f.Error.Kind {
	case errs.Invalid:
		title, status = "Invalid query string", http.StatusBadRequest
	case errs.NotFound:
		title = "Resource not found"
	case errs.TooLarge:
		title = "Resource too large"
	case errs.Denied, errs.SignIn:
		title = "Unauthorized"
	case errs.Busy:
		title = "Too many requests"
	}
	if f.Error.Key == catalogue.WithdrawnKey {
		title, status = "Resource deleted", http.StatusGone
	}
	detail := said(r, f.Error)
	if status == http.StatusBadRequest {
		detail = "Malformed query: " + detail
	}
	writeFailure(w, status, udata.Fault(title, detail))
}

func (api *API) resourceLink(o *opened, path string) string {
	return api.link("/api/resources/" + string(o.resource.ID) + "/" + path)
}

func (api *API) tabularResource(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r); err != nil {
		return err
	}
	o, err := api.openResource(r)
	if err != nil {
		return err
	}
	answer := udata.Resource{Created: o.version.CreatedAt.UTC(), URL: api.link("/api/v1/resources/" + string(o.resource.ID) + "/original")}
	for _, l := range [][2]string{{"profile/", "profile"}, {"data/", "data"}, {"swagger/", "swagger"}} {
		answer.Links = append(answer.Links, udata.Link{Href: api.resourceLink(o, l[0]), Type: http.MethodGet, Rel: l[1]})
	}
	return httpx.WriteJSON(w, r, http.StatusOK, answer)
}

func (api *API) tabularProfile(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r); err != nil {
		return err
	}
	o, err := api.openResource(r)
	if err != nil {
		return err
	}
	if fresh(w, r, string(o.version.ID)) {
		return nil
	}
	p, err := api.o.Engine.Profile(client(r), o.Snapshot)
	if err != nil {
		return err
	}
	out := udata.Profile{Columns: map[string]udata.Column{}, Encoding: "utf-8", Separator: ",", Total: p.Rows, Categorical: []string{}, Formats: map[string][]string{}, Columnwise: map[string]udata.ColumnProfile{}}
	for i, c := range p.Columns {
		held := udata.ColumnOf(o.Snapshot.Fields[i])
		out.Header = append(out.Header, c.Name)
		out.Columns[c.Name] = held
		out.Formats[held.Format] = append(out.Formats[held.Format], c.Name)
		if c.Distinct > 0 && c.Distinct <= 25 && c.Distinct < p.Rows {
			out.Categorical = append(out.Categorical, c.Name)
		}
		cp := udata.ColumnProfile{Tops: []udata.Top{}, Distinct: c.Distinct, Missing: c.Nulls, Mean: c.Mean}
		for _, b := range c.Top {
			if !b.Null {
				cp.Tops = append(cp.Tops, udata.Top{Count: b.Count, Value: b.Text})
			}
		}
		if c.Kind == tabular.Int || c.Kind == tabular.Float {
			cp.Min, cp.Max = figure(c.Min), figure(c.Max)
		}
		out.Columnwise[c.Name] = cp
	}
	return httpx.WriteJSON(w, r, http.StatusOK, udata.Profiled{Profile: out, Dataset: string(o.dataset.ID)})
}

func figure(text string) *float64 {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil
	}
	return &f
}

func (api *API) tabularData(w http.ResponseWriter, r *http.Request) error {
	o, err := api.openResource(r)
	if err != nil {
		return err
	}
	t, err := query.ParseTabular(r.URL.RawQuery, o.Columns)
	if err != nil {
		return err
	}
	if fresh(w, r, string(o.version.ID)) {
		return nil
	}
	ans := udata.Data{Data: []jsonrow.Object{}, Links: udata.DataLinks{Profile: api.resourceLink(o, "profile/"), Swagger: api.resourceLink(o, "swagger/")},
		Meta: udata.Meta{Page: t.Page, PageSize: t.PageSize}}
	var more bool
	var after int64 // the last row of the page
	if t.Aggregated() {
		t.Query.Limit++ // one more says whether there is a next page
		fr, err := api.o.Engine.Aggregate(client(r), o.Snapshot, t.Query)
		if err != nil {
			return err
		}
		more = fr.Rows > t.PageSize
		for i := range min(fr.Rows, t.PageSize) {
			var row jsonrow.Object
			for j, f := range fr.Fields {
				row = append(row, jsonrow.Member{Name: t.Names[f.Name], Value: jsonrow.Value(jsonrow.Frame(fr, i, j))})
			}
			ans.Data = append(ans.Data, row)
		}
	} else {
		page, err := api.tabularRows(r, o, t)
		if err != nil {
			return err
		}
		more = page.Next != 0
		if t.Query.After == 0 {
			ans.Meta.Total = &page.Total
		}
		after = page.Next
		for _, rec := range page.Records {
			row := jsonrow.Object{{Name: udata.RowID, Value: []byte(strconv.FormatInt(rec.Number, 10))}}
			for j, cell := range rec.Cells {
				row = append(row, jsonrow.Member{Name: page.Fields[j].Name, Value: jsonrow.Cell(page.Fields[j].Kind, cell)})
			}
			ans.Data = append(ans.Data, row)
		}
	}
	if more {
		next := api.tabularPage(o, r, t, t.Page+1)
		if t.Query.After > 0 {
			next = api.tabularPage(o, r, t, 1) + fmt.Sprintf("&__id__strictly_greater=%d", after)
		}
		ans.Links.Next = &next
	}
	if t.Page > 1 {
		prev := api.tabularPage(o, r, t, t.Page-1)
		ans.Links.Prev = &prev
	}
	return httpx.WriteJSON(w, r, http.StatusOK, ans)
}

// tabularRows is a page of rows: those that a question names, or those that it finds.
func (api *API) tabularRows(r *http.Request, o *opened, t query.Tabular) (*tables.Page, error) {
	if t.Rows == nil {
		return api.o.Engine.Rows(client(r), o.Snapshot, t.Query)
	}
	numbers := slices.DeleteFunc(slices.Clone(t.Rows), func(n int64) bool { return n < 1 || n > o.Snapshot.Rows() })
	total := int64(len(numbers))
	numbers = numbers[min(t.Query.Offset, len(numbers)):]
	rest := numbers[:min(t.PageSize, len(numbers))]
	if len(rest) == 0 {
		return &tables.Page{Total: total}, nil
	}
	page, err := api.o.Engine.Numbers(client(r), o.Snapshot, rest, t.Query.Select)
	if err != nil {
		return nil, err
	}
	page.Total, page.Next = total, 0
	if len(rest) < len(numbers) {
		page.Next = rest[len(rest)-1]
	}
	return page, nil
}

// tabularPage is the address of another page; the other parameters stay as they were, less the row that it
// begins after.
func (api *API) tabularPage(o *opened, r *http.Request, t query.Tabular, page int) string {
	var kept []string
	for _, pair := range strings.Split(r.URL.RawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if pair != "" && name != "page" && name != "page_size" && name != "__id__strictly_greater" && name != "__id__greater" {
			kept = append(kept, pair)
		}
	}
	kept = append(kept, fmt.Sprintf("page=%d", page), fmt.Sprintf("page_size=%d", t.PageSize))
	return api.resourceLink(o, "data/") + "?" + strings.Join(kept, "&")
}

func (api *API) tabularCSV(w http.ResponseWriter, r *http.Request) error {
	return api.tabularDownload(w, r, "csv")
}

func (api *API) tabularJSON(w http.ResponseWriter, r *http.Request) error {
	return api.tabularDownload(w, r, "json")
}

// tabularDownload streams all rows that a request finds, up to MaxDownload.
func (api *API) tabularDownload(w http.ResponseWriter, r *http.Request, format string) error {
	o, err := api.openResource(r)
	if err != nil {
		return err
	}
	t, err := query.ParseTabular(r.URL.RawQuery, o.Columns)
	if err != nil {
		return err
	}
	if t.Rows != nil || t.Query.After > 0 {
		return badParameter("__id", r.URL.RawQuery)
	}
	t.Query.Limit, t.Query.Offset = 0, 0
	fields := o.Snapshot.Fields
	var groups *tabular.Frame
	if t.Aggregated() {
		if groups, err = api.o.Engine.Aggregate(client(r), o.Snapshot, t.Query); err != nil {
			return err
		}
		for i := range groups.Fields {
			groups.Fields[i].Name = t.Names[groups.Fields[i].Name]
		}
		fields = groups.Fields
	} else {
		n, err := api.o.Engine.Count(client(r), o.Snapshot, t.Query)
		if err != nil {
			return err
		}
		if n > udata.MaxDownload {
			return httpx.WithStatus(errs.New(errs.TooLarge, "compat.tabular.large", errs.Args{"Max": udata.MaxDownload}).WithHint("compat.tabular.large.hint"), http.StatusForbidden)
		}
		if len(t.Query.Select) > 0 {
			fields = nil
			for _, name := range t.Query.Select {
				for _, f := range o.Snapshot.Fields {
					if f.Name == name {
						fields = append(fields, f)
					}
				}
			}
		}
	}
	if fresh(w, r, string(o.version.ID)) {
		return nil
	}
	f, _ := tabular.FormatNamed(format)
	h := w.Header()
	h.Set("Content-Type", f.MediaType)
	httpx.Attach(h, string(o.resource.ID)+"."+format)
	if r.Method == http.MethodHead {
		return nil
	}
	ww, err := tabular.NewWriter(format, w, fields, tabular.WriteOptions{})
	if err != nil {
		return err
	}
	if groups != nil {
		err = ww.Write(groups)
	} else {
		err = api.o.Engine.Export(client(r), o.Snapshot, t.Query, ww.Write)
	}
	if err != nil {
		return err
	}
	return ww.Close()
}

func (api *API) tabularSwagger(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r); err != nil {
		return err
	}
	o, err := api.openResource(r)
	if err != nil {
		return err
	}
	if fresh(w, r, string(o.version.ID)) {
		return nil
	}
	doc, err := udata.Swagger(api.link(""), string(o.resource.ID), o.dataset.Title, o.Snapshot.Fields)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/yaml")
	return httpx.WriteBytes(w, r, http.StatusOK, doc)
}

// tabularExceptions says for which tables groups are allowed: all.
func tabularExceptions(w http.ResponseWriter, r *http.Request) error {
	return httpx.WriteJSON(w, r, http.StatusOK, struct {
		Allowed    bool     `json:"allowed"`
		Exceptions []string `json:"exceptions"`
	}{true, []string{}})
}
