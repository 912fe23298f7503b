package xlsform

import (
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/schema/form"
)

// languageCodes are how columns name the languages that Socle speaks.
var languageCodes = map[i18n.Lang][]string{i18n.French: {"fr", "fra", "fre", "français", "francais", "french"}, i18n.English: {"en", "eng", "english", "anglais"}}

// codeOf is the code of a column's language: "fr" of "Français (fr)"; "" when it is none
// of ours.
func codeOf(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune(" ()-_", r) })
	for _, l := range i18n.Langs {
		if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(languageCodes[l], w) }) {
			return string(l)
		}
	}
	return ""
}

// chooseLanguages chooses the form's own language: that of the settings, else the one of
// the labels without language, else the one asked for, else the first. The others that
// Socle speaks are kept as translations; those that it does not are told.
func (rd *reader) chooseLanguages() {
	named := rd.language // by the settings
	s := rd.book["survey"]
	var languages []string
	for _, c := range s.columns {
		if c.language != "" && !slices.Contains(languages, c.language) {
			languages = append(languages, c.language)
		}
	}
	rd.language, rd.others = rd.ownLanguage(languages, named), map[string]string{}
	own := codeOf(rd.language)
	if rd.language == "" {
		own = codeOf(named)
	}
	if own == "" && rd.language == "" { // labels without language, beside others: that which is left
		own = rd.o.Language
		if len(languages) == 1 && codeOf(languages[0]) == own {
			own = otherCode(own)
		}
	}
	if own != "" {
		rd.Definition.Language = own
	}
	for _, l := range languages {
		code := codeOf(l)
		switch {
		case l == rd.language:
		case code == "" || code == rd.Definition.Language || rd.others[code] != "":
			rd.tell(Left, s, 0, "", "xlsform.translation", errs.Args{"Language": l})
		default:
			rd.others[code] = l
		}
	}
}

// ownLanguage is the language of the form's own texts among those of the columns.
func (rd *reader) ownLanguage(languages []string, named string) string {
	same := func(code string) int {
		return slices.IndexFunc(languages, func(l string) bool { return code != "" && codeOf(l) == code })
	}
	switch i := same(codeOf(named)); {
	case len(languages) == 0:
		return ""
	case slices.Contains(languages, named):
		return named
	case i >= 0:
		return languages[i]
	case rd.book["survey"].label("label") != "":
		return ""
	}
	if i := same(rd.o.Language); i >= 0 {
		return languages[i]
	}
	return languages[max(0, slices.IndexFunc(languages, func(l string) bool { return codeOf(l) != "" }))]
}

// otherCode is the language that Socle speaks besides one.
func otherCode(code string) string {
	for _, l := range i18n.Langs {
		if string(l) != code {
			return string(l)
		}
	}
	return code
}

// words are the texts of a row of the survey in a language, the own one with what
// stands in no language.
func (rd *reader) words(s *sheet, r *row, language string) form.Words {
	text := s.only
	if language == rd.language {
		text = s.in
	}
	return form.Words{
		Label: text(r, "label", language), Help: strings.TrimSpace(text(r, "hint", language) + "\n" + text(r, "guidance_hint", language)),
		ConstraintMessage: text(r, "constraint_message", language),
	}
}

// translations are the words of a question in the other languages, as its item has them;
// nil when there are none.
func (q *question) translations(as func(form.Words) form.Words) map[string]form.Words {
	var out map[string]form.Words
	for code, told := range q.words {
		if w := as(told); w != (form.Words{}) {
			if out == nil {
				out = map[string]form.Words{}
			}
			out[code] = w
		}
	}
	return out
}

// labelled puts the labels of a choice in the other languages.
func (rd *reader) labelled(c *form.Choice, label func(code, language string) string) {
	for code, language := range rd.others {
		if text := label(code, language); text != "" {
			if c.Labels == nil {
				c.Labels = map[string]string{}
			}
			c.Labels[code] = text
		}
	}
}

// What the words of a row are for the items that it becomes.
func ofField(w form.Words) form.Words { return w }
func ofGroup(w form.Words) form.Words { return form.Words{Title: w.Label} }
func ofNote(w form.Words) form.Words  { return form.Words{Label: noted(w)} }

// noted is the text of a note: its label, then its hint.
func noted(w form.Words) string { return strings.TrimSpace(w.Label + "\n\n" + w.Help) }
