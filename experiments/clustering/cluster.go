package clustering

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
	"github.com/robustloss/gomlx-robustloss/experiments/parallel"
	"github.com/robustloss/gomlx-robustloss/experiments/stats"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// Shape chooses α as μ falls.
type Shape interface {
	// Alpha returns the shape for the edge lengths d. It is asked whenever μ has changed.
	Alpha(lengths []float64) (float64, error)
}

// Constant is the same α throughout. −2 is robust continuous clustering [1].
type Constant float64

// Alpha implements [Shape].
func (c Constant) Alpha([]float64) (float64, error) { return float64(c), nil }

// fittedLengths is the number of lengths that stand for all in a fit.
const fittedLengths = 512

// Fitted takes α from the data, anew for each μ: the shape of maximum likelihood for the lengths of the edges between
// representatives, with a scale of its own (scalar.FitTruncated). The scale of the penalty stays √(μ/4): a likelihood
// at that scale would call all short lengths normal, keep α = 2, and never let go of an edge.
type Fitted struct{}

// Alpha implements [Shape]. Of many lengths it takes 512, evenly spaced in their order.
func (Fitted) Alpha(lengths []float64) (float64, error) {
	fit, err := scalar.FitTruncated(stats.EvenlySpaced(lengths, fittedLengths), nil, &scalar.TruncatedOptions{FitScale: true})
	return fit.Alpha, err
}

// Constants of the released program of [1].
const (
	innerIterations = 4    // iterations before μ falls, at most
	settledChange   = .1   // a smaller change of the objective ends the inner iterations
	shortEdge       = 1e-2 // edges shorter than this times √cols say nothing about scale
)

// maxIterations bounds the iterations in all, as the released program does. Tests lower it.
var maxIterations = 100

// solveTolerance is the relative residual of the linear systems. The released program stops at 1e-2 from a start at 0;
// here the systems start at the previous solution, so the tolerance must be finer than the change from one to the next:
// on the digits the clusters at 1e-3 are those at 1e-8, while at 1e-2 some differ.
const solveTolerance = 1e-3

// Clustering is what Cluster found.
type Clustering struct {
	Labels []int // cluster of each row, from 0
	Count  int
	// Representatives are the u_i, row-major, of the table's shape.
	Representatives []float64
	// Converged is false if the iterations ended because there were 100 of them, before the objective had settled at the last μ.
	Converged bool
	// Threshold is ε: edges no longer than it join their ends in one cluster.
	Threshold float64
	Trace     []Iteration
}

// Iteration is one alternation between weights and representatives.
type Iteration struct {
	Mu, Alpha, Lambda float64
	Objective         float64 // before the representatives move
	SolverSteps       int     // of conjugate gradients, the most of all columns
}

// Cluster groups the rows of a table along the edges of a graph. progress, if not nil, is called after each iteration. It
// stops with ctx's error where that ends.
//
// Beside the table it holds the representatives, of the same size, and a few blocks of 16 columns.
func Cluster(ctx context.Context, t *tabular.Table, g *Graph, shape Shape, progress func(Iteration)) (*Clustering, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	if g.Rows != t.Rows {
		return nil, fmt.Errorf("clustering: a graph of %d rows for a table of %d", g.Rows, t.Rows)
	}
	c, err := newContinuation(t, g, shape)
	if err != nil {
		return nil, err
	}
	result := &Clustering{Threshold: c.threshold, Representatives: c.u}
	previous := math.Inf(1)
	for inner := 0; len(result.Trace) < maxIterations; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		iteration, err := c.iterate()
		if err != nil {
			return nil, fmt.Errorf("iteration %d: %w", len(result.Trace), err)
		}
		result.Trace = append(result.Trace, iteration)
		if progress != nil {
			progress(iteration)
		}
		inner++
		settled := math.Abs(previous-iteration.Objective) < settledChange
		previous = iteration.Objective
		if !settled && inner < innerIterations {
			continue
		}
		switch {
		case c.mu >= c.delta:
			c.mu /= 2
		case inner == innerIterations:
			c.mu = c.delta / 2
		default:
			result.Converged = true
			return c.finish(result), nil
		}
		inner = 0
		if err := c.rescale(); err != nil {
			return nil, err
		}
	}
	return c.finish(result), nil
}

