package publishui

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/i18n"
	"socle/internal/web/ui"
)

// metadataView are the fields of a description.
type metadataView struct {
	Problems    ui.Problems
	Title       ui.Input
	Description ui.TextArea
	Licence     ui.Select
	Themes      ui.Checkboxes
	Frequency   ui.Select
	Keywords    ui.Input
	Contact     ui.Input
	Email       ui.Input
	Start, End  ui.Input
	Granularity ui.Select
	Zones       []zoneView
	ZonesError  string
	Covered     bool // something is said of period or territory
}

// zoneView is a line of the territory.
type zoneView struct {
	Kind ui.Select
	Code ui.Input
	Name ui.Input
}

// freeZones is how many empty lines follow those of the territory.
const freeZones = 2

func metadataFields(ctx context.Context, m catalogue.Metadata, problems ui.Problems) metadataView {
	field := func(name string, optional bool) ui.Field {
		f := ui.Field{Name: name, Label: ui.T(ctx, "publishui.field."+name), Optional: optional, Error: problems.Of(name)}
		if help := "publishui.field." + name + ".help"; i18n.Known(ui.LangOf(ctx), help) {
			f.Help = ui.T(ctx, help)
		}
		return f
	}
	v := metadataView{
		Problems: problems,
		Title:    ui.Input{Field: field("title", false), Value: m.Title, MaxLength: 200}, Description: ui.TextArea{Field: field("description", false), Value: m.Description, Rows: 8, MaxLength: 20_000},
		Licence: ui.Select{Field: field("licence", false), Value: string(m.Licence)}, Themes: ui.Checkboxes{Field: field("themes", true), Row: true},
		Frequency: ui.Select{Field: field("frequency", true), Value: string(m.Frequency), Empty: ui.T(ctx, "publishui.choose")},
		Keywords:  ui.Input{Field: field("keywords", true), Value: strings.Join(m.Keywords, ", ")},
		Contact:   ui.Input{Field: field("contact.name", true), Value: m.Contact.Name}, Email: ui.Input{Field: field("contact.email", true), Type: "email", Value: m.Contact.Email},
		Start: ui.Input{Field: field("temporal.start", true), Type: "date", Value: m.Temporal.Start}, End: ui.Input{Field: field("temporal.end", true), Type: "date", Value: m.Temporal.End},
		Granularity: ui.Select{Field: field("spatial.granularity", true), Value: string(m.Spatial.Granularity), Empty: ui.T(ctx, "publishui.choose")},
		ZonesError:  problems.Of("spatial.zones"), Covered: !m.Temporal.IsZero() || !m.Spatial.IsZero(),
	}
	for _, l := range catalogue.Licences {
		if !l.Software && l.ID != catalogue.NotSpecified {
			v.Licence.Options = append(v.Licence.Options, ui.Option{Value: string(l.ID), Label: l.Name})
		}
	}
	for _, th := range m.Themes {
		v.Themes.Values = append(v.Themes.Values, string(th))
	}
	for _, th := range catalogue.Themes {
		v.Themes.Options = append(v.Themes.Options, ui.Option{Value: string(th.ID), Label: ui.T(ctx, th.LabelKey())})
	}
	for _, f := range catalogue.Frequencies {
		v.Frequency.Options = append(v.Frequency.Options, ui.Option{Value: string(f.ID), Label: ui.T(ctx, f.LabelKey())})
	}
	for _, g := range catalogue.Granularities {
		v.Granularity.Options = append(v.Granularity.Options, ui.Option{Value: string(g), Label: ui.T(ctx, "catalogue.granularity."+string(g))})
	}
	for i := range len(m.Spatial.Zones) + freeZones {
		z := catalogue.Zone{}
		if i < len(m.Spatial.Zones) {
			z = m.Spatial.Zones[i]
		}
		v.Zones = append(v.Zones, zoneFields(ctx, i, z))
	}
	return v
}

var zoneKinds = []catalogue.ZoneKind{catalogue.ZoneCommune, catalogue.ZoneEPCI, catalogue.ZoneDepartement, catalogue.ZoneRegion, catalogue.ZoneCountry}

