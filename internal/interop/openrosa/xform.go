package openrosa

import (
	"encoding/xml"
	"iter"
	"strconv"
	"strings"

	"socle/internal/i18n"
	"socle/internal/schema/expression"
	"socle/internal/schema/form"
)

// The files that the questions about communes need: columns "name" (the value) and
// "label".
const (
	CommuneCodes = "communes.csv"
	CommuneNames = "noms-communes.csv"
)

// Form is what an XForm is written from.
type Form struct {
	ID         string
	Version    int
	Definition *form.Definition
}

// Media lists the files that the form needs.
func (f *Form) Media() []string {
	var codes, names bool
	for it := range everyItem(f.Definition.Items) {
		if it.Control == form.Commune {
			codes, names = codes || !namesCommune(it), names || namesCommune(it)
		}
	}
	var list []string
	if codes {
		list = append(list, CommuneCodes)
	}
	if names {
		list = append(list, CommuneNames)
	}
	return list
}

func namesCommune(it *form.Item) bool { return it.Format == "commune" }

// everyItem gives the items of all levels.
func everyItem(items []form.Item) iter.Seq[*form.Item] {
	return func(yield func(*form.Item) bool) { each(items, yield) }
}

func each(items []form.Item, yield func(*form.Item) bool) bool {
	for i := range items {
		if !yield(&items[i]) || !each(items[i].Items, yield) {
			return false
		}
	}
	return true
}

// XForm writes a form. Kinds: Invalid, when one of its expressions is not one.
func XForm(f *Form) ([]byte, error) {
	w := &xformWriter{f: f, layout: lay(f.Definition)}
	for _, l := range f.Definition.Languages() {
		if l != string(i18n.English) {
			l = string(i18n.French)
		}
		w.langs = append(w.langs, i18n.Lang(l))
	}
	w.raw(xml.Header)
	w.open("h:html", "xmlns", "http://www.w3.org/2002/xforms", "xmlns:h", "http://www.w3.org/1999/xhtml", "xmlns:jr", "http://openrosa.org/javarosa",
		"xmlns:odk", "http://www.opendatakit.org/xforms", "xmlns:xsd", "http://www.w3.org/2001/XMLSchema")
	w.raw("<h:head>")
	w.element("h:title", f.Definition.Title)
	w.open("model", "odk:xforms-version", "1.0.0")
	w.itext()
	w.open("instance")
	w.open("data", "id", f.ID, "version", strconv.Itoa(f.Version))
	w.instance(w.root)
	w.raw("<meta><instanceID/><instanceName/><timeEnd/></meta></data></instance>")
	w.sources()
	if err := w.lists(w.root); err != nil {
		return nil, err
	}
	if err := w.binds(w.root); err != nil {
		return nil, err
	}
	w.meta()
	w.raw("</model></h:head>")
	w.open("h:body", "class", w.style())
	w.body(w.root)
	w.raw("</h:body></h:html>")
	return w.Bytes(), nil
}

type xformWriter struct {
	writer
	*layout
	f     *Form
	langs []i18n.Lang // of the texts, the form's own first
}

// style is "pages" when the form shows one group a screen.
func (w *xformWriter) style() string {
	if w.d.Screens == form.OneScreen {
		return "pages"
	}
	return ""
}

// instance writes the elements with their default values.
func (w *xformWriter) instance(nodes []*node) {
	for _, n := range nodes {
		switch {
		case n.item.Kind == form.Repeat:
			w.raw("<", n.element, ` jr:template="">`)
			w.instance(n.children)
			w.raw("</", n.element, ">")
			for range min(n.item.Min, form.MaxRepeats) {
				w.open(n.element)
				w.instance(n.children)
				w.raw("</", n.element, ">")
			}
		case n.item.Kind == form.Section:
			w.open(n.element)
			w.instance(n.children)
			w.raw("</", n.element, ">")
		case n.item.Default != "" && !strings.HasPrefix(n.item.Default, "="):
			w.element(n.element, w.encode(n, n.item.Default))
		default:
			w.empty(n.element)
		}
	}
}

// sources names the files and the entry before, which questions look at.
func (w *xformWriter) sources() {
	for _, m := range w.f.Media() {
		w.empty("instance", "id", strings.TrimSuffix(m, ".csv"), "src", "jr://file-csv/"+m)
	}
	for it := range everyItem(w.d.Items) {
		if it.RepeatLast {
			w.empty("instance", "id", "__last-saved", "src", "jr://instance/last-saved")
			return
		}
	}
}

// meta fills in what the protocol asks of each submission.
func (w *xformWriter) meta() {
	w.empty("bind", "nodeset", "/data/meta/instanceID", "type", "string", "readonly", "true()", "jr:preload", "uid")
	w.empty("bind", "nodeset", "/data/meta/timeEnd", "type", "dateTime", "jr:preload", "timestamp", "jr:preloadParams", "end")
	var names []string
	for _, name := range w.d.Names {
		if n := w.byName[name]; n != nil && n.item.Kind == form.Field {
			if len(names) > 0 {
				names = append(names, "' · '")
			}
			names = append(names, n.path)
		}
	}
	calculate := ""
	if len(names) > 0 {
		calculate = "concat(" + strings.Join(names, ", ") + ")"
	}
	w.empty("bind", "nodeset", "/data/meta/instanceName", "type", "string", "calculate", calculate)
}

