package schema

const (
	dayMicros = 86_400_000_000
	minYear   = 1
	maxYear   = 9999
)

// Days returns the days from 1970-01-01 to a date of the Gregorian calendar;
// false when there is no such date.
func Days(year, month, day int) (int64, bool) {
	if year < minYear || year > maxYear || month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, false
	}
	if day > 28 && day > daysIn(year, month) {
		return 0, false
	}
	// the civil-from-days algorithm of Howard Hinnant
	y, m := int64(year), int64(month)
	if m <= 2 {
		y--
	}
	era := y / 400
	yoe := y - era*400
	mp := (m + 9) % 12
	doy := (153*mp+2)/5 + int64(day) - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468, true
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// digits2 reads two digits.
func digits2(b []byte) (int, bool) {
	a, c := b[0]-'0', b[1]-'0'
	return int(a)*10 + int(c), a <= 9 && c <= 9
}

// isoDate reads AAAA-MM-DD at the start of b.
func isoDate(b []byte) (days int64, ok bool) {
	if len(b) < 10 || b[4] != '-' || b[7] != '-' {
		return 0, false
	}
	y1, ok1 := digits2(b)
	y2, ok2 := digits2(b[2:])
	m, ok3 := digits2(b[5:])
	d, ok4 := digits2(b[8:])
	if !(ok1 && ok2 && ok3 && ok4) {
		return 0, false
	}
	return Days(y1*100+y2, m, d)
}

// isoTime reads hh:mm[:ss[.fraction]] and returns what is left.
func isoTime(b []byte, seconds bool) (micros int64, rest []byte, ok bool) {
	if len(b) < 5 || b[2] != ':' {
		return 0, nil, false
	}
	h, ok1 := digits2(b)
	m, ok2 := digits2(b[3:])
	if !ok1 || !ok2 || h > 24 || m > 59 {
		return 0, nil, false
	}
	micros = (int64(h)*60 + int64(m)) * 60_000_000
	b = b[5:]
	if len(b) >= 3 && b[0] == ':' {
		s, ok := digits2(b[1:])
		if !ok || s > 59 {
			return 0, nil, false
		}
		micros += int64(s) * 1_000_000
		b = b[3:]
		if len(b) >= 2 && (b[0] == '.' || b[0] == ',') {
			n := 1
			for scale := int64(100_000); n < len(b) && b[n]-'0' <= 9; n++ {
				micros += int64(b[n]-'0') * scale
				scale /= 10
			}
			if n == 1 || n > 10 {
				return 0, nil, false
			}
			b = b[n:]
		}
	} else if seconds {
		return 0, nil, false
	}
	if micros > dayMicros {
		return 0, nil, false
	}
	return micros, b, true
}

// isoZone reads Z, ±hh:mm, ±hhmm, ±hh or nothing, to the end of b.
func isoZone(b []byte) (offset int64, zoned, ok bool) {
	if len(b) == 0 {
		return 0, false, true
	}
	if len(b) == 1 && (b[0] == 'Z' || b[0] == 'z') {
		return 0, true, true
	}
	if b[0] != '+' && b[0] != '-' || len(b) < 3 {
		return 0, false, false
	}
	h, ok1 := digits2(b[1:])
	m, ok2 := 0, true
	switch {
	case len(b) == 5:
		m, ok2 = digits2(b[3:])
	case len(b) == 6 && b[3] == ':':
		m, ok2 = digits2(b[4:])
	case len(b) != 3:
		return 0, false, false
	}
	if !ok1 || !ok2 || h > 23 || m > 59 {
		return 0, false, false
	}
	offset = (int64(h)*60 + int64(m)) * 60_000_000
	if b[0] == '-' {
		offset = -offset
	}
	return offset, true, true
}

func (c *Caster) date(cell []byte, v *Value) bool {
	switch {
	case c.field.Format == "":
		if len(cell) == 10 {
			var ok bool
			v.Int, ok = isoDate(cell)
			return ok
		}
		return c.native && nativeDate(cell, v)
	case c.field.Format == "any":
		t, ok := anyDate(cell)
		if !ok || !t.hasDate {
			return false
		}
		v.Int = t.days
		return true
	}
	var p parts
	if c.pattern.parse(cell, &p) {
		var ok bool
		v.Int, ok = p.days()
		return ok
	}
	return c.native && nativeDate(cell, v)
}

// nativeDate reads the ISO text of a workbook's date, with a time of midnight
// or none.
func nativeDate(cell []byte, v *Value) bool {
	days, ok := isoDate(cell)
	if !ok {
		return false
	}
	if len(cell) > 10 {
		micros, rest, ok := isoTime(cell[min(11, len(cell)):], false)
		if !ok || micros != 0 || len(rest) > 1 {
			return false
		}
	}
	v.Int = days
	return true
}

