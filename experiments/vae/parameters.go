package vae

import (
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Parameters are the likelihood's learned parameters, one of each per coefficient: Side·Side·3 values, row by row, the
// channels of the representation (red, green, blue, or Y, U, V) interleaved.
type Parameters struct {
	Side int
	// Shape is α of the general distribution (2 for the normal, 0 for the Cauchy one), or Student's degrees of freedom.
	Shape []float32
	// Scale is c, in the units of the coefficients.
	Scale []float32
}

// Parameters returns the likelihood's learned parameters.
func (m *Model) Parameters() (Parameters, error) {
	side := m.side()
	outputs, err := m.call(func(scope *model.Scope, inputs []*Node) []*Node {
		f := score(scope, m.Config, inputs[0])
		return []*Node{f.shape, f.scale}
	}, tensors.FromFlatDataAndDimensions(make([]float32, side*side*3), 1, side, side, 3))
	if err != nil {
		return Parameters{}, fmt.Errorf("cannot read the likelihood's parameters: %w", err)
	}
	return Parameters{
		Side:  side,
		Shape: tensors.MustCopyFlatData[float32](outputs[0]),
		Scale: tensors.MustCopyFlatData[float32](outputs[1]),
	}, nil
}

// quantileNames and quantileLevels say which quantiles a result keeps.
var (
	quantileNames  = []string{"min", "q05", "q25", "median", "q75", "q95", "max"}
	quantileLevels = []float64{0, .05, .25, .5, .75, .95, 1}
)

// quantiles summarises values over the coefficients.
func quantiles(values []float32) map[string]float64 {
	sorted := slices.Sorted(slices.Values(values))
	q := map[string]float64{}
	for i, name := range quantileNames {
		q[name] = float64(sorted[int(quantileLevels[i]*float64(len(sorted)-1)+.5)])
	}
	return q
}

// finish returns what a result holds beside its values: how the learned parameters are spread over the coefficients.
func (s *session) finish() (details any, err error) {
	p, err := s.model.Parameters()
	if err != nil {
		return nil, err
	}
	return map[string]any{"shape": quantiles(p.Shape), "scale": quantiles(p.Scale)}, nil
}
