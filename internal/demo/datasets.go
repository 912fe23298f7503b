package demo

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// Dataset is one dataset to publish: who, what, and the file as an agent
// would bring it.
type Dataset struct {
	Organisation string
	Title        string
	Description  string
	Schema       string // a bundled schema, or "" for a free table
	Theme        string // a theme of the catalogue
	Keywords     []string
	Frequency    string // a frequency of the catalogue
	FileName     string
	File         func() []byte
}

// Consolidation is a schema of which the demonstration has one dataset for the
// territory.
type Consolidation struct {
	Schema      string
	Title       string
	Description string
	Key         []string // columns that tell a row from another
}

// Merged lists them.
var Merged = []Consolidation{
	{
		"scdl/deliberations", "Délibérations de toutes les collectivités de la Haute-Garonne (démonstration)",
		"Les délibérations publiées par chaque collectivité du territoire, réunies en un seul tableau : chaque ligne nomme son producteur et l’adresse de sa source.\n\n**Démonstration :** ces actes sont inventés.", []string{"COLL_SIRET", "DELIB_ID"},
	},
	{
		"scdl/subventions", "Subventions de toutes les collectivités de la Haute-Garonne (démonstration)",
		"Les subventions publiées par chaque collectivité du territoire, réunies en un seul tableau : chaque ligne nomme son producteur et l’adresse de sa source.\n\n**Démonstration :** bénéficiaires et montants sont inventés.", nil,
	},
}

// Year is the year of the demonstration's acts.
const Year = 2025

// Live begins the title of the dataset whose rows are entered with a form.
const Live = "Observations d’irrigation"

// Datasets lists what is published, in order.
func Datasets() []Dataset {
	var list []Dataset
	// Some authorities publish, the others do not yet: the datasets of the territory say who.
	for _, name := range []string{"Roques", "Castanet-Tolosan", "Auterive", "Villemur-sur-Tarn", "Labège", "Ramonville-Saint-Agne", "Sicoval", "Communauté de communes du Volvestre"} {
		o := Find(name)
		list = append(list, Dataset{
			Organisation: name, Title: "Délibérations " + council(o) + " (démonstration)",
			Description: "Les délibérations adoptées en " + strconv.Itoa(Year) + " " + by(o) + " : objet, matière, date de transmission et résultat des votes.\n\n**Démonstration :** ces actes sont inventés, ils n’engagent personne.",
			Schema:      "scdl/deliberations", Theme: "municipal-life", Keywords: []string{"délibérations", "conseil municipal", "vote"}, Frequency: "QUARTERLY",
			FileName: fmt.Sprintf("%d_%s_deliberations.csv", Year, o.SIREN), File: func() []byte { return deliberations(o, 24) },
		})
	}
	for _, name := range []string{"Roques", "Ramonville-Saint-Agne", Host.Name, "Castanet-Tolosan", "Fonsorbes", "Communauté de communes Cœur de Garonne"} {
		o := Find(name)
		list = append(list, Dataset{
			Organisation: name, Title: "Subventions versées, " + name + " (démonstration)",
			Description: "Les subventions attribuées en " + strconv.Itoa(Year) + " : bénéficiaire, objet, montant, nature et dates de versement.\n\n**Démonstration :** bénéficiaires et montants sont inventés.",
			Schema:      "scdl/subventions", Theme: "finance", Keywords: []string{"subventions", "associations", "budget"}, Frequency: "ANNUAL",
			FileName: fmt.Sprintf("%d_%s_subventions.csv", Year, o.SIREN), File: func() []byte { return subventions(o, 40) },
		})
	}
	add := func(org, title, description, schema, theme, freq, file string, words []string, f func(Organisation) []byte) {
		o := Find(org)
		list = append(list, Dataset{Organisation: org, Title: title + " (démonstration)", Description: description + "\n\n**Démonstration :** données inventées.",
			Schema: schema, Theme: theme, Keywords: words, Frequency: freq, FileName: file, File: func() []byte { return f(o) }})
	}
	add("Escalquens", "Menus de la cantine d’Escalquens", "Les plats servis chaque jour dans les restaurants scolaires, avec les signes de qualité et les allergènes.",
		"scdl/menus-collectifs", "education-childhood", "WEEKLY", "menus_cantine.csv", []string{"cantine", "menus", "allergènes"}, menus)
	add("Escalquens", "Plats de la cantine d’Escalquens", "Les produits de chaque plat : fournisseur, signes de qualité et allergènes.",
		"scdl/plats-menus-collectifs", "education-childhood", "ANNUAL", "plats_cantine.csv", []string{"cantine", "produits", "allergènes"}, products)
	add(Host.Name, Live, "Relevés de terrain d’un conseiller : point d’irrigation, culture, ressource en eau, volumes et conseil de la semaine.",
		"socle/observations-irrigation", "water-agriculture", "WEEKLY", "observations_irrigation.csv", []string{"irrigation", "agriculture", "eau"}, irrigation)
	free := func(org, title, description, theme, freq, file string, words []string, f func(Organisation) []byte) {
		add(org, title, description, "", theme, freq, file, words, f)
	}
	free("Labège", "Équipements publics de Labège", "Les équipements ouverts au public : nom, type, adresse, position et accessibilité.",
		"municipal-life", "ANNUAL", "equipements.csv", []string{"équipements", "accessibilité"}, equipements)
	free("Fonsorbes", "Équipements publics de Fonsorbes", "Les équipements ouverts au public : nom, type, adresse, position et accessibilité.",
		"municipal-life", "ANNUAL", "equipements_fonsorbes.csv", []string{"équipements", "accessibilité"}, equipements)
	free(Host.Name, "Comptages routiers", "Nombre de véhicules par jour aux points de comptage des routes départementales.",
		"mobility", "MONTHLY", "comptages_routiers.csv", []string{"routes", "trafic"}, comptages)
	free("Communauté de communes Cœur de Garonne", "Points d’apport volontaire", "Emplacement des conteneurs de verre, papier et textile, et jours de collecte.",
		"environment", "ANNUAL", "points_apport_volontaire.csv", []string{"déchets", "tri", "PAV"}, apport)
	free("Sicoval", "Places de stationnement pour vélos", "Emplacement, nombre de places et type d’accroche des stationnements pour vélos.",
		"mobility", "ANNUAL", "stationnement_velos.csv", []string{"vélo", "stationnement"}, velos)
	free("Communauté de communes Val’Aïgo", "Fréquentation des médiathèques", "Entrées, prêts et animations par mois dans chaque médiathèque du réseau.",
		"culture-sport-tourism", "MONTHLY", "mediatheques.csv", []string{"médiathèque", "lecture publique"}, mediatheques)
	free("Communauté de communes du Volvestre", "Fontaines à eau potable", "Emplacement des fontaines en service, période d’ouverture et accessibilité.",
		"environment", "ANNUAL", "fontaines.csv", []string{"eau", "fontaines"}, fontaines)
	return list
}

