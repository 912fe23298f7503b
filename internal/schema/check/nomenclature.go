package check

import (
	"bytes"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"socle/internal/i18n"
	"socle/internal/schema"
)

// acts are the first level of the nomenclature of acts (programme @CTES).
var acts = []string{"Commande publique", "Urbanisme", "Domaine et patrimoine", "Fonction publique", "Institutions et vie politique",
	"Libertés publiques et pouvoirs de police", "Finances locales", "Domaines de compétences par thèmes", "Autres domaines de compétences"}

var foldedActs = sync.OnceValue(func() map[string]bool {
	m := make(map[string]bool, len(acts))
	for _, a := range acts {
		m[plainWords(a)] = true
	}
	return m
})

// plainWords lowers case and removes accents.
func plainWords(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// nomenclatureActes: "prefix/rest" where the prefix is one of acts, case and
// accents apart, and no space touches the slash.
func nomenclatureActes(cell []byte, _ *schema.Value) (string, i18n.Args) {
	prefix, rest, ok := bytes.Cut(cell, []byte("/"))
	switch {
	case !ok:
		return "check.nomenclature-actes-value.no-slash", nil
	case bytes.HasSuffix(prefix, []byte(" ")) || bytes.HasPrefix(rest, []byte(" ")):
		return "check.nomenclature-actes-value.space", nil
	case !foldedActs()[plainWords(string(prefix))]:
		return "check.nomenclature-actes-value", i18n.Args{"Prefix": cellText(prefix)}
	}
	return "", nil
}
