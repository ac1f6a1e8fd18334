package depth

import (
	"math"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
)

// Stage is a stage of the encoder: Convolutions convolutions of Kernel×Kernel pixels and Width channels, the first of
// which moves by Stride pixels.
type Stage struct {
	Width        int `json:"width"`
	Kernel       int `json:"kernel"`
	Stride       int `json:"stride"`
	Convolutions int `json:"convolutions"`
}

// NetworkConfig describes an encoder–decoder with skips: a small U-Net, or DispNet as in [2].
type NetworkConfig struct {
	Stages []Stage `json:"stages"`
	// Output is the size of the image over that of the finest prediction: 1, 2, 4, …. The predictions are enlarged to
	// the size of the image by linear interpolation.
	Output int `json:"output"`
	// Scales is how many predictions there are: the finest, one of half its size, …. All of them are trained, with the
	// same loss; the finest one is the result.
	Scales int `json:"scales"`
	// Coordinates gives the network each pixel's place, x and y in [−1, 1], beside its colour.
	Coordinates bool `json:"coordinates"`
	// Disparities lie between MinDisparity and MaxDisparity pixels (of the image's width) and start at about
	// InitialDisparity. A start far from the mean of the scenes makes losses with much weight on outliers collapse.
	MaxDisparity     float64 `json:"max_disparity"`
	InitialDisparity float64 `json:"initial_disparity"`
}

// MinDisparity is added to all predictions, in pixels: no depth is infinite.
const MinDisparity = .02

const networkScope = "network"

// Disparities predicts disparities in pixels of the image's width, finest scale first, each `[batch, height, width, 1]`.
//
//   - scope: the model's root; the weights live below "/network".
//   - image: `[batch, height, width, 3]`, in [0, 1].
func (c NetworkConfig) Disparities(scope *model.Scope, image *Node) []*Node {
	scope = scope.In(networkScope).WithInitializer(initializer.HeFn(scope))
	height, width := image.Shape().Dimensions[1], image.Shape().Dimensions[2]
	x := AddScalar(MulScalar(image, 2), -1)
	if c.Coordinates {
		x = Concatenate([]*Node{x, coordinates(x)}, -1)
	}
	var skips []*Node // after each stage
	for i, stage := range c.Stages {
		for k := range stage.Convolutions {
			stride := 1
			if k == 0 {
				stride = stage.Stride
			}
			x = convolve(scope.In("encoder_%d_%d", i, k), x, stage.Width, stage.Kernel, stride)
			x = activation.Relu(x)
		}
		skips = append(skips, x)
	}
	features := c.decode(scope, skips, height, width)
	if len(features) < c.Scales {
		exceptions.Panicf("depth: %d scales of an output 1/%d the size need more stages than %d", c.Scales, c.Output, len(c.Stages))
	}
	var disparities []*Node
	for i := range c.Scales {
		disparities = append(disparities, c.head(scope.In("head_%d", i), features[len(features)-1-i], height, width))
	}
	return disparities
}

// decode goes from the last stage back up to the size of the output and returns the features at each size, the finest
// last.
func (c NetworkConfig) decode(scope *model.Scope, skips []*Node, height, width int) []*Node {
	x := skips[len(skips)-1]
	features := []*Node{x}
	up := func(i, rows, columns, channels int, skip *Node) {
		x = gomlxops.UpsampleNearest(x, 2)
		x = Slice(x, AxisRange(), AxisRange(0, rows), AxisRange(0, columns), AxisRange())
		x = activation.Relu(convolve(scope.In("up_%d", i), x, channels, 3, 1))
		if skip != nil {
			x = Concatenate([]*Node{x, skip}, -1)
		}
		x = activation.Relu(convolve(scope.In("join_%d", i), x, channels, 3, 1))
		features = append(features, x)
	}
	for i := len(skips) - 2; i >= 0 && x.Shape().Dimensions[2]*c.Output < width; i-- {
		if c.Stages[i+1].Stride == 2 {
			dims := skips[i].Shape().Dimensions
			up(i, dims[1], dims[2], c.Stages[i].Width, skips[i])
		}
	}
	if x.Shape().Dimensions[2]*c.Output < width && c.Stages[0].Stride == 2 { // DispNet's last step has no skip
		up(-1, height, width, c.Stages[0].Width/2, nil)
	}
	return features
}

// head makes disparities of features and enlarges them.
func (c NetworkConfig) head(scope *model.Scope, features *Node, height, width int) *Node {
	// The weights of the last convolution are small, so that all disparities start near the initial one.
	share := (c.InitialDisparity - MinDisparity) / c.MaxDisparity
	bias := math.Log(share / (1 - share))
	raw := AddScalar(MulScalar(convolve(scope, features, 1, 3, 1), .1), bias)
	d := AddScalar(MulScalar(Sigmoid(raw), c.MaxDisparity), MinDisparity)
	if dims := d.Shape().Dimensions; dims[1] != height || dims[2] != width {
		d = gomlxops.ResizeBilinear(d, height, width)
	}
	return d
}

// convolve is a convolution with "same" padding and a bias.
func convolve(scope *model.Scope, x *Node, channels, kernel, stride int) *Node {
	g, dtype := x.Graph(), x.DType()
	dims := x.Shape().Dimensions
	weights := scope.VariableWithShape("kernel", shapes.Make(dtype, kernel, kernel, dims[3], channels)).NodeValue(g)
	bias := scope.WithInitializer(initializer.Zero).VariableWithShape("bias", shapes.Make(dtype, channels)).NodeValue(g)
	return Add(gomlxops.Conv2D(x, weights, stride), Reshape(bias, 1, 1, 1, channels))
}

// coordinates returns each pixel's place, `[batch, height, width, 2]`: x and y in [−1, 1].
func coordinates(image *Node) *Node {
	shape := image.Shape().Clone()
	shape.Dimensions[3] = 1
	place := func(axis int) *Node {
		n := float64(shape.Dimensions[axis])
		return AddScalar(MulScalar(Iota(image.Graph(), shape, axis), 2/n), 1/n-1)
	}
	return Concatenate([]*Node{place(2), place(1)}, -1)
}

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

// poses predicts the motion from the target's camera to that of each source, each `[batch, 6]` as positions takes it.
//
//   - scope: the model's root; the weights live below "/pose".
//   - target, sources: `[batch, height, width, 3]`, in [0, 1].
func (c PoseConfig) poses(scope *model.Scope, target *Node, sources ...*Node) []*Node {
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

// positions returns where another camera sees the points that the pixels of the target show:
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
func positions(depth, pose, camera *Node) (positions, front *Node) {
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

// residualOfMotion returns the target minus a source frame seen through the target's depth and the camera's motion, and 0
// where that asks for what the source does not show. target and source are `[batch, height, width, channels]`, the others as
// in positions.
func residualOfMotion(target, source, depth, pose, camera *Node) *Node {
	positions, front := positions(depth, pose, camera)
	warped, inside := gomlxops.Warp(StopGradient(source), positions)
	return Mul(Sub(target, warped), Mul(inside, front))
}
