package chart

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Size of a picture, in pixels: what sites that show links ask for.
const (
	PictureWidth  = 1200
	PictureHeight = 630
)

// Picture is what a link to a dataset shows elsewhere: what it is, whose it is, and
// its figures drawn small.
type Picture struct {
	Host, Title, Producer string
	Facts                 string // in one line
	Caption               string // what the figures are; "" without figures
	Labels                []string
	Values                []float64 // one bar each; NaN for none
	Accent                color.RGBA
}

// The colours of a picture, and its margins in pixels.
var (
	paper   = color.RGBA{R: 0xfd, G: 0xfc, B: 0xfa, A: 0xff}
	ink     = color.RGBA{R: 0x1c, G: 0x1b, B: 0x19, A: 0xff}
	inkSoft = color.RGBA{R: 0x57, G: 0x53, B: 0x4e, A: 0xff}
)

const (
	margin   = 72
	bandWide = 24
	mostBars = 30
)

// fonts are read once.
var fonts = sync.OnceValues(func() (map[string]*opentype.Font, error) {
	out := map[string]*opentype.Font{}
	for name, data := range map[string][]byte{"regular": goregular.TTF, "bold": gobold.TTF} {
		f, err := opentype.Parse(data)
		if err != nil {
			return nil, err
		}
		out[name] = f
	}
	return out, nil
})

// PNG draws the picture.
func (p Picture) PNG() ([]byte, error) {
	list, err := fonts()
	if err != nil {
		return nil, err
	}
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, PictureWidth, PictureHeight)), fonts: list}
	c.fill(image.Rect(0, 0, PictureWidth, PictureHeight), paper)
	c.fill(image.Rect(0, 0, bandWide, PictureHeight), p.Accent)
	room := PictureWidth - 2*margin
	y := margin + 20
	c.lines("regular", 28, inkSoft, []string{p.Host}, margin, &y, 1, room)
	y += 40
	c.lines("bold", 58, ink, []string{p.Title}, margin, &y, 3, room)
	y += 6
	c.lines("regular", 32, ink, []string{p.Producer}, margin, &y, 1, room)
	if len(p.Values) > 1 && y < PictureHeight-190 {
		c.bars(p, y+10)
	}
	y = PictureHeight - 40
	c.lines("regular", 26, inkSoft, []string{p.Facts}, margin, &y, 1, room)
	if c.err != nil {
		return nil, c.err
	}
	var b bytes.Buffer
	err = png.Encode(&b, c.img)
	return b.Bytes(), err
}

type canvas struct {
	img   *image.RGBA
	fonts map[string]*opentype.Font
	err   error
}

func (c *canvas) fill(r image.Rectangle, with color.RGBA) {
	draw.Draw(c.img, r, image.NewUniform(with), image.Point{}, draw.Src)
}

// lines writes paragraphs broken at words, at most so many lines, the last one cut;
// y is the base of the first line, and then of the line that may follow.
func (c *canvas) lines(name string, size float64, with color.RGBA, texts []string, x int, y *int, most, room int) {
	face, err := opentype.NewFace(c.fonts[name], &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		c.err = err
		return
	}
	defer face.Close()
	d := font.Drawer{Dst: c.img, Src: image.NewUniform(with), Face: face}
	for _, text := range texts {
		for _, line := range broken(&d, text, room, most) {
			d.Dot = fixed.P(x, *y)
			d.DrawString(line)
			*y += int(size * 1.2)
		}
	}
}

// longestPictureText is how many characters of a text are looked at.
const longestPictureText = 400

func broken(d *font.Drawer, text string, room, most int) (out []string) {
	if r := []rune(text); len(r) > longestPictureText {
		text = string(r[:longestPictureText])
	}
	fits := func(s string) bool { return d.MeasureString(s).Ceil() <= room }
	cut := func(s string) string {
		for s != "" && !fits(s+"…") {
			_, n := utf8.DecodeLastRuneInString(s)
			s = s[:len(s)-n]
		}
		return strings.TrimSpace(s) + "…"
	}
	line := ""
	words := strings.Fields(text)
	for i, w := range words {
		next := strings.TrimSpace(line + " " + w)
		if fits(next) {
			line = next
			continue
		}
		if len(out) == most-1 || line == "" {
			return append(out, cut(strings.TrimSpace(line+" "+strings.Join(words[i:], " "))))
		}
		out = append(out, line)
		line = w
	}
	if line != "" && !fits(line) {
		line = cut(line)
	}
	return append(out, line)
}

// bars draws the figures between a height and the line of facts.
func (c *canvas) bars(p Picture, top int) {
	values := p.Values[:min(len(p.Values), mostBars)]
	highest := 0.0
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			highest = max(highest, v)
		}
	}
	if highest <= 0 {
		return
	}
	bottom := PictureHeight - 110
	y := top
	c.lines("regular", 24, inkSoft, []string{p.Caption}, margin, &y, 1, PictureWidth-2*margin)
	top = y
	if bottom-top < 40 {
		return
	}
	const widest = 110
	step := min((PictureWidth-2*margin)/len(values), widest)
	wide := max(2, step*3/4)
	for i, v := range values {
		if math.IsNaN(v) || v <= 0 || math.IsInf(v, 0) {
			continue
		}
		high := max(2, int(float64(bottom-top)*v/highest))
		c.fill(image.Rect(margin+i*step, bottom-high, margin+i*step+wide, bottom), p.Accent)
	}
	c.fill(image.Rect(margin, bottom, max(margin+step*len(values), PictureWidth/2), bottom+2), inkSoft)
	if len(p.Labels) >= len(values) {
		y := bottom + 26
		c.lines("regular", 20, inkSoft, []string{p.Labels[0]}, margin, &y, 1, PictureWidth/3)
		c.right(p.Labels[len(values)-1], 20, max(margin+step*len(values), PictureWidth/2), bottom+26)
	}
}

// right writes a text that ends at x.
func (c *canvas) right(text string, size float64, x, y int) {
	face, err := opentype.NewFace(c.fonts["regular"], &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		c.err = err
		return
	}
	defer face.Close()
	d := font.Drawer{Dst: c.img, Src: image.NewUniform(inkSoft), Face: face}
	line := broken(&d, text, PictureWidth/3, 1)
	if len(line) == 0 {
		return
	}
	d.Dot = fixed.P(x-d.MeasureString(line[0]).Ceil(), y)
	d.DrawString(line[0])
}
