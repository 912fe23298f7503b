package catalogue

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"socle/internal/errs"
	"socle/internal/identity"
)

// form collects the problems of what editors fill in.
type form struct{ e *errs.Error }

func newForm() form {
	return form{errs.New(errs.Invalid, "catalogue.invalid").WithHint("catalogue.invalid.hint")}
}

func (f form) bad(name, key string, args ...errs.Args) { f.e.WithField(name, key, args...) }

// err returns the problems, or nil.
func (f form) err() error {
	if len(f.e.Fields) == 0 {
		return nil
	}
	return f.e
}

// line checks one line of text and returns it trimmed.
func (f form) line(name, value string, least, most int) string {
	value = strings.TrimSpace(norm.NFC.String(value))
	if strings.ContainsFunc(value, unicode.IsControl) {
		f.bad(name, "catalogue.field.characters")
	}
	return f.length(name, value, least, most)
}

// text checks several lines of text and returns them trimmed, with \n alone.
func (f form) text(name, value string, most int) string {
	value = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(value))
	if strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		f.bad(name, "catalogue.field.characters")
	}
	return f.length(name, value, 0, most)
}

func (f form) length(name, value string, least, most int) string {
	n := utf8.RuneCountInString(value)
	switch {
	case !utf8.ValidString(value):
		f.bad(name, "catalogue.field.characters")
		return ""
	case n < least:
		f.bad(name, "catalogue.field.required")
	case n > most:
		f.bad(name, "catalogue.field.long", errs.Args{"Count": most})
	}
	return value
}

func (f form) email(name, value string) string {
	value = strings.TrimSpace(value)
	if value == "" {
		return ""
	}
	if a, err := mail.ParseAddress(value); err != nil || a.Address != value || len(value) > 254 {
		f.bad(name, "catalogue.field.email")
	}
	return value
}

const (
	maxKeywords = 30
	maxZones    = 500
)

// checkMetadata returns the description as it is stored, or its problems; the
// names of the fields are those of the struct, in lower case, parted by dots.
func checkMetadata(m Metadata) (Metadata, error) {
	f := newForm()
	m.Title = f.line("title", m.Title, 1, 200)
	m.Description = f.text("description", m.Description, 20_000)
	if m.Licence == "" {
		m.Licence = LicenceOuverte
	}
	if _, ok := FindLicence(m.Licence); !ok {
		f.bad("licence", "catalogue.field.unknown")
	}
	m.Themes = slices.Compact(slices.Sorted(slices.Values(m.Themes)))
	for _, t := range m.Themes {
		if _, ok := FindTheme(t); !ok {
			f.bad("themes", "catalogue.field.unknown")
		}
	}
	m.Keywords = f.keywords(m.Keywords)
	if _, ok := FindFrequency(m.Frequency); m.Frequency != "" && !ok {
		f.bad("frequency", "catalogue.field.unknown")
	}
	m.Contact.Name = f.line("contact.name", m.Contact.Name, 0, 150)
	m.Contact.Email = f.email("contact.email", m.Contact.Email)
	f.period(m.Temporal)
	m.Spatial = f.coverage(m.Spatial)
	if m.Language == "" {
		m.Language = "fr"
	}
	if !languageCode.MatchString(m.Language) {
		f.bad("language", "catalogue.field.unknown")
	}
	m.Schema = f.schema(m.Schema)
	return m, f.err()
}

var (
	languageCode = regexp.MustCompile(`^[a-z]{2}$`)
	blobName     = regexp.MustCompile(`^[0-9a-f]{64}$`)
	zoneCodes    = map[ZoneKind]*regexp.Regexp{
		ZoneCommune:     regexp.MustCompile(`^(\d{2}|2[AB])\d{3}$`),
		ZoneEPCI:        regexp.MustCompile(`^\d{9}$`),
		ZoneDepartement: regexp.MustCompile(`^(\d{2}|2[AB]|97\d)$`),
		ZoneRegion:      regexp.MustCompile(`^\d{2}$`),
		ZoneCountry:     regexp.MustCompile(`^[A-Z]{2}$`),
	}
	formatName = regexp.MustCompile(`^[a-z0-9][a-z0-9.+_-]{0,29}$`)
	mediaType  = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[a-zA-Z0-9!#$&^_.+-]{1,64}/[a-zA-Z0-9!#$&^_.+-]{1,64}(; ?[a-zA-Z0-9_-]{1,30}="?[a-zA-Z0-9_.+-]{1,60}"?)*$`)
	})
)

