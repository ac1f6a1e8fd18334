package robustloss_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/robustloss/gomlx-robustloss/robustloss"
)

// printNodes runs a model function on residuals on the pure-Go backend, in a new model, and prints what it returns, a line for
// each node.
func printNodes(residuals any, f func(scope *model.Scope, x *Node) []*Node) {
	outputs, err := model.MustNewExec(gobackend.GetBackend(), model.NewStore(), f).Call(residuals)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, output := range outputs {
		fmt.Printf("%.3f\n", output.Value())
	}
}

// Four residuals of two outputs: at first α is in the middle of its range, and c is 1.
func ExampleAdaptive() {
	printNodes([][]float64{{1, -2}, {0.5, 40}, {-1, 3}, {0, 0}}, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewAdaptive(scope.In("loss"), x)
		nll := loss.Done()
		return []*Node{nll, loss.Alpha(), loss.Scale()}
	})
	// Output:
	// [[1.600 2.422] [1.304 40.198] [1.600 3.348] [1.185 1.185]]
	// [1.000 1.000]
	// [1.000 1.000]
}

// The same loss under another distribution.
func ExampleAdaptive_Likelihood() {
	printNodes([]float64{0, 1, 50}, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewAdaptive(scope.In("loss"), x).Likelihood(robustloss.StudentsT)
		nll := loss.Done()
		return []*Node{nll, loss.DF(), loss.Scale()}
	})
	// Output:
	// [1.145 1.838 8.969]
	// 1.000
	// 1.000
}

func ExampleLikelihood() {
	fmt.Println(robustloss.General.String(), robustloss.StudentsT.String())
	// Output: General StudentsT
}

func ExampleNewStudentsT() {
	printNodes([]float64{0, 1, 50}, func(scope *model.Scope, x *Node) []*Node {
		return []*Node{robustloss.NewStudentsT(scope.In("loss"), x).DFInit(4).ScaleInit(2).Done()}
	})
	// Output: [1.674 1.826 14.319]
}

// The paper's range for its variational autoencoder.
func ExampleAdaptive_AlphaRange() {
	printNodes([]float64{1, 2}, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewAdaptive(scope.In("loss"), x).AlphaRange(0, 3)
		loss.Done()
		return []*Node{loss.Alpha()} // it starts in the middle
	})
	// Output: 1.500
}

func ExampleAdaptive_AlphaInit() {
	printNodes([]float64{1, 2}, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewAdaptive(scope.In("loss"), x).AlphaRange(0, 3).AlphaInit(0.25)
		loss.Done()
		return []*Node{loss.Alpha()}
	})
	// Output: 0.250
}

// The normal distribution: only the scale is learned.
func ExampleAdaptive_FixedAlpha() {
	printNodes([]float64{0, 2}, func(scope *model.Scope, x *Node) []*Node {
		return []*Node{robustloss.NewAdaptive(scope.In("loss"), x).FixedAlpha(2).Done()}
	})
	// Output: [0.919 2.919]
}

// A shape for each residual, as a network may predict it.
func ExampleAdaptive_WithAlpha() {
	printNodes([]float64{50, 50}, func(scope *model.Scope, x *Node) []*Node {
		alpha := Const(x.Graph(), []float64{0, 2})
		return []*Node{robustloss.NewAdaptive(scope.In("loss"), x).WithAlpha(alpha).Done()}
	})
	// Output: [8.623 1250.919]
}

func ExampleAdaptive_DFInit() {
	printNodes([]float64{1, 2}, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewStudentsT(scope.In("loss"), x).DFInit(30)
		loss.Done()
		return []*Node{loss.DF()}
	})
	// Output: 30.000
}

// Cauchy's distribution with a scale that is learned.
func ExampleAdaptive_FixedDF() {
	printNodes([]float64{0, 1}, func(scope *model.Scope, x *Node) []*Node {
		return []*Node{robustloss.NewStudentsT(scope.In("loss"), x).FixedDF(1).Done()}
	})
	// Output: [1.145 1.838]
}

