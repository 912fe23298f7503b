package ui_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/web/ui"
)

func html(t *testing.T, l i18n.Lang, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(ui.WithLang(context.Background(), l), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func parse(t *testing.T, page string) *goquery.Document {
	t.Helper()
	d, err := goquery.NewDocumentFromReader(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var attacks = []string{
	`<script>window.hacked=1</script>`, `"><img src=x onerror=window.hacked=1>`, `' onmouseover='window.hacked=1`, `javascript:window.hacked=1`,
	`</title><script>window.hacked=1</script>`, `</textarea><svg onload=window.hacked=1>`, `data:text/html,<script>window.hacked=1</script>`, `<!--`, `]]>`, `&#x3c;script>`, "java\nscript:window.hacked=1",
}

// every renders each component with the text in each of its fields.
func every(x string) []templ.Component {
	f := ui.Field{Name: x, Label: x, Help: x, Error: x}
	o := []ui.Option{{Value: x, Label: x, Help: x}}
	b := []ui.Button{{Label: x, Href: x, Icon: ui.Icon(x), Opens: x, Form: x, Name: x, Value: x, HX: ui.HX{Get: x, Target: x, Swap: x, Trigger: x}}, {Label: x, Name: x, Value: x, Opens: x, HX: ui.HX{Post: x}}}
	badges := []ui.Badge{{Label: x, Kind: ui.Kind(x), Icon: ui.Icon(x)}}
	facts := []ui.Fact{{Icon: ui.Icon(x), Text: x}}
	return []templ.Component{
		b[0], b[1], ui.Link{Label: x, Href: x, External: true, Language: x}, ui.More(x, x), ui.Menu{Label: x, Items: []ui.Link{{Label: x, Href: x}}}, ui.Fold{Label: x, Icon: ui.Icon(x)},
		ui.PageHead{Eyebrow: x, Title: x, Lead: x, Badges: badges, Actions: b}, ui.Notice{Kind: ui.Kind(x), Title: x, Text: x}, badges[0],
		ui.Empty{Title: x, Text: x, Actions: b}, ui.Progress{ID: x, Label: x, Detail: x, Poll: x, Max: 3, Value: 1}, ui.Steps{Label: x, Steps: []ui.Step{{Label: x, Href: x, State: ui.StepState(x)}}},
		ui.Tabs{Label: x, Tabs: []ui.Tab{{Label: x, Href: x}}}, ui.Dialog{ID: x, Title: x}, ui.Code{ID: x, Title: x, Text: x}, ui.KeyValues{Rows: []ui.KeyValue{{Key: x, Value: x}}},
		ui.Items{Items: []ui.Item{{Eyebrow: x, Title: x, Href: x, Text: x, Badges: badges, Facts: facts, Actions: b}}}, ui.Card{Title: x, Href: x, Text: x, Badges: badges, Facts: facts},
		ui.Chips{Chips: []ui.Chip{{Label: x, RemoveHref: x}}}, ui.Facet{Title: x, Items: []ui.FacetItem{{Label: x, Href: x}}, More: ui.More(x, x)},
		ui.Pages{Current: 1, Last: 2, Summary: x, Href: func(int) string { return x }},
		ui.Table{ID: x, Caption: x, Columns: []ui.Column{{Label: x, Kind: ui.ColumnKind(x), SortHref: x, Sorted: ui.Sorting(x)}, {}}, Rows: []ui.Row{{Number: x, Cells: []ui.Cell{{Text: x, Href: x}, {Text: x, State: ui.CellState(x), Reason: x, Remedy: x, Was: x}, {Text: x, State: ui.CellRepaired, Was: x, Header: true}}}}},
		ui.Form{ID: x, Action: x, Problems: ui.Problems{{Name: x, Message: x}}, HX: ui.HX{Get: x}}, ui.Input{Field: f, Type: "text", Value: x, Placeholder: x, Autocomplete: x, Min: x, Unit: x, Suggestions: []string{x}},
		ui.TextArea{Field: f, Value: x}, ui.Select{Field: f, Value: x, Empty: x, Options: o}, ui.Radios{Field: f, Value: x, Options: o}, ui.Checkboxes{Field: f, Values: []string{x}, Options: o}, ui.Checkbox{Field: f, Value: x},
		ui.FileInput{Field: f, Accept: x}, ui.Search{ID: x, Action: x, Name: x, Value: x, Label: x}, ui.Pictogram(ui.Icon(x)), ui.Skeleton{Lines: 2},
		ui.Layout(ui.Frame{Host: ui.Host{Name: x, Slogan: x}, Assets: ui.Embedded(), Lang: i18n.French, Path: "/" + x, Query: x, Places: []ui.Place{{Label: x, Href: x}}, Footer: []ui.Link{{Label: x, Href: x}},
			Account: &ui.Account{Name: x, Links: []ui.Link{{Label: x, Href: x}}}, SignOut: x, Search: x}, ui.Page{Title: x, Description: x, Canonical: x, Crumbs: []ui.Crumb{{Label: x, Href: x}}}, ui.Design()),
	}
}

// Whatever stands in titles, cells, file names or addresses is text.
func TestHostileTextStaysText(t *testing.T) {
	plain := every("x")
	for _, x := range attacks {
		for i, c := range every(x) {
			page := html(t, i18n.French, c)
			d := parse(t, page)
			base := parse(t, html(t, i18n.French, plain[i]))
			if got, want := d.Find("script, img, iframe, object, embed, style").Length(), base.Find("script, img, iframe, object, embed, style").Length(); got != want {
				t.Errorf("%q in %T makes elements: %s", x, c, page)
			}
			d.Find("*").Each(func(_ int, s *goquery.Selection) {
				for _, a := range s.Nodes[0].Attr {
					v := strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
					dangerous := (a.Key == "href" || a.Key == "action" || a.Key == "src" || a.Key == "formaction") && (strings.HasPrefix(v, "javascript:") || strings.HasPrefix(v, "data:"))
					if strings.HasPrefix(a.Key, "on") || a.Key == "style" || dangerous {
						t.Errorf("%q in %T becomes the attribute %s=%q", x, c, a.Key, a.Val)
					}
				}
			})
		}
	}
}

// Every message that components say exists, in both languages.
func TestComponentsSpeakBothLanguages(t *testing.T) {
	missing := regexp.MustCompile(`\[[a-z]+\.[a-z.-]+\]`)
	for _, l := range i18n.Langs {
		for _, c := range every("x") {
			if m := missing.FindString(html(t, l, c)); m != "" {
				t.Errorf("%s: %T: no message %s", l, c, m)
			}
		}
	}
}

// The icons that templates and code name are in icons.svg.
func TestIconsExist(t *testing.T) {
	named := regexp.MustCompile(`(?:Icon\(|Icon2?:\s*|Icon = )"([a-z0-9-]+)"`)
	n := 0
	err := filepath.WalkDir("..", func(path string, _ os.DirEntry, err error) error {
		if err != nil || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") || filepath.Ext(path) != ".go" && filepath.Ext(path) != ".templ" {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range named.FindAllStringSubmatch(string(b), -1) {
			n++
			if html(t, i18n.French, ui.Icon(m[1])) == "" {
				t.Errorf("%s: no icon %q: add it to web-src/icons.txt and run npm run icons", path, m[1])
			}
		}
		return err
	})
	if err != nil || n < 20 {
		t.Errorf("%d icons found, %v", n, err)
	}
}

func TestAddress(t *testing.T) {
	for path, want := range map[string]string{
		"/": "/en", "/datasets/x?a=1": "/en/datasets/x?a=1", "/static/app.css": "/static/app.css", "/api/v1/datasets": "/api/v1/datasets", "https://x.fr/": "https://x.fr/",
		"//x.fr": "//x.fr", "#content": "#content", "?page=2": "?page=2", "": "", "/host/1.css": "/host/1.css",
	} {
		if got := ui.Address(i18n.English, path); got != want {
			t.Errorf("English %q: %q, want %q", path, got, want)
		}
		if got := ui.Address(i18n.French, path); got != path {
			t.Errorf("French %q: %q", path, got)
		}
	}
	if got := html(t, i18n.English, ui.Button{Label: "x", Href: "/a", HX: ui.HX{Get: "/b"}}); !strings.Contains(got, `href="/en/a"`) || !strings.Contains(got, `hx-get="/en/b"`) {
		t.Error(got)
	}
}

func TestFieldsAreTiedToTheirTexts(t *testing.T) {
	d := parse(t, html(t, i18n.French, ui.Input{Field: ui.Field{Name: "title", Label: "Titre", Help: "Aide", Error: "Manque"}}))
	in := d.Find("input")
	if id, _ := in.Attr("id"); strings.TrimSpace(d.Find(`label[for="`+id+`"]`).Text()) != "Titre" {
		t.Error("no label")
	}
	said, _ := in.Attr("aria-describedby")
	var texts []string
	for id := range strings.FieldsSeq(said) {
		texts = append(texts, strings.TrimSpace(d.Find("#"+id).Text()))
	}
	if strings.Join(texts, "|") != "Aide|Manque" || in.AttrOr("aria-invalid", "") != "true" {
		t.Errorf("described by %q: %q", said, texts)
	}
	if _, ok := in.Attr("required"); !ok {
		t.Error("not required")
	}
	optional := html(t, i18n.French, ui.Input{Field: ui.Field{Name: "a", Label: "A", Optional: true}})
	if strings.Contains(optional, "required") || !strings.Contains(optional, "facultatif") {
		t.Error(optional)
	}
}

func TestProblemsOfAnError(t *testing.T) {
	ctx := ui.WithLang(context.Background(), i18n.English)
	p := ui.ProblemsOf(ctx, errs.New(errs.Invalid, "errs.internal").WithField("title", "httpx.json-field"))
	if len(p) != 1 || p.Of("title") != i18n.T(i18n.English, "httpx.json-field") || p.Of("other") != "" {
		t.Errorf("%v", p)
	}
	if ui.ProblemsOf(ctx, nil) != nil {
		t.Error("problems of nothing")
	}
	form := html(t, i18n.English, ui.Form{Action: "/x", Problems: p})
	if !strings.Contains(form, `href="#f-title"`) || !strings.Contains(form, `action="/en/x"`) || !strings.Contains(form, "One field needs correcting") {
		t.Error(form)
	}
}

func TestPagesOfLists(t *testing.T) {
	for _, c := range []struct {
		current, last int
		want          string
	}{{1, 1, ""}, {1, 3, "1 2 3"}, {1, 9, "1 2 … 9"}, {4, 9, "1 2 3 4 5 … 9"}, {5, 9, "1 … 4 5 6 … 9"}, {6, 9, "1 … 5 6 7 8 9"}, {9, 9, "1 … 8 9"}} {
		d := parse(t, html(t, i18n.French, ui.Pages{Current: c.current, Last: c.last, Href: func(int) string { return "/x" }}))
		var got []string
		d.Find("li").Each(func(_ int, s *goquery.Selection) {
			s.Find(".visually-hidden, svg").Remove()
			if text := strings.TrimSpace(s.Text()); text != "Précédente" && text != "Suivante" {
				got = append(got, text)
			}
		})
		if strings.Join(got, " ") != c.want {
			t.Errorf("page %d of %d: %q, want %q", c.current, c.last, strings.Join(got, " "), c.want)
		}
	}
}

func TestTitlesAndRobots(t *testing.T) {
	f := frame(t, i18n.French)
	d := parse(t, html(t, i18n.French, ui.Layout(f, ui.Page{Title: "Menus", Canonical: "/datasets/menus", Place: "/territory"}, templ.NopComponent)))
	if got := d.Find("title").Text(); got != "Menus – démonstration – Données de la Haute-Garonne" {
		t.Errorf("title %q", got)
	}
	if d.Find(`meta[name=robots]`).AttrOr("content", "") != "noindex" || d.Find(".demo").Length() != 1 {
		t.Error("a demonstration is indexed or not said")
	}
	if got := d.Find(`.site-nav [aria-current]`).Text(); got != "Territoire" {
		t.Errorf("place %q", got)
	}
	f.Demo = false
	d = parse(t, html(t, i18n.French, ui.Layout(f, ui.Page{Title: "Menus", Canonical: "/datasets/menus"}, templ.NopComponent)))
	if d.Find(`meta[name=robots]`).Length() != 0 || d.Find(".demo").Length() != 0 || d.Find("link[rel=canonical]").AttrOr("href", "") != "https://donnees.exemple.fr/datasets/menus" {
		t.Error("a real page")
	}
}

// A reading page stays small: styles and page under 60 KB, scripts under 40 KB, compressed.
func TestWeight(t *testing.T) {
	built(t)
	page := html(t, i18n.French, ui.Layout(frame(t, i18n.French), ui.DesignPage(), ui.Design()))
	var z bytes.Buffer
	g, _ := gzip.NewWriterLevel(&z, gzip.DefaultCompression)
	_, _ = g.Write([]byte(page))
	_ = g.Close()
	css := weigh(t, ui.Embedded().URL("app.css"))
	js := weigh(t, ui.Embedded().URL("app.js")) + weigh(t, ui.Embedded().URL("theme.js"))
	chunks, err := filepath.Glob("static/dist/htmx*.js.gz")
	if err != nil || len(chunks) != 1 {
		t.Fatalf("htmx: %v %v", chunks, err)
	}
	st, err := os.Stat(chunks[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("page %d B, styles %d B, scripts %d B and htmx %d B", z.Len(), css, js, st.Size())
	if z.Len()+css > 60_000 || js+int(st.Size()) > 40_000 {
		t.Error("too heavy")
	}
}

func built(t *testing.T) {
	t.Helper()
	if !ui.Embedded().Built() {
		t.Fatal("assets are not built: run scripts/setup, or npm ci && npm run build in web-src")
	}
}

func weigh(t *testing.T, url string) int {
	t.Helper()
	r := httptest.NewRequest("GET", url, nil)
	r.Header.Set("Accept-Encoding", "br, gzip")
	w := httptest.NewRecorder()
	if err := ui.Embedded().Serve(w, r); err != nil {
		t.Fatal(err)
	}
	if w.Code != http.StatusOK || w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Errorf("%s: %d %v", url, w.Code, w.Header())
	}
	return w.Body.Len()
}

func TestHelpersSpeakTheLanguageOfThePage(t *testing.T) {
	fr, en := ui.WithLang(context.Background(), i18n.French), ui.WithLang(context.Background(), i18n.English)
	at := time.Date(2026, 3, 3, 10, 42, 0, 0, time.UTC)
	for got, want := range map[string]string{
		ui.Integer(fr, 1234): "1\u202f234", ui.Integer(en, 1234): "1,234", ui.Percent(en, 0.12): "12%", ui.Decimal(fr, 1234.5, 2): "1\u202f234,5",
		ui.Ago(en, at.Add(-72*time.Hour), at): i18n.Relative(i18n.English, at, at.Add(-72*time.Hour)), ui.Day(fr, at): i18n.Date(i18n.French, at), ui.Clock(en, at): "10:42",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
