package clustering

import (
	"context"
	"fmt"
	"image/color"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
)

// classColours tell ten classes apart.
var classColours = []color.NRGBA{
	{0x00, 0x64, 0xb0, 0xb0},
	{0xcf, 0x4a, 0x12, 0xb0},
	{0x00, 0x8c, 0x6a, 0xb0},
	{0x9b, 0x4f, 0x9e, 0xb0},
	{0x22, 0x22, 0x22, 0xb0},
	{0xb8, 0x8a, 0x00, 0xb0},
	{0x55, 0xb4, 0xe9, 0xb0},
	{0xd0, 0x3a, 0x72, 0xb0},
	{0x7a, 0xa8, 0x20, 0xb0},
	{0x8a, 0x6a, 0x50, 0xb0},
}

// FiguresCommand draws the digits.
type FiguresCommand struct {
	cli.Runs
	Out  string     `help:"Folder for the PNG files; the default is figures below the runs." type:"path" placeholder:"DIR"`
	Rows *cli.Count `help:"Only the first rows." placeholder:"N"`
}

// Run writes embedding.png and sweep.png and prints their paths.
func (f *FiguresCommand) Run(ctx context.Context, s *cli.Session) error {
	if f.Out == "" {
		f.Out = f.Dir("clustering", "figures")
	}
	if err := os.MkdirAll(f.Out, 0o755); err != nil {
		return err
	}
	t, err := tabular.Digits()
	if err != nil {
		return err
	}
	if f.Rows != nil {
		t = t.Head(int(*f.Rows))
	}
	if err := Normalise(t, "minmax"); err != nil {
		return err
	}
	graph, err := graphOf(t, Config{Neighbours: 10, Metric: "cosine"})
	if err != nil {
		return err
	}
	found, err := Cluster(ctx, t, graph, Constant(-2), nil)
	if err != nil {
		return err
	}
	embedding, err := embeddingPlots(t, found)
	if err != nil {
		return err
	}
	if err := save(s, filepath.Join(f.Out, "embedding.png"), embedding...); err != nil {
		return err
	}
	sweep, err := sweepPlot(ctx, t, graph)
	if err != nil {
		return err
	}
	return save(s, filepath.Join(f.Out, "sweep.png"), sweep)
}

// embeddingPlots shows the rows and their representatives in the plane of the rows.
func embeddingPlots(t *tabular.Table, found *Clustering) ([]*plot.Plot, error) {
	axes, err := NewAxes(t, 2)
	if err != nil {
		return nil, err
	}
	var plots []*plot.Plot
	for i, x := range [][]float64{t.X, found.Representatives} {
		p := plot.New()
		p.Title.Text = []string{"rows, by class", fmt.Sprintf("representatives: %d clusters", found.Count)}[i]
		p.X.Label.Text, p.Y.Label.Text = "first principal axis", "second"
		xy := axes.Project(x)
		for class := range t.Classes {
			var points plotter.XYs
			for k, l := range t.Labels {
				if l == class {
					points = append(points, plotter.XY{X: xy[2*k], Y: xy[2*k+1]})
				}
			}
			dots, err := plotter.NewScatter(points)
			if err != nil {
				return nil, err
			}
			dots.GlyphStyle = draw.GlyphStyle{Color: classColours[class%len(classColours)], Radius: vg.Points(1.2), Shape: draw.CircleGlyph{}}
			p.Add(dots)
		}
		plots = append(plots, p)
	}
	plots[1].X.Min, plots[1].X.Max, plots[1].Y.Min, plots[1].Y.Max = plots[0].X.Min, plots[0].X.Max, plots[0].Y.Min, plots[0].Y.Max
	return plots, nil
}

// sweepPlot shows the AMI of the finite shapes.
func sweepPlot(ctx context.Context, t *tabular.Table, graph *Graph) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = "digits", "α", "AMI"
	var line plotter.XYs
	for _, alpha := range []float64{-8, -6, -4, -3, -2, -1.5, -1, -.5, 0, .5, 1} {
		found, err := Cluster(ctx, t, graph, Constant(alpha), nil)
		if err != nil {
			return nil, err
		}
		score, err := Score(t.Labels, found.Labels)
		if err != nil {
			return nil, err
		}
		line = append(line, plotter.XY{X: alpha, Y: score.AMIGeometric})
	}
	curve, dots, err := plotter.NewLinePoints(line)
	if err != nil {
		return nil, err
	}
	curve.Color, dots.Color, dots.Shape = classColours[0], classColours[0], draw.CircleGlyph{}
	p.Add(plotter.NewGrid(), curve, dots)
	return p, nil
}

// save writes plots side by side as one PNG file and prints its path.
func save(s *cli.Session, path string, plots ...*plot.Plot) (err error) {
	const side = 9 * vg.Centimeter
	canvas := vgimg.New(vg.Length(len(plots))*side, side)
	row := plot.Align([][]*plot.Plot{plots}, draw.Tiles{Rows: 1, Cols: len(plots), PadX: vg.Points(8)}, draw.New(canvas))[0]
	for i, p := range plots {
		p.Draw(row[i])
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	if _, err = (vgimg.PngCanvas{Canvas: canvas}).WriteTo(f); err == nil {
		_, err = fmt.Fprintln(s.Out, path)
	}
	return err
}
