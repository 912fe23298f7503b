package phone

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text, e164 string // "" when the text is no number
		is         string // v valid, s short, m French mobile
	}{
		{"05 61 22 22 22", "+33561222222", "v"},
		{"05.61.22.22.22", "+33561222222", "v"},
		{"05-61-22-22-22", "+33561222222", "v"},
		{"05/61/22/22/22", "+33561222222", "v"},
		{"(0)5 61 22 22 22", "+33561222222", "v"},
		{"0561222222", "+33561222222", "v"},
		{"+33 5 61 22 22 22", "+33561222222", "v"},
		{"+33 (0)5 61 22 22 22", "+33561222222", "v"},
		{"0033561222222", "+33561222222", "v"},
		{"+0033561222222", "+33561222222", "v"},
		{"33561222222", "+33561222222", "v"},
		{"tel:+33-5-61-22-22-22", "+33561222222", "v"},
		{"Tél. : 05 61 22 22 22.", "+33561222222", "v"},
		{"05 61 22 22 22 poste", "+3356122222276783", ""},
		{"05 61 22 22 22 ext. 12", "+33561222222", "v"},
		{"05 61 22 22 22 x12/x13", "+33561222222", "v"},
		{"０５ ６１ ２２ ２２ ２２", "+33561222222", "v"},
		{"06 12 34 56 78", "+33612345678", "vm"},
		{"+33 7 81 23 45 67", "+33781234567", "vm"},
		{"07 00 12 34 56", "+33700123456", ""},
		{"0800 SOCLE1", "+33800762531", "v"},
		{"3949", "+333949", "s"},
		{"15", "+3315", "s"},
		{"116 000", "+33116000", "s"},
		{"+262 262 48 15 16", "+262262481516", "v"},
		{"0692 12 34 56", "+33692123456", ""},
		{"+262 692 12 34 56", "+262692123456", "v"},
		{"+32 2 555 12 12", "+3225551212", "v"},
		{"+39 06 698 83712", "+390669883712", "v"},
		{"+1 650 253 0000", "+16502530000", "v"},
		{"+54 9 11 2345 6789", "+5491123456789", "v"},
		{"+54 011 15 2345 6789", "+5491123456789", "v"},
		{"+800 1234 5678", "+80012345678", "v"},
		{"+999 1234 5678", "", ""},
		{"05 61 22 22 2", "+33056122222", ""},
		{"05 61 22 22 22 / 06 12 34 56 78", "", ""},
		{"", "", ""},
		{"néant", "", ""},
		{"1", "", ""},
		{strings.Repeat("1", 300), "", ""},
	} {
		n, ok := Parse(c.text)
		e164, is := "", ""
		if ok {
			e164 = n.E164()
			for _, s := range []struct {
				letter string
				is     bool
			}{{"v", n.Valid()}, {"s", n.Short()}, {"m", n.FrenchMobile()}} {
				if s.is {
					is += s.letter
				}
			}
		}
		if e164 != c.e164 || is != c.is {
			t.Errorf("%q: %q %q, want %q %q", c.text, e164, is, c.e164, c.is)
		}
	}
}

// TestAsTheLibrary compares this package with libphonenumber on numbers of all
// regions written in many ways, and on texts that are nearly numbers.
func TestAsTheLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 33))
	var texts []string
	for region := range phonenumbers.GetSupportedRegions() {
		for _, kind := range []phonenumbers.PhoneNumberType{
			phonenumbers.FIXED_LINE, phonenumbers.MOBILE, phonenumbers.TOLL_FREE, phonenumbers.PREMIUM_RATE,
			phonenumbers.SHARED_COST, phonenumbers.VOIP, phonenumbers.UAN, phonenumbers.PERSONAL_NUMBER,
		} {
			n := phonenumbers.GetExampleNumberForType(region, kind)
			if n == nil {
				continue
			}
			for _, as := range []phonenumbers.PhoneNumberFormat{
				phonenumbers.E164, phonenumbers.INTERNATIONAL, phonenumbers.NATIONAL, phonenumbers.RFC3966,
			} {
				texts = append(texts, phonenumbers.Format(n, as))
			}
		}
	}
	slices.Sort(texts) // the regions come in any order
	for _, text := range slices.Clone(texts) {
		for range 3 {
			texts = append(texts, changed(r, text))
		}
	}
	for range 12_000 {
		texts = append(texts, french(r))
	}
	for range 6_000 {
		texts = append(texts, changed(r, french(r)), noise(r))
	}
	valid, short, mobile := 0, 0, 0
	for _, text := range texts {
		got, want := ours(text), theirs(text)
		if got != want {
			t.Errorf("%q: %s, the library says %s", text, got, want)
		}
		valid += strings.Count(want, "valid")
		short += strings.Count(want, "short")
		mobile += strings.Count(want, "mobile")
	}
	t.Logf("%d texts: %d valid, %d short, %d French mobiles", len(texts), valid, short, mobile)
	if valid < 10_000 || short < 300 || mobile < 1000 {
		t.Error("the cases try too little")
	}
}

