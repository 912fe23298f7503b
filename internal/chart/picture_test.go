package chart_test

import (
	"bytes"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"

	"socle/internal/chart"
)

func TestPicture(t *testing.T) {
	accent := color.RGBA{R: 0x12, G: 0x6b, B: 0x5a, A: 0xff}
	base := chart.Picture{Host: "Département", Title: "Délibérations du conseil municipal", Producer: "Roques", Facts: "1 200 lignes", Accent: accent}
	drawn := func(p chart.Picture) (bars int) {
		t.Helper()
		b, err := p.PNG()
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(b))
		if err != nil || img.Bounds().Dx() != chart.PictureWidth || img.Bounds().Dy() != chart.PictureHeight {
			t.Fatalf("%v %v", img.Bounds(), err)
		}
		for x := 40; x < chart.PictureWidth; x++ {
			for y := range chart.PictureHeight {
				if img.At(x, y) == color.Color(accent) {
					bars++
				}
			}
		}
		return bars
	}
	if n := drawn(base); n != 0 {
		t.Errorf("%d pixels of figures without figures", n)
	}
	with := base
	with.Caption, with.Labels, with.Values = "Lignes par année", []string{"2020", "2021", "2022"}, []float64{1, 2, 4}
	few := drawn(with)
	with.Values = []float64{4, 4, 4}
	if most := drawn(with); few == 0 || most <= few {
		t.Errorf("figures 1, 2, 4 take %d pixels, and 4, 4, 4 take %d", few, most)
	}
	// Whatever is in the data, there is a picture.
	with.Values = []float64{math.NaN(), math.Inf(1), -3}
	with.Title, with.Producer = strings.Repeat("interminable ", 500), strings.Repeat("x", 100_000)
	drawn(with)
	with.Title, with.Labels, with.Values = "", nil, make([]float64, 5000)
	drawn(with)
}
