package compat

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/interop/ckan"
	"socle/internal/web/shell"
)

const ckanPath = "/api/3/action/"

// mostAction bounds the parameters of an action.
const mostAction = 1 << 20

// ckanRoutes are those of the Action API of CKAN and of its datastore.
func (api *API) ckanRoutes() []shell.Route {
	read := shell.Anyone.With(httpx.CORS(), httpx.AllowCrossOrigin(), httpx.MaxBody(mostAction), httpx.WithRenderer(api.ckanFailure), api.o.Limit)
	page := shell.Anyone.With(httpx.CORS(), api.o.Limit)
	download := shell.Anyone.With(httpx.CORS(), httpx.Stream(), httpx.WithRenderer(ckanFileFailure), api.o.Limit)
	plain := shell.Anyone.With(httpx.CORS(), httpx.WithRenderer(ckanFileFailure), api.o.Limit)
	var list []shell.Route
	for _, prefix := range []string{ckanPath, "/api/action/"} {
		for _, method := range []string{"GET ", "POST "} {
			list = append(list, shell.Route{Pattern: method + prefix + "{action}", Who: read, Handler: api.ckanAction})
		}
	}
	return append(list,
		shell.Route{Pattern: "GET /datastore/dump/{id}", Who: download, Handler: api.ckanDump},
		shell.Route{Pattern: "GET /dataset/{ref}", Who: page, Handler: api.ckanPage},
		shell.Route{Pattern: "GET /dataset/{ref}/resource/{id}", Who: page, Handler: api.ckanPage},
		shell.Route{Pattern: "GET /dataset/{ref}/resource/{id}/download/{file}", Who: plain, Handler: api.ckanDownload},
	)
}

// ckanCall is a call of an action.
type ckanCall struct {
	r      *http.Request
	actor  identity.Actor
	values map[string]json.RawMessage // parameters; those of addresses are texts, or lists of texts
}

// action is one of those that are answered.
type action struct {
	do     func(ckanCall) (any, error)
	params []string
	help   string // key of its description
}

func (api *API) ckanActions() map[string]action {
	page := []string{"limit", "offset"}
	groups := append([]string{"all_fields", "sort", "order_by", "groups", "organizations", "type", "include_dataset_count", "include_extras", "include_tags", "include_groups", "include_users"}, page...)
	group := []string{"id", "include_datasets", "include_dataset_count", "include_extras", "include_users", "include_groups", "include_tags", "include_followers"}
	auto := []string{"q", "limit"}
	return map[string]action{
		"package_list":                        {api.packageList, page, "compat.ckan.help.package-list"},
		"current_package_list_with_resources": {api.packagesWithResources, page, "compat.ckan.help.packages"},
		"package_show":                        {api.packageShow, []string{"id", "name_or_id", "use_default_schema", "include_plugin_data", "include_tracking"}, "compat.ckan.help.package-show"},
		"package_search":                      {api.packageSearch, ckanSearchAsk, "compat.ckan.help.package-search"},
		"package_autocomplete":                {api.packageAutocomplete, auto, "compat.ckan.help.package-autocomplete"},
		"format_autocomplete":                 {api.formatAutocomplete, auto, "compat.ckan.help.format-autocomplete"},
		"resource_show":                       {api.resourceShow, []string{"id", "include_tracking"}, "compat.ckan.help.resource-show"},
		"organization_list":                   {api.organizationList, groups, "compat.ckan.help.organization-list"},
		"organization_show":                   {api.organizationShow, group, "compat.ckan.help.organization-show"},
		"group_list":                          {api.groupList, groups, "compat.ckan.help.group-list"},
		"group_show":                          {api.groupShow, group, "compat.ckan.help.group-show"},
		"tag_list":                            {api.tagList, []string{"query", "vocabulary_id", "all_fields"}, "compat.ckan.help.tag-list"},
		"license_list":                        {api.licenseList, nil, "compat.ckan.help.license-list"},
		"status_show":                         {api.statusShow, nil, "compat.ckan.help.status-show"},
		"site_read":                           {func(ckanCall) (any, error) { return true, nil }, nil, "compat.ckan.help.site-read"},
		"help_show":                           {api.helpShow, []string{"name"}, "compat.ckan.help.help-show"},
		"datastore_search":                    {api.datastoreSearch, ckanStoreAsk, "compat.ckan.help.datastore-search"},
		"datastore_info":                      {api.datastoreInfo, []string{"id", "resource_id"}, "compat.ckan.help.datastore-info"},
	}
}

// callbacks are the names of functions that an answer may be wrapped in.
var callbacks = regexp.MustCompile(`^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$`)