// xformTypes are the types of the answers of each control.
var xformTypes = map[form.Control]string{
	form.Integer: "int", form.Number: "decimal", form.Date: "date", form.Year: "date", form.Month: "date", form.Time: "time", form.Datetime: "dateTime",
	form.Point: "geopoint", form.Shape: "geotrace", form.Photo: "binary", form.File: "binary",
}

func (w *xformWriter) binds(nodes []*node) error {
	for _, n := range nodes {
		if err := w.bind(n); err != nil {
			return err
		}
		if err := w.binds(n.children); err != nil {
			return err
		}
	}
	return nil
}

func (w *xformWriter) bind(n *node) error {
	it, x := n.item, w.xpath(n.up)
	relevant, err := condition(it.Relevant, x)
	if err != nil {
		return err
	}
	if it.Kind != form.Field {
		readonly := ""
		if it.Kind == form.Note {
			readonly = "true()"
		}
		if relevant != "" || readonly != "" {
			w.empty("bind", "nodeset", n.path, "relevant", relevant, "readonly", readonly)
		}
		return nil
	}
	constraint, message, err := w.constraint(n, x)
	if err != nil {
		return err
	}
	calculate, err := value(it.Calculation, x)
	if err != nil {
		return err
	}
	readonly, required := "", ""
	if it.ReadOnly || it.Control == form.Calculated {
		readonly = "true()"
	}
	if it.Required {
		required = "true()"
	}
	w.empty("bind", "nodeset", n.path, "type", or(xformTypes[it.Control], "string"), "relevant", relevant, "required", required, "readonly", readonly,
		"constraint", constraint, "jr:constraintMsg", message, "calculate", calculate)
	return w.first(n, x)
}

// first sets the answer with which a question begins.
func (w *xformWriter) first(n *node, x expression.XPath) error {
	begins := ""
	if source, ok := strings.CutPrefix(n.item.Default, "="); ok {
		var err error
		if begins, err = value(source, x); err != nil {
			return err
		}
	}
	if n.item.RepeatLast {
		begins = "instance('__last-saved')" + n.path
	}
	if begins != "" {
		w.empty("setvalue", "event", "odk-instance-first-load", "ref", n.path, "value", begins)
	}
	return nil
}

// condition writes the source of an expression that must be true or false.
func condition(source string, x expression.XPath) (string, error) {
	return written(source, x, (*expression.Expression).Condition)
}

// value writes the source of an expression that gives a value.
func value(source string, x expression.XPath) (string, error) {
	return written(source, x, (*expression.Expression).XPath)
}

func written(source string, x expression.XPath, as func(*expression.Expression, expression.XPath) string) (string, error) {
	if source == "" {
		return "", nil
	}
	e, err := expression.Parse(source)
	if err != nil {
		return "", err
	}
	return as(e, x), nil
}

// clientPatterns are what a client can check of a control by itself; the server checks
// the rest.
var clientPatterns = map[form.Control]string{
	form.SIRET: `[0-9 ]{14,20}`, form.Email: `[^@ ]+@[^@ ]+\.[^@ ]+`, form.URL: `https?://.+`,
}

// constraint joins what the form and the schema ask of an answer.
func (w *xformWriter) constraint(n *node, x expression.XPath) (constraint, message string, err error) {
	it := n.item
	var all []string
	own, err := condition(it.Constraint, x)
	if err != nil {
		return "", "", err
	}
	if own != "" {
		all = append(all, own)
	}
	literal := func(s string) string {
		if it.Control == form.Integer || it.Control == form.Number {
			return strings.Replace(s, ",", ".", 1)
		}
		return "date(" + expression.Quote(w.encode(&node{item: it}, s)) + ")"
	}
	switch it.Control {
	case form.Integer, form.Number, form.Date, form.Year, form.Month:
		if it.Minimum != "" {
			all = append(all, ". >= "+literal(it.Minimum))
		}
		if it.Maximum != "" {
			all = append(all, ". <= "+literal(it.Maximum))
		}
	case form.Text, form.LongText, form.Address, form.SIRET, form.Email, form.Phone, form.URL:
		if it.MinLength != nil {
			all = append(all, "string-length(.) >= "+strconv.Itoa(*it.MinLength))
		}
		if it.MaxLength != nil {
			all = append(all, "string-length(.) <= "+strconv.Itoa(*it.MaxLength))
		}
		for _, p := range []string{it.Pattern, clientPatterns[it.Control]} {
			if p != "" {
				all = append(all, "regex(., "+expression.Quote(p)+")")
			}
		}
	}
	if len(all) == 0 {
		return "", "", nil
	}
	if message = n.words(w.langs[0]).message; message != "" && len(w.langs) > 1 {
		message = itextRef(messageOf(n))
	}
	if len(all) == 1 {
		return all[0], message, nil
	}
	return "(" + strings.Join(all, ") and (") + ")", message, nil
}
