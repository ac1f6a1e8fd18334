package show

import (
	"fmt"
	"image/color"
	"math"
	"strings"

	stdfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// fonts holds the faces that the plots use; they travel with the program.
var fonts = font.NewCache(liberation.Collection())

// textStyle is a sans-serif style of a size in points; labels may hold raised and lowered parts, see [scripts].
func textStyle(size float64, c color.Color) text.Style {
	return text.Style{
		Color:   c,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Weight: stdfont.WeightNormal, Size: vg.Points(size)},
		Handler: scripts{text.Plain{Fonts: fonts}},
		XAlign:  text.XLeft,
		YAlign:  text.YBottom,
	}
}

// scripts is a text handler for one line that draws ^{…} raised and _{…} lowered, both smaller: 10^{−4}, log_{10}.
type scripts struct{ text.Plain }

// run is a piece of a line: its text, its size and its shift as fractions of the font's size.
type run struct {
	text        string
	size, shift vg.Length
}

// runs splits a line at its scripts. A ^ or _ that no brace follows is drawn as it stands.
func runs(line string) []run {
	var out []run
	for line != "" {
		up, down := strings.Index(line, "^{"), strings.Index(line, "_{")
		at := up
		if up < 0 || down >= 0 && down < up {
			at = down
		}
		end := -1
		if at >= 0 {
			end = strings.IndexByte(line[at:], '}')
		}
		if end < 0 {
			return append(out, run{line, 1, 0})
		}
		if at > 0 {
			out = append(out, run{line[:at], 1, 0})
		}
		script := run{line[at+2 : at+end], 0.72, 0.36}
		if at == down {
			script.shift = -0.16
		}
		out = append(out, script)
		line = line[at+end+1:]
	}
	return out
}

func (s scripts) face(f font.Font, r run) font.Face {
	return s.Fonts.Lookup(f, f.Size*r.size)
}

// spellings says how a sign is written that the font does not have.
var spellings = strings.NewReplacer("∈", "in", "∼", "~", "⟨", "<", "⟩", ">")

// spelled returns a text in signs that the font has. A cell ends where there are others: their places would stay empty.
func (s scripts) spelled(line string, f font.Font) string {
	line = spellings.Replace(line)
	var buffer sfnt.Buffer
	face := s.Fonts.Lookup(f, f.Size).Face
	for _, sign := range line {
		if index, err := face.GlyphIndex(&buffer, sign); err != nil || index == 0 {
			fail(fmt.Sprintf("the font of the plots has no %q, which is in %q: write it in another way", sign, line))
			return line
		}
	}
	return line
}

// Box returns the extent of a line, see [text.Handler].
func (s scripts) Box(line string, f font.Font) (width, height, depth vg.Length) {
	for _, r := range runs(spellings.Replace(line)) {
		face := s.face(f, r)
		width += face.Width(r.text)
	}
	extents := s.Extents(f)
	return width, extents.Ascent, extents.Descent
}

// Draw draws a line, see [text.Handler].
func (s scripts) Draw(c vg.Canvas, line string, style text.Style, at vg.Point) {
	if line == "" {
		return
	}
	line = s.spelled(line, style.Font)
	c.SetColor(style.Color)
	if style.Rotation != 0 {
		c.Push()
		defer c.Pop()
		c.Rotate(style.Rotation)
	}
	sin, cos := math.Sincos(style.Rotation)
	at.X, at.Y = at.Y*vg.Length(sin)+at.X*vg.Length(cos), at.Y*vg.Length(cos)-at.X*vg.Length(sin)
	width, height, depth := s.Box(line, style.Font)
	at.X += vg.Length(style.XAlign) * width
	at.Y += vg.Length(style.YAlign)*(height+depth) + depth
	for _, r := range runs(line) {
		face := s.face(style.Font, r)
		c.FillString(face, at.Add(vg.Point{Y: r.shift * style.Font.Size}), r.text)
		at.X += face.Width(r.text)
	}
}