func ExampleAdaptive_WithDF() {
	printNodes([]float64{3, 3}, func(scope *model.Scope, x *Node) []*Node {
		df := Const(x.Graph(), []float64{1, 1e6})
		return []*Node{robustloss.NewStudentsT(scope.In("loss"), x).WithDF(df).Done()}
	})
	// Output: [3.447 5.419]
}

// Residuals are not measured better than to 0.01: no column that is fitted exactly can claim more.
func ExampleAdaptive_ScaleFloor() {
	printNodes([]float64{0, 0}, func(scope *model.Scope, x *Node) []*Node {
		return []*Node{robustloss.NewAdaptive(scope.In("loss"), x).ScaleFloor(0.01).ScaleInit(0.1).Done()}
	})
	// Output: [-1.117 -1.117]
}

func ExampleAdaptive_ScaleInit() {
	printNodes([]float64{1, 2}, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewAdaptive(scope.In("loss"), x).ScaleInit(0.1)
		loss.Done()
		return []*Node{loss.Scale()}
	})
	// Output: 0.100
}

// The noise of the measurements is known: only the shape is learned.
func ExampleAdaptive_FixedScale() {
	printNodes([]float64{1, 2}, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewAdaptive(scope.In("loss"), x).FixedScale(0.5)
		return []*Node{loss.Done(), loss.Scale()}
	})
	// Output:
	// [1.728 3.615]
	// 0.500
}

// A scale for each row, as a network may predict it: the same residual is likely in one, and not in the other.
func ExampleAdaptive_WithScale() {
	printNodes([][]float64{{1, 1}, {1, 1}}, func(scope *model.Scope, x *Node) []*Node {
		scale := Const(x.Graph(), [][]float64{{1}, {0.1}})
		return []*Node{robustloss.NewAdaptive(scope.In("loss"), x).FixedAlpha(2).WithScale(scale).Done()}
	})
	// Output: [[1.419 1.419] [48.616 48.616]]
}

// Columns that are not around 0 get a location to learn.
func ExampleAdaptive_LocationInit() {
	printNodes([]float64{10, 11}, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewAdaptive(scope.In("loss"), x).LocationInit(10)
		return []*Node{loss.Done(), loss.Location()}
	})
	// Output:
	// [1.185 1.600]
	// 10.000
}

func ExampleAdaptive_FixedLocation() {
	printNodes([]float64{10, 11}, func(scope *model.Scope, x *Node) []*Node {
		return []*Node{robustloss.NewAdaptive(scope.In("loss"), x).FixedLocation(11).Done()}
	})
	// Output: [1.600 1.185]
}

func ExampleAdaptive_WithLocation() {
	printNodes([][]float64{{1, 5}, {1, 5}}, func(scope *model.Scope, x *Node) []*Node {
		location := Const(x.Graph(), []float64{1, 4})
		return []*Node{robustloss.NewAdaptive(scope.In("loss"), x).WithLocation(location).Done()}
	})
	// Output: [[1.185 1.600] [1.185 1.600]]
}

// One α and one c for all columns.
func ExampleAdaptive_Shared() {
	printNodes([][]float64{{1, 2, 3}}, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewAdaptive(scope.In("loss"), x).Shared()
		loss.Done()
		return []*Node{loss.Alpha(), loss.Scale()}
	})
	// Output:
	// 1.000
	// 1.000
}

// The second row counts double, the last not at all.
func ExampleAdaptive_Weights() {
	printNodes([]float64{1, 1, 1}, func(scope *model.Scope, x *Node) []*Node {
		weights := Const(x.Graph(), []float64{1, 2, 0})
		return []*Node{robustloss.NewAdaptive(scope.In("loss"), x).Weights(weights).Done()}
	})
	// Output: [1.600 3.199 0.000]
}

// The label of the third row is missing: it counts neither in the sum nor in the number of rows.
func ExampleAdaptive_Mask() {
	printNodes([]float64{1, 2, 1000}, func(scope *model.Scope, x *Node) []*Node {
		known := Const(x.Graph(), []bool{true, true, false})
		loss := robustloss.NewAdaptive(scope.In("loss"), x).Mask(known)
		return []*Node{loss.Done(), loss.Mean()}
	})
	// Output:
	// [1.600 2.422 0.000]
	// 2.011
}