func zoneFields(ctx context.Context, i int, z catalogue.Zone) zoneView {
	field := func(name string) ui.Field {
		return ui.Field{Name: name, ID: ui.FieldID(name + "-" + strconv.Itoa(i)), Label: ui.T(ctx, "desk."+name), Optional: true}
	}
	v := zoneView{Kind: ui.Select{Field: field("zone-kind"), Value: string(z.Kind), Empty: ui.T(ctx, "publishui.choose")},
		Code: ui.Input{Field: field("zone-code"), Value: z.Code, Short: true}, Name: ui.Input{Field: field("zone-name"), Value: z.Name}}
	for _, k := range zoneKinds {
		v.Kind.Options = append(v.Kind.Options, ui.Option{Value: string(k), Label: ui.T(ctx, "desk.zone."+string(k))})
	}
	return v
}

// typedMetadata is the description as typed; what the form does not hold is that of m.
func typedMetadata(r *http.Request, m catalogue.Metadata) catalogue.Metadata {
	m.Title, m.Description, m.Licence = r.PostFormValue("title"), r.PostFormValue("description"), catalogue.LicenceID(r.PostFormValue("licence"))
	m.Themes, m.Keywords = nil, nil
	for _, th := range r.PostForm["themes"] {
		if th != "" {
			m.Themes = append(m.Themes, catalogue.ThemeID(th))
		}
	}
	m.Frequency = catalogue.FrequencyID(r.PostFormValue("frequency"))
	for k := range strings.SplitSeq(r.PostFormValue("keywords"), ",") {
		if k = strings.TrimSpace(k); k != "" {
			m.Keywords = append(m.Keywords, k)
		}
	}
	m.Contact = catalogue.Contact{Name: r.PostFormValue("contact.name"), Email: r.PostFormValue("contact.email")}
	m.Temporal = catalogue.Period{Start: r.PostFormValue("temporal.start"), End: r.PostFormValue("temporal.end")}
	m.Spatial = catalogue.Coverage{Granularity: catalogue.Granularity(r.PostFormValue("spatial.granularity"))}
	at := func(name string, i int) string {
		if list := r.PostForm[name]; i < len(list) {
			return strings.TrimSpace(list[i])
		}
		return ""
	}
	for i := range r.PostForm["zone-code"] {
		if z := (catalogue.Zone{Kind: catalogue.ZoneKind(at("zone-kind", i)), Code: at("zone-code", i), Name: at("zone-name", i)}); z.Code != "" || z.Name != "" {
			m.Spatial.Zones = append(m.Spatial.Zones, z)
		}
	}
	return m
}

// differences are the fields that two descriptions do not share, as words.
func differences(ctx context.Context, theirs, mine catalogue.Metadata) (out []conflictField) {
	a, b := inWords(ctx, theirs), inWords(ctx, mine)
	for i := range a {
		if a[i].Value != b[i].Value {
			out = append(out, conflictField{Label: a[i].Key, Theirs: a[i].Value, Mine: b[i].Value})
		}
	}
	return out
}

func inWords(ctx context.Context, m catalogue.Metadata) []ui.KeyValue {
	var themes, zones []string
	for _, t := range m.Themes {
		if th, ok := catalogue.FindTheme(t); ok {
			themes = append(themes, ui.T(ctx, th.LabelKey()))
		}
	}
	for _, z := range m.Spatial.Zones {
		zones = append(zones, strings.TrimSpace(z.Code+" "+z.Name))
	}
	licence, frequency, granularity := string(m.Licence), "", ""
	if l, ok := catalogue.FindLicence(m.Licence); ok {
		licence = l.Name
	}
	if f, ok := catalogue.FindFrequency(m.Frequency); ok {
		frequency = ui.T(ctx, f.LabelKey())
	}
	if m.Spatial.Granularity != "" {
		granularity = ui.T(ctx, "catalogue.granularity."+string(m.Spatial.Granularity))
	}
	var out []ui.KeyValue
	for _, f := range [][2]string{{"title", m.Title}, {"description", strings.ReplaceAll(m.Description, "\r\n", "\n")}, {"licence", licence}, {"themes", strings.Join(themes, ", ")}, {"frequency", frequency},
		{"keywords", strings.Join(m.Keywords, ", ")}, {"contact.name", m.Contact.Name}, {"contact.email", m.Contact.Email}, {"temporal.start", m.Temporal.Start},
		{"temporal.end", m.Temporal.End}, {"spatial.granularity", granularity}, {"spatial.zones", strings.Join(zones, ", ")}} {
		out = append(out, ui.KeyValue{Key: ui.T(ctx, "publishui.field."+f[0]), Value: strings.TrimSpace(f[1])})
	}
	return out
}
