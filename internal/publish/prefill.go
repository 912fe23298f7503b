package publish

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"socle/internal/catalogue"
	"socle/internal/cog"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/schema"
	"socle/internal/schema/national"
	"socle/internal/tables"
)

// Proposed is the description of a deposit where the fields that say nothing yet hold what
// the file, its schema, its organisation and what that published before tell; filled are
// those fields, by the names of the form. Nothing is kept before somebody confirms it: a
// schema chosen later proposes its own. What was confirmed is left as it is.
func (s *Service) Proposed(ctx context.Context, a identity.Actor, d Deposit, org identity.Organisation, i tables.Import) (m catalogue.Metadata, filled []string, err error) {
	defer errs.Wrap(&err, "publish.Proposed(%s)", d.ID)
	m = d.Description
	if d.Described || d.Dataset != "" || i.State != tables.Checked {
		return m, nil, nil
	}
	p := known{lang: i18n.Lang(m.Language), org: org, i: i}
	if p.subject, err = subjectOf(i, p.lang); err != nil {
		return m, nil, err
	}
	if p.last, p.same, err = s.before(ctx, a, org.ID, p.subject.id); err != nil {
		return m, nil, err
	}
	fill := func(name string, says bool, propose func() bool) {
		if !says && propose() {
			filled = append(filled, name)
		}
	}
	text := func(name string, at *string, proposed string) {
		fill(name, *at != "", func() bool { *at = proposed; return proposed != "" })
	}
	text("title", &m.Title, p.title())
	text("description", &m.Description, p.subject.about)
	fill("themes", len(m.Themes) > 0, func() bool { m.Themes = p.subject.themes; return len(m.Themes) > 0 })
	fill("keywords", len(m.Keywords) > 0, func() bool { m.Keywords = p.keywords(); return len(m.Keywords) > 0 })
	fill("frequency", m.Frequency != "", func() bool {
		m.Frequency = cmp.Or(p.same.Frequency, p.subject.frequency)
		return m.Frequency != ""
	})
	fill("contact.name", m.Contact != catalogue.Contact{}, func() bool { m.Contact = p.contact(); return m.Contact != catalogue.Contact{} })
	fill("temporal.start", !m.Temporal.IsZero(), func() bool { m.Temporal = p.period(); return !m.Temporal.IsZero() })
	fill("spatial.zones", len(m.Spatial.Zones) > 0, func() bool { m.Spatial.Zones = zonesOf(org); return len(m.Spatial.Zones) > 0 })
	return m, filled, nil
}

// known is what a description may be made of.
type known struct {
	lang       i18n.Lang
	org        identity.Organisation
	i          tables.Import
	subject    subject
	last, same catalogue.Metadata // what the organisation published last, and last of this schema; zero for nothing
}

// subject is what a table is about, by its schema; zero for a free table.
type subject struct {
	id        string // of the schema, without version
	title     string
	about     string
	themes    []catalogue.ThemeID
	frequency catalogue.FrequencyID
	dated     func(tables.Span) bool // whether a column dates what a row tells
}

// themes are the themes of the catalogue for those of the bundled schemas. The common
// core is no theme.
var themes = map[string]catalogue.ThemeID{
	"addresses": "planning-housing", "agriculture": "water-agriculture", "catering": "education-childhood", "energy": "energy", "environment": "environment",
	"facilities": "municipal-life", "finance": "finance", "governance": "municipal-life", "health": "health-solidarity", "inclusion": "health-solidarity",
	"mobility": "mobility", "population": "population", "safety": "safety", "urbanism": "planning-housing", "water": "water-agriculture",
}

// subjectOf is what the schema of an import says of its table.
func subjectOf(i tables.Import, l i18n.Lang) (subject, error) {
	about := subject{id: tables.ParseSchemaRef(i.Outcome.SchemaID).ID, dated: ofTheFact}
	if about.id == "" {
		return about, nil
	}
	e, err := national.Lookup(i.Outcome.SchemaID)
	if err != nil { // one of another list, or of an address: what its descriptor says
		sch, err := schema.Parse(i.Outcome.Schema)
		if err != nil {
			return about, err
		}
		about.title, about.about = sch.Title, sch.Description
		return about, nil
	}
	about.title, about.about, about.frequency = e.Name(l), e.About(l), catalogue.FrequencyID(e.Frequency)
	about.dated = func(s tables.Span) bool { return s.Column == e.Period }
	for _, t := range e.Themes {
		if id := themes[t]; id != "" && !slices.Contains(about.themes, id) {
			about.themes = append(about.themes, id)
		}
	}
	return about, nil
}

// otherDates are beginnings of words in names of columns that date the row, not what it
// tells.
var otherDates = []string{"maj", "mise a jour", "modif", "publi", "saisi", "import", "update", "creat", "creation", "naissance", "birth"}

