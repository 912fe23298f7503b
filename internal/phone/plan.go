package phone

import (
	_ "embed"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// plansText has one line per region, fields between tabs:
//
//	calling code, region, general kind, lengths dialled only locally, leading digits,
//	international prefix (of France alone), national prefix, rule that rewrites it, kinds…
//
// The regions of one calling code follow one another, the main one first. A kind is
// written "LENGTHS:PATTERN" behind its letter (f fixed, m mobile, o another one; the
// general kind has none); no lengths: those of the general kind. The last line, that
// begins with "short", has the general kind and the codes of short numbers in France.
//
//go:embed plans.txt
var plansText string

// pattern is a regular expression compiled when it is first needed, and anchored.
type pattern struct {
	text, end string
	once      sync.Once
	compiled  *regexp.Regexp
}

func (p *pattern) regexp() *regexp.Regexp {
	p.once.Do(func() { p.compiled = regexp.MustCompile("^(?:" + p.text + ")" + p.end) })
	return p.compiled
}

// kind is a sort of numbers: fixed lines, mobiles…
type kind struct {
	letter  byte
	lengths []int // ascending; none: any
	pattern pattern
}

func (k *kind) matches(national string) bool {
	return (len(k.lengths) == 0 || slices.Contains(k.lengths, len(national))) && k.pattern.regexp().MatchString(national)
}

// plan is what numbers of one region look like.
type plan struct {
	code          int // calling code: 33
	region        string
	general       *kind
	local         []int // lengths that can only be dialled locally
	leading       *pattern
	international string
	prefix        *pattern // national prefix; nil: none
	rule          string   // what a prefix becomes; "" drops it
	kinds         []*kind
}

// book is the whole file.
type book struct {
	byCode        map[int][]*plan
	france        *plan
	shortGeneral  *kind
	shortOfFrance *kind
}

var plans = sync.OnceValue(readPlans)

func readPlans() *book {
	b := &book{byCode: map[int][]*plan{}}
	for line := range strings.Lines(plansText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if f[0] == "short" {
			b.shortGeneral, b.shortOfFrance = readKind(f[2], 0), readKind(f[3], 0)
			continue
		}
		code, _ := strconv.Atoi(f[0])
		p := &plan{
			code: code, region: f[1], general: readKind(f[2], 0), local: readLengths(f[3]),
			leading: readPattern(f[4]), international: f[5], prefix: readPattern(f[6]), rule: f[7],
		}
		for _, k := range f[8:] {
			p.kinds = append(p.kinds, readKind(k[1:], k[0]))
		}
		b.byCode[code] = append(b.byCode[code], p)
		if p.region == "FR" {
			b.france = p
		}
	}
	return b
}

func readPattern(s string) *pattern {
	if s == "" {
		return nil
	}
	return &pattern{text: s}
}

func readKind(s string, letter byte) *kind {
	lengths, text, _ := strings.Cut(s, ":")
	return &kind{letter: letter, lengths: readLengths(lengths), pattern: pattern{text: text, end: "$"}}
}

func readLengths(s string) []int {
	var out []int
	for n := range strings.SplitSeq(s, ",") {
		if v, err := strconv.Atoi(n); err == nil {
			out = append(out, v)
		}
	}
	return out
}

// valid tells whether a national number belongs to one of the region's kinds.
func (p *plan) valid(national string) bool {
	return p.general.matches(national) && slices.ContainsFunc(p.kinds, func(k *kind) bool { return k.matches(national) })
}

// mobile tells whether it is a mobile and nothing else.
func (p *plan) mobile(national string) bool {
	if !p.general.matches(national) {
		return false
	}
	is := false
	for _, k := range p.kinds {
		if k.matches(national) {
			if k.letter != 'm' {
				return false
			}
			is = true
		}
	}
	return is
}

// of gives the region of a code that a national number is from; nil when it is from none.
func (b *book) of(code int, national string) *plan {
	regions := b.byCode[code]
	if len(regions) == 1 {
		return regions[0]
	}
	for _, p := range regions {
		if p.leading != nil && p.leading.regexp().MatchString(national) || p.leading == nil && p.valid(national) {
			return p
		}
	}
	return nil
}

// fit is what the length of a number says.
type fit uint8

const (
	fits fit = iota
	tooShort
	tooLong
	between // no number has this length though shorter and longer ones exist
	onlyLocal
)

func (p *plan) fit(national string) fit {
	n, lengths := len(national), p.general.lengths
	switch {
	case slices.Contains(p.local, n):
		return onlyLocal
	case n < lengths[0]:
		return tooShort
	case n > lengths[len(lengths)-1]:
		return tooLong
	case slices.Contains(lengths, n):
		return fits
	}
	return between
}

// withoutPrefix drops the national prefix of digits, or rewrites it, unless that
// would make a number of one that was none.
func (p *plan) withoutPrefix(digits string) string {
	if p.prefix == nil || digits == "" {
		return digits
	}
	at := p.prefix.regexp().FindStringSubmatchIndex(digits)
	if at == nil {
		return digits
	}
	rest := digits[at[1]:]
	if last := len(at) - 2; p.rule != "" && at[last] >= 0 {
		rest = string(p.prefix.regexp().ExpandString(nil, p.rule, digits, at)) + rest
	}
	if p.general.pattern.regexp().MatchString(digits) && !p.general.pattern.regexp().MatchString(rest) {
		return digits
	}
	return rest
}
