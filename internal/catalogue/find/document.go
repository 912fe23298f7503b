package find

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"socle/internal/catalogue"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/markup"
	"socle/internal/schema/national"
)

// Fields of the index of datasets: words as they are and their roots, of the
// title, of what names it (keywords, producer, schema, columns), and of all.
const (
	titleExact = "te"
	titleRoots = "tr"
	namesRoots = "nr"
	allExact   = "ae"
	allRoots   = "ar"
	factsField = "f"
)

// fact is what is kept of a dataset in memory, to narrow and to order by.
type fact struct {
	ID           catalogue.DatasetID     `json:"-"`
	Slug         string                  `json:"u"`
	Title        string                  `json:"t"`
	Organisation identity.OrganisationID `json:"o"`
	State        catalogue.State         `json:"s"`
	ModifiedAt   int64                   `json:"m"`           // microseconds since 1970
	Owner        string                  `json:"n"`           // name of the organisation in the document; "" in memory
	DataAt       int64                   `json:"d"`           // the same; of the description when there is no data
	Values       []string                `json:"v"`           // DIMENSION:VALUE
	Zones        map[string]string       `json:"z,omitempty"` // names of those in Values; nil in memory
	titleFold    string
	titleWords   int
	recency      int32    // 0 for the last that changed
	use          int64    // how often it was asked for: Options.Use
	values       []uint32 // Values and those of the organisation, numbered
}

const (
	longestDescription = 5000 // characters of a description that are indexed
	mostColumns        = 300  // names of columns of a dataset
)

// columnsOf reads what a version's Table Schema calls its columns.
func columnsOf(v *catalogue.Version) (names []string) {
	var s struct {
		Fields []struct {
			Name  string `json:"name"`
			Title string `json:"title"`
		} `json:"fields"`
	}
	if v == nil || json.Unmarshal(v.Columns, &s) != nil {
		return nil
	}
	for _, f := range s.Fields {
		names = append(names, f.Name)
		if f.Title != "" && f.Title != f.Name {
			names = append(names, f.Title)
		}
	}
	return names
}

// documentOf is a dataset as the index holds it; values are frequent values of
// its tables.
func documentOf(d catalogue.Dataset, org identity.Organisation, located func(catalogue.Version) bool, values []string) (*document.Document, error) {
	f := fact{Owner: org.Name, Slug: d.Slug, Title: d.Title, Organisation: d.Organisation, State: d.State, ModifiedAt: d.ModifiedAt.UnixMicro(), DataAt: d.ModifiedAt.UnixMicro()}
	if !d.DataAt.IsZero() {
		f.DataAt = d.DataAt.UnixMicro()
	}
	add := func(dim Dimension, value string) {
		if v := string(dim) + ":" + value; value != "" && !slices.Contains(f.Values, v) {
			f.Values = append(f.Values, v)
		}
	}
	names := append([]string{org.Name}, d.Keywords...)
	add(Licence, string(d.Licence))
	add(Schema, d.Schema.ID)
	if e, err := national.Lookup(d.Schema.ID); err == nil {
		names = append(names, e.Title, e.TitleEN, strings.ReplaceAll(e.ID, "/", " "))
	}
	for _, t := range d.Themes {
		add(Theme, string(t))
		if theme, ok := catalogue.FindTheme(t); ok {
			for _, l := range i18n.Langs {
				names = append(names, i18n.T(l, theme.LabelKey()))
			}
		}
	}
	for _, k := range d.Keywords {
		add(Keyword, identity.Fold(k))
	}
	for _, z := range d.Spatial.Zones {
		add(Zone, string(z.Kind)+":"+z.Code)
		if f.Zones == nil {
			f.Zones = map[string]string{}
		}
		f.Zones[string(Zone)+":"+string(z.Kind)+":"+z.Code] = z.Name
		names = append(names, z.Name)
	}
	rest := []string{markup.Text(d.Description, longestDescription)}
	mapped := "no"
	for _, r := range d.Resources {
		rest = append(rest, r.Title, markup.Text(r.Description, longestDescription))
		if r.Kind == catalogue.Table {
			add(Format, "table")
		} else {
			add(Format, r.Format)
		}
		if r.Current != nil && r.Kind == catalogue.Table {
			columns := columnsOf(r.Current)
			names = append(names, columns[:min(len(columns), mostColumns)]...)
			if mapped == "no" && located(*r.Current) {
				mapped = "yes"
			}
		} else if slices.Contains([]string{"geojson", "shp", "gpkg", "kml"}, r.Format) {
			mapped = "yes"
		}
	}
	add(Map, mapped)
	kept, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	// Each word is read once, whatever the fields that it goes to.
	title, named := words(d.Title), words(strings.Join(names, "\n"))
	all := slices.Concat(title, named, words(strings.Join(rest, "\n")), words(strings.Join(values, "\n")))
	titleRooted, namesRooted := rootsIn(title), rootsIn(named)
	doc := document.NewDocument(string(d.ID))
	const sought = index.IndexField | index.SkipFreqNorm
	for _, f := range []struct {
		name  string
		words []string
	}{{titleExact, title}, {titleRoots, titleRooted}, {namesRoots, namesRooted}, {allExact, all},
		{allRoots, slices.Concat(titleRooted, namesRooted, rootsIn(all[len(title)+len(named):]))}} {
		doc.AddField(document.NewTextFieldCustom(f.name, nil, nil, sought, given(f.words)))
	}
	doc.AddField(document.NewTextFieldCustom(factsField, nil, kept, index.StoreField, nil))
	return doc, nil
}

// ages are the values of Freshness: each has those before it in it, but the last.
var ages = [...]string{"week", "month", "year", "older"}

// age is the narrowest of ages that holds for data last touched then.
func age(data int64, now time.Time) int {
	const day = int64(24 * time.Hour / time.Microsecond)
	switch past := now.UnixMicro() - data; {
	case past <= 7*day:
		return 0
	case past <= 31*day:
		return 1
	case past <= 366*day:
		return 2
	}
	return 3
}

// aged reports whether an age is within a value of Freshness.
func aged(age int, value string) bool {
	i := slices.Index(ages[:], value)
	return age == i || age < i && i < len(ages)-1
}
