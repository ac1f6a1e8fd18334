package show

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/janpfeifer/gonb/gonbui/protocol"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

const (
	dotsPerInch = 192 // twice what the page shows: sharp on fine screens and in print
	pixelsPerIn = 96  // CSS pixels
	plotWidth   = 6.4 // inches, of a single plot with its legend
	rowWidth    = 9.2
	plotHeight  = 3.6
	rowHeight   = 3.0
)

// Show shows the plot under the cell.
func (p *Plot) Show() {
	showImage(p.title, plotWidth, orDefault(p.height, plotHeight), []*Plot{p})
}

// Row shows plots side by side, with one legend for all of them.
func Row(plots ...*Plot) {
	titles := make([]string, len(plots))
	for i, p := range plots {
		titles[i] = p.title
	}
	showImage(strings.Join(titles, "; "), rowWidth, heightOf(plots), plots)
}

// WritePNG writes plots side by side into a PNG file, as [Row] shows them.
func WritePNG(path string, plots ...*Plot) error {
	data, err := renderPNG(rowWidth, heightOf(plots), plots)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

func heightOf(plots []*Plot) float64 {
	height := 0.0
	for _, p := range plots {
		height = max(height, orDefault(p.height, rowHeight))
	}
	return height
}

func showImage(title string, width, height float64, plots []*Plot) {
	data, err := renderPNG(width, height, plots)
	if err != nil {
		fail("cannot draw the plot: " + err.Error())
		return
	}
	if title == "" {
		title = "plot"
	}
	emit(message{
		mime:    protocol.MIMEImagePNG,
		content: data,
		metadata: map[string]any{string(protocol.MIMEImagePNG): map[string]any{
			"width": int(width * pixelsPerIn), "height": int(height * pixelsPerIn), "alt": title,
		}},
		plain: "[plot: " + title + "]",
	})
}

// renderPNG draws the plots in equal columns, and the legend to their right. Width and height are in inches.
func renderPNG(width, height float64, plots []*Plot) ([]byte, error) {
	image := vgimg.NewWith(vgimg.UseWH(vg.Length(width)*vg.Inch, vg.Length(height)*vg.Inch),
		vgimg.UseDPI(dotsPerInch), vgimg.UseBackgroundColor(color.White))
	canvas := draw.Crop(draw.New(image), 2, -2, 2, -4)
	panels := make([]*plot.Plot, len(plots))
	var legend legend
	for i, p := range plots {
		var layers []drawn
		panels[i], layers = p.build()
		legend.collect(layers)
	}
	legendWidth := legend.width()
	panelWidth := (canvas.Max.X - canvas.Min.X - legendWidth) / vg.Length(len(plots))
	for i, panel := range panels {
		left := vg.Length(i) * panelWidth
		gap := vg.Length(0)
		if i > 0 {
			gap = vg.Points(10)
		}
		area := canvas
		area.Min.X += left + gap
		area.Max.X = canvas.Min.X + left + panelWidth
		panel.Draw(area)
	}
	if legendWidth > 0 {
		legend.draw(canvas, canvas.Max.X-legendWidth)
	}
	if slices.ContainsFunc(plots, (*Plot).hasHeat) {
		return encodeExactly(image.Image()) // few colours would show as bands
	}
	return encodePNG(image.Image())
}

// build turns the plot into one of gonum/plot, and its layers into what was drawn.
func (p *Plot) build() (*plot.Plot, []drawn) {
	x, y, layers := p.ranges()
	out := plot.New()
	out.Title.Text = p.title
	out.Title.TextStyle = textStyle(10.5, Black)
	out.Title.TextStyle.XAlign, out.Title.TextStyle.YAlign = draw.XCenter, draw.YTop
	out.Title.Padding = vg.Points(1)
	styleAxis(&out.X, x, p.xLabel)
	styleAxis(&out.Y, y, p.yLabel)
	grid := plotter.NewGrid()
	grid.Vertical = draw.LineStyle{Color: lightGrey, Width: vg.Points(0.6)}
	grid.Horizontal = grid.Vertical
	out.Add(grid, corners{})
	for _, l := range layers {
		out.Add(l)
	}
	return out, layers
}

// ranges decides the ranges of both axes, and samples the functions over the x axis.
func (p *Plot) ranges() (x, y axisRange, layers []drawn) {
	x, y = p.x, p.y
	box := [2]float64{math.Inf(1), math.Inf(-1)}
	unused := box
	for _, l := range p.layers {
		drawn{layer: l, points: l.points}.bounds(x, y, &box, &unused)
	}
	x.close(box)
	box = [2]float64{math.Inf(1), math.Inf(-1)}
	for _, l := range p.layers {
		d := drawn{layer: l, points: l.sampled(x)}
		d.bounds(x, y, &unused, &box)
		layers = append(layers, d)
	}
	y.close(box)
	return x, y, layers
}

// close fills an open range from the extent of the data, with a little air; what starts at zero stands on the axis.
func (r *axisRange) close(box [2]float64) {
	lo, hi := box[0], box[1]
	if lo > hi {
		lo, hi = 0.1, 1
	}
	if !math.IsNaN(r.lo) {
		return
	}
	if r.log {
		air := math.Pow(hi/lo, 0.04) * 1.0001
		r.lo, r.hi = lo/air, hi*air
		return
	}
	air := 0.04 * (hi - lo)
	if air == 0 {
		air = max(1e-9*math.Abs(hi), 1e-300)
	}
	r.lo, r.hi = lo-air, hi+air
	if lo == 0 {
		r.lo = 0
	}
}

// legend names the layers of one or more plots, to the right of them.
type legend struct{ entries []drawn }

const (
	swatchWidth  = vg.Length(18)
	legendIndent = vg.Length(12) // between the plot and the legend
	legendLine   = vg.Length(14)
)

// collect adds the layers that have a label which is not there yet.
func (l *legend) collect(layers []drawn) {
	for _, d := range layers {
		known := slices.ContainsFunc(l.entries, func(e drawn) bool { return e.label == d.label })
		if d.label != "" && !known {
			l.entries = append(l.entries, d)
		}
	}
}

// width is the space that the legend takes, 0 where nothing has a label.
func (l *legend) width() vg.Length {
	widest := vg.Length(0)
	for _, e := range l.entries {
		widest = max(widest, textStyle(9, Black).Width(e.legendLabel()))
	}
	if widest == 0 {
		return 0
	}
	return legendIndent + swatchWidth + 5 + widest + 2
}

func (l *legend) draw(c draw.Canvas, left vg.Length) {
	text := textStyle(9, Black)
	text.YAlign = draw.YCenter
	y := c.Max.Y - vg.Points(30)
	for _, e := range l.entries {
		e.swatch(c, left+legendIndent, y, swatchWidth)
		c.FillText(text, vg.Point{X: left + legendIndent + swatchWidth + 5, Y: y}, e.legendLabel())
		y -= legendLine
	}
}

// encodePNG writes an image as a PNG of at most 256 colours: a third of the size, and for plots no visible loss.
func encodePNG(source image.Image) ([]byte, error) {
	return encodeExactly(withPalette(source))
}

// encodeExactly writes an image as a PNG with all its colours.
func encodeExactly(source image.Image) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&buffer, source); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

