package openrosa_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/errs"
	"socle/internal/interop/openrosa"
	"socle/internal/schema"
	"socle/internal/schema/form"
)

var update = flag.Bool("update", false, "rewrite the files of testdata")

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	file = "testdata/" + file
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s: %s", file, diff)
	}
}

// lines puts each element on a line of its own, so that goldens can be read.
func lines(b []byte) []byte {
	return append(bytes.ReplaceAll(b, []byte("><"), []byte(">\n<")), '\n')
}

func wellFormed(t *testing.T, b []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in %s", err, b)
		}
	}
}

// observation has each kind of item and each control.
func observation(t *testing.T) *form.Definition {
	t.Helper()
	data, err := os.ReadFile("testdata/observation.json")
	if err != nil {
		t.Fatal(err)
	}
	var d form.Definition
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	seen := map[form.Control]bool{}
	var look func(items []form.Item)
	look = func(items []form.Item) {
		for _, it := range items {
			seen[it.Control] = true
			look(it.Items)
		}
	}
	look(d.Items)
	for _, c := range form.Controls {
		if !seen[c] {
			t.Errorf("testdata/observation.json has no %s", c)
		}
	}
	d.Schema, err = schema.Parse([]byte(`{"fields": [{"name": "debit", "type": "number", "decimalChar": ","}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return &d
}

func TestXForm(t *testing.T) {
	f := &openrosa.Form{ID: "observation", Version: 7, Definition: observation(t)}
	b, err := openrosa.XForm(f)
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, b)
	golden(t, "observation.xml", lines(b))
	if diff := cmp.Diff([]string{openrosa.CommuneCodes, openrosa.CommuneNames}, f.Media()); diff != "" {
		t.Error(diff)
	}
	f.Definition.Screens, f.Definition.Language = form.ManyScreens, "en"
	b, err = openrosa.XForm(f)
	if err != nil || !strings.Contains(string(b), "<label>Yes</label>") || strings.Contains(string(b), "field-list") {
		t.Errorf("%v %s", err, b)
	}
}

// A form in two languages names its texts, and each language has each of them.
func TestXFormInTwoLanguages(t *testing.T) {
	data, err := os.ReadFile("testdata/languages.json")
	if err != nil {
		t.Fatal(err)
	}
	var d form.Definition
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	b, err := openrosa.XForm(&openrosa.Form{ID: "puits", Version: 1, Definition: &d})
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, b)
	golden(t, "languages.xml", lines(b))
	var x struct {
		Translations []struct {
			Lang    string `xml:"lang,attr"`
			Default string `xml:"default,attr"`
			Texts   []struct {
				ID string `xml:"id,attr"`
			} `xml:"text"`
		} `xml:"head>model>itext>translation"`
	}
	if err := xml.Unmarshal(b, &x); err != nil || len(x.Translations) != 2 || x.Translations[0].Default != "true()" || x.Translations[1].Default != "" {
		t.Fatalf("%v %+v", err, x)
	}
	named := regexp.MustCompile(`jr:itext\(&#39;([^&]+)&#39;\)|<itextId>([^<]+)`).FindAllStringSubmatch(string(b), -1)
	if len(named) < 12 {
		t.Errorf("only %d texts are named", len(named))
	}
	for _, tr := range x.Translations {
		has := map[string]bool{}
		for _, text := range tr.Texts {
			has[text.ID] = true
		}
		for _, m := range named {
			if !has[m[1]+m[2]] {
				t.Errorf("%s has no text %s", tr.Lang, m[1]+m[2])
			}
		}
	}
}

// A text that cites answers shows them where they stand, a choice by its label.
func TestXFormCitesAnswers(t *testing.T) {
	items := []form.Item{
		{Kind: form.Field, Name: "nom", Label: "Nom", Control: form.Text},
		{Kind: form.Field, Name: "etat", Label: "État <${nom}>", Control: form.OneChoice, Choices: []form.Choice{{Value: "b", Label: "Bon"}}},
		{Kind: form.Repeat, Name: "arbres", Title: "Arbres de ${nom}", Items: []form.Item{{Kind: form.Field, Name: "age", Label: "Âge (${etat})", Help: "De ${nom}, ${inconnu}", Control: form.Integer}}},
	}
	write := func(items []form.Item) string {
		t.Helper()
		b, err := openrosa.XForm(&openrosa.Form{ID: "f", Version: 1, Definition: &form.Definition{Title: "F", Language: "fr", Items: items}})
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, b)
		return string(b)
	}
	one := write(items)
	for _, want := range []string{
		`<label>État &lt;<output value="/data/nom"/>&gt;</label>`, `<label>Arbres de <output value="/data/nom"/></label>`,
		`<label>Âge (<output value="jr:choice-name(/data/etat, &#39;/data/etat&#39;)"/>)</label>`, `<hint>De <output value="/data/nom"/>, ${inconnu}</hint>`,
	} {
		if !strings.Contains(one, want) {
			t.Errorf("no %s in\n%s", want, one)
		}
	}
	items[0].Translations = map[string]form.Words{"en": {Label: "Name"}}
	items[1].Translations = map[string]form.Words{"en": {Label: "State of ${nom}"}}
	if two := write(items); !strings.Contains(two, `<value>State of <output value="/data/nom"/></value>`) {
		t.Errorf("the other language does not cite: %s", two)
	}
}

func TestXFormOfABadExpression(t *testing.T) {
	for _, it := range []form.Item{
		{Kind: form.Field, Name: "a", Control: form.Text, Relevant: "1 +"},
		{Kind: form.Field, Name: "a", Control: form.Text, Constraint: "1 +"},
		{Kind: form.Field, Name: "a", Control: form.Text, Calculation: "1 +"},
		{Kind: form.Field, Name: "a", Control: form.Text, Default: "=1 +"},
		{Kind: form.Section, Name: "a", Relevant: "1 +"},
	} {
		_, err := openrosa.XForm(&openrosa.Form{Definition: &form.Definition{Items: []form.Item{it}}})
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", it, err)
		}
	}
}

func TestSubmission(t *testing.T) {
	data, err := os.ReadFile("testdata/submission.xml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := openrosa.ReadSubmission(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if s.Form != "observation" || s.Version != "7" || s.InstanceID != "uuid:9c0e4a30-6a2b-4f51-a1f8-1f2f5c6d7e80" || s.DeprecatedID != "" || s.Ended.UTC().Format("15:04") != "08:31" {
		t.Errorf("%+v", s)
	}
	a, err := s.Answers(observation(t))
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.MarshalIndent(a, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "submission.json", append(b, '\n'))
}

func TestSubmissionsThatAreNone(t *testing.T) {
	for key, text := range map[string]string{
		"openrosa.xml":              "<data",
		"openrosa.form-missing":     "<data><meta><instanceID>uuid:1</instanceID></meta></data>",
		"openrosa.instance-missing": `<data id="x"><meta/></data>`,
		"openrosa.large":            `<data id="x">` + strings.Repeat("a", openrosa.MaxSubmission) + "</data>",
	} {
		_, err := openrosa.ReadSubmission(strings.NewReader(text))
		if err == nil || errs.As(err).Key != key || errs.As(err).Hint == "" {
			t.Errorf("%.40s: %v, want %s", text, err, key)
		}
	}
	for _, text := range []string{
		"", "text", `<!DOCTYPE a [<!ENTITY b "c">]><data id="x"/>`, `<data id="x">&b;</data>`, strings.Repeat("<a>", 40), "<data id='x'>" + strings.Repeat("<a/>", 60_000) + "</data>",
	} {
		if _, err := openrosa.ReadSubmission(strings.NewReader(text)); err == nil || errs.As(err).Key != "openrosa.xml" {
			t.Errorf("%.40s: %v", text, err)
		}
	}
	s, err := openrosa.ReadSubmission(strings.NewReader(`<data id="x">` + strings.Repeat("<plantes><espece>a</espece></plantes>", form.MaxRepeats+1) + "<meta><instanceID>1</instanceID></meta></data>"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Answers(observation(t)); !errs.Is(err, errs.TooLarge) {
		t.Errorf("too many instances: %v", err)
	}
}

// Forms whose names no XML element can have are read back too.
func TestNames(t *testing.T) {
	d := &form.Definition{Items: []form.Item{
		{Kind: form.Field, Name: "N° de voie", Control: form.Text},
		{Kind: form.Field, Name: "N_ de voie", Control: form.Text},
		{Kind: form.Field, Name: "2e choix", Control: form.Choices, Joined: "|", Choices: []form.Choice{{Value: "eau potable"}, {Value: "eau_potable"}, {Value: "lac"}}},
		{Kind: form.Field, Name: "meta", Control: form.Text},
		{Kind: form.Note, Label: "Merci"},
	}}
	b, err := openrosa.XForm(&openrosa.Form{ID: "x", Version: 1, Definition: d})
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, b)
	golden(t, "names.xml", lines(b))
	s, err := openrosa.ReadSubmission(strings.NewReader(`<data id="x"><N__de_voie>12</N__de_voie><N__de_voie_2>bis</N__de_voie_2><_e_choix>eau_potable_2 lac</_e_choix><meta_2>m</meta_2><meta><instanceID>1</instanceID></meta></data>`))
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Answers(d)
	if err != nil {
		t.Fatal(err)
	}
	want := form.Values{"N° de voie": "12", "N_ de voie": "bis", "2e choix": "eau potable|lac", "meta": "m"}
	if diff := cmp.Diff(want, a.Values); diff != "" || len(a.Unknown) > 0 {
		t.Error(diff, a.Unknown)
	}
}

func TestProtocol(t *testing.T) {
	list := openrosa.FormList([]openrosa.Listed{
		{ID: "a", Name: "Arbres & haies", Version: "1", Hash: openrosa.Fingerprint([]byte("x")), Description: "Pour tous", Download: "https://x.example/a.xml", Manifest: "https://x.example/m"},
		{ID: "b", Name: "B", Version: "2", Hash: "md5:1", Download: "https://x.example/b.xml"},
	})
	manifest := openrosa.Manifest([]openrosa.Media{{Name: "communes.csv", Hash: "md5:1", Download: "https://x.example/c?a=1&b=2"}})
	response, failure := openrosa.Response("Reçu : l’entrée <1>"), openrosa.Failure("Fermé")
	var all []byte
	for _, b := range [][]byte{list, manifest, response, failure} {
		wellFormed(t, b)
		all = append(all, lines(b)...)
	}
	golden(t, "protocol.txt", all)
}

func TestSettings(t *testing.T) {
	text, err := openrosa.Settings{Server: "https://x.example/openrosa", Username: "essai", Password: "socle_1", Project: "Essai"}.QR()
	if err != nil {
		t.Fatal(err)
	}
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]map[string]string
	if err := json.NewDecoder(z).Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]string{
		"general": {"server_url": "https://x.example/openrosa", "username": "essai", "password": "socle_1", "form_update_mode": "match_exactly", "autosend": "wifi_and_cellular"},
		"admin":   {}, "project": {"name": "Essai"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Choices that depend on another answer are an instance of their own, which clients
// filter; in a repeated group the other answer is that of the same instance.
func TestCascade(t *testing.T) {
	communes := []form.Choice{
		{Value: "31458", Label: "Roques", Columns: map[string]string{"dép": "31"}}, {Value: "le bourg", Label: "Albi", Columns: map[string]string{"dép": "81"}},
	}
	d := &form.Definition{Title: "Cascade", Items: []form.Item{
		{Kind: form.Field, Name: "dep", Label: "Département", Control: form.Text},
		{Kind: form.Field, Name: "commune", Label: "Commune", Control: form.OneChoice, Choices: communes, ChoiceFilter: "dép = ${dep} or name = 'x'"},
		{Kind: form.Repeat, Name: "suite", Title: "Suite", Items: []form.Item{
			{Kind: form.Field, Name: "ici", Label: "Ici", Control: form.Text},
			{Kind: form.Section, Title: "Dedans", Items: []form.Item{
				{Kind: form.Field, Name: "autres", Label: "Autres", Control: form.Choices, Joined: ";", Choices: communes, ChoiceFilter: "dép = ${ici} and dép != ${dep}"},
			}},
		}},
	}}
	b, err := openrosa.XForm(&openrosa.Form{ID: "x", Version: 1, Definition: d})
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, b)
	golden(t, "cascade.xml", lines(b))
	d.Items[1].ChoiceFilter = "dép = ("
	if _, err := openrosa.XForm(&openrosa.Form{ID: "x", Version: 1, Definition: d}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a filter that makes no sense: %v", err)
	}
}
