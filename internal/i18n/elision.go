package i18n

import (
	"fmt"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// phrases are what messages may call on a name: {{de .Name}}.
var phrases = template.FuncMap{"de": de}

// aspirated are beginnings of the words in h before which French does not elide.
var aspirated = []string{"hache", "haie", "hall", "halt", "hamac", "hameau", "handball", "handicap", "hangar", "haras", "harcel", "haricot", "harpe", "hasard", "hausse", "haut", "havre", "herse", "hêtre", "hibou", "hiérarch", "hockey", "homard", "honte", "hors", "houille", "housse", "huit"}

// de writes "de" before a name as French joins them: d’Aucamville, d’habitants, du Fauga,
// des Angles, de hauteur, de La Salvetat.
func de(name any) string {
	s := fmt.Sprint(name)
	for article, joined := range map[string]string{"Le ": "du ", "Les ": "des "} {
		if rest, has := strings.CutPrefix(s, article); has {
			return joined + rest
		}
	}
	first, _ := utf8.DecodeRuneInString(norm.NFD.String(s))
	switch unicode.ToLower(first) {
	case 'a', 'e', 'i', 'o', 'u', 'œ', 'æ':
		return "d’" + s
	case 'h':
		lower := strings.ToLower(s)
		for _, begin := range aspirated {
			if strings.HasPrefix(lower, begin) {
				return "de " + s
			}
		}
		return "d’" + s
	}
	return "de " + s
}