func ExampleAdaptive_Mean() {
	printNodes([]float64{1, 2}, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewAdaptive(scope.In("loss"), x)
		loss.Done()
		return []*Node{loss.Mean()} // train.AddMainLoss(loss.Mean()) in a model function
	})
	// Output: 2.011
}

func ExampleAdaptive_Done() {
	printNodes([]float64{1, 2}, func(scope *model.Scope, x *Node) []*Node {
		return []*Node{robustloss.NewAdaptive(scope.In("loss"), x).Done()}
	})
	// Output: [1.600 2.422]
}

func ExampleAdaptive_Alpha() {
	printNodes([][]float64{{1, 2, 3}}, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewAdaptive(scope.In("loss"), x)
		loss.Done()
		return []*Node{loss.Alpha()} // one for each column
	})
	// Output: [1.000 1.000 1.000]
}

func ExampleAdaptive_DF() {
	printNodes([][]float64{{1, 2, 3}}, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewStudentsT(scope.In("loss"), x).Shared()
		loss.Done()
		return []*Node{loss.DF()}
	})
	// Output: 1.000
}

func ExampleAdaptive_Scale() {
	printNodes([][]float64{{1, 2, 3}}, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewAdaptive(scope.In("loss"), x).ScaleInit(0.3)
		loss.Done()
		return []*Node{loss.Scale()}
	})
	// Output: [0.300 0.300 0.300]
}

func ExampleAdaptive_Location() {
	printNodes([][]float64{{1, 2, 3}}, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewAdaptive(scope.In("loss"), x)
		loss.Done()
		return []*Node{loss.Location()} // residuals are around 0, unless an option says otherwise
	})
	// Output: 0.000
}

func ExampleColorSpace() {
	fmt.Println(robustloss.RGB.String(), robustloss.YUV)
	// Output: RGB YUV
}

func ExampleRepresentation() {
	fmt.Println(robustloss.Pixel.String(), robustloss.DCT, robustloss.CDF97, robustloss.LeGall53)
	// Output: Pixel DCT CDF9/7 LeGall5/3
}

// A grey image has luma alone.
func ExampleAdaptive_ColorSpace() {
	grey := [][][][]float64{{{{0.1, 0.1, 0.1}}}}
	printNodes(grey, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewImageAdaptive(scope.In("loss"), x).ColorSpace(robustloss.YUV).Representation(robustloss.Pixel)
		loss.Done()
		return []*Node{Abs(loss.Coefficients())}
	})
	// Output: [[[[0.158 0.000 0.000]]]]
}

// A flat image is one coefficient of the cosine transform.
func ExampleAdaptive_Representation() {
	flat := [][][][]float64{{{{0.1}, {0.1}}, {{0.1}, {0.1}}}}
	printNodes(flat, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewImageAdaptive(scope.In("loss"), x).ColorSpace(robustloss.RGB).Representation(robustloss.DCT)
		loss.Done()
		return []*Node{Reshape(loss.Coefficients(), 2, 2)}
	})
	// Output: [[0.200 0.000] [0.000 0.000]]
}

// No wavelets at all: the pixels.
func ExampleAdaptive_Levels() {
	image := [][][][]float64{{{{0.1}, {0.2}}, {{0.3}, {0.4}}}}
	printNodes(image, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewImageAdaptive(scope.In("loss"), x).ColorSpace(robustloss.RGB).Levels(0)
		loss.Done()
		return []*Node{Reshape(loss.Coefficients(), 2, 2)}
	})
	// Output: [[0.100 0.200] [0.300 0.400]]
}

// With base ½ the low band is as bright as the image.
func ExampleAdaptive_ScaleBase() {
	flat := [][][][]float64{{{{0.1}, {0.1}}, {{0.1}, {0.1}}}}
	printNodes(flat, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewImageAdaptive(scope.In("loss"), x).ColorSpace(robustloss.RGB).Representation(robustloss.LeGall53).ScaleBase(0.5)
		loss.Done()
		return []*Node{Abs(Reshape(loss.Coefficients(), 2, 2))}
	})
	// Output: [[0.100 0.000] [0.000 0.000]]
}

