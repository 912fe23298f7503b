package i18n

import "testing"

// French joins "de" to what follows it.
func TestDe(t *testing.T) {
	for name, want := range map[string]string{
		"Aucamville": "d’Aucamville", "Écoles": "d’Écoles", "habitants": "d’habitants", "œuvres": "d’œuvres", "hectares": "d’hectares",
		"Roques": "de Roques", "hauteur": "de hauteur", "Hameaux": "de Hameaux", "La Salvetat": "de La Salvetat",
		"Le Fauga": "du Fauga", "Les Varennes": "des Varennes", "Lescuns": "de Lescuns", "yaourts": "de yaourts", "12 rue": "de 12 rue", "": "de ",
	} {
		if got := de(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	f := form{text: "Somme {{de .Name}}"}
	if got := f.say(Args{"Name": "effectif"}); got != "Somme d’effectif" {
		t.Error(got)
	}
}
