package ui

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// QR is a QR code, drawn as one path of squares. Label says what it holds to those who
// do not see it.
type QR struct {
	Label string
	box   string // of the drawing, with the quiet zone of four modules (ISO/IEC 18004, section 9.1)
	path  string
}

const quietZone = 4

// NewQR draws a text.
func NewQR(label, text string) (QR, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return QR{}, fmt.Errorf("ui: QR code: %w", err)
	}
	b := code.Bounds()
	var path strings.Builder
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x-b.Min.X+quietZone, y-b.Min.Y+quietZone)
			}
		}
	}
	side := b.Dx() + 2*quietZone
	return QR{Label: label, box: fmt.Sprintf("0 0 %d %d", side, side), path: path.String()}, nil
}
