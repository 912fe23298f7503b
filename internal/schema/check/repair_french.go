package check

import (
	"strings"

	"socle/internal/cog"
)

// repairPlace writes the name of a place, or its code, as official lists do.
func repairPlace(m *mender, s string) []proposal {
	switch {
	case m.asks("departement"):
		if a, ok := cog.DepartementNamed(s); ok {
			return []proposal{{"place-name", true, a.Name}}
		}
		if a, ok := cog.Departement(strings.ToUpper(s)); ok {
			return []proposal{{"place-name", true, a.Name}}
		}
	case m.asks("region"):
		if a, ok := cog.RegionNamed(s); ok {
			return []proposal{{"place-name", true, a.Name}}
		}
	case m.asks("commune"):
		names := map[string]bool{}
		for _, p := range cog.CommunesNamed(s) {
			names[p.Name] = true
		}
		if len(names) == 1 {
			for name := range names {
				return []proposal{{"place-name", true, name}}
			}
		}
	case m.asks("pays"):
		if c, ok := cog.CountryNamed(s); ok {
			return []proposal{{"place-name", true, c.French}}
		}
	case m.asks("code-pays-iso2", "code-pays-iso3"):
		return []proposal{{"letter-case", true, strings.ToUpper(s)}}
	}
	return nil
}

// repairActs mends the mark between the two levels of the nomenclature of acts,
// and a slip of one letter in the first.
func repairActs(m *mender, s string) []proposal {
	if !m.asks("nomenclature-actes-value", "nomenclature-acte") {
		return nil
	}
	var out []proposal
	for _, sep := range []string{"/", " - ", " : ", " > "} {
		prefix, rest, found := strings.Cut(s, sep)
		if !found {
			continue
		}
		prefix, rest = strings.TrimSpace(prefix), strings.TrimSpace(rest)
		out = append(out, proposal{"separators", true, prefix + "/" + rest})
		for _, a := range acts {
			if oneSlip(key(prefix), key(a)) {
				out = append(out, proposal{"value-typo", false, a + "/" + rest})
			}
		}
	}
	return out
}

// repairYears writes two years as AAAA/AAAA.
func repairYears(m *mender, s string) []proposal {
	if !m.asks("year-interval-value") {
		return nil
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("/-à ", r) })
	if len(parts) != 2 || !allDigits(parts[0], 4) {
		return nil
	}
	if allDigits(parts[1], 2) {
		parts[1] = parts[0][:2] + parts[1]
	}
	if !allDigits(parts[1], 4) {
		return nil
	}
	return []proposal{{"separators", true, parts[0] + "/" + parts[1]}}
}

var osmDays = map[string]string{"lundi": "Mo", "mardi": "Tu", "mercredi": "We", "jeudi": "Th", "vendredi": "Fr", "samedi": "Sa", "dimanche": "Su",
	"lun": "Mo", "mar": "Tu", "mer": "We", "jeu": "Th", "ven": "Fr", "sam": "Sa", "dim": "Su", "feries": "PH"}

// repairHours writes French opening hours in the syntax of OpenStreetMap, when
// every word is understood: « du lundi au vendredi de 9h à 12h et de 14h à 17h30,
// samedi 9h-12h ». A person confirms.
func repairHours(m *mender, s string) []proposal {
	if !m.asks("opening-hours-value", "opening-hours") {
		return nil
	}
	switch key(s) {
	case "24h24", "24h247j7", "247", "7j724h24", "24hsur24":
		return []proposal{{"opening-hours", false, "24/7"}}
	}
	text := strings.NewReplacer(" : ", " ", ": ", " ", "-", " - ", ",", " , ", ";", " , ", ":", "h", "/", " , ").Replace(fold(s))
	var rules []string
	var days, hours strings.Builder
	flush := func() bool {
		if days.Len() == 0 && hours.Len() == 0 {
			return true
		}
		if hours.Len() == 0 || strings.HasSuffix(hours.String(), "-") {
			return false
		}
		rules = append(rules, strings.TrimSpace(strings.TrimSuffix(days.String(), ",")+" "+hours.String()))
		days.Reset()
		hours.Reset()
		return true
	}
	through := false // the last word joins a first and a last
	for _, w := range strings.Fields(text) {
		w = strings.Trim(w, ".()")
		day := osmDays[strings.TrimSuffix(w, "s")]
		if day == "" {
			day = osmDays[w]
		}
		clock, isClock := osmClock(w)
		switch {
		case day != "":
			if hours.Len() > 0 && !flush() {
				return nil
			}
			joinTo(&days, day, through)
			through = false
		case isClock:
			joinTo(&hours, clock, strings.Count(hours.String(), ":")%2 == 1)
			through = false
		case w == "ferme" || w == "fermee":
			if hours.Len() > 0 {
				return nil
			}
			hours.WriteString("off")
		case w == "-" || w == "au" || w == "a":
			through = true
		case w == "" || w == "," || w == "et" || w == "du" || w == "de" || w == "le" || w == "les" || w == "ouvert" || w == "puis" || w == "jours":
		default:
			return nil
		}
	}
	if !flush() || len(rules) == 0 {
		return nil
	}
	return []proposal{{"opening-hours", false, strings.Join(rules, "; ")}}
}

func joinTo(b *strings.Builder, s string, through bool) {
	switch {
	case b.Len() == 0:
	case through:
		b.WriteByte('-')
	default:
		b.WriteByte(',')
	}
	b.WriteString(s)
}

// osmClock writes 9h, 9h30 and 09h00 as 09:00 and 09:30.
func osmClock(w string) (string, bool) {
	hour, minute, found := strings.Cut(w, "h")
	if !found || len(hour) < 1 || len(hour) > 2 || strings.Trim(hour+minute, "0123456789") != "" || len(minute) != 0 && len(minute) != 2 {
		return "", false
	}
	if len(hour) == 1 {
		hour = "0" + hour
	}
	if minute == "" {
		minute = "00"
	}
	if hour > "24" || minute > "59" {
		return "", false
	}
	return hour + ":" + minute, true
}