// continuation is the state of Cluster.
type continuation struct {
	table     *tabular.Table
	graph     *Graph
	shape     Shape
	u         []float64
	matrix    *laplacian
	balance   []float64 // w
	lengths   []float64 // ‖u_p − u_q‖
	norm      float64   // ‖X‖₂
	threshold float64   // ε
	delta     float64   // δ
	mu        float64
	alpha     float64
	lambda    float64
}

func newContinuation(t *tabular.Table, g *Graph, shape Shape) (*continuation, error) {
	c := &continuation{
		table: t, graph: g, shape: shape, u: slices.Clone(t.X), matrix: newLaplacian(g), balance: g.Balance(),
		norm: SpectralNorm(t.X, t.Cols),
	}
	c.measure()
	informative := slices.DeleteFunc(slices.Clone(c.lengths), func(d float64) bool {
		return d < shortEdge*math.Sqrt(float64(t.Cols))
	})
	if len(informative) == 0 {
		return nil, fmt.Errorf("clustering: all %d edges are shorter than %g·√%d: the rows are duplicates, or their scale is too small; normalise the columns",
			len(g.Edges), shortEdge, t.Cols)
	}
	slices.SortFunc(informative, cmp.Compare[float64])
	percent := (len(informative) + 99) / 100
	c.threshold = mean(informative[:percent])
	c.delta = mean(informative[:min(250, percent)])
	longest := informative[len(informative)-1]
	c.mu = 3 * longest * longest
	if math.IsInf(c.mu, 1) {
		return nil, fmt.Errorf("clustering: an edge of length %g is too long to be squared: divide the columns, or normalise them", longest)
	}
	return c, c.rescale()
}

func mean(values []float64) float64 { return sum(values) / float64(len(values)) }

// kernel is the penalty's kernel: c² = μ/4.
func (c *continuation) kernel() scalar.Kernel {
	return scalar.Kernel{Alpha: c.alpha, Scale: math.Sqrt(c.mu / 4)}
}

// measure computes the lengths of the edges between representatives.
func (c *continuation) measure() { c.lengths = c.graph.Lengths(c.u, c.table.Cols) }

// reweigh sets the edges of A to w·l, l = c²·ψ(d)/d ∈ [0, 1].
func (c *continuation) reweigh() {
	kernel := c.kernel()
	values := make([]float64, len(c.lengths))
	parallel.Blocks(len(values), 1024, func(_, from, to int) {
		for i := from; i < to; i++ {
			values[i] = c.balance[i] * kernel.Scale * kernel.Scale * kernel.Weight(c.lengths[i])
		}
	})
	c.matrix.set(values)
}

// rescale chooses α and λ = ‖X‖₂/‖A‖₂ for a new μ.
func (c *continuation) rescale() error {
	alpha, err := c.shape.Alpha(c.lengths)
	if err != nil {
		return fmt.Errorf("clustering: choosing α at μ = %g: %w", c.mu, err)
	}
	if math.IsNaN(alpha) || alpha > 2 {
		return fmt.Errorf("clustering: α = %g: want at most 2", alpha)
	}
	c.alpha = alpha
	c.reweigh()
	norm := c.matrix.norm()
	if !(norm > 0) {
		return fmt.Errorf("clustering: all edges have lost their weight at α = %g, μ = %g", alpha, c.mu)
	}
	c.lambda = c.norm / norm
	return nil
}

// iterate computes the weights, then the representatives.
func (c *continuation) iterate() (Iteration, error) {
	c.reweigh()
	objective := c.objective()
	steps, err := c.matrix.solve(c.lambda, solveTolerance, c.table.X, c.u, c.table.Cols)
	if err != nil {
		return Iteration{}, err
	}
	c.measure()
	return Iteration{Mu: c.mu, Alpha: c.alpha, Lambda: c.lambda, Objective: objective, SolverSteps: steps}, nil
}

// objective is ½‖X − U‖² + λ/2·Σ w·2c²·ρ(d, α, c).
func (c *continuation) objective() float64 {
	kernel := c.kernel()
	sum := squaredDistance(c.table.X, c.u) / 2
	for i, d := range c.lengths {
		sum += c.lambda * c.balance[i] * kernel.Scale * kernel.Scale * kernel.Rho(d)
	}
	return sum
}

func (c *continuation) finish(result *Clustering) *Clustering {
	result.Labels, result.Count = c.graph.Components(func(edge int) bool { return c.lengths[edge] <= c.threshold })
	return result
}
