package ui

import (
	"strings"

	"github.com/a-h/templ"
)

// DesignPath is the living page, served in development only.
const DesignPath = "/_design"

// Design is the body of the living page: every component in all its states. It
// speaks French only, as its examples are content, not interface.
func Design() templ.Component { return design() }

// DesignPage is what the frame says of it.
func DesignPage() Page {
	return Page{Title: "Système graphique", Description: "Tous les composants, dans tous leurs états.", NoIndex: true, OneLanguage: true,
		Crumbs: []Crumb{{"Accueil", "/"}, {"Système graphique", ""}}}
}

var roleNames = []struct {
	Role Role
	Says string
}{
	{"paper", "le fond des pages"}, {"raised", "ce qui se pose dessus"}, {"sunken", "en-têtes de tableaux"}, {"line", "séparations"}, {"edge", "bords des champs"},
	{"ink", "le texte"}, {"ink-soft", "ce qui accompagne"}, {"accent", "la couleur de l’hôte"}, {"accent-deep", "survol"}, {"accent-tint", "fond d’accent"},
	{"good", "bien"}, {"look-here", "à regarder"}, {"wrong", "faux"}, {"information", "à savoir"},
	{"good-tint", "fond"}, {"look-here-tint", "fond"}, {"wrong-tint", "fond"}, {"information-tint", "fond"},
}

var chartRoles = []Role{"chart-1", "chart-2", "chart-3", "chart-4", "chart-5", "chart-6", "chart-7", "chart-8"}
var rampRoles = []Role{"ramp-1", "ramp-2", "ramp-3", "ramp-4", "ramp-5", "ramp-6"}
var mapRoles = []struct {
	Role Role
	Says string
}{{"map-open", "données ouvertes"}, {"map-animator", "animateurs"}, {"map-experimenter", "expérimentateurs"}, {"map-none", "pas encore"}}

func (r Role) paint() string { return "var(--" + string(r) + ")" }

var designTable = Table{
	ID: "deliberations", Caption: "Délibérations de Roques votées en 2025, sur l’urbanisme : 1 243 lignes",
	Columns: []Column{
		{Label: "SIRET", Kind: ColumnCode, SortHref: DesignPath + "?sort=siret"},
		{Label: "Date", Kind: ColumnDate, SortHref: DesignPath + "?sort=-date", Sorted: Descending},
		{Label: "Objet", Kind: ColumnText},
		{Label: "Votants", Kind: ColumnNumber, SortHref: DesignPath + "?sort=votants"},
		{Label: "Montant (€)", Kind: ColumnNumber, SortHref: DesignPath + "?sort=montant"},
	},
	Rows: []Row{
		{Number: "2", Cells: []Cell{{Text: "21310458500019", Header: true}, {Text: "2025-12-18"}, {Text: "Plan local d’urbanisme : bilan de la concertation et arrêt du projet"}, {Text: "29"}, {Text: "1 200,50"}}},
		{Number: "3", Cells: []Cell{{Text: "21310458500019", Header: true}, {Text: "2025-12-31", Was: "31/12/2025", State: CellRepaired, Reason: "La date était écrite 31/12/2025.", Remedy: "Elle est maintenant écrite année-mois-jour. Vous pouvez annuler."}, {Text: "Cession de la parcelle AB 112"}, {Text: "27"}, {Text: "84 000,00"}}},
		{Number: "4", Cells: []Cell{{Text: "2131045850001", Header: true, State: CellWrong, Reason: "Un SIRET a 14 chiffres ; celui-ci en a 13.", Remedy: "Retrouvez-le sur l’annuaire des entreprises, puis corrigez la cellule."}, {Text: "2025-11-27"}, {Text: "Droit de préemption urbain : délégation au maire"}, {Text: "31", State: CellLookHere, Reason: "Le conseil compte 29 membres.", Remedy: "Vérifiez le nombre de votants."}, {Text: "", State: CellWrong, Reason: "Cette colonne est obligatoire.", Remedy: "Écrivez 0 s’il n’y a pas de montant.", Mend: designCell()}}},
		{Number: "5", Cells: []Cell{{Text: "21310458500019", Header: true}, {Text: "2025-11-27"}, {Text: "Convention avec le syndicat d’énergie pour l’éclairage public de l’avenue des Pyrénées et du chemin de la Plaine"}, {Text: "29"}, {Text: "312 450,75"}}},
	},
}

var designProblems = Problems{{"title", "Donnez un titre au jeu de données."}, {"mail", "L’adresse doit contenir « @ », comme mairie@exemple.fr."}}

var designCode = strings.TrimSpace(`
curl "https://donnees.exemple.fr/api/v1/datasets/deliberations-roques/rows?date_from=2025-01-01" \
     --header "Accept: text/csv"
`)

// designQR leads to this very page.
var designQR = func() QR {
	q, err := NewQR("Code QR de cette page", DesignPath)
	if err != nil {
		panic(err) // a short text
	}
	return q
}()
