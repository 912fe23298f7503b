package compat

import (
	"cmp"
	"slices"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/interop/ckan"
)

// organizations are those that publish, by name, with how many datasets they have.
func (api *API) organizations(c ckanCall) ([]ckan.Organization, error) {
	list, err := api.published(c.r.Context())
	if err != nil {
		return nil, err
	}
	byID := map[identity.OrganisationID]*ckan.Organization{}
	out := []*ckan.Organization{}
	for _, e := range list {
		o := byID[e.organisation.ID]
		if o == nil {
			n := 0
			made := ckanOrganization(e.organisation, &n)
			made.DisplayName = made.Title
			o = &made
			byID[e.organisation.ID] = o
			out = append(out, o)
		}
		*o.PackageCount++
	}
	slices.SortFunc(out, func(a, b *ckan.Organization) int { return strings.Compare(a.Name, b.Name) })
	plain := make([]ckan.Organization, len(out))
	for i, o := range out {
		plain[i] = *o
	}
	return plain, nil
}

// ordered sorts a list of groups as "name asc", "title", "package_count desc" say.
func ordered[T any](c ckanCall, list []T, by func(T) (name, title string, count int)) error {
	order := cmp.Or(c.text("sort"), c.text("order_by"), "name asc")
	f := strings.Fields(order)
	if len(f) == 0 || len(f) > 2 || !slices.Contains([]string{"name", "title", "package_count", "packages"}, f[0]) || len(f) == 2 && f[1] != "asc" && f[1] != "desc" {
		return ckanFault("sort", order)
	}
	slices.SortStableFunc(list, func(a, b T) int {
		nameA, titleA, countA := by(a)
		nameB, titleB, countB := by(b)
		n := strings.Compare(nameA, nameB)
		switch f[0] {
		case "title":
			n = strings.Compare(titleA, titleB)
		case "package_count", "packages":
			n = cmp.Compare(countA, countB)
		}
		if len(f) == 2 && f[1] == "desc" {
			n = -n
		}
		return n
	})
	return nil
}

// named answers with the names, or with all members (all_fields).
func named[T any](c ckanCall, list []T, param string, by func(T) (name, title string, count int)) (any, error) {
	if err := ordered(c, list, by); err != nil {
		return nil, err
	}
	only, err := c.list(param)
	if err != nil {
		return nil, err
	}
	if len(only) > 0 {
		list = slices.DeleteFunc(list, func(x T) bool {
			name, _, _ := by(x)
			return !slices.Contains(only, name)
		})
	}
	if list, err = window(c, list); err != nil {
		return nil, err
	}
	full, err := c.boolean("all_fields", false)
	if err != nil || full {
		return list, err
	}
	names := []string{}
	for _, x := range list {
		name, _, _ := by(x)
		names = append(names, name)
	}
	return names, nil
}

func (api *API) organizationList(c ckanCall) (any, error) {
	list, err := api.organizations(c)
	if err != nil {
		return nil, err
	}
	return named(c, list, "organizations", func(o ckan.Organization) (string, string, int) { return o.Name, o.Title, *o.PackageCount })
}

// organizationShow is an organisation with its public datasets.
func (api *API) organizationShow(c ckanCall) (any, error) {
	ref := c.text("id")
	if ref == "" {
		return nil, errs.New(errs.Invalid, "compat.ckan.missing", errs.Args{"Name": "id"}).WithHint("compat.ckan.missing.hint")
	}
	o, err := api.o.Identity.FindOrganisation(c.r.Context(), c.actor, ref)
	if err != nil {
		return nil, err
	}
	list, err := api.packages(c)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(p *ckan.Package) bool { return p.OwnerOrg != string(o.ID) })
	n := len(list)
	out := struct {
		ckan.Organization
		Packages []*ckan.Package `json:"packages,omitempty"`
		Users    []string        `json:"users"`
		Extras   []ckan.Extra    `json:"extras"`
		Groups   []ckan.Group    `json:"groups"`
	}{Organization: ckanOrganization(o, &n), Users: []string{}, Extras: []ckan.Extra{}, Groups: []ckan.Group{}}
	out.DisplayName = out.Title
	if with, err := c.boolean("include_datasets", false); err != nil {
		return nil, err
	} else if with {
		out.Packages = list
	}
	return out, nil
}

// groups are the themes that have datasets.
func (api *API) groups(c ckanCall) ([]ckan.Group, error) {
	names, counts, err := api.counted(c, "groups")
	out := make([]ckan.Group, len(names))
	for i, n := range names {
		count := counts[n]
		out[i] = ckanGroup(catalogue.ThemeID(n), language(c.r), &count)
	}
	return out, err
}

func (api *API) groupList(c ckanCall) (any, error) {
	list, err := api.groups(c)
	if err != nil {
		return nil, err
	}
	return named(c, list, "groups", func(g ckan.Group) (string, string, int) { return g.Name, g.Title, *g.PackageCount })
}

// groupShow is a theme with its public datasets.
func (api *API) groupShow(c ckanCall) (any, error) {
	id := catalogue.ThemeID(c.text("id"))
	if _, ok := catalogue.FindTheme(id); !ok {
		return nil, errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
	}
	list, err := api.packages(c)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(p *ckan.Package) bool { return !slices.Contains(ckan.Values(p, "groups"), string(id)) })
	n := len(list)
	out := struct {
		ckan.Group
		Packages []*ckan.Package `json:"packages,omitempty"`
	}{Group: ckanGroup(id, language(c.r), &n)}
	if with, err := c.boolean("include_datasets", false); err != nil {
		return nil, err
	} else if with {
		out.Packages = list
	}
	return out, nil
}
