package robustloss

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// ImageAdaptive is a loss of images that learns α and scale of each coefficient of a wavelet or cosine transform. Make it with
// [NewImageAdaptive], choose options, and call [ImageAdaptive.Done].
type ImageAdaptive struct {
	adaptive  Adaptive  // its latents are those of either distribution
	students  StudentsT // only its degrees of freedom are used
	studentsT bool
	chosen    []string // options that belong to one of the two distributions
	images    imageMap
	size      [3]int // height, width, channels of the residual
	coefs     *Node
}

// NewImageAdaptive returns a builder of the negative log-likelihood of residual images, the loss of [1, Sections 3.1, 3.2]:
//
//	residual → colours (RGB or YUV) → coefficients (pixels, DCT or wavelets) → NLL with one α, one c per coefficient
//
// A pixel of a residual is nearly a copy of its neighbour; a wavelet coefficient says what is new, at one size, place and
// direction. Most of them are near 0 and a few are far from it, and how far depends on the size and the colour: which is what
// an α and a c for each of them can learn. The maps keep volumes, up to [ImageAdaptive.LogVolume], so that the loss is the
// negative log-likelihood of the pixels in every representation, and the losses of representations can be compared.
//
//   - scope: owns the variables, as for [NewAdaptive].
//   - x: residuals `[batch, height, width, channels]`, float; images − predictions, in [−1, 1] for images in [0, 1]. Where
//     channels come first, gomlxops.ToChannelsLast(x) converts.
//
// In a model function, with a nil loss function for train.NewTrainer:
//
//	nll, _, _ := robustloss.NewImageAdaptive(scope.In("loss"), Sub(predictions, images)).Done()
//	train.AddMainLoss(ReduceAllMean(nll))
//
// By default it is the author's: YUV, CDF 9/7 with 5 levels, α from 0.001 to 1.999, c from 1e-5, starting at 1. In its VAE
// the paper has AlphaRange(0, 3), AlphaInit(1), ScaleFloor(1e-8), ScaleInit(0.01).
func NewImageAdaptive(scope *model.Scope, x *Node) *ImageAdaptive {
	adaptive := *NewAdaptive(scope, x)
	adaptive.owner = "robustloss.NewImageAdaptive"
	return &ImageAdaptive{
		adaptive: adaptive,
		students: StudentsT{dfInit: 1},
		images:   imageMap{colorSpace: YUV, representation: CDF97, levels: -1, scaleBase: 1},
	}
}

// ColorSpace sets the colours that are compared: YUV needs 3 channels, RGB takes any number as they are.
//
// The default is YUV.
func (a *ImageAdaptive) ColorSpace(c ColorSpace) *ImageAdaptive {
	a.images.colorSpace = c
	return a
}

// Representation sets the coefficients that are compared: Pixel, DCT, CDF97 or LeGall53.
//
// The default is CDF97.
func (a *ImageAdaptive) Representation(r Representation) *ImageAdaptive {
	a.images.representation = r
	return a
}

// Levels sets how often wavelets split the image, from 0 to ⌈log₂ min(height, width)⌉. It means nothing for Pixel and DCT.
//
// The default is 5, or as many as the image has.
func (a *ImageAdaptive) Levels(n int) *ImageAdaptive {
	// A negative number must not pass for the default: it is turned down by Done.
	if n < 0 {
		n = min(n, -2)
	}
	a.images.levels = n
	return a
}

// ScaleBase multiplies the wavelet coefficients of level d, the finest being 0, by base^d, and the low band by base^levels,
// > 0: below 1, coarse levels weigh less; above, more. It means nothing for Pixel and DCT. Other bases than 1 change volumes:
// see [ImageAdaptive.LogVolume].
//
// The default is 1.
func (a *ImageAdaptive) ScaleBase(base float64) *ImageAdaptive {
	a.images.scaleBase = base
	return a
}

// AlphaRange bounds α, as [Adaptive.AlphaRange]. The default is 0.001 to 1.999.
func (a *ImageAdaptive) AlphaRange(lo, hi float64) *ImageAdaptive {
	a.adaptive.AlphaRange(lo, hi)
	return a.choose("AlphaRange")
}

// AlphaInit sets the first α, as [Adaptive.AlphaInit]. The default is the middle of the range.
func (a *ImageAdaptive) AlphaInit(alpha float64) *ImageAdaptive {
	a.adaptive.AlphaInit(alpha)
	return a.choose("AlphaInit")
}

// WithAlpha takes α from a node in place of learning it, as [Adaptive.WithAlpha]: a scalar or `[height, width, channels]`. The
// default is to learn α.
func (a *ImageAdaptive) WithAlpha(alpha *Node) *ImageAdaptive {
	a.adaptive.WithAlpha(alpha)
	return a.choose("WithAlpha")
}

// Normal fixes α = 2, the normal distribution, and learns the scales alone: AlphaRange(2, 2).
func (a *ImageAdaptive) Normal() *ImageAdaptive { return a.AlphaRange(2, 2) }

// Cauchy fixes α = 0, the Cauchy distribution, and learns the scales alone: AlphaRange(0, 0).
func (a *ImageAdaptive) Cauchy() *ImageAdaptive { return a.AlphaRange(0, 0) }

