package xlsform

import (
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/schema/expression"
	"socle/internal/schema/form"
)

// controls are the types of questions that have a control of their own.
var controls = map[string]form.Control{
	"text": form.Text, "string": form.Text, "integer": form.Integer, "int": form.Integer, "decimal": form.Number, "range": form.Number,
	"date": form.Date, "time": form.Time, "datetime": form.Datetime, "date time": form.Datetime,
	"geopoint": form.Point, "location": form.Point, "gps": form.Point, "geotrace": form.Shape, "geoshape": form.Shape,
	"image": form.Photo, "photo": form.Photo, "file": form.File, "audio": form.File, "video": form.File, "barcode": form.Text,
	"select one": form.OneChoice, "select one from file": form.OneChoice, "select multiple": form.Choices, "select multiple from file": form.Choices, "rank": form.Choices,
	"acknowledge": form.YesNo, "trigger": form.YesNo, "calculate": form.Hidden, "hidden": form.Hidden, "today": form.Hidden, "start": form.Hidden,
}

// otherwise are types that a control stands for without being the same.
var otherwise = map[string]string{
	"audio": "xlsform.as-file", "video": "xlsform.as-file", "barcode": "xlsform.as-text", "rank": "xlsform.as-choices", "acknowledge": "xlsform.as-yes-no", "trigger": "xlsform.as-yes-no",
}

// beginnings are the expressions with which questions about the entry begin.
var beginnings = map[string]string{"today": "=today()", "start": "=now()"}

// left are types that are left out on purpose.
var left = map[string]string{
	"end": "xlsform.moment", "deviceid": "xlsform.personal", "device id": "xlsform.personal", "phonenumber": "xlsform.personal", "phone number": "xlsform.personal", "username": "xlsform.personal", "email": "xlsform.personal",
	"simserial": "xlsform.personal", "subscriberid": "xlsform.personal", "audit": "xlsform.personal", "start geopoint": "xlsform.personal", "background audio": "xlsform.personal", "background geopoint": "xlsform.personal",
}

// items makes the items of a question: one, a second one for "other".
func (rd *reader) items(q question) []form.Item {
	s, r := q.sheet, q.row
	if key := left[q.kind]; key != "" {
		rd.tell(Left, s, r.number, q.typeColumn, key, errs.Args{"Type": q.kind})
		if q.name != "" {
			rd.names[q.name] = true // expressions may name it: it has no answer
		}
		return nil
	}
	if q.kind == "note" {
		rd.Questions++
		return []form.Item{{Kind: form.Note, Name: rd.optional(q), Label: noted(q.own), Relevant: rd.taken(q, "relevant"), Translations: q.translations(ofNote)}}
	}
	control, ok := controls[q.kind]
	if !ok {
		rd.tell(Wrong, s, r.number, q.typeColumn, "xlsform.type", errs.Args{"Type": q.kind})
		return nil
	}
	if key := otherwise[q.kind]; key != "" {
		rd.tell(Changed, s, r.number, q.typeColumn, key, errs.Args{"Type": q.kind})
	}
	rd.Questions++
	it := form.Item{Kind: form.Field, Name: rd.named(q), Label: q.own.Label, Help: q.own.Help, Control: control, Translations: q.translations(ofField)}
	if it.Label == "" && control != form.Hidden {
		it.Label = it.Name
	}
	if control == form.YesNo {
		it.TrueValue, it.FalseValue = "OK", "non"
	}
	rd.common(q, &it)
	rd.appearance(q, &it)
	rd.parameters(q, &it)
	if control == form.Choices || control == form.OneChoice {
		return rd.choiceItems(q, it)
	}
	if it.Default == "" {
		it.Default = beginnings[q.kind]
	}
	if q.kind == "calculate" && q.own.Label != "" {
		it.Control = form.Calculated
	}
	return []form.Item{it}
}

func (rd *reader) optional(q question) string {
	if q.name == "" {
		return ""
	}
	return rd.unique(q, q.name)
}

// common reads the columns of all questions.
func (rd *reader) common(q question, it *form.Item) {
	s, r := q.sheet, q.row
	it.Relevant, it.Constraint = rd.taken(q, "relevant"), rd.taken(q, "constraint")
	it.ConstraintMessage = q.own.ConstraintMessage
	it.Calculation = rd.taken(q, "calculation")
	if it.Calculation == "" && q.kind == "calculate" {
		if v, column := s.cell(r, "calculation"); v == "" && r.get(s.label("default")) == "" {
			rd.tell(Wrong, s, r.number, column, "xlsform.no-calculation", errs.Args{"Name": q.name})
		}
	}
	switch v, column := s.cell(r, "required"); {
	case yes(v):
		it.Required = true
	case !no(v):
		rd.tell(Left, s, r.number, column, "xlsform.required", errs.Args{"Value": v})
	}
	if v := s.in(r, "required_message", rd.language); v != "" {
		rd.tell(Noted, s, r.number, "required_message", "xlsform.required-message")
	}
	switch v, column := s.cell(r, "readonly"); {
	case yes(v):
		it.ReadOnly = true
	case !no(v):
		rd.tell(Left, s, r.number, column, "xlsform.readonly", errs.Args{"Value": v})
	}
	if v, column := s.cell(r, "default"); v != "" {
		it.Default = rd.defaultOf(q, column, v)
	}
	if v, column := s.cell(r, "choice_filter"); v != "" && it.Control != form.OneChoice && it.Control != form.Choices {
		rd.tell(Left, s, r.number, column, "xlsform.choice-filter", errs.Args{"Filter": v})
	}
}

