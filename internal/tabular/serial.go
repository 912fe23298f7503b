package tabular

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
)

// numberKind is what the format of a number says that it is.
type numberKind uint8

const (
	plainNumber numberKind = iota
	dateNumber             // days
	timeNumber             // a time of day
	bothNumber             // an instant
	spanNumber             // hours, beyond 24 too
)

// kindOfBuiltin knows the formats without a code of their own (ECMA-376, part 1,
// section 18.8.30), those of East Asian programs included.
func kindOfBuiltin(id int) numberKind {
	switch {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id >= 57 && id <= 58:
		return dateNumber
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 45, id == 47, id == 55, id == 56:
		return timeNumber
	case id == 22:
		return bothNumber
	case id == 46:
		return spanNumber
	}
	return plainNumber
}

// kindOfFormat reads a format code: years, months and days make a date, hours
// and seconds a time; m is months or minutes by its neighbours.
func kindOfFormat(code string) numberKind {
	if k := strings.IndexByte(code, ';'); k >= 0 {
		code = code[:k]
	}
	var date, clock, span, minutes bool
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '"':
			k := strings.IndexByte(code[i+1:], '"')
			if k < 0 {
				return plainNumber
			}
			i += k + 1
		case '\\', '_', '*':
			i++
		case '[':
			k := strings.IndexByte(code[i:], ']')
			if k < 0 {
				return plainNumber
			}
			switch strings.Trim(strings.ToLower(code[i+1:i+k]), "hms") {
			case "":
				span = true
			}
			i += k
		case 'y', 'Y', 'd', 'D', 'j', 'J', 'a', 'A':
			if c == 'a' || c == 'A' {
				if rest := strings.ToLower(code[i:]); strings.HasPrefix(rest, "am/pm") || strings.HasPrefix(rest, "a/p") {
					clock = true
					i += 2
				}
				break
			}
			date = true
		case 'h', 'H', 's', 'S':
			clock = true
		case 'm', 'M':
			minutes = true
		case 'E', 'G', 'e', 'g':
			if strings.HasPrefix(strings.ToLower(code[i:]), "general") || i+1 < len(code) && (code[i+1] == '+' || code[i+1] == '-') {
				return plainNumber
			}
		case '0', '#', '?', '%':
			if !date && !clock && !span {
				return plainNumber
			}
		}
	}
	switch {
	case span:
		return spanNumber
	case date && clock:
		return bothNumber
	case clock:
		return timeNumber
	case date || minutes:
		return dateNumber
	}
	return plainNumber
}

// appendSerial appends the number of a workbook as text: dates and times as ISO
// 8601, other numbers plainly. base is the day of serial 0 since 1970-01-01.
func appendSerial(to, raw []byte, kind numberKind, base int, mac bool) []byte {
	if len(raw) == 0 {
		return to
	}
	if kind == plainNumber && short(raw) {
		return append(to, raw...)
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return append(to, raw...)
	}
	if kind == plainNumber || v < 0 && kind != spanNumber || v > 2958466 {
		return appendNumber(to, v)
	}
	return appendMoment(to, v, kind, base, mac)
}

func appendMoment(to []byte, v float64, kind numberKind, base int, mac bool) []byte {
	ms := int64(math.Round(v * 86400e3))
	if rest := (ms%1000 + 1000) % 1000; rest <= 1 || rest >= 999 { // seconds as a fraction of a day are not exact
		ms = int64(math.Round(float64(ms)/1000)) * 1000
	}
	if kind == spanNumber {
		if ms < 0 {
			to = append(to, '-')
			ms = -ms
		}
		h := ms / 3600e3
		if h < 10 {
			to = append(to, '0')
		}
		return appendClock(strconv.AppendInt(to, h, 10), ms%3600e3, false)
	}
	days, clock := ms/86400e3, ms%86400e3
	if kind == timeNumber || kind == bothNumber && days == 0 {
		return appendClock(to, clock, true)
	}
	if !mac && days > 0 && days < 60 {
		days++ // a 29 February 1900 is counted, which never was
	}
	t := time.Unix((days+int64(base))*86400, 0).UTC()
	to = t.AppendFormat(to, "2006-01-02")
	if kind == bothNumber {
		to = appendClock(append(to, 'T'), clock, true)
	}
	return to
}

// appendClock appends milliseconds as 15:04:05; without hours as :04:05.
func appendClock(to []byte, ms int64, hours bool) []byte {
	two := func(n int64) { to = append(to, byte('0'+n/10), byte('0'+n%10)) }
	if hours {
		two(ms / 3600e3)
	}
	to = append(to, ':')
	two(ms / 60e3 % 60)
	to = append(to, ':')
	two(ms / 1000 % 60)
	if rest := ms % 1000; rest != 0 {
		to = append(to, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
	}
	return to
}

// short: digits, at most one point, 15 figures or fewer: the number as it is meant.
func short(raw []byte) bool {
	if raw[0] == '-' {
		raw = raw[1:]
	}
	if len(raw) == 0 || len(raw) > 16 || raw[0] == '.' || raw[len(raw)-1] == '.' || len(raw) > 1 && raw[0] == '0' && raw[1] != '.' {
		return false
	}
	points := 0
	for _, c := range raw {
		if c == '.' {
			points++
		} else if c < '0' || c > '9' {
			return false
		}
	}
	if points == 1 && raw[len(raw)-1] == '0' {
		return false
	}
	return points <= 1 && len(raw)-points <= 15
}

// appendNumber appends a number without exponent, with the 15 figures that
// workbooks keep.
func appendNumber(to []byte, v float64) []byte {
	if r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64); err == nil {
		v = r
	}
	if v == 0 {
		return append(to, '0')
	}
	if math.Abs(v) < 1e-9 || math.Abs(v) >= 1e21 {
		return strconv.AppendFloat(to, v, 'g', -1, 64)
	}
	return strconv.AppendFloat(to, v, 'f', -1, 64)
}

// isoClock turns the duration of OpenDocument (PT12H30M05S) into 12:30:05.
func isoClock(to, d []byte) []byte {
	rest := bytes.TrimPrefix(d, []byte("-"))
	if !bytes.HasPrefix(rest, []byte("P")) {
		return append(to, d...)
	}
	total, n, frac := int64(0), int64(0), int64(0)
	scale := int64(0)
	for _, c := range rest[1:] {
		switch {
		case c >= '0' && c <= '9' && scale > 0:
			frac += int64(c-'0') * scale
			scale /= 10
		case c >= '0' && c <= '9' && n < 1e9:
			n = n*10 + int64(c-'0')
		case c == '.' || c == ',':
			scale = 100
		case c == 'D':
			total += n * 86400e3
			n = 0
		case c == 'H':
			total += n * 3600e3
			n = 0
		case c == 'M':
			total += n * 60e3
			n = 0
		case c == 'S':
			total += n*1000 + frac
			n = 0
		case c != 'T':
			return append(to, d...)
		}
	}
	if len(rest) < len(d) {
		to = append(to, '-')
	}
	h := total / 3600e3
	if h < 10 {
		to = append(to, '0')
	}
	return appendClock(strconv.AppendInt(to, h, 10), total%3600e3, false)
}
