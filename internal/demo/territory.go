package demo

import "fmt"

// Organisation is an authority of the demonstration. SIREN and INSEE codes,
// and populations, are public facts of the official geographic code.
type Organisation struct {
	Name       string
	Kind       string // commune, epci, departement
	SIREN      string
	INSEE      string // of a commune
	Population int
	Lon, Lat   float64 // about its centre
}

// Host is the département that runs the demonstration.
var Host = Organisation{"Département de la Haute-Garonne", "departement", "223100017", "", 1434367, 1.30, 43.35}

// Organisations lists the authorities, the host first.
var Organisations = []Organisation{
	Host,
	{"Auterive", "commune", "213100332", "31033", 10456, 1.477, 43.350},
	{"Castanet-Tolosan", "commune", "213101132", "31113", 15317, 1.498, 43.516},
	{"Castelmaurou", "commune", "213101173", "31117", 4524, 1.532, 43.677},
	{"Castelnau-d’Estrétefonds", "commune", "213101181", "31118", 7003, 1.358, 43.783},
	{"Cazères", "commune", "213101355", "31135", 4854, 1.086, 43.208},
	{"Escalquens", "commune", "213101694", "31169", 6924, 1.552, 43.518},
	{"Fonsorbes", "commune", "213101876", "31187", 12954, 1.232, 43.536},
	{"Fontenilles", "commune", "213101884", "31188", 5906, 1.191, 43.553},
	{"Labège", "commune", "213102544", "31254", 4392, 1.526, 43.531},
	{"Merville", "commune", "213103419", "31341", 6760, 1.298, 43.720},
	{"Pechbonnieu", "commune", "213104102", "31410", 4922, 1.466, 43.703},
	{"Ramonville-Saint-Agne", "commune", "213104466", "31446", 15158, 1.475, 43.545},
	{"Villemur-sur-Tarn", "commune", "213105844", "31584", 6345, 1.503, 43.866},
	{"Roques", "commune", "213104581", "31458", 5436, 1.361, 43.507},
	{"Communauté de communes du Volvestre", "epci", "200066819", "", 31439, 1.230, 43.240},
	{"Communauté de communes Cœur de Garonne", "epci", "200068815", "", 35769, 1.050, 43.390},
	{"Communauté de communes Val’Aïgo", "epci", "243100773", "", 18828, 1.480, 43.830},
	{"Sicoval", "epci", "243100633", "", 85717, 1.530, 43.510},
}

// Find returns the organisation of a name.
func Find(name string) Organisation {
	for _, o := range Organisations {
		if o.Name == name {
			return o
		}
	}
	panic("demo: no organisation " + name)
}

// SIRET returns an establishment number with a right key for the organisation:
// its SIREN, establishment 0001, and the digit that the key asks for.
func (o Organisation) SIRET() string { return siret(o.SIREN) }

func siret(siren string) string {
	for d := range 10 {
		s := fmt.Sprintf("%s0001%d", siren, d)
		if luhn(s) {
			return s
		}
	}
	panic("demo: no key for " + siren)
}

func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