func ours(text string) string {
	n, ok := Parse(text)
	if !ok {
		return "none"
	}
	return said(n.E164(), n.Valid(), n.Short(), n.FrenchMobile())
}

func theirs(text string) string {
	// The port keeps what follows a number, which the library it ports cuts.
	text = strings.TrimRightFunc(text, func(r rune) bool { return !unicode.IsNumber(r) && !unicode.IsLetter(r) && r != '#' })
	n, err := phonenumbers.Parse(text, "FR")
	if err != nil {
		return "none"
	}
	return said(phonenumbers.Format(n, phonenumbers.E164), phonenumbers.IsValidNumber(n), phonenumbers.IsValidShortNumberForRegion(n, "FR"),
		n.GetCountryCode() == 33 && phonenumbers.GetNumberType(n) == phonenumbers.MOBILE)
}

func said(e164 string, valid, short, mobile bool) string {
	for _, s := range []struct {
		word string
		is   bool
	}{{" valid", valid}, {" short", short}, {" mobile", mobile}} {
		if s.is {
			e164 += s.word
		}
	}
	return e164
}

// french writes digits as people of France do.
func french(r *rand.Rand) string {
	digits := func(n int) string {
		var b strings.Builder
		for range n {
			fmt.Fprint(&b, r.IntN(10))
		}
		return b.String()
	}
	sep := pick(r, "", " ", ".", "-", "/", "\u00A0", " - ", "  ")
	switch r.IntN(12) {
	case 0:
		return pick(r, "3", "1", "8", "11", "116", "118", "10") + digits(1+r.IntN(4))
	case 1:
		return digits(3) + sep + digits(3) + sep + digits(3) // the zero was lost
	}
	area := pick(r, "1", "2", "3", "4", "5", "6", "6", "7", "7", "8", "9")
	prefix := pick(r, "0", "0", "0", "+33"+sep, "+33"+sep+"(0)", "+33 0", "0033", "0033 (0)", "33", "(0)", "+033", "")
	n := 8
	if r.IntN(10) == 0 {
		n = 6 + r.IntN(5)
	}
	rest := digits(n)
	var b strings.Builder
	b.WriteString(prefix + area)
	for i := 0; i < len(rest); i += 2 {
		b.WriteString(sep + rest[i:min(i+2, len(rest))])
	}
	b.WriteString(pick(r, "", "", "", "", "", " ", ".", ";", " ext 12", " x4", "#", " #3", ";ext=7", ", 12", " (mairie)", " ou "+area+digits(8)))
	return pick(r, "", "", "", "", "Tél : ", "tel:", "T. ", "(") + b.String()
}

// changed writes one character otherwise.
func changed(r *rand.Rand, text string) string {
	runes := []rune(text)
	if len(runes) == 0 {
		return text
	}
	at := r.IntN(len(runes))
	other := []rune(pick(r, "0", "1", "5", "9", " ", "", "-", "+", "x", "(", "A", "#", "~", ",", ";", "٣", "＋", "00", "é", "*"))
	if r.IntN(2) == 0 {
		return string(runes[:at]) + string(other) + string(runes[at+1:])
	}
	return string(runes[:at]) + string(other) + string(runes[at:])
}

// noise is anything made of what numbers are made of.
func noise(r *rand.Rand) string {
	const signs = "00123456789+33 .-()/x#;,extA~[]*６٤"
	all := []rune(signs)
	var b strings.Builder
	for range 1 + r.IntN(20) {
		b.WriteRune(all[r.IntN(len(all))])
	}
	return b.String()
}

func pick(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if n, ok := Parse("05 61 22 22 22"); !ok || !n.Valid() {
			b.Fatal("no number")
		}
	}
}
