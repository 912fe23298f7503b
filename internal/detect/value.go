package detect

import (
	"encoding/json"
	"math/big"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"socle/internal/phone"
)

var (
	rnaPattern        = later(`^W[0-9][0-9A-Z][0-9]{7}$`)
	uaiPattern        = later(`^[0-9]{7}[A-HJ-NPR-Z]$`)
	bicPattern        = later(`^[A-Z]{4}([A-Z]{2})[A-Z0-9]{2}([A-Z0-9]{3})?$`)
	emailPattern      = later(`^[\p{L}\p{N}.!#$%&'*+/=?^_{|}~-]+@[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?(\.[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?)*\.\p{L}{2,}$`)
	urlPattern        = later(`(?i)^((https?|ftp)://[^\s/$.?#]\S*|www\.[a-z0-9-]+(\.[a-z0-9-]+)+(/\S*)?)$`)
	uuidPattern       = later(`(?i)^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$`)
	objectIDPattern   = later(`^[0-9a-f]{24}$`)
	accountPattern    = later(`^@[A-Za-z0-9_.-]+$`)
	nafPattern        = later(`^[0-9]{2}\.?[0-9]{2}[A-Z]$`)
	occupationPattern = later(`^[1-8][0-9]{2}[a-l]$`)
	streetPattern     = later(`^[0-9]{4}[A-HJ-NP-Z]$`)
	importPattern     = later(`^[0-9]{3}[SP][0-9]{4,10}(.[0-9]{1,3})?$`)
	rnbPattern        = later(`^[0-9A-HJ-NP-TV-Z]{12}$`)
	moneyPattern      = later(`(?i)^-?([0-9]{1,3}([ .'’]?[0-9]{3})*|[0-9]+)([.,][0-9]+)? ?(€|euros?|eur|k€|m€|\$|£)$`)
	percentPattern    = later(`^[-+]?[0-9]+([.,][0-9]+)? ?%$`)
	rcsPattern        = later(`^(?i:rcs) ?\p{L}[\p{L}' -]* ?[ABCD] ?([0-9 ]{9,})$`)
	decimalPattern    = later(`^-?([0-9]+)([.,]([0-9]+))?$`)
	hoursPattern      = later(`^(24/7|(Mo|Tu|We|Th|Fr|Sa|Su|PH|SH)([ ,;:0-9-]|Mo|Tu|We|Th|Fr|Sa|Su|PH|SH|off|closed)*)$`)
	bytesPattern      = later(`(?s)^b('.*'|".*")$`)
)