// StudentsT takes Student's t-distribution in place of the robust one, with learned degrees of freedom in place of α. Options
// of α don't go with it.
func (a *ImageAdaptive) StudentsT() *ImageAdaptive {
	a.studentsT = true
	return a
}

// DFInit sets the first degrees of freedom of [ImageAdaptive.StudentsT], > 0. The default is 1.
func (a *ImageAdaptive) DFInit(df float64) *ImageAdaptive {
	a.students.DFInit(df)
	return a.choose("DFInit")
}

// FixedDF fixes the degrees of freedom of [ImageAdaptive.StudentsT], > 0. The default is to learn them.
func (a *ImageAdaptive) FixedDF(df float64) *ImageAdaptive {
	a.students.FixedDF(df)
	return a.choose("FixedDF")
}

// ScaleFloor sets the smallest scale, > 0, in the units of x, as [Adaptive.ScaleFloor]. The default is 1e-5.
func (a *ImageAdaptive) ScaleFloor(floor float64) *ImageAdaptive {
	a.adaptive.ScaleFloor(floor)
	return a
}

// ScaleInit sets the first scale, in the units of x, as [Adaptive.ScaleInit]. The default is 1.
func (a *ImageAdaptive) ScaleInit(scale float64) *ImageAdaptive {
	a.adaptive.ScaleInit(scale)
	return a
}

// Shared learns one α, or ν, and one scale for all coefficients. The default is one per coefficient.
func (a *ImageAdaptive) Shared() *ImageAdaptive {
	a.adaptive.Shared()
	return a
}

// Location learns a location μ of the coefficients too, with this start, as [Adaptive.Location]. The default is none.
func (a *ImageAdaptive) Location(init float64) *ImageAdaptive {
	a.adaptive.Location(init)
	return a
}

// LatentRate makes the latents move factor times as far at each step of the optimizer, as [Adaptive.LatentRate]. The default
// is 1.
func (a *ImageAdaptive) LatentRate(factor float64) *ImageAdaptive {
	a.adaptive.LatentRate(factor)
	return a
}

// choose notes an option that belongs to one of the distributions.
func (a *ImageAdaptive) choose(option string) *ImageAdaptive {
	a.chosen = append(a.chosen, option)
	return a
}

// Done creates the variables and returns
//
//   - nll: the negative log-likelihood of each coefficient in nats, `[batch, height, width, channels]`, where the coefficient
//     is in its representation: wavelets as [gomlxops.WaveletTransform] lays them out;
//   - alpha: α of each coefficient, or ν after [ImageAdaptive.StudentsT], `[height, width, channels]`, laid out alike;
//   - scale: c of each coefficient, likewise.
//
// All have the dtype of x; α and c are images even where they are fixed or shared. Done panics where x isn't images, has too
// few pixels for the levels or, for YUV, not 3 channels, and where an option doesn't make sense.
func (a *ImageAdaptive) Done() (nll, alpha, scale *Node) {
	x := a.adaptive.x
	a.images.check(a.adaptive.owner, x)
	a.checkChosen()
	a.size = [3]int(x.Shape().Dimensions[1:])
	a.coefs = a.images.apply(x)
	a.adaptive.x = a.coefs
	if a.studentsT {
		a.students.latents = a.adaptive.latents
		nll, alpha, scale = a.students.Done()
		a.adaptive.mu = a.students.mu
	} else {
		nll, alpha, scale = a.adaptive.Done()
	}
	return nll, a.asImage(alpha), a.asImage(scale)
}

// checkChosen panics where options of the distribution that is not used were given.
func (a *ImageAdaptive) checkChosen() {
	wrong, distribution := []string{"DFInit", "FixedDF"}, "the robust distribution, without StudentsT()"
	if a.studentsT {
		wrong, distribution = []string{"AlphaRange", "AlphaInit", "WithAlpha"}, "StudentsT(), whose shape is its degrees of freedom"
	}
	for _, option := range a.chosen {
		if slices.Contains(wrong, option) {
			exceptions.Panicf("%s: %s has no meaning for %s", a.adaptive.owner, option, distribution)
		}
	}
}

// asImage returns a parameter as `[height, width, channels]`.
func (a *ImageAdaptive) asImage(p *Node) *Node {
	if p.IsScalar() {
		return BroadcastToDims(p, a.size[:]...)
	}
	return p
}

// Coefficients returns, after [ImageAdaptive.Done], the coefficients of the residuals that are compared, in the shape of x.
func (a *ImageAdaptive) Coefficients() *Node { return a.coefs }

// Mu returns the learned location after [ImageAdaptive.Done], as `[height, width, channels]`, or a scalar if shared; nil
// without [ImageAdaptive.Location].
func (a *ImageAdaptive) Mu() *Node { return a.adaptive.mu }

// LogVolume returns, after [ImageAdaptive.Done], log |det| of the map from one image's pixels to its coefficients:
//
//	−log p(pixels) = Σ nll − LogVolume
//
// It is 0 in RGB, and below 5e-8 per pixel in YUV, unless wavelets meet an odd number of rows or columns, or
// [ImageAdaptive.ScaleBase] is not 1. A constant, it changes no gradient; it matters where representations are compared.
func (a *ImageAdaptive) LogVolume() float64 {
	return a.images.logVolume(a.size[0], a.size[1], a.size[2])
}
