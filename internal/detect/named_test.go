package detect

import (
	"fmt"
	"strings"
	"testing"
)

// Made of syllables and of usual first names: nobody is meant.
var (
	families = []string{"Abrelou", "Bertouze", "Cazenart", "Doumique", "Escarbel", "Fontagne-Ruc", "Galibert", "Hourcaille", "Le Mardic", "De La Combette", "Navarrou", "Ousteaux"}
	givens   = []string{"Jeanne", "Paul", "Marie-Louise", "Karim", "Zoé", "Yann", "Inès", "Louis", "Fatou", "Hugo", "Claire", "Théo"}
)

// people writes a table of persons under a header of six labels: family name, first name,
// address, phone, what they do, an amount.
func people(header string) string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for i, f := range families {
		fmt.Fprintf(&b, "%s;%s;%d rue des Essais;05 61 00 %02d 00;Voirie;%d\n", f, givens[i], i+1, i, 100*i+7)
	}
	return b.String()
}

func TestNamesBesideFirstNames(t *testing.T) {
	rest := ";Adresse;Téléphone;Service;Montant"
	for _, names := range []string{
		"Nom;Prénom", "NOM;PRENOM", "nom;prenom", "Noms;Prénoms", "nom_agent;prenom_agent", "nomAgent;prenomAgent", "AGENT_NOM;AGENT_PRENOM",
		"nom_beneficiaire;prenom_beneficiaire", "Nom du bénéficiaire;Prénom du bénéficiaire", "Nom de famille;Prénom", "Nom d'usage;Prénom usuel",
		"nom_naissance;prenoms", "nomdemandeur;prenomdemandeur", "nom_eleve;prenom", "Nom;Prénom de l'élève", "last_name;first_name",
	} {
		t.Run(names, func(t *testing.T) {
			header := names + rest
			want := strings.Split(header, ";")[:4]
			var got []string
			for _, c := range columnsOf(t, people(header), 1) {
				if c.Personal {
					got = append(got, c.Name)
				}
			}
			if strings.Join(got, ";") != strings.Join(want, ";") {
				t.Errorf("marked: %q, want %q", got, want)
			}
		})
	}
	lower := strings.ToUpper(people("NOM;PRENOM" + rest))
	if f := findingsText(columnsOf(t, lower, 1)); !strings.Contains(f, "name true NOM, PRENOM:") {
		t.Errorf("in capitals: %s", f)
	}
}

// What has a name and is no person stays unmarked.
func TestNamesOfThings(t *testing.T) {
	births := func(header, name string) string {
		var b strings.Builder
		b.WriteString(header + "\n")
		for i, g := range givens {
			fmt.Fprintf(&b, "%s;%s;%d;2024\n", name, g, 30-i)
		}
		return b.String()
	}
	for name, in := range map[string]string{
		"births of a commune":     births("Nom;Prénom;Nombre;Année", "Valbrenne"),
		"births of the schema":    births("COLL_NOM;ENFANT_PRENOM;NOMBRE_OCCURRENCES;ANNEE", "Valbrenne"),
		"births of a hospital":    births("nom_etablissement;prenom;nombre;annee", "Valbrenne"),
		"births of many communes": "nom_commune;prenom;nombre\nToulouse;Jade;12\nMuret;Louis;9\nBlagnac;Inès;7\n",
		"births by commune":       "Nom;Prénom;Nombre\nToulouse;Jade;12\nMuret;Louis;9\nBlagnac;Inès;7\n",
		"equipments":              "Nom;Prénom;Nombre\nGymnase Jean Bouin;Jade;12\nPiscine Alfred Nakache;Louis;9\nSalle Édith Piaf;Inès;7\n",
		"schools":                 "nom_ecole;adresse;telephone\nJean Jaurès;1 rue Haute;05 61 00 00 00\nJules Ferry;2 rue Basse;05 61 00 00 01\nMarie Curie;3 rue Neuve;05 61 00 00 02\n",
		"schools in full":         "Nom;Adresse;Téléphone\nÉcole Jean Jaurès;1 rue Haute;05 61 00 00 00\nÉcole Jules Ferry;2 rue Basse;05 61 00 00 01\n",
		"communes":                "Nom;Code\nToulouse;31555\nMuret;31395\nBlagnac;31069\n",
		"deliberations": "COLL_NOM;DELIB_ID;DELIB_OBJET;VOTE_POUR\nValbrenne;2024-01;Désignation de Jeanne Bertouze au syndicat des eaux;12\n" +
			"Valbrenne;2024-02;Indemnité de Paul Abrelou, adjoint;11\nValbrenne;2024-03;Hommage à Marie Cazenart;12\n",
		"no family name": "Nomenclature;Prénom;Nombre\nVoirie;Jade;12\nEau;Louis;9\nCulture;Inès;7\n",
	} {
		t.Run(name, func(t *testing.T) {
			for _, c := range columnsOf(t, in, 1) {
				if c.Personal {
					t.Errorf("%s is marked: %s, %s", c.Name, c.Person, c.Semantic)
				}
			}
		})
	}
}

// A label that says whose name it is is enough; values that are full names too.
func TestNamesAlone(t *testing.T) {
	var agents, full strings.Builder
	agents.WriteString("nom_agent;service\n")
	full.WriteString("nom_beneficiaire;montant\n")
	for i, f := range families {
		fmt.Fprintf(&agents, "%s;Voirie\n", f)
		fmt.Fprintf(&full, "%s %s;%d\n", strings.ToUpper(f), givens[i], 10*i)
	}
	for _, in := range []string{agents.String(), full.String()} {
		if f := findingsText(columnsOf(t, in, 1)); !strings.HasPrefix(f, "name true nom_") {
			t.Errorf("%.40s: %q", in, f)
		}
	}
}
