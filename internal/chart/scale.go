package chart

import "math"

// nice is the least of 1, 2, 2.5 and 5 times a power of ten that is not under x.
func nice(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 0) {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*p >= x*(1-1e-9) {
			return m * p
		}
	}
	return 10 * p
}

// scale places values between two ends, both of them ticks.
type scale struct {
	low, high, step float64
}

// newScale is the scale of values from low to high, zero included, in about n ticks.
func newScale(low, high float64, n int, whole bool) scale {
	low, high = min(low, 0), max(high, 0)
	if low == high {
		high = 1
	}
	step := nice((high - low) / float64(n))
	if whole {
		step = math.Ceil(max(1, step))
	}
	return scale{math.Floor(low/step+1e-9) * step, math.Ceil(high/step-1e-9) * step, step}
}

// ticks are the values that are written beside the axis.
func (s scale) ticks() (list []float64) {
	n := int(math.Round((s.high - s.low) / s.step))
	for i := range n + 1 {
		list = append(list, s.low+float64(i)*s.step)
	}
	return list
}

// at is the share of the way from low to high.
func (s scale) at(v float64) float64 { return (v - s.low) / (s.high - s.low) }
