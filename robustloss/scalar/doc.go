// Package scalar is Barron's general robust loss [1] on plain float64, with no graph and no backend: the loss
// and its derivatives for solvers, the probability distribution behind it, maximum likelihood fits, and how sure they are.
//
// In a least squares fit, a single gross outlier can move the result anywhere. The general loss has a shape α that says how
// much a large residual counts, from fully (α = 2, least squares) to not at all (α = −∞), and a scale c that says what
// large means:
//
//	ρ(x, α, c) = (|α−2|/α) · [((x/c)²/|α−2| + 1)^(α/2) − 1]
//
// [Kernel] evaluates ρ, its derivatives and the weight of iteratively reweighted least squares. [General] is the density
// p(x) = exp(−ρ(x−μ, α, c)) / (c·Z(α)), with the methods of gonum's stat/distuv. [Schedule] changes α over the steps of a solver or a training loop.
//
// # From samples to conclusions
//
//   - Fitting: [Fit] chooses μ, α ≥ 0 and c by maximum likelihood, [FitWith] with bounds or fixed values, [FitTruncated] also a negative α, in a window.
//     [Compare] sets the normal, Laplace's, Cauchy's, Student's t and the general distribution against each other by AIC and BIC; [FitStudentsT],
//     [MAD] and [Qn] stand alone.
//   - Inference: [Infer] is Fit that says how sure it is. [Inference.Summary] prints estimates, standard errors, intervals and what to be careful about;
//     [Inference.Profile], [Inference.Uncertainty] and [Inference.Bootstrap] have the intervals, [Inference.TestShape] answers "are these normal?".
//   - Regression: [IRLS] fits a linear model with a robust loss; its HighBreakdown holds against nearly half of the rows. [Regression] has the same methods for
//     conclusions, and Predict, HatValues and CooksDistances.
//   - Nonlinear models: package nls below this one is Levenberg and Marquardt's method with this loss and graduated non-convexity.
//   - Vectors: [FitVectors] fits [Vector], one α and a full covariance for all coordinates.
//   - Beyond the loss: [PowerTransform] is the family of curves that makes the loss out of half a square, with its inverse.
//
// # Where it fails
//
//   - Near α = 0 and α = 2 the likelihood is not regular: standard errors by Uncertainty are wrong there. Take Profile; tables/coverage.md and
//     tables/bootstrap.md say how often each interval holds the truth.
//   - Few samples do not tell α: Summary says so, with the interval. Where half of them are equal, Fit returns [ErrUnbounded]: c → 0 is then ever
//     more likely.
//   - IRLS with its default start follows outliers in x, from a tenth of the rows on; HighBreakdown does not (tables/breakdown.md), and has less efficiency.
//   - An α per coordinate beats Vector where coordinates go wrong one by one (tables/vectors.md).
//   - At α < 0 there is no density over the whole line, so no likelihood, standard error by the observed information, AIC or test.
//
// # Conventions
//
// They are gonum's: methods of values with impossible parameters (a scale that is not a positive, finite
// number) panic, functions that read data return an error. A NaN argument gives NaN.
//
// # Sources
//
//	[1] J. T. Barron, "A General and Adaptive Robust Loss Function", CVPR 2019, arXiv:1701.03077.
//	[2] N. Chebrolu, T. Läbe, O. Vysotska, J. Behley, C. Stachniss, "Adaptive Robust Kernels for Non-Linear
//	    Least Squares Problems", IEEE Robotics and Automation Letters 6(2), 2021, arXiv:2004.14938.
//	[3] R. D. Cook, "Detection of Influential Observation in Linear Regression", Technometrics 19(1), 1977.
//	[4] P. Rousseeuw, V. Yohai, "Robust Regression by Means of S-Estimators", in Robust and Nonlinear Time Series Analysis, Springer, 1984.
//	[5] M. Salibian-Barrera, V. J. Yohai, "A Fast Algorithm for S-Regression Estimates", Journal of Computational and Graphical
//	    Statistics 15(2), 2006.
//	[6] P. J. Rousseeuw, C. Croux, "Alternatives to the Median Absolute Deviation", Journal of the American Statistical Association
//	    88(424), 1993.
//	[7] J. T. Barron, "A Power Transform", arXiv:2502.10647, 2025.
package scalar
