package collectui

import (
	"context"
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"

	"socle/internal/web/ui"
)

// qrView is a QR code drawn as one path of squares.
type qrView struct {
	Label string
	Box   string // of the drawing, with the quiet zone of four modules (ISO/IEC 18004, section 9.1)
	Path  string
}

const quietZone = 4

func newQR(ctx context.Context, text string) (qrView, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return qrView{}, fmt.Errorf("collectui: QR code: %w", err)
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
	return qrView{Label: ui.T(ctx, "collectui.qr"), Box: fmt.Sprintf("0 0 %d %d", side, side), Path: path.String()}, nil
}
