package duck

import (
	"math"
	"math/rand"
	"testing"
	"time"

	"socle/internal/tabular"
)

// TestCells: what is written of a value is what the standard library writes, and
// is read back as the value.
func TestCells(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	check := func(f tabular.Field, c tabular.Column, want string) {
		t.Helper()
		got := appendCell(nil, &f, &c, 0)
		if want != "" && string(got) != want {
			t.Errorf("%v %v: %s, want %s", f, c, got, want)
		}
		back := tabular.Column{Int64: make([]int64, 1), Float64: make([]float64, 1), Bytes: make([][]byte, 1)}
		if err := parseCell(&f, &back, 0, got); err != nil {
			t.Errorf("%s: %v", got, err)
		}
		if c.Int64 != nil && back.Int64[0] != c.Int64[0] || c.Float64 != nil && math.Float64bits(back.Float64[0]) != math.Float64bits(c.Float64[0]) {
			t.Errorf("%s: read back as %v", got, back)
		}
	}
	ints := func(n int64) tabular.Column { return tabular.Column{Int64: []int64{n}} }
	for range 20_000 {
		days := r.Int63n(3_652_425) - 719_528
		check(tabular.Field{Kind: tabular.Date}, ints(days), tabular.Day(days).Format(time.DateOnly))
		micros := days*dayMicros + r.Int63n(dayMicros)
		check(tabular.Field{Kind: tabular.Timestamp}, ints(micros), tabular.Instant(micros).Format("2006-01-02T15:04:05.999999Z"))
		check(tabular.Field{Kind: tabular.Timestamp, Local: true}, ints(micros), tabular.Instant(micros).Format("2006-01-02T15:04:05.999999"))
		clock := r.Int63n(dayMicros)
		check(tabular.Field{Kind: tabular.TimeOfDay}, ints(clock), tabular.Instant(clock).Format("15:04:05.999999"))
		if x := math.Float64frombits(r.Uint64()); !math.IsNaN(x) {
			check(tabular.Field{Kind: tabular.Float}, tabular.Column{Float64: []float64{x}}, "")
		}
		check(tabular.Field{Kind: tabular.Int}, ints(int64(r.Uint64())), "")
	}
	for _, days := range []int64{math.MinInt32, -719529, -1e6, 2932897, math.MaxInt32} {
		check(tabular.Field{Kind: tabular.Date}, ints(days), "")
	}
	for in, want := range map[float64]string{0: "0", 100: "100", 0.1: "0.1", 1e21: "1e+21", 1e-7: "1e-07", -2.5: "-2.5"} {
		check(tabular.Field{Kind: tabular.Float}, tabular.Column{Float64: []float64{in}}, want)
	}
	for _, bad := range []string{"", "2025", "2025-01", "x025-01-02", "08:30", "08:30:00.", "T", "2025-01-02T", "08:30:00.1234567"} {
		c := tabular.Column{Int64: make([]int64, 1), Float64: make([]float64, 1)}
		for _, k := range []tabular.Kind{tabular.Int, tabular.Float, tabular.Date, tabular.Timestamp, tabular.TimeOfDay} {
			if bad == "2025" && k <= tabular.Float || bad == "08:30:00." && k == tabular.TimeOfDay {
				continue
			}
			if parseCell(&tabular.Field{Kind: k}, &c, 0, []byte(bad)) == nil {
				t.Errorf("%q was read as kind %d", bad, k)
			}
		}
	}
}
