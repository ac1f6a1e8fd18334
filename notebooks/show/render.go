package show

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	stddraw "image/draw"
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
	plotWidth   = 9.2 // inches: the column of a page
	narrowWidth = 4.4 // of a plot on a narrow page
	plotHeight  = 3.6
	rowHeight   = 3.0

	leastPanel = 2.4 * vg.Inch // of a plot on a narrow page beside what names its layers
)

// Show shows the plot under the cell, as wide as the page. Lines are named where they end at the right, other layers beside
// them.
func (p *Plot) Show() { showPlots(orDefault(p.height, plotHeight), []*Plot{p}) }

// Row shows plots side by side, and below each other where the page is narrow. What the colours mean stands once, at the right of
// the last.
func Row(plots ...*Plot) { showPlots(heightOf(plots), plots) }

// captionOf returns what the plots of a row say, the first that says something.
func captionOf(plots []*Plot) string {
	for _, p := range plots {
		if p.caption != "" {
			return p.caption
		}
	}
	return ""
}

// WritePNG writes plots side by side into a PNG file, as [Row] shows them.
func WritePNG(path string, plots ...*Plot) error {
	data, err := render(plotWidth, heightOf(plots), plots).piece(0, len(plots))
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

// showPlots shows a picture of the plots. A page shows a form of it that suits its width: of one plot a picture for wide and one
// for narrow pages, of several a row that a narrow page breaks.
func showPlots(height float64, plots []*Plot) {
	if len(plots) == 0 {
		fail("a row got no plots")
		return
	}
	drawing := render(plotWidth, height, plots)
	whole, err := drawing.piece(0, len(plots))
	if err != nil {
		fail("cannot draw the plot: " + err.Error())
		return
	}
	said := make([]string, len(plots))
	for i, p := range plots {
		said[i] = p.describe()
	}
	all := strings.Join(said, " ")
	width, tall := int(math.Floor(plotWidth*pixelsPerIn)), int(height*pixelsPerIn)
	m := message{
		mime:    protocol.MIMEImagePNG,
		content: whole,
		metadata: map[string]any{string(protocol.MIMEImagePNG): map[string]any{
			"width": width, "height": tall, "alt": all,
		}},
		plain: "[" + all + "]",
	}
	form, err := responsive(drawing, whole, height, plots, said)
	if err != nil {
		fail("cannot draw the plot: " + err.Error())
		return
	}
	m.more = map[protocol.MIMEType]any{protocol.MIMETextHTML: form}
	emit(m)
	Caption(captionOf(plots))
}

// drawing is a finished picture of plots side by side.
type drawing struct {
	image image.Image
	exact bool  // few colours would show as bands
	cuts  []int // where each plot begins, in dots, and the width of the whole
}

// render draws the plots in equal columns, and what their colours mean to the right, or below where it would leave too little of
// a narrow picture. Width and height are in inches; names below add to the height.
func render(width, height float64, plots []*Plot) drawing { return renderFrom(0, width, height, plots) }

// renderLast draws the last of the plots, and what the colours of all mean.
func renderLast(width, height float64, plots []*Plot) drawing {
	return renderFrom(len(plots)-1, width, height, plots)
}

func renderFrom(first int, width, height float64, plots []*Plot) drawing {
	var panels []*plot.Plot
	var legend legend
	for i, p := range plots {
		panel, layers := p.build()
		legend.collect(layers)
		if i >= first {
			panels = append(panels, panel)
		}
	}
	plots = plots[first:]
	inches := vg.Length(width) * vg.Inch
	beside, foot := legend.width(), vg.Length(0)
	if width <= narrowWidth && len(legend.bars) == 0 && (beside > 0.4*inches || inches-beside < leastPanel) {
		beside, foot = 0, legend.heightBelow(inches)
	}
	paper := vgimg.NewWith(vgimg.UseWH(inches, vg.Length(height)*vg.Inch+foot),
		vgimg.UseDPI(dotsPerInch), vgimg.UseBackgroundColor(color.White))
	whole := draw.Crop(draw.New(paper), 2, -2, 2, -4)
	canvas := draw.Crop(whole, 0, 0, foot, 0)
	panelWidth := (canvas.Max.X - canvas.Min.X - beside) / vg.Length(len(plots))
	out := drawing{exact: slices.ContainsFunc(plots, (*Plot).hasHeat)}
	var last draw.Canvas
	for i, panel := range panels {
		left := canvas.Min.X + vg.Length(i)*panelWidth
		out.cuts = append(out.cuts, int(float64(left)*dotsPerInch/72))
		last = canvas
		last.Min.X, last.Max.X = left, left+panelWidth
		if i > 0 {
			last.Min.X += vg.Points(10)
		}
		if room, title := last.Max.X-last.Min.X, &panel.Title; title.TextStyle.Width(title.Text) > room {
			title.TextStyle.Font.Size *= room / title.TextStyle.Width(title.Text)
		}
		panel.Draw(last)
	}
	out.cuts[0] = 0
	out.cuts = append(out.cuts, paper.Image().Bounds().Dx())
	if foot > 0 {
		legend.drawBelow(whole)
	} else {
		legend.draw(canvas, panels[len(panels)-1].DataCanvas(last), panels[len(panels)-1])
	}
	out.image = paper.Image()
	return out
}

// piece returns the PNG of the plots from one to another.
func (d drawing) piece(from, to int) ([]byte, error) {
	bounds := d.image.Bounds()
	part := d.image.(interface {
		SubImage(r image.Rectangle) image.Image
	}).SubImage(image.Rect(d.cuts[from], bounds.Min.Y, d.cuts[to], bounds.Max.Y))
	if d.exact {
		return encodeExactly(part)
	}
	return encodePNG(part)
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
	for _, d := range layers {
		if y.log && d.f != nil { // what falls to 0 leaves the plot below
			for i := range d.points {
				d.points[i].y = cmp.Or(d.points[i].y, math.SmallestNonzeroFloat64)
			}
		}
	}
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
	pixels := image.NewRGBA(image.Rect(0, 0, source.Bounds().Dx(), source.Bounds().Dy()))
	stddraw.Draw(pixels, pixels.Bounds(), source, source.Bounds().Min, stddraw.Src)
	at := func(i int) color.RGBA {
		p := pixels.Pix[4*i : 4*i+4]
		return color.RGBA{p[0], p[1], p[2], p[3]}
	}
	all := len(pixels.Pix) / 4
	count := map[color.RGBA]int{}
	for i := 0; i < all; { // in runs of one colour, of which a plot has many
		c, begin := at(i), i
		for i < all && at(i) == c {
			i++
		}
		count[c] += i - begin
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
	out := image.NewPaletted(pixels.Bounds(), palette)
	for i := 0; i < all; {
		c := at(i)
		for number := index[c]; i < all && at(i) == c; i++ {
			out.Pix[i] = number
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
