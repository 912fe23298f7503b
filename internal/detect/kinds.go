package detect

import (
	"slices"

	"socle/internal/schema"
)

// Semantic is what the values of a column mean; "" when nothing is recognised.
type Semantic string

// kind says how a meaning is recognised.
type kind struct {
	id    Semantic
	test  func(string) bool // of one value, trimmed
	share float64           // least share of values that must pass
	// word is how a label counts: labelNeeded (values alone would say too much),
	// labelHelps, or labelIgnored.
	word   labelRule
	labels map[string]float64 // key of a label → how well it fits, 0 to 1
	typ    schema.Type        // "" leaves the type found by the values
	format string
	strict float64                    // confidence when the values alone pass: how seldom they do by chance
	also   func(values []string) bool // of the values together; nil: nothing more
}

type labelRule uint8

const (
	labelHelps labelRule = iota
	labelNeeded
)

// kinds is the list of meanings. Of two that fit alike the first is taken.
var kinds = []kind{
	{id: "siret", test: isSIRET, share: 0.8, labels: words("siret", "numero siret", "no siret"), typ: schema.String, strict: 0.9},
	{id: "epci", test: isEPCI, share: 0.9, labels: words("epci", "siren epci", "code epci", "intercommunalite"), typ: schema.String, strict: 0.9},
	{id: "siren", test: isSIREN, share: 0.9, labels: words("siren", "numero siren"), typ: schema.String, strict: 0.85},
	{id: "rna", test: isRNA, share: 0.9, labels: words("rna", "numero rna", "waldec"), typ: schema.String, strict: 0.95},
	{id: "uai", test: isUAI, share: 0.8, labels: words("uai", "rne", "numero uai", "code etablissement"), typ: schema.String, strict: 0.9},
	{id: "nir", test: isNIR, share: 0.8, labels: words("nir", "numero de securite sociale", "securite sociale"), typ: schema.String, strict: 0.97},
	{id: "iban", test: isIBAN, share: 0.9, labels: words("iban", "compte bancaire"), typ: schema.String, strict: 0.99},
	{id: "bic", test: isBIC, share: 0.9, word: labelNeeded, labels: words("bic", "swift", "code banque"), typ: schema.String, strict: 0.5},
	{id: "vat", test: isVAT, share: 0.9, labels: words("tva", "numero tva", "tva intracommunautaire"), typ: schema.String, strict: 0.9},
	{id: "tax-number", test: isTaxNumber, share: 0.9, labels: words("numero fiscal", "nif", "spi"), typ: schema.String, strict: 0.8},
	{id: "trade-register", test: isRCS, share: 0.9, labels: words("rcs", "registre du commerce"), typ: schema.String, strict: 0.95},
	{id: "rnb", test: isRNB, share: 1, word: labelNeeded, labels: words("rnb", "identifiant rnb", "id rnb", "batiment"), typ: schema.String, strict: 0.5},
	{id: "commune-code", test: isCommuneCode, share: 0.75, word: labelNeeded, labels: weigh("insee", 1, "code insee", 1, "code commune", 1, "commune code", 1, "depcom", 1, "com", 0.5, "code com", 1, "commune", 0.6, "code", 0.5, "code geo", 0.8), typ: schema.String, strict: 0.7},
	{id: "postal-code", test: isPostalCode, share: 0.9, word: labelNeeded, labels: weigh("code postal", 1, "cp", 0.9, "codes postaux", 1, "postal", 0.9, "postcode", 1, "zip", 0.9), typ: schema.String, strict: 0.7},
	{id: "departement-code", test: isDepartementCode, share: 1, word: labelNeeded, labels: weigh("departement", 1, "code departement", 1, "dep", 0.9, "dept", 0.9), typ: schema.String, strict: 0.6},
	{id: "region-code", test: isRegionCode, share: 1, word: labelNeeded, labels: weigh("region", 1, "code region", 1, "reg", 0.9), typ: schema.String, strict: 0.6},
	{id: "commune", test: isCommuneName, share: 0.8, labels: weigh("commune", 1, "ville", 1, "nom commune", 1, "municipalite", 1, "localite", 0.8), strict: 0.8},
	{id: "departement", test: isDepartementName, share: 0.9, labels: words("departement", "nom departement"), strict: 0.9},
	{id: "region", test: isRegionName, share: 0.9, labels: words("region", "nom region"), strict: 0.9},
	{id: "epci-name", test: isEPCIName, share: 0.8, labels: words("epci", "intercommunalite", "nom epci", "communaute"), strict: 0.9},
	{id: "country", test: isCountry, share: 0.6, labels: weigh("pays", 1, "nationalite", 0.5, "country", 1), strict: 0.85},
	{id: "country-code-2", test: isCountry2, share: 1, word: labelNeeded, labels: weigh("pays", 1, "code pays", 1, "country", 1, "nationalite", 0.8, "iso", 0.6), typ: schema.String, strict: 0.5},
	{id: "country-code-3", test: isCountry3, share: 1, word: labelNeeded, labels: weigh("pays", 1, "code pays", 1, "country", 1, "nationalite", 0.8, "iso", 0.6), typ: schema.String, strict: 0.5},
	{id: "e-mail", test: isEmail, share: 0.9, labels: words("email", "mail", "courriel", "adresse electronique", "contact", "mel"), typ: schema.String, format: "email", strict: 0.98},
	{id: "url", test: isURL, share: 0.9, labels: words("url", "lien", "site", "site web", "web", "adresse internet"), typ: schema.String, format: "uri", strict: 0.98},
	{id: "phone", test: isPhone, share: 0.7, labels: words("telephone", "tel", "phone", "portable", "mobile", "fax"), typ: schema.String, strict: 0.85},
	{id: "uuid", test: isUUID, share: 0.9, labels: words("uuid", "identifiant", "id"), typ: schema.String, format: "uuid", strict: 0.99},
	{id: "geojson", test: isGeoJSON, share: 1, labels: words("geojson", "geometrie", "geom", "geo shape", "trace"), typ: schema.GeoJSON, strict: 0.99},
	{id: "lat-lon", test: isLatLon, share: 1, word: labelNeeded, labels: words("coordonnees", "gps", "geo point", "position", "localisation", "point", "latlon", "latlng", "geoloc", "coord", "geo"), typ: schema.String, strict: 0.7, also: latitudesFirst},
	{id: "lon-lat", test: isLonLat, share: 1, word: labelNeeded, labels: words("coordonnees", "gps", "geo point", "position", "localisation", "point", "lonlat", "xy", "geoloc", "coord", "geo"), typ: schema.Geopoint, strict: 0.65},
	{id: "latitude", test: isLatitude, share: 1, word: labelNeeded, labels: weigh("latitude", 1, "lat", 1, "y", 0.6, "coord y", 0.8, "ylat", 1, "y wgs84", 1), typ: schema.Number, strict: 0.5},
	{id: "longitude", test: isLongitude, share: 1, word: labelNeeded, labels: weigh("longitude", 1, "lon", 1, "long", 1, "lng", 1, "x", 0.6, "coord x", 0.8, "xlong", 1, "x wgs84", 1), typ: schema.Number, strict: 0.5},
	{id: "northing-l93", test: isNorthingL93, share: 1, word: labelNeeded, labels: weigh("y", 0.9, "y l93", 1, "coord y", 0.9, "coordonnee y", 0.9, "ylambert93", 1, "latitude", 0.5, "lamby", 1), typ: schema.Number, strict: 0.6, also: metres},
	{id: "easting-l93", test: isEastingL93, share: 1, word: labelNeeded, labels: weigh("x", 0.9, "x l93", 1, "coord x", 0.9, "coordonnee x", 0.9, "xlambert93", 1, "longitude", 0.5, "lambx", 1), typ: schema.Number, strict: 0.6, also: metres},
	{id: "birth-date", test: isDateText, share: 0.95, word: labelNeeded, labels: words("date de naissance", "naissance", "ne le", "date naissance", "birthdate", "ddn"), strict: 0.9},
	{id: "opening-hours", test: isOpeningHours, share: 0.8, labels: words("horaires", "opening hours", "ouverture", "jours et horaires"), typ: schema.String, strict: 0.9},
	{id: "weekday", test: isWeekday, share: 0.8, labels: words("jour", "jour de la semaine"), typ: schema.String, strict: 0.9},
	{id: "month", test: isMonthName, share: 0.9, labels: words("mois", "month"), typ: schema.String, strict: 0.85},
	{id: "year", test: isYear, share: 1, word: labelNeeded, labels: weigh("annee", 1, "an", 0.8, "exercice", 1, "millesime", 1, "year", 1, "naissance", 0.7), typ: schema.Year, strict: 0.5},
	{id: "sex", test: isSex, share: 1, labels: words("sexe", "genre", "civilite", "sex"), typ: schema.String, strict: 0.8},
	{id: "money", test: isMoney, share: 0.8, labels: words("montant", "prix", "budget", "cout", "salaire", "subvention", "tarif"), strict: 0.95},
	{id: "amount", test: isAmount, share: 0.95, word: labelNeeded, labels: words("montant", "prix", "cout", "salaire", "remuneration", "loyer", "recette", "depense", "tarif"), strict: 0.4},
	{id: "percent", test: isPercent, share: 0.8, labels: words("pourcentage", "taux", "part", "pct"), strict: 0.95},
	{id: "activity-code", test: isNAF, share: 0.8, labels: words("naf", "ape", "code naf", "code ape"), typ: schema.String, strict: 0.8},
	{id: "occupation-code", test: isOccupationCode, share: 1, word: labelNeeded, labels: words("csp", "code csp", "pcs"), typ: schema.String, strict: 0.4},
	{id: "street-code", test: isStreetCode, share: 1, word: labelNeeded, labels: words("fantoir", "code fantoir", "rivoli"), typ: schema.String, strict: 0.4},
	{id: "association-import-code", test: isImportCode, share: 0.9, labels: words("code import", "id ex"), typ: schema.String, strict: 0.8},
	{id: "object-id", test: isObjectID, share: 0.8, labels: words("id", "objectid", "_id"), typ: schema.String, strict: 0.8},
	{id: "account-name", test: isAccount, share: 1, labels: words("compte", "utilisateur", "username", "account", "user"), typ: schema.String, strict: 0.8},
	{id: "bytes", test: isBytes, share: 1, labels: words("bytes", "image", "contenu"), typ: schema.String, strict: 0.9},
	{id: "json", test: isJSON, share: 1, strict: 0.95},
	{id: "address", test: isAddress, share: 0.55, labels: words("adresse", "adr", "adresse postale", "rue", "voie", "lieu"), typ: schema.String, strict: 0.8},
	{id: "first-name", test: isFirstName, share: 0.6, word: labelNeeded, labels: weigh("prenom", 1, "prenoms", 1, "first name", 1, "given name", 1), typ: schema.String, strict: 0.6},
	{id: "last-name", test: isNameText, share: 0.9, word: labelNeeded, labels: weigh("nom de famille", 1, "nom usage", 1, "nom de naissance", 1, "patronyme", 1, "last name", 1, "surname", 1, "nom agent", 0.9, "nom salarie", 0.9, "nom eleve", 0.9, "nom enfant", 0.9, "nom", 0.4, "nom prenom", 0.3), typ: schema.String, strict: 0.3},
	{id: "full-name", test: isFullName, share: 0.6, labels: weigh("nom prenom", 1, "prenom nom", 1, "nom et prenom", 1, "contact", 0.8, "responsable", 0.8, "proprietaire", 0.8, "agent", 0.8, "elu", 0.8, "signataire", 0.8, "beneficiaire", 0.5, "demandeur", 0.8, "titulaire", 0.8), typ: schema.String, strict: 0.6},
}

// Semantics lists the meanings that detect knows.
func Semantics() []Semantic {
	var out []Semantic
	for _, k := range kinds {
		out = append(out, k.id)
	}
	return append(out, "date", "datetime", "time", "yearmonth", "boolean")
}

// Is reports whether a value alone can be of a meaning; false for an unknown one.
func Is(id Semantic, value string) bool {
	k := kindOf(id)
	return k != nil && value != "" && k.test(value)
}

// kindOf returns how a meaning is recognised; nil for an unknown one.
func kindOf(id Semantic) *kind {
	if i := slices.IndexFunc(kinds, func(k kind) bool { return k.id == id }); i >= 0 {
		return &kinds[i]
	}
	return nil
}
