package demo

import (
	"fmt"
	"strconv"
	"time"
)

// The free tables are written as agents write them: semicolons, decimal commas
// or dates of the French form here and there.

func equipements(o Organisation) []byte {
	r := random(o, 3)
	kinds := []string{"Mairie", "École élémentaire", "Gymnase", "Médiathèque", "Stade", "Crèche", "Salle des fêtes", "Cimetière", "Skatepark", "Terrain de tennis", "Maison des associations", "Piscine"}
	streets := []string{"place de la République", "avenue des Pyrénées", "rue du Lac", "chemin de la Garonne", "allée des Platanes", "rue des Écoles"}
	var rows [][]string
	for i := range 36 {
		lon, lat := near(r, o)
		k := kinds[i%len(kinds)]
		rows = append(rows, []string{fmt.Sprintf("%s-%03d", o.INSEE, i+1), fmt.Sprintf("%s de démonstration %d", k, 1+i/len(kinds)), k,
			fmt.Sprintf("%d %s", 1+r.IntN(90), pick(r, streets)), o.INSEE, o.Name, lon, lat, pick(r, []string{"oui", "oui", "non"}), strconv.Itoa(1950 + r.IntN(75))})
	}
	return table(';', []string{"identifiant", "nom", "type", "adresse", "code_insee", "commune", "longitude", "latitude", "accessible", "annee"}, rows)
}

func comptages(o Organisation) []byte {
	r := random(o, 6)
	var rows [][]string
	for p := range 30 {
		mean := 800 + r.IntN(9000)
		for d := range 365 {
			when := time.Date(Year, 1, 1+d, 0, 0, 0, 0, time.UTC)
			n := float64(mean) * (0.9 + 0.2*r.Float64())
			if wd := when.Weekday(); wd == time.Saturday || wd == time.Sunday {
				n *= 0.7
			}
			rows = append(rows, []string{fmt.Sprintf("RD%d-PR%d", 1+p*3, 2+p), when.Format(time.DateOnly), strconv.Itoa(int(n)), strconv.Itoa(int(n * (0.04 + 0.08*r.Float64())))})
		}
	}
	return table(',', []string{"point", "date", "vehicules", "poids_lourds"}, rows)
}

func apport(o Organisation) []byte {
	r := random(o, 7)
	days := []string{"lundi", "mardi", "mercredi", "jeudi", "vendredi"}
	var rows [][]string
	for i := range 120 {
		lon, lat := near(r, o)
		rows = append(rows, []string{fmt.Sprintf("PAV-%04d", i+1), []string{"verre", "papier", "textile"}[i%3], strconv.Itoa(1 + r.IntN(4)), pick(r, days), lon, lat})
	}
	return table(';', []string{"identifiant", "flux", "conteneurs", "jour_collecte", "longitude", "latitude"}, rows)
}

func velos(o Organisation) []byte {
	r := random(o, 8)
	var rows [][]string
	for i := range 90 {
		lon, lat := near(r, o)
		rows = append(rows, []string{fmt.Sprintf("V%03d", i+1), strconv.Itoa(2 * (1 + r.IntN(12))), pick(r, []string{"arceau", "râtelier", "box fermé"}), pick(r, []string{"oui", "non"}), day(Year, 1+r.IntN(12), 1+r.IntN(28)), lon, lat})
	}
	return table(',', []string{"identifiant", "places", "accroche", "abrite", "date_releve", "longitude", "latitude"}, rows)
}

func mediatheques(o Organisation) []byte {
	r := random(o, 9)
	var rows [][]string
	for m := range 12 {
		for _, site := range []string{"Médiathèque du centre", "Médiathèque de la gare", "Bibliothèque du village"} {
			in := 400 + r.IntN(1800)
			rows = append(rows, []string{fmt.Sprintf("%d-%02d", Year, m+1), site + " (démonstration)", strconv.Itoa(in), strconv.Itoa(in * (12 + r.IntN(10)) / 10), strconv.Itoa(r.IntN(9))})
		}
	}
	return table(';', []string{"mois", "mediatheque", "entrees", "prets", "animations"}, rows)
}

func fontaines(o Organisation) []byte {
	r := random(o, 10)
	var rows [][]string
	for i := range 42 {
		lon, lat := near(r, o)
		rows = append(rows, []string{fmt.Sprintf("F%03d", i+1), pick(r, []string{"place", "parc", "stade", "école"}), pick(r, []string{"toute l’année", "d’avril à octobre"}), pick(r, []string{"oui", "non"}), lon, lat})
	}
	return table(';', []string{"identifiant", "lieu", "ouverture", "accessible_pmr", "longitude", "latitude"}, rows)
}
