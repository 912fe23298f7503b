package sqldb

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// NullTime is a time that may be NULL.
type NullTime struct {
	Time  time.Time
	Valid bool
}

// SomeTime returns a NullTime that holds t; the zero time gives NULL.
func SomeTime(t time.Time) NullTime { return NullTime{Time: t, Valid: !t.IsZero()} }

// SomeText is a text for the database: NULL when it is empty.
func SomeText[T ~string](v T) *string {
	if v == "" {
		return nil
	}
	s := string(v)
	return &s
}

// TextOf is a text of the database, "" for NULL.
func TextOf[T ~string](v *string) T {
	if v == nil {
		return ""
	}
	return T(*v)
}

// encode turns arguments into what both drivers store alike.
func encode(args []any) []any {
	out := args
	copied := false
	for i, a := range args {
		b, changed := encodeOne(a)
		if !changed {
			continue
		}
		if !copied {
			out, copied = append([]any(nil), args...), true
		}
		out[i] = b
	}
	return out
}

func encodeOne(a any) (any, bool) {
	switch v := a.(type) {
	case time.Time:
		return v.UnixMicro(), true
	case *time.Time:
		if v == nil {
			return nil, true
		}
		return v.UnixMicro(), true
	case NullTime:
		if !v.Valid {
			return nil, true
		}
		return v.Time.UnixMicro(), true
	case sql.NullTime:
		if !v.Valid {
			return nil, true
		}
		return v.Time.UnixMicro(), true
	case time.Duration:
		return int64(v), true
	case json.RawMessage:
		if v == nil {
			return nil, true
		}
		return string(v), true
	}
	return a, false
}

// decode replaces the destinations that no driver fills as we store them, and
// returns what to do once the row was read.
func decode(dest []any) (targets []any, after []func() error) {
	targets = dest
	copied := false
	swap := func(i int, target any, f func() error) {
		if !copied {
			targets, copied = append([]any(nil), dest...), true
		}
		targets[i] = target
		after = append(after, f)
	}
	for i, d := range dest {
		switch d := d.(type) {
		case *time.Time:
			n := new(*int64)
			swap(i, n, func() error {
				if *n == nil {
					return fmt.Errorf("sqldb: column %d is NULL and time.Time cannot hold it: scan into **time.Time or NullTime", i)
				}
				*d = time.UnixMicro(**n).UTC()
				return nil
			})
		case **time.Time:
			n := new(*int64)
			swap(i, n, func() error {
				*d = nil
				if *n != nil {
					t := time.UnixMicro(**n).UTC()
					*d = &t
				}
				return nil
			})
		case *NullTime:
			n := new(*int64)
			swap(i, n, func() error {
				*d = NullTime{}
				if *n != nil {
					*d = NullTime{Time: time.UnixMicro(**n).UTC(), Valid: true}
				}
				return nil
			})
		case *time.Duration:
			n := new(int64)
			swap(i, n, func() error { *d = time.Duration(*n); return nil })
		case *json.RawMessage:
			s := new(*string)
			swap(i, s, func() error {
				*d = nil
				if *s != nil {
					*d = json.RawMessage(**s)
				}
				return nil
			})
		}
	}
	return targets, after
}
