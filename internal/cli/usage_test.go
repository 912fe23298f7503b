package cli_test

import (
	"strings"
	"testing"
)

// A command line that is wrong is told in the language of the run, with what to write.
func TestUsageErrors(t *testing.T) {
	table := file(t, "table.csv", "a;b\n1;2\n")
	list := file(t, "table.json", `[{"a": 1}]`)
	bundle := file(t, "datapackage.json", `{"resources": [{"name": "a", "path": "table.csv", "schema": {"fields": [{"name": "a"}]}}]}`)
	for _, c := range []struct{ line, french, english string }{
		{"chekc " + table, "La commande « chekc » n’existe pas.", "Did you mean check?"},
		{"vérifier", "Choisissez parmi : serve, check", "There is no command “vérifier”."},
		{"admin", "Il manque une commande.", "Choose among: first-link, reset"},
		{"admin invitation", "Vouliez-vous dire invite ?", "There is no command “invitation”."},
		{"check", "Il manque FICHIER : Fichier à lire", "FILE is missing: File to read"},
		{"describe " + table + " autre.csv", "« autre.csv » est de trop", "“autre.csv” is one too many"},
		{"describe " + table + " --shet a", "Vouliez-vous dire --sheet ?", "There is no option --shet."},
		{"describe " + table + " -x", "L’option -x n’existe pas.", "“socle describe --help”"},
		{"describe " + table + " --sheet", "écrivez --sheet=NOM", "The option --sheet has no value"},
		{"check " + table + " --limit beaucoup", "La valeur « beaucoup » ne convient pas à l’option --limit", "write --limit=N"},
		{"check " + table + " --standard=oui", "« oui » ne convient pas à l’option --standard", "write --standard=true|false"},
		{"check " + table + " --schema scdl/prenoms --limit=-1", "ne peut pas être -1", "cannot be -1"},
		{"convert " + table + " --type a", "écrivez --type=COLONNE=TYPE", "write --type=COLUMN=TYPE"},
		{"describe " + table + " --format xml", "qui accepte : text, json.", "which takes: text, json."},
		{"describe " + table + " --lang de", "« de » ne convient pas à l’option --lang, qui accepte : fr, en.", ""},
		{"fix " + table, "Il manque l’option --schema=SCHÉMA", "The option --schema=SCHEMA is missing"},
		{"convert " + table + " --to xlsx --variant fr", "Le format xlsx n’a pas de variante", "The format xlsx has no variant"},
		{"convert " + table + " --to docx", "docx", "docx"},
		{"describe " + table + " --delimiter ab", "« ab » ne peut pas séparer des colonnes.", "Give a single character"},
		{"describe " + table + " --sheet Feuil1", "Un fichier csv n’a pas de feuilles.", "A file of type csv has no sheets."},
		{"describe " + table + " --encoding klingon", "L’encodage « klingon » n’est pas connu.", "Choose one of these: "},
		{"describe " + table + " --header-rows=-1", "« -1 » n’est pas un nombre de lignes d’en-tête.", "from 0 (no header) to"},
		{"describe " + table + " --from xlsx", "Ce fichier n’est pas au format xlsx : il est au format csv.", "This file is not of type xlsx"},
		{"describe " + table + " --from word", "Le format « word » n’est pas connu.", "The format “word” is not known."},
		{"describe " + list + " --delimiter ;", "Un fichier json n’a pas de séparateur", "has no delimiter"},
		{"describe " + list + " --encoding utf-8", "L’encodage d’un fichier json ne se choisit pas.", "cannot be chosen"},
		{"check " + bundle + " --sheet a", "Un paquet de données dit lui-même", "A data package says itself"},
	} {
		for lang, want := range map[string]string{"fr": c.french, "en": c.english} {
			args := strings.Fields(c.line)
			if want == "" {
				continue
			}
			if !strings.Contains(c.line, "--lang") {
				args = append(args, "--lang", lang)
			}
			status, out, problems := run(t, nil, args...)
			if plain := strings.ReplaceAll(problems, "\u00a0", " "); status != 2 || out != "" || !strings.Contains(strings.ReplaceAll(plain, "\u202f", " "), want) {
				t.Errorf("%s: %d %q, without %q:\n%s", strings.Join(args, " "), status, out, want, problems)
			}
		}
	}
	if status, out, _ := run(t, nil, "describe", table, "--format", "json", "--sheet", "x"); status != 2 || !strings.HasPrefix(out, `{"error":{"code":"format-error","message":"Un fichier csv`) {
		t.Errorf("as JSON: %d %s", status, out)
	}
	if status, out, _ := run(t, nil, "describe", table, "--format=json", "--shet=x"); status != 2 || !strings.HasPrefix(out, `{"error":{"code":"cli.usage","message":"L’option --shet`) {
		t.Errorf("usage as JSON: %d %s", status, out)
	}
	if status, out, _ := run(t, nil, "--lang", "en", "describe", table); status != 0 || !strings.HasPrefix(out, "Format: CSV") {
		t.Errorf("the language before the command: %d %s", status, out)
	}
	if status, out, problems := run(t, nil, "describe", table, "--delimiter", ";", "--encoding", "utf-8", "--header-rows", "1", "--from", "csv"); status != 0 {
		t.Errorf("what is of use: %d %s %s", status, out, problems)
	}
}
