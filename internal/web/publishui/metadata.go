package publishui

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/i18n"
	"socle/internal/proposal"
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
	Zones       []ui.Input // one for each territory, then free ones
	ZonesError  string
	ZonesHelp   string
	Covered     bool // something is said of period or territory
}

// freeZones is how many empty lines follow those of the territory.
const freeZones = 2

// metadataFields shows a description; filled are the fields that nobody wrote: publish.Service.Proposed.
func metadataFields(ctx context.Context, m catalogue.Metadata, filled []string, problems ui.Problems) metadataView {
	noted := func(name, help string) string {
		if slices.Contains(filled, name) {
			return strings.TrimSpace(ui.T(ctx, "publishui.filled") + " " + help)
		}
		return help
	}
	field := func(name string, optional bool) ui.Field {
		f := ui.Field{Name: name, Label: ui.T(ctx, "publishui.field."+name), Optional: optional, Error: problems.Of(name)}
		if help := "publishui.field." + name + ".help"; i18n.Known(ui.LangOf(ctx), help) {
			f.Help = ui.T(ctx, help)
		}
		f.Help = noted(name, f.Help)
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
		ZonesError:  problems.Of("spatial.zones"), ZonesHelp: noted("spatial.zones", ui.T(ctx, "desk.zones.help")), Covered: !m.Temporal.IsZero() || !m.Spatial.IsZero(),
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
		in := ui.Input{Field: ui.Field{Name: "zone", ID: ui.FieldID("zone-" + strconv.Itoa(i)), Label: ui.T(ctx, "desk.zone-name", i18n.Args{"Number": i + 1}), Optional: true}, MaxLength: 200, Autocomplete: "off"}
		if i < len(m.Spatial.Zones) {
			in.Value = proposal.TerritoryText(m.Spatial.Zones[i])
		}
		v.Zones = append(v.Zones, in)
	}
	return v
}

// typedMetadata is the description as typed; what the form does not hold is that of m.
func (p *Pages) typedMetadata(r *http.Request, m catalogue.Metadata) catalogue.Metadata {
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
	for _, text := range r.PostForm["zone"] {
		if strings.TrimSpace(text) != "" {
			m.Spatial.Zones = append(m.Spatial.Zones, p.o.Proposals.Territory(text))
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