// council and by name the assembly of an authority: "du conseil municipal de Roques".
func council(o Organisation) string {
	if o.Kind == "commune" {
		return "du conseil municipal " + of(o.Name)
	}
	return "du conseil communautaire, " + o.Name
}

// of is "de Roques", "d’Auterive".
func of(name string) string {
	if strings.ContainsRune("AEIOUYÉÈÊH", []rune(name)[0]) {
		return "d’" + name
	}
	return "de " + name
}

func by(o Organisation) string {
	if o.Kind == "commune" {
		return "par le conseil municipal"
	}
	return "par le conseil communautaire"
}

// table writes rows as a file of the given delimiter, the header first.
func table(delimiter rune, header []string, rows [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = delimiter
	_ = w.Write(header)
	_ = w.WriteAll(rows)
	return b.Bytes()
}

func random(o Organisation, salt uint64) *rand.Rand {
	n, _ := strconv.ParseUint(o.SIREN, 10, 64)
	return rand.New(rand.NewPCG(n, salt))
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func day(year, month, d int) string {
	return time.Date(year, time.Month(month), d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// near returns a point within about 2 km of the organisation's centre.
func near(r *rand.Rand, o Organisation) (lon, lat string) {
	return strconv.FormatFloat(o.Lon+(r.Float64()-.5)*.05, 'f', 5, 64), strconv.FormatFloat(o.Lat+(r.Float64()-.5)*.035, 'f', 5, 64)
}

func deliberations(o Organisation, n int) []byte {
	r := random(o, 1)
	acts := []struct{ code, matter, object string }{
		{"1.1", "Commande publique/Marchés publics", "Travaux de rénovation énergétique de l’école : attribution du marché"},
		{"2.1", "Urbanisme/Documents d’urbanisme", "Modification simplifiée du plan local d’urbanisme"},
		{"3.2", "Domaine et patrimoine/Aliénations", "Cession d’une parcelle communale"},
		{"4.1", "Fonction publique/Personnels titulaires", "Mise à jour du tableau des effectifs"},
		{"5.2", "Institutions et vie politique/Fonctionnement des assemblées", "Approbation du procès-verbal de la séance précédente"},
		{"6.1", "Libertés publiques et pouvoirs de police/Police municipale", "Convention de coordination de la police municipale"},
		{"7.1", "Finances locales/Décisions budgétaires", "Adoption du budget primitif"},
		{"7.5", "Finances locales/Subventions", "Attribution des subventions aux associations"},
		{"8.1", "Domaines de compétences par thèmes/Enseignement", "Règlement intérieur du restaurant scolaire"},
		{"8.8", "Domaines de compétences par thèmes/Environnement", "Plan de plantation d’arbres dans les cours d’école"},
		{"8.9", "Domaines de compétences par thèmes/Culture", "Programmation de la saison culturelle"},
		{"9.1", "Autres domaines de compétences/Autres domaines de compétences des communes", "Adhésion au portail départemental de données ouvertes"},
	}
	seats := 23 + 2*r.IntN(5)
	var rows [][]string
	for i := range n {
		a := acts[i%len(acts)]
		if i >= len(acts) { // each once, then as it comes
			a = pick(r, acts[:1+r.IntN(len(acts))])
		}
		month, d := 1+i*12/n, 3+r.IntN(22)
		present := seats - r.IntN(5)
		against, abstained := 0, 0
		if r.IntN(3) == 0 {
			against, abstained = r.IntN(5), r.IntN(3)
		}
		budget, year := "", ""
		if a.code[0] == '7' {
			budget, year = "Budget principal", strconv.Itoa(Year)
		}
		rows = append(rows, []string{o.Name, o.SIRET(), fmt.Sprintf("%d-%03d", Year, i+1), day(Year, month, d), a.code, a.matter,
			a.object + " (démonstration)", year, budget, fmt.Sprintf("DEMO-%s-%d%03d", o.SIREN, Year, i+1), day(Year, month, d+r.IntN(6)),
			strconv.Itoa(seats), strconv.Itoa(present), strconv.Itoa(present - against - abstained), strconv.Itoa(against), strconv.Itoa(abstained), ""})
	}
	return table(',', []string{"COLL_NOM", "COLL_SIRET", "DELIB_ID", "DELIB_DATE", "DELIB_MATIERE_CODE", "DELIB_MATIERE_NOM", "DELIB_OBJET",
		"BUDGET_ANNEE", "BUDGET_NOM", "PREF_ID", "PREF_DATE", "VOTE_EFFECTIF", "VOTE_REEL", "VOTE_POUR", "VOTE_CONTRE", "VOTE_ABSTENTION", "DELIB_URL"}, rows)
}

func subventions(o Organisation, n int) []byte {
	r := random(o, 2)
	kinds := []string{"Club de gymnastique", "École de musique", "Comité des fêtes", "Club de lecture", "Atelier de théâtre", "Jardins partagés", "Club de randonnée",
		"Ludothèque", "Chorale", "Club d’échecs", "Réparation de vélos", "Aide aux devoirs", "Ciné-club", "Club de natation", "Astronomie pour tous"}
	objects := []string{"Fonctionnement annuel", "Organisation d’une journée portes ouvertes", "Achat de matériel", "Stage d’été pour les jeunes", "Sorties familiales"}
	var rows [][]string
	for i := range n {
		month := 1 + r.IntN(12)
		nature, share := "aide en numéraire", "1"
		when := day(Year, month, 28)
		if i%5 == 4 {
			nature = "aide en nature"
		}
		if i%4 == 3 {
			share, when = "0.5", day(Year, month, 28)+"/"+day(Year+1, month, 28)
		}
		rows = append(rows, []string{o.Name, o.SIRET(), day(Year, month, 1+r.IntN(27)), fmt.Sprintf("%d-%03d", Year, 1+r.IntN(24)),
			fmt.Sprintf("%s de démonstration n° %d", kinds[i%len(kinds)], i+1), siret(unallocatedSIREN(i)), "",
			pick(r, objects), strconv.Itoa(200 + 50*r.IntN(200)), nature, "En une fois, sur présentation du bilan", when, "", "non", share, ""})
	}
	return table(',', []string{"nomAttribuant", "idAttribuant", "dateConvention", "referenceDecision", "nomBeneficiaire", "idBeneficiaire", "rnaBeneficiaire",
		"objet", "montant", "nature", "conditionsVersement", "datesPeriodeVersement", "idRAE", "notificationUE", "pourcentageSubvention", "dispositifAide"}, rows)
}

// unallocatedSIREN returns a number with a right key in the range 000 000 000,
// where no legal person is registered.
func unallocatedSIREN(i int) string {
	for d := range 10 {
		s := fmt.Sprintf("00000%03d%d", 100+i, d)
		if luhn(s) {
			return s
		}
	}
	panic("demo: no key")
}
