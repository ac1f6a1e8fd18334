package clustering

import (
	"context"
	"fmt"
	"path/filepath"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/figure"
)

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
	axes, err := PrincipalAxes(t, 2)
	if err != nil {
		return nil, err
	}
	var plots []*plot.Plot
	for i, x := range [][]float64{t.X, found.Representatives} {
		p := plot.New()
		p.Title.Text = []string{"rows, by class", fmt.Sprintf("representatives: %d clusters", found.Count)}[i]
		p.X.Label.Text, p.Y.Label.Text = "first principal axis", "second"
		xy := axes.Project(mat.NewDense(t.Rows, t.Cols, x))
		for class := range t.Classes {
			var points plotter.XYs
			for k, l := range t.Labels {
				if l == class {
					points = append(points, plotter.XY{X: xy.At(k, 0), Y: xy.At(k, 1)})
				}
			}
			dots, err := plotter.NewScatter(points)
			if err != nil {
				return nil, err
			}
			dots.GlyphStyle = figure.Dots(1.2, figure.Class(class))
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
	curve.Color, dots.GlyphStyle = figure.Class(0), figure.Dots(2.5, figure.Class(0))
	p.Add(plotter.NewGrid(), curve, dots)
	return p, nil
}

// save writes plots side by side as one PNG file and prints its path.
func save(s *cli.Session, path string, plots ...*plot.Plot) error {
	if err := figure.WritePNG(path, plots...); err != nil {
		return err
	}
	_, err := fmt.Fprintln(s.Out, path)
	return err
}