// defaultOf tells a value from an expression: an expression names a question or calls a
// function.
func (rd *reader) defaultOf(q question, column, v string) string {
	if strings.Contains(v, "last-saved#") {
		rd.tell(Changed, q.sheet, q.row.number, column, "xlsform.last-saved")
		return ""
	}
	if !strings.Contains(v, "${") && !strings.Contains(v, "(") {
		return v
	}
	if _, err := expression.Parse(v); err != nil && !strings.Contains(v, "${") {
		return v // a text with parentheses
	}
	if rd.expression(q.sheet, q.row, column, v) == nil {
		return ""
	}
	return "=" + v
}

// appearance keeps what changes how a question is answered.
func (rd *reader) appearance(q question, it *form.Item) {
	for _, word := range strings.Fields(strings.ToLower(q.appearance)) {
		switch {
		case word == "multiline" && it.Control == form.Text:
			it.Control = form.LongText
		case word == "year" && it.Control == form.Date:
			it.Control = form.Year
		case word == "month-year" && it.Control == form.Date:
			it.Control = form.Month
		case word == "url" && it.Control == form.Text:
			it.Control = form.URL
		case slices.Contains([]string{"signature", "draw", "annotate"}, word) && it.Control == form.Photo:
			rd.tell(Changed, q.sheet, q.row.number, q.sheet.label("appearance"), "xlsform.as-photo", errs.Args{"Appearance": word})
		default:
			rd.tell(Noted, q.sheet, q.row.number, q.sheet.label("appearance"), "xlsform.appearance", errs.Args{"Appearance": word})
		}
	}
}

// parameters reads "start=0 end=10 step=1" of ranges; those of photos are the size,
// which Socle chooses.
func (rd *reader) parameters(q question, it *form.Item) {
	if q.parameters == "" {
		if q.kind == "range" {
			it.Control, it.Minimum, it.Maximum = form.Integer, "1", "10"
		}
		return
	}
	if strings.Contains(q.kind, "from file") {
		return
	}
	known := q.kind == "range"
	whole := true
	if known {
		it.Minimum, it.Maximum = "1", "10"
		for _, p := range strings.FieldsFunc(q.parameters, func(r rune) bool { return r == ' ' || r == ',' || r == ';' }) {
			key, v, _ := strings.Cut(p, "=")
			whole = whole && !strings.Contains(v, ".")
			switch key {
			case "start":
				it.Minimum = v
			case "end":
				it.Maximum = v
			case "step":
				if v != "1" {
					known = false
				}
			default:
				known = false
			}
		}
		if whole {
			it.Control = form.Integer
		}
	}
	if !known {
		rd.tell(Left, q.sheet, q.row.number, q.sheet.label("parameters"), "xlsform.parameters", errs.Args{"Parameters": q.parameters})
	}
}

// choiceItems gives a question its choices.
func (rd *reader) choiceItems(q question, it form.Item) []form.Item {
	if it.Control == form.Choices {
		it.Joined = ";"
	}
	var columns []string // those that the filter looks at
	it.ChoiceFilter, columns = rd.filter(q)
	if strings.Contains(q.kind, "from file") {
		it.Choices = rd.fileOf(q, columns)
		return []form.Item{it}
	}
	name, other := q.rest, false
	for _, suffix := range []string{" or_other", " or other", " or specify other"} {
		if base, ok := strings.CutSuffix(name, suffix); ok {
			name, other = strings.TrimSpace(base), true
		}
	}
	it.Choices = rd.listOf(q, name, columns)
	if it.Default != "" && it.Control == form.Choices && !strings.HasPrefix(it.Default, "=") {
		it.Default = strings.Join(strings.Fields(it.Default), ";")
	}
	if !other {
		return []form.Item{it}
	}
	label := i18n.T(i18n.Lang(rd.Definition.Language), "xlsform.other")
	otherwise := form.Choice{Value: "other", Label: label}
	precise := form.Item{Kind: form.Field, Name: rd.unique(q, it.Name+"_other"), Label: label, Control: form.Text, Relevant: "selected(${" + it.Name + "}, 'other')"}
	rd.labelled(&otherwise, func(code, _ string) string { return i18n.T(i18n.Lang(code), "xlsform.other") })
	for code, text := range otherwise.Labels {
		precise.Translations = map[string]form.Words{code: {Label: text}}
	}
	it.Choices = append(it.Choices, otherwise)
	if it.ChoiceFilter != "" { // which is true of no column of "other"
		it.ChoiceFilter = "name = 'other' or (" + it.ChoiceFilter + ")"
	}
	return []form.Item{it, precise}
}
