// Command phone makes the numbering plans of internal/phone from the metadata of
// libphonenumber (Google, Apache-2.0) as its Go port carries them:
//
//	go run ./tools/phone -out internal/phone
//
// It writes plans.txt, whose lines are described in internal/phone/plan.go. The same
// version of the port gives the same bytes.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

func main() {
	out := flag.String("out", "internal/phone", "where to write")
	flag.Parse()
	text, err := plans()
	if err == nil {
		err = os.WriteFile(filepath.Join(*out, "plans.txt"), []byte(text), 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// plans gives the whole file: regions by calling code, the main one of a code first.
func plans() (string, error) {
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		return "", err
	}
	short, err := phonenumbers.ShortNumberMetadataCollection()
	if err != nil {
		return "", err
	}
	type key struct {
		code   int
		region string
	}
	known := map[key]*phonenumbers.PhoneMetadata{}
	for _, m := range all.GetMetadata() {
		known[key{int(m.GetCountryCode()), m.GetId()}] = m
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Numbering plans made by tools/phone from libphonenumber (Google, Apache-2.0), %s.\n", version())
	codes := phonenumbers.GetSupportedCallingCodes()
	sorted := make([]int, 0, len(codes))
	for code := range codes {
		sorted = append(sorted, code)
	}
	slices.Sort(sorted)
	for _, code := range sorted {
		for _, region := range phonenumbers.GetRegionCodesForCountryCode(code) {
			m := known[key{code, region}]
			if m == nil {
				return "", fmt.Errorf("no plan of %d %s", code, region)
			}
			b.WriteString(line(code, m))
		}
	}
	for _, m := range short.GetMetadata() {
		if m.GetId() == "FR" {
			fmt.Fprintf(&b, "short\tFR\t%s\t%s\n", kind("", m.GetGeneralDesc()), kind("", m.GetShortCode()))
		}
	}
	return b.String(), nil
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if strings.HasSuffix(d.Path, "/phonenumbers") {
				return "port " + d.Version
			}
		}
	}
	return "port of unknown version"
}

// line writes one region.
func line(code int, m *phonenumbers.PhoneMetadata) string {
	general := m.GetGeneralDesc()
	international := ""
	if m.GetId() == "FR" { // that of the other regions is never read: cells are dialled from France
		international = m.GetInternationalPrefix()
	}
	fields := []string{
		strconv.Itoa(code), m.GetId(), kind("", general), lengths(general.GetPossibleLengthLocalOnly()),
		m.GetLeadingDigits(), international, m.GetNationalPrefixForParsing(), braces(m.GetNationalPrefixTransformRule()),
	}
	for _, d := range []struct {
		letter string
		desc   *phonenumbers.PhoneNumberDesc
	}{
		{"f", m.GetFixedLine()},
		{"m", m.GetMobile()},
		{"o", m.GetPremiumRate()},
		{"o", m.GetTollFree()},
		{"o", m.GetSharedCost()},
		{"o", m.GetVoip()},
		{"o", m.GetPersonalNumber()},
		{"o", m.GetPager()},
		{"o", m.GetUan()},
		{"o", m.GetVoicemail()},
	} {
		if pattern := d.desc.GetNationalNumberPattern(); pattern == "" || pattern == "NA" || slices.Contains(d.desc.GetPossibleLength(), -1) {
			continue // no number of this kind
		}
		fields = append(fields, kind(d.letter, d.desc))
	}
	return strings.Join(fields, "\t") + "\n"
}

// kind writes one description: letter, lengths, pattern.
func kind(letter string, d *phonenumbers.PhoneNumberDesc) string {
	return letter + lengths(d.GetPossibleLength()) + ":" + strings.Join(strings.Fields(d.GetNationalNumberPattern()), "")
}

func lengths(of []int32) string {
	texts := make([]string, len(of))
	for i, n := range of {
		texts[i] = strconv.Itoa(int(n))
	}
	return strings.Join(texts, ",")
}

// braces writes the groups of a rule as Go reads them whatever follows: $1 → ${1}.
func braces(rule string) string {
	var b strings.Builder
	for i := 0; i < len(rule); i++ {
		if rule[i] == '$' && i+1 < len(rule) {
			b.WriteString("${" + rule[i+1:i+2] + "}")
			i++
			continue
		}
		b.WriteByte(rule[i])
	}
	return b.String()
}
