// Package benchfile writes the file that the benchmarks read: a made-up
// register of public places, the same for everyone (fixed seed), and its schema.
// A million rows of twenty columns are about 300 MB.
package benchfile

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
)

//go:embed schema.json
var schema []byte

// Schema returns the Table Schema of the file.
func Schema() []byte { return schema }

// Options say how much is written. Faults is the share of rows with a fault;
// Broken makes every cell wrong that the schema says anything about (18 of 20).
type Options struct {
	Rows   int
	Faults float64
	Broken bool
	Seed   uint64
}

var (
	regions    = []string{"Bretagne", "Corse", "Grand Est", "Hauts-de-France", "Île-de-France", "Normandie", "Nouvelle-Aquitaine", "Occitanie", "Pays de la Loire", "Provence-Alpes-Côte d'Azur"}
	categories = []string{"Bibliothèque", "Crèche", "Déchèterie", "École élémentaire", "École maternelle", "Gymnase", "Mairie", "Médiathèque", "Musée", "Parking relais", "Piscine", "Stade"}
	states     = []string{"ouvert", "fermé", "en travaux", "projet"}
	towns      = []string{"Aucamville", "Blagnac", "Cazères", "Dieupentale", "Escalquens", "Fonsorbes", "Grenade", "L'Union", "Merville", "Saint-Orens-de-Gameville", "Villemur-sur-Tarn"}
	streets    = []string{"rue de la Paix", "avenue Jean Jaurès", "place du Marché", "chemin des Vignes", "boulevard de l'Europe", "impasse du Moulin"}
	words      = []string{"accueil", "ouvert", "toute", "l'année", "sur", "réservation", "salle", "polyvalente", "jardin", "terrasse", "accès", "de", "plain-pied", "atelier", "numérique", "prêt", "documents", "espace", "jeunesse", "rénové"}
)

// Write writes the file as comma-separated text.
func Write(out io.Writer, o Options) error {
	w := bufio.NewWriterSize(out, 1<<20)
	r := rand.New(rand.NewPCG(o.Seed, 7))
	fmt.Fprintln(w, "place_id,name,siret,insee,town,departement,region,category,state,address,opened,updated,longitude,latitude,area_m2,capacity,accessible,fee,email,notes")
	buf := make([]byte, 0, 512)
	for i := range o.Rows {
		if o.Broken {
			if _, err := w.Write(appendBroken(buf[:0], i)); err != nil {
				return err
			}
			continue
		}
		buf = appendRow(buf[:0], r, i, o.Faults > 0 && r.Float64() < o.Faults)
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
	return w.Flush()
}

// appendBroken writes a row of which nothing is right, no two alike.
func appendBroken(b []byte, i int) []byte {
	return fmt.Appendf(b, "pl%d,,%d,x%d,,d%d,r%d,c%d,s%d,%d rue,%d/13/2025,le %d,%d°,n%d,-%d,1e%d,peut-être %d,%d €,@%d,%d\n", i, i, i, i, i, i, i, i, i, i, i+200, i, i+1, i, i, i, i, i)
}

func appendRow(b []byte, r *rand.Rand, i int, fault bool) []byte {
	pick := func(from []string) string { return from[r.IntN(len(from))] }
	cat, town := pick(categories), pick(towns)
	b = fmt.Appendf(b, "PL%010d,", i*7+1)
	b = fmt.Appendf(b, "%s %s %d,", cat, town, r.IntN(9000))
	b = fmt.Appendf(b, "%014d,", 10_000_000_000_000+r.Int64N(89_999_999_999_999))
	dep := 1 + r.IntN(95)
	if dep == 20 {
		dep = 31
	}
	b = fmt.Appendf(b, "%02d%03d,%s,%02d,%s,%s,%s,", dep, 1+r.IntN(700), town, dep, pick(regions), cat, pick(states))
	b = fmt.Appendf(b, "\"%d, %s\",", 1+r.IntN(200), pick(streets))
	if fault {
		b = fmt.Appendf(b, "%02d/%02d/%d,", 1+r.IntN(28), 1+r.IntN(12), 1950+r.IntN(75))
	} else {
		b = fmt.Appendf(b, "%d-%02d-%02d,", 1950+r.IntN(75), 1+r.IntN(12), 1+r.IntN(28))
	}
	b = fmt.Appendf(b, "2025-%02d-%02dT%02d:%02d:%02dZ,", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60))
	b = strconv.AppendFloat(b, -5+r.Float64()*14, 'f', 6, 64)
	b = append(b, ',')
	b = strconv.AppendFloat(b, 41.5+r.Float64()*9.5, 'f', 6, 64)
	b = append(b, ',')
	b = strconv.AppendFloat(b, r.Float64()*5000, 'f', 1, 64)
	b = fmt.Appendf(b, ",%d,%t,", r.IntN(2000), r.IntN(2) == 0)
	if r.IntN(3) > 0 {
		b = strconv.AppendFloat(b, r.Float64()*50, 'f', 2, 64)
	}
	b = fmt.Appendf(b, ",contact%d@mairie-%d.example,\"", i, r.IntN(5000))
	for n := 6 + r.IntN(12); n > 0; n-- {
		b = append(b, pick(words)...)
		if n > 1 {
			b = append(b, ' ')
		}
	}
	return append(b, "\"\n"...)
}

// File returns the path of the file with the given options in dir, writing it
// when it is not there yet.
func File(dir string, o Options) (string, error) {
	name := fmt.Sprintf("bench-%d-%g-%d.csv", o.Rows, o.Faults, o.Seed)
	if o.Broken {
		name = fmt.Sprintf("bench-%d-broken.csv", o.Rows)
	}
	path := filepath.Join(dir, name)
	if st, err := os.Stat(path); err == nil && st.Size() > 0 {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	f, err := os.Create(path + ".tmp")
	if err != nil {
		return "", err
	}
	if err := Write(f, o); err != nil {
		_ = f.Close()
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	return path, os.Rename(path+".tmp", path)
}
