package demo

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// dish is what a canteen serves, and of what it is made.
type dish struct {
	course, code, name string
	diets              []string
	products           []product
}

type product struct {
	name, place string // of which town the supplier is
	quality     string // an official sign, or ""
	label       string
	allergen    string // or ""
}

const organic = "agriculture biologique"

// kitchen lists the dishes by course: one of each is served a day.
var kitchen = [][]dish{
	{
		{"entrée", "CARO", "Carottes râpées", []string{"végétarien"}, []product{{"Carottes", "31584", organic, "", ""}}},
		{"entrée", "BETT", "Betteraves vinaigrette", []string{"végétarien"}, []product{{"Betteraves", "31135", "", "", ""}, {"Vinaigrette", "31113", "", "", "moutarde"}}},
		{"entrée", "TABO", "Taboulé", []string{"végétarien"}, []product{{"Semoule de blé", "31033", "", "", "céréales contenant du gluten"}, {"Menthe", "31188", organic, "", ""}}},
		{"entrée", "MIMO", "Œuf mimosa", []string{"végétarien"}, []product{{"Œufs de plein air", "31341", "label rouge", "", "oeufs"}, {"Moutarde", "31113", "", "", "moutarde"}}},
	},
	{
		{"plat principal", "POUL", "Poulet rôti", nil, []product{{"Poulet fermier", "31135", "label rouge", "", ""}}},
		{"plat principal", "LASA", "Lasagnes de légumes", []string{"végétarien"}, []product{{"Pâtes fraîches", "31446", organic, "", "céréales contenant du gluten"}, {"Courgettes", "31584", organic, "", ""}, {"Crème", "31033", "", "", "lait"}}},
		{"plat principal", "POIS", "Poisson du jour", nil, []product{{"Lieu noir", "31113", "", "pêche durable", "poissons"}}},
		{"plat principal", "LENT", "Lentilles aux épices", []string{"végétarien"}, []product{{"Lentilles vertes", "31033", organic, "", ""}, {"Oignons", "31410", "", "", ""}}},
	},
	{
		{"dessert", "POMM", "Pomme", []string{"végétarien"}, []product{{"Pommes", "31118", "", "haute valeur environnementale", ""}}},
		{"dessert", "YAOU", "Yaourt nature", []string{"végétarien"}, []product{{"Yaourt de brebis", "31135", organic, "", "lait"}}},
		{"dessert", "COMP", "Compote de poires", []string{"végétarien"}, []product{{"Poires", "31117", "", "", ""}}},
		{"dessert", "GATE", "Gâteau au yaourt", []string{"végétarien"}, []product{{"Farine de blé", "31033", organic, "", "céréales contenant du gluten"}, {"Yaourt nature", "31135", "", "", "lait"}, {"Œufs de plein air", "31341", "label rouge", "", "oeufs"}}},
	},
}

// of lists what the products of a dish have, each once, as a cell of a list; "" for none.
func (d dish) of(value func(product) string) string {
	var list []string
	seen := map[string]bool{"": true}
	for _, p := range d.products {
		if v := value(p); !seen[v] {
			seen[v] = true
			list = append(list, v)
		}
	}
	return cellOf(list)
}

// cellOf is a list as a cell has it; "" for an empty one.
func cellOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	b, err := json.Marshal(list)
	if err != nil {
		panic(err) // texts
	}
	return string(b)
}

