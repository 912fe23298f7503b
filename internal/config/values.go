package config

import (
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
)

// Bytes is a size, written "512MB", "2 GiB" or a plain number of bytes. Decimal
// units are powers of 1000, binary ones (KiB, MiB, GiB, TiB) of 1024.
type Bytes int64

var units = []struct {
	name string
	size float64
}{{"KIB", 1 << 10}, {"MIB", 1 << 20}, {"GIB", 1 << 30}, {"TIB", 1 << 40}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"KO", 1e3}, {"MO", 1e6}, {"GO", 1e9}, {"TO", 1e12}, {"B", 1}, {"O", 1}, {"", 1}}

// UnmarshalText reads a size.
func (b *Bytes) UnmarshalText(text []byte) error {
	s := strings.ToUpper(strings.TrimSpace(string(text)))
	for _, u := range units {
		number, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || n < 0 || n*u.size > math.MaxInt64/2 || math.IsNaN(n) {
			return fmt.Errorf("%q is not a size such as 512MB or 2GiB", text)
		}
		*b = Bytes(n * u.size)
		return nil
	}
	return fmt.Errorf("%q is not a size", text)
}

// MarshalText writes the size with the largest unit that divides it.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

func (b Bytes) String() string {
	for _, u := range []struct {
		name string
		size Bytes
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}} {
		if b >= u.size && b%u.size == 0 {
			return strconv.FormatInt(int64(b/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

// Networks are addresses and networks, written with commas: "10.0.0.0/8, ::1".
type Networks []netip.Prefix

// UnmarshalText reads a list with commas.
func (n *Networks) UnmarshalText(text []byte) error {
	*n = nil
	for _, s := range strings.Split(string(text), ",") {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, err := netip.ParseAddr(s)
			if err != nil {
				return fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", s)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		*n = append(*n, p.Masked())
	}
	return nil
}

func (n Networks) String() string {
	s := make([]string, len(n))
	for i, p := range n {
		s[i] = p.String()
	}
	return strings.Join(s, ",")
}

func positive(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		return v.Int() > 0
	case reflect.Float64:
		return v.Float() > 0
	}
	return true
}
