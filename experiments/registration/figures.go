package registration

import (
	"context"
	"fmt"
	"math"
	"path/filepath"

	"gonum.org/v1/gonum/spatial/r3"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/figure"
	"github.com/robustloss/gomlx-robustloss/internal/picture"
)

// FiguresCommand draws one synthetic pair.
type FiguresCommand struct {
	cli.Runs
	Out    string    `help:"Folder for the PNG files; the default is figures below the runs." type:"path" placeholder:"DIR"`
	Points cli.Count `help:"Points of each view." default:"5000"`
	Noise  float64   `help:"Noise in diameters." default:"0.0025"`
	Seed   cli.Seed  `help:"Seed of the pair." default:"1"`
}

// Run writes clouds.png and residuals.png and prints their paths.
func (f *FiguresCommand) Run(ctx context.Context, s *cli.Session) error {
	if f.Out == "" {
		f.Out = f.Dir("registration", "figures")
	}
	pair, err := pointcloud.NewPair(pointcloud.PairOptions{Surface: "bumpy sphere", Points: int(f.Points), Keep: .8, Noise: f.Noise, Seed: uint64(f.Seed)})
	if err != nil {
		return err
	}
	p, err := Prepare(pair, FeatureOptions{}, uint64(f.Seed))
	if err != nil {
		return err
	}
	before, after, histogram, err := figures(p)
	if err != nil {
		return err
	}
	for name, plots := range map[string][]*plot.Plot{"clouds.png": {before, after}, "residuals.png": {histogram}} {
		if err := ctx.Err(); err != nil {
			return err
		}
		path := filepath.Join(f.Out, name)
		if err := figure.WritePNG(path, plots...); err != nil {
			return err
		}
		_, _ = fmt.Fprintln(s.Out, path)
	}
	return nil
}

func figures(p *Prepared) (before, after, histogram *plot.Plot, err error) {
	s, err := p.Solve(Graduated())
	if err != nil {
		return nil, nil, nil, err
	}
	if before, err = cloudPlot("before", p.Pair.Target, p.Pair.Source); err != nil {
		return nil, nil, nil, err
	}
	if after, err = cloudPlot("after, shape-annealed", p.Pair.Target, p.Pair.Source.Transformed(s.Pose)); err != nil {
		return nil, nil, nil, err
	}
	histogram, err = residualPlot(s)
	return before, after, histogram, err
}

// cloudPlot shows both clouds along the z axis.
func cloudPlot(title string, target, source *pointcloud.Cloud) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, "x", "y"
	for i, points := range [][]r3.Vec{target.Points, source.Points} {
		xy := make(plotter.XYs, len(points))
		for k, v := range points {
			xy[k] = plotter.XY{X: v.X, Y: v.Y}
		}
		scatter, err := plotter.NewScatter(xy)
		if err != nil {
			return nil, err
		}
		scatter.GlyphStyle = figure.Dots(.7, figure.Class(i))
		p.Add(scatter)
	}
	return p, nil
}

// residualPlot shows how many matches have which distance, and the weight that the last kernel gives them.
func residualPlot(s *Solution) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = fmt.Sprintf("distances of the matches and their weight, α = %g", s.last().Alpha)
	p.X.Label.Text, p.Y.Label.Text = "distance / radius; the last bar holds all beyond", "matches, the fullest bar 1; weight"
	const limit = .5
	var near plotter.Values
	for _, r := range s.Residuals {
		near = append(near, math.Min(r, limit))
	}
	bars, err := plotter.NewHist(near, 50)
	if err != nil {
		return nil, err
	}
	largest := 0.0
	for _, b := range bars.Bins {
		largest = math.Max(largest, b.Weight)
	}
	for i := range bars.Bins {
		bars.Bins[i].Weight /= largest
	}
	bars.FillColor, bars.LineStyle.Width = picture.Translucent(picture.Blue, 0x50), 0
	kernel := s.last()
	weight := plotter.NewFunction(func(r float64) float64 { return kernel.Weight(r) * kernel.Scale * kernel.Scale })
	weight.Samples, weight.Color, weight.Width = 400, figure.Class(1), vg.Points(1.5)
	p.Add(bars, weight)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, limit, 0, 1.05
	return p, nil
}
