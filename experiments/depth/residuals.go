package depth

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// First returns the first n pairs of the set, or all.
func (s *TestSet) First(n int) *TestSet {
	n = min(n, len(s.Pairs))
	return &TestSet{Pairs: s.Pairs[:n], Truths: s.Truths[:n]}
}

// TrueDisparities returns focalBaseline/depth of each pixel of each left image, in pixels; 0 where no depth is known, which
// is right for a far sky. The true depths must have the size of the images, as those of synthetic streets have.
func (s *TestSet) TrueDisparities() [][]float32 {
	all := make([][]float32, len(s.Truths))
	for i, truth := range s.Truths {
		all[i] = make([]float32, len(truth.Metres))
		for k, z := range truth.Metres {
			if z > 0 {
				all[i][k] = float32(s.Pairs[i].FocalBaseline() / float64(z))
			}
		}
	}
	return all
}

// Disparities returns one disparity for all pixels, in pixels.
func (s *TestSet) Disparities(same float32) [][]float32 {
	all := make([][]float32, len(s.Pairs))
	for i, pair := range s.Pairs {
		all[i] = slices.Repeat([]float32{same}, pair.Left.Height*pair.Left.Width)
	}
	return all
}

// Residuals returns [Residual] of each pair for the given disparities: height·width·3 numbers a pair.
func (s *TestSet) Residuals(backend compute.Backend, disparities [][]float32) ([][]float32, error) {
	left, right, d, err := s.batch(disparities)
	if err != nil {
		return nil, err
	}
	exec, err := NewExec(backend, Residual)
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	output, err := exec.Call1(left, right, d)
	if err != nil {
		return nil, fmt.Errorf("depth: cannot compute the residuals: %w", err)
	}
	flat := tensors.MustCopyFlatData[float32](output)
	size := len(flat) / len(s.Pairs)
	all := make([][]float32, len(s.Pairs))
	for i := range all {
		all[i] = flat[i*size : (i+1)*size]
	}
	return all, nil
}

// Landscape returns each loss of the pairs, with the true disparities shifted by each of the shifts, in pixels: one slice
// of len(shifts) numbers a loss. A loss is of use where it is least at a shift of 0, and slopes towards it from afar.
func (s *TestSet) Landscape(backend compute.Backend, losses []LossConfig, shifts []float64) ([][]float64, error) {
	left, right, d, err := s.batch(s.TrueDisparities())
	if err != nil {
		return nil, err
	}
	exec, err := model.NewExec(backend, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
		var values []*Node
		for i, loss := range losses {
			photometric, _ := loss.Terms(scope.In("loss_%d", i), in[0], in[1], Add(in[2], in[3]), 1)
			values = append(values, photometric)
		}
		return values
	})
	if err != nil {
		return nil, fmt.Errorf("depth: cannot build the losses: %w", err)
	}
	defer exec.Finalize()
	all := make([][]float64, len(losses))
	for _, shift := range shifts {
		outputs, err := exec.Exec(left, right, d, float32(shift))
		if err != nil {
			return nil, fmt.Errorf("depth: cannot compute the losses: %w", err)
		}
		for i, output := range outputs {
			all[i] = append(all[i], float64(tensors.ToScalar[float32](output)))
		}
	}
	return all, nil
}

// batch returns all pairs, and a disparity for each pixel of their left images, as tensors.
func (s *TestSet) batch(disparities [][]float32) (left, right, d *tensors.Tensor, err error) {
	var leftFlat, rightFlat, flat []float32
	n, height, width := len(s.Pairs), s.Pairs[0].Left.Height, s.Pairs[0].Left.Width
	for i, pair := range s.Pairs {
		if len(disparities[i]) != height*width {
			return nil, nil, nil, fmt.Errorf("depth: pair %d has %d disparities and %d×%d pixels", i, len(disparities[i]), height, width)
		}
		leftFlat, rightFlat = append(leftFlat, pair.Left.RGB...), append(rightFlat, pair.Right.RGB...)
		flat = append(flat, disparities[i]...)
	}
	left = tensors.FromFlatDataAndDimensions(leftFlat, n, height, width, 3)
	right = tensors.FromFlatDataAndDimensions(rightFlat, n, height, width, 3)
	return left, right, tensors.FromFlatDataAndDimensions(flat, n, height, width, 1), nil
}