// withPalette keeps the most frequent colours of an image exactly, and groups the others, the shades between line and
// background, into cells of the colour cube, each shown by the most frequent colour in it.
func withPalette(source image.Image) image.Image {
	bounds := source.Bounds()
	count := map[color.RGBA]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[color.RGBAModel.Convert(source.At(x, y)).(color.RGBA)]++
		}
	}
	colors := make([]color.RGBA, 0, len(count))
	for c := range count {
		colors = append(colors, c)
	}
	key := func(c color.RGBA) uint32 { return uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B) }
	slices.SortFunc(colors, func(a, b color.RGBA) int { // frequent ones first, and always in the same order
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(key(a), key(b)))
	})
	palette, index := group(colors)
	out := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			out.SetColorIndex(x, y, index[color.RGBAModel.Convert(source.At(x, y)).(color.RGBA)])
		}
	}
	return out
}

// group chooses at most 256 colours out of those that come in order of frequency: the first ones as they are, and the
// finest cells for the others that leave no more.
func group(colors []color.RGBA) (color.Palette, map[color.RGBA]uint8) {
	const limit, exact = 256, 80
	for side := 1; ; side++ {
		cellOf := map[color.RGBA]uint8{}
		index := make(map[color.RGBA]uint8, len(colors))
		var palette color.Palette
		for i, c := range colors {
			cell := color.RGBA{R: c.R / uint8(side), G: c.G / uint8(side), B: c.B / uint8(side)}
			at, known := cellOf[cell]
			if !known || i < exact {
				if len(palette) == limit {
					palette = nil
					break
				}
				at = uint8(len(palette))
				palette = append(palette, c)
				if !known {
					cellOf[cell] = at
				}
			}
			index[c] = at
		}
		if palette != nil {
			return palette, index
		}
	}
}
