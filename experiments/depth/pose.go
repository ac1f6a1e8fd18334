package depth

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
)

// PoseConfig describes the network that sees neighbouring frames and predicts how the camera moved between them, as in [2].
type PoseConfig struct {
	Stages []Stage `json:"stages"`
	// Factor multiplies what the last layer gives: 0.01, so that training starts with a camera that hardly moves.
	Factor float64 `json:"factor"`
	// Distance is the depth that belongs to the network's initial disparity, in the unit of the translations. That unit is
	// free, since images alone do not tell how large the world is.
	Distance float64 `json:"distance"`
}

const (
	poseScope   = "pose"
	poseNumbers = 6
)

// Poses predicts the motion from the target's camera to that of each source, each `[batch, 6]` as [Positions] takes it.
//
//   - scope: the model's root; the weights live below "/pose".
//   - target, sources: `[batch, height, width, 3]`, in [0, 1].
func (c PoseConfig) Poses(scope *model.Scope, target *Node, sources ...*Node) []*Node {
	scope = scope.In(poseScope).WithInitializer(initializer.HeFn(scope))
	x := Concatenate(append([]*Node{target}, sources...), -1)
	x = AddScalar(MulScalar(x, 2), -1)
	for i, stage := range c.Stages {
		for k := range stage.Convolutions {
			stride := 1
			if k == 0 {
				stride = stage.Stride
			}
			x = activation.Relu(convolve(scope.In("stage_%d_%d", i, k), x, stage.Width, stage.Kernel, stride))
		}
	}
	x = convolve(scope.In("head"), x, poseNumbers*len(sources), 1, 1)
	x = MulScalar(ReduceMean(x, 1, 2), c.Factor)
	var poses []*Node
	for i := range sources {
		poses = append(poses, SliceAxis(x, 1, AxisRange(poseNumbers*i, poseNumbers*(i+1))))
	}
	return poses
}

// nearest is how far in front of a source's camera a point must lie to be seen, in the unit of the depths.
const nearest = 1e-3

// Positions returns where another camera sees the points that the pixels of the target show:
//
//	X = z·((u − cx)/fx, (v − cy)/fy, 1),    X′ = R_x(a)·R_y(b)·R_z(c)·X + t,    (u′, v′) = (fx·X′₁/X′₃ + cx, fy·X′₂/X′₃ + cy)
//
// with the rotations by Euler's angles a, b and c about the axes x (to the right), y (down) and z (ahead), R_z(c) first.
//
//   - depth: z, `[batch, height, width, 1]`.
//   - pose: t and the angles, (t₁, t₂, t₃, a, b, c), `[batch, 6]`.
//   - camera: fx, fy, cx, cy in pixels that count from 0, `[batch, 4]`.
//
// It returns the positions, `[batch, height, width, 2]`, as gomlxops.Warp takes them, and front, `[batch, height, width, 1]`:
// 1 where the point lies in front of the other camera, else 0, without a gradient. Differentiable in depth and pose.
func Positions(depth, pose, camera *Node) (positions, front *Node) {
	number := func(of *Node, i int) *Node { return Reshape(SliceAxis(of, 1, AxisElem(i)), -1, 1, 1, 1) }
	fx, fy, cx, cy := number(camera, 0), number(camera, 1), number(camera, 2), number(camera, 3)
	g, shape := depth.Graph(), depth.Shape()
	x := Mul(depth, Div(Sub(Iota(g, shape, 2), cx), fx))
	y := Mul(depth, Div(Sub(Iota(g, shape, 1), cy), fy))
	z := depth
	turn := func(a, b, angle *Node) (*Node, *Node) {
		sin, cos := Sin(angle), Cos(angle)
		return Sub(Mul(a, cos), Mul(b, sin)), Add(Mul(a, sin), Mul(b, cos))
	}
	x, y = turn(x, y, number(pose, 5))
	z, x = turn(z, x, number(pose, 4))
	y, z = turn(y, z, number(pose, 3))
	x, y, z = Add(x, number(pose, 0)), Add(y, number(pose, 1)), Add(z, number(pose, 2))
	front = StopGradient(ConvertDType(GreaterThan(z, Scalar(g, z.DType(), nearest)), z.DType()))
	z = MaxScalar(z, nearest)
	return Concatenate([]*Node{Add(Mul(Div(x, z), fx), cx), Add(Mul(Div(y, z), fy), cy)}, -1), front
}

// ResidualOfMotion returns the target minus a source frame seen through the target's depth and the camera's motion, and 0
// where that asks for what the source does not show. target and source are `[batch, height, width, channels]`, the others as
// in [Positions].
func ResidualOfMotion(target, source, depth, pose, camera *Node) *Node {
	positions, front := Positions(depth, pose, camera)
	warped, inside := gomlxops.Warp(StopGradient(source), positions)
	return Mul(Sub(target, warped), Mul(inside, front))
}