// ofTheFact reports whether a column of dates seems to date what a row tells, by its name.
func ofTheFact(s tables.Span) bool {
	name := " " + strings.Join(strings.FieldsFunc(identity.Fold(s.Column), func(r rune) bool { return !unicode.IsLetter(r) }), " ")
	return !slices.ContainsFunc(otherDates, func(w string) bool { return strings.Contains(name, " "+w) })
}

// before finds the contact that an organisation gave last, and what it published last of
// a schema.
func (s *Service) before(ctx context.Context, a identity.Actor, org identity.OrganisationID, schema string) (last, same catalogue.Metadata, err error) {
	list, err := s.catalogue.List(ctx, a, catalogue.Filter{Organisation: org}, catalogue.ByModified, "", 0)
	if err != nil {
		return last, same, err
	}
	for _, d := range list.Datasets {
		if d.Contact != (catalogue.Contact{}) {
			last = d.Metadata
			break
		}
	}
	if schema == "" {
		return last, same, nil
	}
	list, err = s.catalogue.List(ctx, a, catalogue.Filter{Organisation: org, Schema: schema}, catalogue.ByModified, "", 1)
	if err == nil && len(list.Datasets) > 0 {
		same = list.Datasets[0].Metadata
	}
	return last, same, err
}

// title says what and where: "Délibérations de Roques". Without a schema it is the name
// of the file, in words.
func (k known) title() string {
	if k.subject.title == "" {
		return titleOf(k.i.Name)
	}
	if c, ok := cog.Successor(k.org.INSEE); ok && k.org.Kind == identity.KindCommune {
		return i18n.T(k.lang, "publish.title-of", i18n.Args{"Title": k.subject.title, "Name": c.Name})
	}
	return i18n.T(k.lang, "publish.title-by", i18n.Args{"Title": k.subject.title, "Name": k.org.Name})
}

// longestKeyword is how many characters the catalogue takes of one.
const longestKeyword = 60

// keywords are those of the dataset of this schema that came before, or the subject and
// its themes in words.
func (k known) keywords() (list []string) {
	if len(k.same.Keywords) > 0 {
		return slices.Clone(k.same.Keywords)
	}
	words := []string{k.subject.title}
	for _, id := range k.subject.themes {
		if t, ok := catalogue.FindTheme(id); ok {
			words = append(words, i18n.T(k.lang, t.LabelKey()))
		}
	}
	for _, w := range words {
		// A comma parts keywords from each other.
		for part := range strings.SplitSeq(strings.ToLower(w), ",") {
			if part = strings.TrimSpace(part); part != "" && utf8.RuneCountInString(part) <= longestKeyword {
				list = append(list, part)
			}
		}
	}
	return list
}

// contact is the one given last, for this schema before others; else the organisation's own.
func (k known) contact() catalogue.Contact {
	if c := cmp.Or(k.same.Contact, k.last.Contact); c != (catalogue.Contact{}) || k.org.Email == "" {
		return c
	}
	return catalogue.Contact{Name: k.org.Name, Email: k.org.Email}
}

// period goes from the first to the last date of the column that dates what a row tells;
// zero when there is none, or several may.
func (k known) period() catalogue.Period {
	var dated []tables.Span
	for _, s := range k.i.Outcome.Spans {
		if k.subject.dated(s) {
			dated = append(dated, s)
		}
	}
	if len(dated) != 1 {
		return catalogue.Period{}
	}
	return catalogue.Period{Start: dated[0].Start, End: dated[0].End}
}

// zonesOf is the territory of an organisation by its code; none when it has no code that
// is known.
func zonesOf(o identity.Organisation) []catalogue.Zone {
	switch o.Kind {
	case identity.KindCommune:
		if c, ok := cog.Successor(o.INSEE); ok {
			return []catalogue.Zone{{Kind: catalogue.ZoneCommune, Code: c.Code, Name: c.Name}}
		}
	case identity.KindEPCI:
		if g, ok := cog.EPCI(o.SIREN); ok {
			return []catalogue.Zone{{Kind: catalogue.ZoneEPCI, Code: g.SIREN, Name: g.Name}}
		}
	case identity.KindDepartement:
		if d, ok := cog.Departement(cmp.Or(o.INSEE, o.Territory)); ok {
			return []catalogue.Zone{{Kind: catalogue.ZoneDepartement, Code: d.Code, Name: d.Name}}
		}
	case identity.KindRegion:
		if r, ok := cog.Region(cmp.Or(o.INSEE, o.Territory)); ok {
			return []catalogue.Zone{{Kind: catalogue.ZoneRegion, Code: r.Code, Name: r.Name}}
		}
	case identity.KindSyndicat, identity.KindOther:
	}
	return nil
}

// titleOf makes words of a file name.
func titleOf(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		name = name[:i]
	}
	words := strings.Join(strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || r == '_' || r == '-' || r == '.' }), " ")
	if words == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(words)
	return string(unicode.ToUpper(first)) + words[size:]
}
