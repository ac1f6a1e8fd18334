// Package robustloss is Barron's general and adaptive robust loss [1] for GoMLX: a loss whose shape α says how much weight
// large residuals get, the probability distribution that it belongs to, and losses that learn α and c with the model.
//
// # The problem
//
// Fit a line to a hundred points by least squares. Ninety-five of them lie near it, to within a size c; five are wrong
// measurements, twenty times as far away. Each of these five costs as much, in the squared loss ½(x/c)², as four hundred of the
// others, and the fit moves towards them. Most data have such outliers: mislabelled images, reflections in a depth map,
// mismatched features, a passer-by in a video.
//
// A robust loss grows more slowly than the square, so that the influence ψ = ∂ρ/∂x of a residual beyond c is smaller than in
// proportion to its size. There are many such losses. [Loss] has them on one axis, α:
//
//	α = 2     L2               ψ is proportional to the residual
//	α = 1     Charbonnier      ψ tends to a constant far out (as L1's), and is that of L2 near 0
//	α = 0     Cauchy           ψ falls like 1/x far out
//	α = −2    Geman-McClure    ψ falls like 1/x³
//	α = −∞    Welsch           ψ falls faster than any power
//
// and everything between, with c, the scale, the size of residual that still counts as an inlier.
//
// # Which α?
//
// There is no principled way to choose α from the residuals' sizes alone: ρ grows with α, so that minimising it over α
// always takes α = −∞, at which no residual costs more than 1. What helps:
//
//   - Set c first: it is in the units of the data, and is the noise you expect of a good measurement. A wrong c hurts
//     more than a wrong α.
//   - α = 1 is a safe start: the loss is convex, for α ≤ 1 no single residual pulls by more than 1/c, and it never has
//     bad local minima of its own in a linear model.
//   - α < 1 is for data with gross outliers that share nothing with the inliers. The loss isn't convex any more: begin
//     where α = 1 ended, or lower α in steps, since a start far from the solution may see only "outliers".
//   - Or learn it, with the distribution that the loss belongs to: its normaliser charges for calling data outliers.
//     That needs α ≥ 0.
//   - If residuals have no outliers, α = 2 is best, and nothing here beats it.
//
// # What is here
//
// [Loss] is ρ(x, α, c); [LossSquared] the same of ‖x‖², for residuals that are vectors; [Influence] and [Weight] are its
// derivative and the weights of iteratively reweighted least squares; [MakeLoss] and [MakeLossFromScope] wrap it for
// train.NewTrainer.
//
// [NLL] is the negative log-likelihood ρ + log c + log Z(α), [LogPartition] its log Z(α), [Sample] draws from the
// distribution, and [StudentsTNLL] is there to compare with. [NewAdaptive] and [NewStudentsT] build losses that learn
// their parameters with the model's, and [NewImageAdaptive] one of images, with a shape and a scale for each coefficient
// of a wavelet or cosine transform; [ReadParameters] reads what they learned. [NewVectorAdaptive] has one shape, and one matrix in
// place of a covariance, for residuals that are vectors: see [VectorNLL]. [AttachSchedule] anneals α during training.
//
// [PowerTransform] is the family of curves, each with another as its inverse, that makes the loss out of half a square. It also goes
// where α has no number, to losses that are infinite beyond a bound, and it makes skewed data more normal.
//
// All are graph functions in the manner of GoMLX: they take and return nodes, and panic, with the shapes
// in the text, where these don't fit. The package scalar has the same mathematics on plain float64.
//
// # Numbers
//
// float64 and float32 are computed in themselves, smaller floats in float32. Whatever α and c, and for |x/c| from 1e−12 to
// 1e18 (float32) or 1e150 (float64), ρ and its gradients are accurate to about 1e−13 (float64) or 3e−6 (float32; of the
// values' own size, and more for values with extreme exponents, as with any exp). Where the true value exceeds the dtype
// they are ±Inf. They are NaN where an input is, and where c isn't positive. float32 takes an |α| beyond 2⁴⁴ for infinite, float64 one
// beyond 2⁸⁰, with ∂ρ/∂α = 0 there.
//
// Gradients don't come from differentiating the graph of ρ, but from expressions that share its one logarithm and one
// exponential; see withPartials. They cost little more than ρ.
//
// [1]: J. T. Barron, "A General and Adaptive Robust Loss Function", CVPR 2019, arXiv:1701.03077.
// [2]: J. T. Barron, "A Power Transform", arXiv:2502.10647, 2025.
package robustloss