// later compiles a pattern when it is first used: programs that only have this
// package with them do not wait for it.
func later(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// digits takes spaces and points away and says whether n digits are left.
func digits(s string, n int) (string, bool) {
	s = strings.NewReplacer(" ", "", ".", "", "\u00a0", "", "\u202f", "").Replace(s)
	return s, len(s) == n && strings.Trim(s, "0123456789") == ""
}

// luhn is the check digit of SIREN and SIRET (ISO/IEC 7812-1).
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

func isSIREN(s string) bool {
	d, ok := digits(s, 9)
	return ok && luhn(d) && strings.Trim(d, "0") != ""
}

// isSIRET follows the rule of establishments, with that of La Poste: the sum of
// the digits is a multiple of five.
func isSIRET(s string) bool {
	d, ok := digits(s, 14)
	if !ok || !luhn(d[:9]) || strings.Trim(d, "0") == "" {
		return false
	}
	if luhn(d) {
		return true
	}
	if !strings.HasPrefix(d, "356000000") {
		return false
	}
	sum := 0
	for _, c := range d {
		sum += int(c - '0')
	}
	return sum%5 == 0
}

func isRNA(s string) bool { return rnaPattern().MatchString(s) }

// uaiLetters are the check letters, in the order of the remainder by 23.
const uaiLetters = "ABCDEFGHJKLMNPRSTUVWXYZ"

func isUAI(s string) bool {
	if !uaiPattern().MatchString(s) {
		return false
	}
	n, err := strconv.Atoi(s[:7])
	return err == nil && uaiLetters[n%23] == s[7]
}

// isNIR tests the number of social security: 13 characters and a key, 97 less
// the remainder by 97, Corsica's letters counting as 19 and 18 (décret 82-103).
func isNIR(s string) bool {
	s = strings.NewReplacer(" ", "", ".", "").Replace(s)
	if len(s) != 15 || !strings.ContainsRune("123478", rune(s[0])) {
		return false
	}
	n := s[:13]
	switch s[5:7] {
	case "2A":
		n = s[:5] + "19" + s[7:13]
	case "2B":
		n = s[:5] + "18" + s[7:13]
	}
	value, err := strconv.ParseInt(n, 10, 64)
	key, err2 := strconv.ParseInt(s[13:], 10, 64)
	return err == nil && err2 == nil && 97-value%97 == key
}

// isTaxNumber tests the French tax number (SPI): 13 digits, the first 0 to 3, the
// last three the remainder by 511.
func isTaxNumber(s string) bool {
	d, ok := digits(s, 13)
	if !ok || d[0] > '3' {
		return false
	}
	value, err := strconv.ParseInt(d[:10], 10, 64)
	key, err2 := strconv.ParseInt(d[10:], 10, 64)
	return err == nil && err2 == nil && value%511 == key
}

// isVAT tests the French number of VAT: FR or not, two characters of key, a SIREN;
// a key of digits is (12 + 3 × (SIREN mod 97)) mod 97.
func isVAT(s string) bool {
	s = strings.ToUpper(strings.NewReplacer(" ", "", ".", "").Replace(s))
	s = strings.TrimPrefix(s, "FR")
	if len(s) != 11 || strings.ContainsAny(s[:2], "IO") {
		return false
	}
	siren, ok := digits(s[2:], 9)
	if !ok || !luhn(siren) && !strings.HasPrefix(siren, "000") {
		return false
	}
	if strings.Trim(s[:2], "0123456789") != "" {
		return alphanumeric(s[:2])
	}
	n, err := strconv.Atoi(siren)
	key, err2 := strconv.Atoi(s[:2])
	return err == nil && err2 == nil && (12+3*(n%97))%97 == key
}

func alphanumeric(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return s != ""
}

// ibanForms says what follows country and key in the countries that use IBAN (SWIFT
// register): how many digits (n), capital letters (a) or either (c).
var ibanForms = map[string]string{
	"AD": "8n12c", "AE": "19n", "AL": "8n16c", "AT": "16n", "AZ": "4a20c", "BA": "16n", "BE": "12n", "BG": "4a6n8c", "BH": "4a14c", "BR": "23n1a1c",
	"BY": "4c4n16c", "CH": "5n12c", "CR": "18n", "CY": "8n16c", "CZ": "20n", "DE": "18n", "DK": "14n", "DO": "4c20n", "EE": "16n", "EG": "25n",
	"ES": "20n", "FI": "14n", "FO": "14n", "FR": "10n11c2n", "GB": "4a14n", "GE": "2a16n", "GI": "4a15c", "GL": "14n", "GR": "7n16c", "GT": "24c",
	"HR": "17n", "HU": "24n", "IE": "4a14n", "IL": "19n", "IQ": "4a15n", "IS": "22n", "IT": "1a10n12c", "JO": "4a4n18c", "KW": "4a22c", "KZ": "3n13c",
	"LB": "4n20c", "LC": "4a24c", "LI": "5n12c", "LT": "16n", "LU": "3n13c", "LV": "4a13c", "LY": "21n", "MC": "10n11c2n", "MD": "20c", "ME": "18n",
	"MK": "3n10c2n", "MR": "23n", "MT": "4a5n18c", "MU": "4a19n3a", "NL": "4a10n", "NO": "11n", "PK": "4a16c", "PL": "24n", "PS": "4a21c", "PT": "21n",
	"QA": "4a21c", "RO": "4a16c", "RS": "18n", "SA": "2n18c", "SC": "4a20n3a", "SE": "20n", "SI": "15n", "SK": "20n", "SM": "1a10n12c", "ST": "21n",
	"SV": "4a20n", "TL": "19n", "TN": "20n", "TR": "6n16c", "UA": "6n19c", "VA": "18n", "VG": "4a16n", "XK": "16n",
}

// ibanBody tests what follows the key of an IBAN.
func ibanBody(s, form string) bool {
	n := 0
	for _, c := range form {
		if c >= '0' && c <= '9' {
			n = n*10 + int(c-'0')
			continue
		}
		if len(s) < n {
			return false
		}
		part := s[:n]
		if c == 'n' && strings.Trim(part, "0123456789") != "" || c == 'a' && strings.ContainsAny(part, "0123456789") {
			return false
		}
		s, n = s[n:], 0
	}
	return s == ""
}

// isIBAN tests length and key (ISO 13616: the remainder by 97 is 1).
func isIBAN(s string) bool {
	s = strings.NewReplacer(" ", "", "-", "").Replace(s)
	if len(s) < 15 || len(s) > 34 || !alphanumeric(s) || ibanForms[s[:2]] == "" || !ibanBody(s[4:], ibanForms[s[:2]]) {
		return false
	}
	var b strings.Builder
	for _, c := range s[4:] + s[:4] {
		if c >= 'A' {
			b.WriteString(strconv.Itoa(int(c-'A') + 10))
		} else {
			b.WriteRune(c)
		}
	}
	n, ok := new(big.Int).SetString(b.String(), 10)
	return ok && n.Mod(n, big.NewInt(97)).Int64() == 1
}

func isBIC(s string) bool {
	m := bicPattern().FindStringSubmatch(s)
	return m != nil && (countryTables().two[m[1]] || m[1] == "XK")
}

func isRCS(s string) bool {
	m := rcsPattern().FindStringSubmatch(s)
	return m != nil && isSIREN(m[1])
}

// isRNB tests the form of an identifier of the register of buildings: twelve
// characters without I, O and U, written in one piece or by fours.
func isRNB(s string) bool {
	s = strings.NewReplacer("-", "", " ", "").Replace(strings.ToUpper(s))
	return rnbPattern().MatchString(s)
}

func isEmail(s string) bool {
	if len(s) > 254 || strings.Contains(s, "..") || !emailPattern().MatchString(s) {
		return false
	}
	for _, r := range s {
		if r >= 0xff00 && r <= 0xffef { // full width letters
			return false
		}
	}
	_, err := mail.ParseAddress(s)
	return err == nil
}

func isURL(s string) bool { return len(s) < 4096 && urlPattern().MatchString(s) }

func isPhone(s string) bool {
	if len(s) > 25 || len(s) < 4 || strings.IndexFunc(s, unicode.IsLetter) >= 0 {
		return false
	}
	bare := strings.NewReplacer(" ", "", ".", "", "-", "", "/", "", "(", "", ")", "").Replace(s)
	if strings.HasPrefix(bare, "33") && len(bare) == 11 {
		bare = "+" + bare
	}
	if !strings.HasPrefix(bare, "0") && !strings.HasPrefix(bare, "+") {
		return len(bare) == 4 && strings.HasPrefix(bare, "3")
	}
	n, ok := phone.Parse(bare)
	return ok && n.Valid()
}

// isMobile is a phone number of a French mobile.
func isMobile(s string) bool {
	bare := strings.NewReplacer(" ", "", ".", "", "-", "").Replace(s)
	if strings.HasPrefix(bare, "33") {
		bare = "+" + bare
	}
	n, ok := phone.Parse(bare)
	return ok && n.FrenchMobile()
}

func isUUID(s string) bool       { return uuidPattern().MatchString(s) }
func isObjectID(s string) bool   { return objectIDPattern().MatchString(s) }
func isAccount(s string) bool    { return accountPattern().MatchString(s) }
func isNAF(s string) bool        { return nafPattern().MatchString(s) && s[:2] != "00" && nafDivision(s[:2]) }
func isStreetCode(s string) bool { return streetPattern().MatchString(s) }
func isImportCode(s string) bool { return importPattern().MatchString(s) }
func isMoney(s string) bool      { return moneyPattern().MatchString(s) }
func isPercent(s string) bool    { return percentPattern().MatchString(s) }
func isBytes(s string) bool      { return bytesPattern().MatchString(s) }

// nafDivision reports whether the activity code of NAF 2008 has the division.
func nafDivision(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 1 && n <= 99 && !slices.Contains([]int{4, 34, 40, 44, 48, 54, 57, 67, 76, 83, 89}, n)
}

func isOccupationCode(s string) bool { return occupationPattern().MatchString(strings.ToLower(s)) }

func isAmount(s string) bool {
	return isMoney(s) || decimalPattern().MatchString(strings.ReplaceAll(s, " ", ""))
}

func isJSON(s string) bool {
	return len(s) > 1 && (s[0] == '{' || s[0] == '[') && json.Valid([]byte(s))
}

func isGeoJSON(s string) bool {
	if len(s) < 2 || s[0] != '{' {
		return false
	}
	var o struct {
		Type        string
		Coordinates json.RawMessage
		Geometry    *struct{ Coordinates json.RawMessage }
		Geometries  json.RawMessage
		Features    json.RawMessage
	}
	if json.Unmarshal([]byte(s), &o) != nil {
		return false
	}
	return o.Coordinates != nil || o.Geometry != nil && o.Geometry.Coordinates != nil || o.Geometries != nil || o.Features != nil
}

// number reads a decimal number with a point or a comma.
func number(s string) (value float64, decimals int, ok bool) {
	m := decimalPattern().FindStringSubmatch(s)
	if m == nil {
		return 0, 0, false
	}
	v, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	return v, len(m[3]), err == nil
}

func isLatitude(s string) bool  { v, _, ok := number(s); return ok && v >= -90 && v <= 90 }
func isLongitude(s string) bool { v, _, ok := number(s); return ok && v >= -180 && v <= 180 }

// isLatitudeFrance and isLongitudeFrance are those of metropolitan France.
func isLatitudeFrance(s string) bool  { v, _, ok := number(s); return ok && v >= 41.3 && v <= 51.3 }
func isLongitudeFrance(s string) bool { v, _, ok := number(s); return ok && v >= -5.5 && v <= 9.8 }

// Lambert-93 (RGF93, EPSG:2154), in metres, over metropolitan France.
func isEastingL93(s string) bool { v, _, ok := number(s); return ok && v >= -357_823 && v <= 1_313_633 }
func isNorthingL93(s string) bool {
	v, _, ok := number(s)
	return ok && v >= 6_037_008 && v <= 7_230_728
}

// point reads two numbers with decimals parted by a comma, in brackets or not.
func point(s string) (a, b float64, ok bool) {
	open, closed := strings.HasPrefix(s, "["), strings.HasSuffix(s, "]")
	if open != closed {
		return 0, 0, false
	}
	x, y, found := strings.Cut(strings.Trim(s, "[]"), ",")
	if !found {
		return 0, 0, false
	}
	a, da, okA := number(strings.TrimSpace(x))
	b, db, okB := number(strings.TrimSpace(y))
	return a, b, okA && okB && da > 0 && db > 0 && !strings.Contains(y, ",")
}

func isLatLon(s string) bool {
	a, b, ok := point(s)
	return ok && a >= -90 && a <= 90 && b >= -180 && b <= 180
}

func isLonLat(s string) bool {
	a, b, ok := point(s)
	return ok && b >= -90 && b <= 90 && a >= -180 && a <= 180
}

// latitudesFirst tells that pairs are latitude, then longitude: most lie in France
// only so, or a second number is over 90.
func latitudesFirst(values []string) bool {
	latFirst, lonFirst := 0, 0
	for _, v := range values {
		a, b, ok := point(v)
		switch {
		case !ok:
		case b > 90 || b < -90, a >= 41 && a <= 52 && b >= -6 && b <= 10:
			latFirst++
		case a > 90 || a < -90, b >= 41 && b <= 52 && a >= -6 && a <= 10:
			lonFirst++
		}
	}
	return latFirst >= lonFirst
}

// metres tells that coordinates are in metres: most are over ten thousand.
func metres(values []string) bool {
	n := 0
	for _, v := range values {
		if x, _, ok := number(v); ok && (x > 10_000 || x < -10_000) {
			n++
		}
	}
	return 2*n > len(values)
}

func isYear(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && len(s) == 4 && n >= 1700 && n <= 2150
}

func isOpeningHours(s string) bool {
	return len(s) < 512 && hoursPattern().MatchString(s) && (s == "24/7" || strings.ContainsAny(s, "0123456789"))
}

func isWeekday(s string) bool {
	return slices.Contains([]string{"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "lun", "mar", "mer", "jeu", "ven", "sam", "dim",
		"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}, strings.Trim(foldText(s), "."))
}

func isMonthName(s string) bool { return months[strings.Trim(foldText(s), ".")] > 0 }

func isSex(s string) bool {
	return slices.Contains([]string{"h", "f", "m", "homme", "femme", "masculin", "feminin", "garcon", "fille", "m.", "mme", "mlle", "monsieur", "madame"}, foldText(s))
}
