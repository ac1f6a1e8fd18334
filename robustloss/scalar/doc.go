// Package scalar is Barron's general robust loss [1] on plain float64, with no graph and no backend: the loss
// and its derivatives for solvers, the probability distribution behind it, maximum likelihood fits, and how sure they are.
//
// In a least squares fit, a single gross outlier can move the result anywhere. The general loss has a shape α that says how
// much a large residual counts, from fully (α = 2, least squares) to not at all (α = −∞), and a scale c that says what
// large means:
//
//		ρ(x, α, c) = (|α−2|/α) · [((x/c)²/|α−2| + 1)^(α/2) − 1]
//
//	  - [Kernel] evaluates ρ, its derivatives and the weight of iteratively reweighted least squares.
//	  - [General] is the density p(x) = exp(−ρ(x−μ, α, c)) / (c·Z(α)), with the methods of gonum's stat/distuv.
//	  - [Fit] and [FitTruncated] choose μ, α and c for given residuals; [IRLS] solves robust linear regression, and [FitVectors] fits vectors
//	    with one α and a full covariance.
//	  - [Infer], which is Fit, and [IRLS] say how sure they are: Summary prints estimates, standard errors, intervals and what to be careful
//	    about; Uncertainty, Profile, Bootstrap, TestShape, Predict, HatValues and CooksDistances have the numbers.
//	  - [Compare] tells the normal, Laplace's, Cauchy's, Student's t and the general distribution apart; [FitStudentsT], [MAD] and [Qn] stand alone.
//	  - [PowerTransform] is the family of curves that makes the loss out of half a square, with its inverse.
//	  - [Schedule] changes α over the steps of a solver or a training loop.
//	  - Package nls below this one solves robust nonlinear least squares, with graduated non-convexity.
//
// Conventions are gonum's: methods of values with impossible parameters (a scale that is not a positive, finite
// number) panic, functions that read data return an error. A NaN argument gives NaN.
//
// Sources:
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
