package fieldui

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"

	"socle/internal/web/ui"
)

// iconSizes are the pictures of the application on a screen, by file; sides in pixels.
var iconSizes = map[string]int{"180.png": 180, "192.png": 192, "512.png": 512}

// drawIcon is the icon of the browser's tab as a picture: three rows of a table in
// the host's colour, within the middle that every mask of an icon leaves (80 %).
func drawIcon(accent string, side int) ([]byte, error) {
	a, err := ui.Accent(ui.Light, cmp.Or(accent, ui.RoleColour(ui.Light, "accent").String()))
	if err != nil {
		return nil, err
	}
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{rgb(a.Accent), rgb(a.On)})
	const grid = 32 // the drawing is on a square of 32
	for _, bar := range [][3]int{{9, 9, 23}, {9, 15, 23}, {6, 22, 26}} {
		left, y, right := bar[0]*side/grid, bar[1]*side/grid, bar[2]*side/grid
		for dy := range 3 * side / grid {
			for x := left; x < right; x++ {
				img.SetColorIndex(x, y-side/grid+dy, 1)
			}
		}
	}
	var b bytes.Buffer
	err = png.Encode(&b, img)
	return b.Bytes(), err
}

func rgb(c ui.Colour) color.Color {
	return color.RGBA{c.R, c.G, c.B, 0xff}
}