func (c *Caster) datetime(cell []byte, v *Value) bool {
	switch {
	case c.field.Format == "":
		return isoDatetime(cell, v)
	case c.field.Format == "any":
		t, ok := anyDate(cell)
		if !ok || !t.hasDate {
			return false
		}
		v.Int = t.days*dayMicros + t.micros
		return true
	}
	var p parts
	if c.pattern.parse(cell, &p) {
		days, ok := p.days()
		v.Int = days*dayMicros + p.micros()
		return ok
	}
	return c.native && isoDatetime(cell, v)
}

func isoDatetime(cell []byte, v *Value) bool {
	days, ok := isoDate(cell)
	if !ok {
		return false
	}
	v.Int = days * dayMicros
	if len(cell) == 10 {
		return true
	}
	if len(cell) < 16 || cell[10] != 'T' && cell[10] != ' ' && cell[10] != 't' {
		return false
	}
	micros, rest, ok := isoTime(cell[11:], false)
	if !ok {
		return false
	}
	offset, _, ok := isoZone(rest)
	v.Int += micros - offset
	return ok
}

func (c *Caster) time(cell []byte, v *Value) bool {
	switch {
	case c.field.Format == "":
		return timeOfDay(cell, v, true)
	case c.field.Format == "any":
		t, ok := anyDate(cell)
		if !ok || t.hasDate || !t.hasTime {
			return false
		}
		v.Int = t.micros
		return true
	}
	var p parts
	if c.pattern.parse(cell, &p) {
		v.Int = p.micros()
		return true
	}
	return c.native && timeOfDay(cell, v, false)
}

func timeOfDay(cell []byte, v *Value, seconds bool) bool {
	micros, rest, ok := isoTime(cell, seconds)
	if !ok {
		return false
	}
	v.Int = micros
	_, _, ok = isoZone(rest)
	return ok
}

func year(cell []byte, v *Value) bool {
	if len(cell) != 4 || cell[0] == '-' || cell[0] == '+' {
		return false
	}
	return integer(cell, &v.Int)
}

func yearmonth(cell []byte, v *Value) bool {
	if len(cell) != 7 || cell[4] != '-' {
		return false
	}
	var y int64
	m, ok := digits2(cell[5:])
	if !ok || m < 1 || m > 12 || !integer(cell[:4], &y) || y < 0 {
		return false
	}
	v.Int = y*12 + int64(m) - 1
	return true
}

// duration reads an ISO 8601 duration: PnYnMnWnDTnHnMnS, the last with a
// decimal part. Order counts and one part at least is there.
func duration(cell []byte, v *Value) bool {
	b := cell
	neg := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg = b[0] == '-'
		b = b[1:]
	}
	if len(b) < 3 || b[0] != 'P' {
		return false
	}
	b = b[1:]
	const order = "YMWDTHMS"
	next, parts, total := 0, 0, int64(0)
	weights := [...]int64{365 * 86400, 30 * 86400, 7 * 86400, 86400, 0, 3600, 60, 1}
	for len(b) > 0 {
		if b[0] == 'T' {
			if next > 4 || len(b) == 1 {
				return false
			}
			next = 5
			b = b[1:]
			continue
		}
		n, i := int64(0), 0
		fraction := false
		for i < len(b) && (b[i]-'0' <= 9 || (b[i] == '.' || b[i] == ',') && !fraction && i > 0) {
			if b[i] == '.' || b[i] == ',' {
				fraction = true
			} else if !fraction {
				if n = n*10 + int64(b[i]-'0'); n > 1e12 {
					return false
				}
			}
			i++
		}
		if i == 0 || i == len(b) {
			return false
		}
		k := next
		limit := 4
		if next > 4 {
			limit = len(order)
		}
		for k < limit && order[k] != b[i] {
			k++
		}
		if k >= limit || fraction && i+1 != len(b) {
			return false
		}
		total += n * weights[k]
		next = k + 1
		parts++
		b = b[i+1:]
	}
	if neg {
		total = -total
	}
	v.Int = total
	return parts > 0
}

// Civil returns the calendar date of days since 1970-01-01.
func Civil(days int64) (year, month, day int) {
	z := days + 719468
	era, doe := floorDiv(z, 146097)
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = int(doy - (153*mp+2)/5 + 1)
	month = int(mp + 3)
	if month > 12 {
		month -= 12
	}
	year = int(yoe + era*400)
	if month <= 2 {
		year++
	}
	return year, month, day
}