// ckanAction answers a call.
func (api *API) ckanAction(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("action")
	act, ok := api.ckanActions()[name]
	if !ok {
		writeFailure(w, http.StatusBadRequest, "Bad request: Action name not known: "+name)
		return nil
	}
	c := ckanCall{r: r, actor: shell.From(r).Actor}
	var err error
	if c.values, err = ckanValues(r); err != nil {
		return err
	}
	callback := ""
	if r.Method == http.MethodGet {
		callback = c.text("callback")
		if callback != "" && (len(callback) > 100 || !callbacks.MatchString(callback)) {
			return ckanFault("callback", callback)
		}
	}
	if callback != "" {
		c.actor = identity.Anonymous() // any site may ask for it in the name of its visitor
	}
	delete(c.values, "callback")
	for given := range c.values {
		if !slices.Contains(act.params, given) && !(name == "package_search" && strings.HasPrefix(given, "ext_")) {
			return errs.New(errs.Invalid, "api.unknown-parameter", errs.Args{"Name": given, "Known": strings.Join(act.params, ", ")}).WithHint("api.unknown-parameter.hint")
		}
	}
	result, err := act.do(c)
	if err != nil {
		return err
	}
	envelope := ckan.Envelope{Help: api.ckanHelp(name), Success: true, Result: result}
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	if callback == "" {
		return httpx.WriteJSON(w, r, http.StatusOK, envelope)
	}
	body, err := json.Marshal(envelope)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/javascript;charset=utf-8")
	return httpx.WriteBytes(w, r, http.StatusOK, slices.Concat([]byte(callback), []byte("("), body, []byte(");")))
}

func (api *API) ckanHelp(action string) string {
	return api.link(ckanPath + "help_show?name=" + url.QueryEscape(action))
}

// ckanFailure shows failures as CKAN does.
func (api *API) ckanFailure(w http.ResponseWriter, r *http.Request, f httpx.Failure) {
	text, status := said(r, f.Error), f.Status
	var body any
	switch f.Error.Kind {
	case errs.Invalid:
		status = http.StatusConflict
		name, _ := f.Error.Args["Name"].(string)
		body = ckan.Invalid(cmp.Or(name, "message"), text)
		switch {
		case f.Error.Key == "compat.ckan.json":
			status = http.StatusBadRequest
			body = ckan.Error{Type: ckan.Integrity, Message: text}
		case path.Base(r.URL.Path) == "package_search" && f.Error.Key != "api.unknown-parameter" && f.Error.Key != "query.parameter.value":
			status = http.StatusBadRequest
			body = ckan.Error{Type: ckan.SearchQuery, Message: text}
		}
	case errs.NotFound:
		body = ckan.Error{Type: ckan.NotFound, Message: text}
	case errs.Denied, errs.SignIn:
		status = http.StatusForbidden
		body = ckan.Error{Type: ckan.Authorization, Message: text}
	default:
		body = ckan.Error{Type: ckan.SearchFailed, Message: text}
	}
	writeFailure(w, status, ckan.Envelope{Help: api.ckanHelp(path.Base(r.URL.Path)), Error: body})
}

// ckanFileFailure shows failures of downloads: faults of the address have the status 400.
func ckanFileFailure(w http.ResponseWriter, r *http.Request, f httpx.Failure) {
	if f.Error.Kind == errs.Invalid {
		f.Status = http.StatusBadRequest
	}
	httpx.JSONRenderer(w, r, f)
}

// ckanFault is a parameter with a value that it cannot have.
func ckanFault(name, value string) error { return badParameter(name, value) }

// ckanValues reads the parameters of a call, of its address and of its body: JSON, or a
// form.
func ckanValues(r *http.Request) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{}
	put := func(v url.Values) {
		for name, list := range v {
			var value any = list
			if len(list) == 1 {
				value = list[0]
			}
			if raw, err := json.Marshal(value); err == nil {
				out[name] = raw
			}
		}
	}
	v, err := parameters(r)
	if err != nil {
		return nil, err
	}
	put(v)
	if r.Method != http.MethodPost {
		return out, nil
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind == "application/x-www-form-urlencoded" || kind == "multipart/form-data" {
		if kind == "multipart/form-data" {
			err = r.ParseMultipartForm(mostAction)
		} else {
			err = r.ParseForm()
		}
		if err != nil {
			return nil, errs.New(errs.Invalid, "compat.ckan.json").WithHint("compat.ckan.json.hint").Because(err)
		}
		// A client that sends JSON without saying so has one name and no value.
		if one := slices.Collect(maps.Keys(r.PostForm)); len(one) == 1 && strings.HasPrefix(one[0], "{") && r.PostForm.Get(one[0]) == "" {
			return out, ckanObject([]byte(one[0]), out)
		}
		put(r.PostForm)
		return out, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	return out, ckanObject(body, out)
}

func ckanObject(body []byte, out map[string]json.RawMessage) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, &out); err != nil {
		return errs.New(errs.Invalid, "compat.ckan.json").WithHint("compat.ckan.json.hint").Because(err)
	}
	return nil
}