func ExampleAdaptive_Coefficients() {
	printNodes([]float64{1, 2}, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewAdaptive(scope.In("loss"), x)
		loss.Done()
		return []*Node{loss.Coefficients()} // x itself, where it is not images
	})
	// Output: [1.000 2.000]
}

// An odd number of rows costs volume, which belongs into a comparison of likelihoods.
func ExampleAdaptive_LogVolume() {
	image := [][][][]float64{{{{0.1}, {0.2}}, {{0.3}, {0.4}}, {{0.5}, {0.6}}}}
	printNodes(image, func(scope *model.Scope, x *Node) []*Node {
		loss := robustloss.NewImageAdaptive(scope.In("loss"), x).ColorSpace(robustloss.RGB)
		loss.Done()
		return []*Node{Const(x.Graph(), loss.LogVolume())}
	})
	// Output: 0.279
}

// The parameters of a trained model, for a log or a checkpoint: no residuals and no graph are needed.
func ExampleReadParameters() {
	store := model.NewStore()
	exec := model.MustNewExec(gobackend.GetBackend(), store, func(scope *model.Scope, x *Node) *Node {
		return robustloss.NewAdaptive(scope.In("loss"), x).AlphaRange(0, 3).ScaleInit(0.3).Done()
	})
	exec.MustCall([][]float64{{1, 2}, {3, 4}}) // train.Trainer, or checkpoint.Build(store)

	loss, err := robustloss.ReadParameters(store.Scope("/loss"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("α = %.2f, c = %.2f, μ = %.2f\n", loss.Alpha, loss.Scale, loss.Location)
	// Output: α = [1.50 1.50], c = [0.30 0.30], μ = [0.00]
}

// The parameters in another graph than the one of the loss, as in a metric: here the mean scale.
func ExampleReadParameterNodes() {
	printNodes([][]float64{{1, 2}, {3, 4}}, func(scope *model.Scope, x *Node) []*Node {
		robustloss.NewAdaptive(scope.In("loss"), x).ScaleInit(0.3).Done()
		loss := robustloss.ReadParameterNodes(scope.Store().Scope("/loss"), x.Graph())
		return []*Node{ReduceAllMean(loss.Scale)}
	})
	// Output: 0.300
}

// What a loss takes from a node of the graph is in no scope.
func ExampleParameters() {
	store := model.NewStore()
	exec := model.MustNewExec(gobackend.GetBackend(), store, func(scope *model.Scope, x *Node) *Node {
		return robustloss.NewAdaptive(scope.In("loss"), x).WithAlpha(Scalar(x.Graph(), x.DType(), 1)).Done()
	})
	exec.MustCall([]float64{1, 2})
	loss, err := robustloss.ReadParameters(store.Scope("/loss"))
	fmt.Println(loss.Likelihood, loss.Alpha, loss.DF, loss.Scale, loss.Location, err)
	// Output: General [] [] [1] [0] <nil>
}

// A loss that is frozen keeps its parameters and still trains the model.
func ExampleAdaptive_Freeze() {
	store := model.NewStore()
	trainer := train.NewTrainer(gobackend.GetBackend(), store, func(scope *model.Scope, _ any, inputs []*Node) []*Node {
		offset := scope.VariableWithValue("offset", 0.0).NodeValue(inputs[0].Graph())
		train.AddMainLoss(ReduceAllMean(robustloss.NewAdaptive(scope.In("loss"), Sub(inputs[0], offset)).Freeze().Done()))
		return nil
	}, nil, optimizer.Adam().LearningRate(0.1).Done(), nil, nil)
	for range 300 {
		if _, err := trainer.TrainStep(train.Batch{Inputs: []*tensors.Tensor{tensors.FromValue([]float64{2, 2.1, 1.9, 30})}}); err != nil {
			fmt.Println(err)
			return
		}
	}
	loss, err := robustloss.ReadParameters(store.Scope("/loss"))
	fmt.Printf("offset %.1f, α %.1f, c %.1f, %v\n", tensors.ToScalar[float64](store.GetVariable("/offset").MustValue()), loss.Alpha, loss.Scale, err)
	// Output: offset 2.4, α [1.0], c [1.0], <nil>
}

// With ten times the rate, the scale moves ten times as far in the same steps.
func ExampleAdaptive_LatentRate() {
	for _, rate := range []float64{1, 10} {
		store := model.NewStore()
		trainer := train.NewTrainer(gobackend.GetBackend(), store, func(scope *model.Scope, _ any, inputs []*Node) []*Node {
			train.AddMainLoss(ReduceAllMean(robustloss.NewAdaptive(scope.In("loss"), inputs[0]).FixedAlpha(2).LatentRate(rate).Done()))
			return nil
		}, nil, optimizer.Adam().LearningRate(0.001).Done(), nil, nil)
		for range 10 {
			if _, err := trainer.TrainStep(train.Batch{Inputs: []*tensors.Tensor{tensors.FromValue([]float64{3, -3})}}); err != nil {
				fmt.Println(err)
				return
			}
		}
		loss, err := robustloss.ReadParameters(store.Scope("/loss"))
		fmt.Printf("%.3f %v\n", loss.Scale, err)
	}
	// Output:
	// [1.006] <nil>
	// [1.064] <nil>
}

// The loss of a batch of residuals of 8×8 pixels, which is where the parameters start: α = 1, c = 0.1.
func ExampleNewImageAdaptive() {
	exec := model.MustNewExec(gobackend.GetBackend(), model.NewStore(), func(scope *model.Scope, residuals *Node) []*Node {
		loss := robustloss.NewImageAdaptive(scope.In("loss"), residuals).
			ColorSpace(robustloss.YUV).Representation(robustloss.CDF97).Levels(3).
			ScaleInit(0.1)
		nll := loss.Done()
		return []*Node{ReduceAllMean(nll), ReduceAllMean(loss.Alpha()), ReduceAllMean(loss.Scale())}
	})
	residuals := make([]float32, 2*8*8*3)
	for i := range residuals {
		residuals[i] = 0.1 * float32(i%7-3)
	}
	outputs := exec.MustCall(tensors.FromFlatDataAndDimensions(residuals, 2, 8, 8, 3))
	fmt.Printf("%.3f %.3f %.3f\n", outputs[0].Value(), outputs[1].Value(), outputs[2].Value())
	// Output:
	// -0.019 1.000 0.100
}

// Residuals of 1 and 50 under Cauchy's distribution, under a t-distribution, and under the normal one.
func ExampleStudentsTNLL() {
	printNodes([][]float64{{1, 50}, {1, 50}, {1, 50}}, func(_ *model.Scope, x *Node) []*Node {
		df := Const(x.Graph(), [][]float64{{1}, {5}, {math.Inf(1)}})
		return []*Node{robustloss.StudentsTNLL(x, df, Scalar(x.Graph(), x.DType(), 1))}
	})
	// Output: [[1.838 8.969] [1.516 19.618] [1.419 1250.919]]
}

// A loss whose α is changed between executions, without building the graph anew.
func ExampleAlphaVariable() {
	store := model.NewStore()
	exec := model.MustNewExec(gobackend.GetBackend(), store, func(scope *model.Scope, x *Node) *Node {
		alpha := robustloss.AlphaVariable(scope, x.Graph(), x.DType())
		return robustloss.Loss(x, alpha, Scalar(x.Graph(), x.DType(), 1))
	})
	fmt.Printf("%.3f\n", exec.MustCall([]float64{1, 50})[0].Value()) // α is 1 at first
	if err := robustloss.SetAlpha(store.RootScope(), -2); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%.3f\n", exec.MustCall([]float64{1, 50})[0].Value())
	// Output:
	// [0.414 49.010]
	// [0.400 1.997]
}

// Any α that [robustloss.Loss] takes may be set, −∞ included.
func ExampleSetAlpha() {
	store := model.NewStore()
	if err := robustloss.SetAlpha(store.RootScope(), math.Inf(-1)); err != nil {
		fmt.Println(err)
	}
	exec := model.MustNewExec(gobackend.GetBackend(), store, func(scope *model.Scope, x *Node) *Node {
		return robustloss.Loss(x, robustloss.AlphaVariable(scope, x.Graph(), x.DType()), Scalar(x.Graph(), x.DType(), 1))
	})
	fmt.Printf("%.3f\n", exec.MustCall([]float64{1, 50})[0].Value())
	// Output: [0.393 1.000]
}

// At α = 2 it is the normal distribution: a residual along the valley of L is likelier than one of the same length across it.
func ExampleVectorNLL() {
	printNodes([][]float64{{1, 1}, {1, -1}}, func(_ *model.Scope, x *Node) []*Node {
		factor := Const(x.Graph(), [][]float64{{1, 0}, {0.9, 0.4}}) // LLᵀ = [[1, 0.9], [0.9, 0.97]]
		alpha := Const(x.Graph(), []float64{2, 0.5})
		return []*Node{
			robustloss.VectorNLL(x, Scalar(x.Graph(), x.DType(), 2), factor),
			robustloss.VectorNLL(x, Scalar(x.Graph(), x.DType(), 0.5), factor),
			robustloss.VectorNLL(x, alpha, factor), // a shape for each
		}
	})
	// Output:
	// [1.453 12.703]
	// [2.412 5.048]
	// [1.453 5.048]
}

// In two dimensions Z(2) = 2π and Z(1) = 4π.
func ExampleVectorLogPartition() {
	printNodes([]float64{2, 1, 0}, func(_ *model.Scope, alpha *Node) []*Node {
		return []*Node{Exp(robustloss.VectorLogPartition(alpha, 2)), robustloss.LogPartition(alpha)}
	})
	// Output:
	// [6.283 12.566 +Inf]
	// [0.919 1.185 1.491]
}

// Positions whose two coordinates go together and are wrong together: one distribution of vectors costs less than one for each
// coordinate.
func ExampleNewVectorAdaptive() {
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([][]float64, 300)
	for i := range x {
		u, v := rng.NormFloat64(), rng.NormFloat64()
		if i%10 == 0 {
			u, v = 20*u, 20*v
		}
		x[i] = []float64{u, 0.9*u + 0.4*v}
	}
	store := model.NewStore()
	losses := func(scope *model.Scope, x *Node) (vectors, coordinates *Node) {
		vector := robustloss.NewVectorAdaptive(scope.In("vectors"), x)
		column := robustloss.NewAdaptive(scope.In("coordinates"), x)
		return ReduceAllMean(vector.Done()), ReduceAllMean(ReduceSum(column.Done(), 1))
	}
	trainer := train.NewTrainer(gobackend.GetBackend(), store, func(scope *model.Scope, _ any, inputs []*Node) []*Node {
		vectors, coordinates := losses(scope, inputs[0])
		train.AddMainLoss(Add(vectors, coordinates))
		return nil
	}, nil, optimizer.Adam().LearningRate(0.1).Done(), nil, nil)
	for range 200 {
		if _, err := trainer.TrainStep(train.Batch{Inputs: []*tensors.Tensor{tensors.FromValue(x)}}); err != nil {
			fmt.Println(err)
			return
		}
	}
	nll := model.MustNewExec(gobackend.GetBackend(), store, func(scope *model.Scope, x *Node) []*Node {
		vectors, coordinates := losses(scope, x)
		return []*Node{vectors, coordinates}
	}).MustCall(x)
	loss, err := robustloss.ReadParameters(store.Scope("/vectors"))
	fmt.Printf("vectors %.1f, coordinates %.1f nats\n", nll[0].Value(), nll[1].Value())
	fmt.Printf("α = %.1f, L = %.1f %v\n", loss.Alpha, loss.Scale, err)
	// Output:
	// vectors 3.1, coordinates 4.1 nats
	// α = [0.2], L = [0.3 0.0 0.3 0.1] <nil>
}
