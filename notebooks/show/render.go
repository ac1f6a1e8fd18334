package show

import (
	"image/color"
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