func menus(o Organisation) []byte {
	r := random(o, 4)
	var rows [][]string
	for d := time.Date(Year, 9, 1, 0, 0, 0, 0, time.UTC); d.Month() < 12; d = d.AddDate(0, 0, 1) {
		if wd := d.Weekday(); wd == time.Saturday || wd == time.Sunday || wd == time.Wednesday {
			continue
		}
		published := d.AddDate(0, 0, -7-int(d.Weekday())).Format(time.RFC3339)
		for _, course := range kitchen {
			p := pick(r, course)
			rows = append(rows, []string{o.Name, o.SIRET(), "Cuisine centrale de démonstration", o.SIRET(), "Restaurant scolaire de démonstration", o.INSEE, "", "sans", "élémentaire", "enfants",
				d.Format(time.DateOnly), "déjeuner", p.course, p.name, p.code, p.of(func(p product) string { return p.quality }), "", "", cellOf(p.diets),
				p.of(func(p product) string { return p.allergen }), "", "", "", published, "", ""})
		}
	}
	return table(',', []string{"menuCollNom", "menuCollSiret", "menuEtablissementNom", "menuEtablissementSiret", "menuRestaurantNom", "menuRestaurantInsee", "menuRestaurantId", "menuRestaurantIdType",
		"menuRestaurantType", "menuRestaurantConvive", "menuDate", "menuRepasType", "menuPlatType", "menuPlatNom", "menuPlatCode", "menuPlatSiqo", "menuPlatLabel", "menuPlatPrecision", "menuPlatRegime",
		"menuPlatAllergene", "menuPlatTexture", "menuPlatNutriscore", "menuPlatPrix", "menuPublicationDate", "menuModificationDate", "menuModificationInfo"}, rows)
}

func products(o Organisation) []byte {
	written := day(Year, 8, 25) + "T08:00:00Z"
	list := func(v string) string {
		if v == "" {
			return ""
		}
		return cellOf([]string{v})
	}
	var rows [][]string
	for _, course := range kitchen {
		for _, d := range course {
			for _, p := range d.products {
				rows = append(rows, []string{o.Name, o.SIRET(), "Cuisine centrale de démonstration", o.SIRET(), d.code, d.name, p.name, "Producteur de démonstration, " + town(p.place), "", p.place,
					list(p.quality), p.label, "", "non", "non", "", list(p.allergen), "", written, written, ""})
			}
		}
	}
	return table(',', []string{"platCollNom", "platCollSiret", "platEtablissementNom", "platEtablissementSiret", "platCode", "platNom", "platProduitNom", "platProduitFournisseurNom",
		"platProduitFournisseurSiret", "platProduitFournisseurInsee", "platProduitSiqo", "platProduitLabel", "platProduitDescription", "platProduitOGM", "platProduitIonisation", "platProduitAdditif",
		"platProduitAllergene", "platProduitNutriment", "platPublicationDate", "platModificationDate", "platModificationInfo"}, rows)
}

// town is the name of a commune of the demonstration.
func town(insee string) string {
	for _, o := range Organisations {
		if o.INSEE == insee {
			return o.Name
		}
	}
	panic("demo: no commune " + insee)
}

func irrigation(o Organisation) []byte {
	r := random(o, 5)
	crops := []string{"maïs", "soja", "tournesol", "blé", "verger"}
	modes := []string{"aspersion", "pivot", "aspersion", "goutte à goutte", "micro-aspersion"}
	sources := []string{"nappe", "cours d'eau", "canal", "retenue"}
	var rows [][]string
	index := make([]int, 14)
	for week := range 18 {
		state, limit := "normal", "aucune"
		switch {
		case week > 11:
			state, limit = "très bas", "alerte"
		case week > 6:
			state, limit = "bas", "vigilance"
		}
		for p := range index {
			at := Organisations[1+p]
			lon, lat := near(r, at)
			volume, advice := 120+r.IntN(700), "Attendre"
			if r.IntN(2) == 0 {
				advice = "Irriguer sous 3 jours"
			}
			index[p] += volume
			when := time.Date(Year, 5, 19, 6+r.IntN(4), 0, 0, 0, time.UTC).AddDate(0, 0, 7*week+p%5)
			rows = append(rows, []string{fmt.Sprintf("P%02d", p+1), when.Format(time.RFC3339), "compteur", strconv.Itoa(20000 + index[p]), strconv.Itoa(volume), "", "", sources[p%len(sources)], state, limit,
				modes[p%len(modes)], crops[p%len(crops)], strconv.FormatFloat(4+float64(p)*1.5, 'f', 1, 64), at.INSEE, lon + "," + lat, "", "technicien", advice})
		}
	}
	return table(',', []string{"point_id", "releve_le", "type_releve", "index_m3", "volume_m3", "debit_m3h", "hauteur_cm", "ressource", "etat_ressource", "restriction", "mode_irrigation", "culture",
		"surface_ha", "commune_insee", "position", "exploitant_siret", "releveur", "observations"}, rows)
}