// keywords trims them and keeps the first of those that differ by case or
// accents only.
func (f form) keywords(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, k := range list {
		k = strings.Join(strings.Fields(k), " ")
		if k == "" {
			continue
		}
		if k = f.line("keywords", k, 2, 60); seen[identity.Fold(k)] {
			continue
		}
		seen[identity.Fold(k)] = true
		out = append(out, k)
	}
	if len(out) > maxKeywords {
		f.bad("keywords", "catalogue.field.too-many", errs.Args{"Count": maxKeywords})
	}
	return out
}

func (f form) period(p Period) {
	valid := func(name, day string) bool {
		if day == "" {
			return true
		}
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			f.bad(name, "catalogue.field.date")
			return false
		}
		return true
	}
	if valid("temporal.start", p.Start) && valid("temporal.end", p.End) && p.Start != "" && p.End != "" && p.End < p.Start {
		f.bad("temporal.end", "catalogue.field.period")
	}
}

func (f form) coverage(c Coverage) Coverage {
	if c.Granularity != "" && !slices.Contains(Granularities, c.Granularity) {
		f.bad("spatial.granularity", "catalogue.field.unknown")
	}
	var zones []Zone
	seen := map[string]bool{}
	for _, z := range c.Zones {
		written := strings.TrimSpace(z.Code)
		z.Code = strings.ToUpper(written)
		z.Name = f.line("spatial.zones", z.Name, 0, 150)
		if code := zoneCodes[z.Kind]; code == nil || !code.MatchString(z.Code) {
			f.bad("spatial.zones", "catalogue.field.zone", errs.Args{"Code": written})
			continue
		}
		if key := string(z.Kind) + z.Code; !seen[key] {
			seen[key] = true
			zones = append(zones, z)
		}
	}
	if len(zones) > maxZones {
		f.bad("spatial.zones", "catalogue.field.too-many", errs.Args{"Count": maxZones})
	}
	c.Zones = zones
	return c
}

func (f form) schema(s SchemaRef) SchemaRef {
	s.ID = f.line("schema", s.ID, 0, 300)
	s.Version = f.line("schema", s.Version, 0, 40)
	if s.ID == "" && s.Version != "" {
		f.bad("schema", "catalogue.field.required")
	}
	return s
}

// checkResource returns the description of a resource as it is stored, or its
// problems.
func checkResource(k Kind, m ResourceMetadata) (ResourceMetadata, error) {
	f := newForm()
	if !slices.Contains(Kinds, k) {
		f.bad("kind", "catalogue.field.unknown")
	}
	m.Title = f.line("title", m.Title, 1, 200)
	m.Description = f.text("description", m.Description, 5000)
	m.Format = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(m.Format), "."))
	if m.Format != "" && !formatName.MatchString(m.Format) {
		f.bad("format", "catalogue.field.characters")
	}
	if m.MediaType = strings.TrimSpace(m.MediaType); m.MediaType != "" && !mediaType().MatchString(m.MediaType) {
		f.bad("mediaType", "catalogue.field.characters")
	}
	m.URL = strings.TrimSpace(m.URL)
	switch {
	case k == Link && m.URL == "":
		f.bad("url", "catalogue.field.required")
	case k == Link && !webAddress(m.URL):
		f.bad("url", "catalogue.field.url")
	case k != Link && m.URL != "":
		f.bad("url", "catalogue.field.no-url")
	}
	return m, f.err()
}

// IsFormat reports whether a text may be the Format of a resource.
func IsFormat(s string) bool { return formatName.MatchString(s) }

// webAddress accepts http and https with a host, without a password in it.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && len(s) <= 2000
}

// checkVersion returns what a version is made of as it is stored, or its
// problems: those of a program, not of a person.
func checkVersion(k Kind, n NewVersion) (NewVersion, error) {
	f := newForm()
	n.Note = f.text("note", n.Note, 1000)
	n.Schema = f.schema(n.Schema)
	n.Original.FileName = f.line("original", n.Original.FileName, 0, 255)
	blob := func(name, hash string, must bool) {
		if must && hash == "" || hash != "" && !blobName.MatchString(hash) {
			f.bad(name, "catalogue.field.blob")
		}
	}
	blob("original", n.Original.Blob, k == File)
	blob("report", n.Report.Blob, false)
	if n.Original.Bytes < 0 || n.Report.Errors < 0 {
		f.bad("original", "catalogue.field.blob")
	}
	for _, p := range n.Parts {
		blob("parts", p.Blob, true)
		if p.Bytes < 0 || p.Rows < 0 {
			f.bad("parts", "catalogue.field.blob")
		}
	}
	switch {
	case k == Link, k == File && len(n.Parts) > 0, k == Table && len(n.Parts) == 0:
		f.bad("parts", "catalogue.field.parts")
	case k == Table && !jsonObject(n.Columns), k == File && len(n.Columns) > 0:
		f.bad("columns", "catalogue.field.columns")
	}
	return n, f.err()
}
