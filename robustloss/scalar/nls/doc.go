// Package nls solves robust nonlinear least squares: it looks for the parameters x that make
//
//	F(x) = Σ_i ρ(‖r_i(x)‖)
//
// small, where the r_i are the residuals of a model, one number or a block of them, and ρ is a loss that lets go of outliers,
// such as [scalar.Kernel]. With ρ(r) = ½(r/c)² it is ordinary nonlinear least squares.
//
// [Solve] is Levenberg and Marquardt's method: each step minimises a quadratic model of F, damped as far as is needed for F
// to fall. The model has Triggs' correction [1]: along a block's own direction the loss bends less than a square, and the
// model knows it.
//
// A loss that lets go of outliers has many minima. From a poor start the one downhill is seldom the right one. A
// [Schedule] therefore begins with a loss that has one minimum, least squares, and goes to the robust one in stages, each
// starting from where the last one ended: graduated non-convexity.
//
//   - [Fixed]: one loss, no stages.
//   - [ShapeAnnealed]: c stays, α falls, from 2 to −32 for example [2].
//   - [ScaleAnnealed]: α stays, c falls; with α = −2 it is graduated non-convexity of Geman and McClure's loss [3].
//   - [TruncatedLeastSquares]: residuals beyond a bound count nothing, all others fully, reached through [3]'s surrogates.
//   - [Adaptive]: α is fitted to the residuals, anew at each stage [4].
//   - [AdaptiveAnnealed]: α is fitted to the residuals once and approached from 2 in stages [5].
//
// None of them finds the right minimum always. Of 100 samples of a curve with three parameters, 100 points, noise of
// standard deviation σ, and a share of the points moved at random by up to 60σ, so many are found, to 3σ everywhere, from a poor
// start (TestSchedules_FindTheCurveAmongOutliers):
//
//	share of outliers                          20 %  40 %  50 %  60 %  70 %
//	Fixed α = 2 (least squares)                  19     8     3     3     3
//	Fixed α = −2, c = σ                           8     1     0     1     0
//	Adaptive, c = σ                               6     0     0     0     0
//	Adaptive, c from 40σ to σ                   100   100    98    96    80
//	AdaptiveAnnealed, c = σ                     100   100    97    94    82
//	ShapeAnnealed, c = σ                        100   100    98    94    84
//	ScaleAnnealed, α = −2, c = σ at the end     100    99    98    94    80
//	TruncatedLeastSquares, c = 2.6σ             100   100   100    95    86
//
// Which is best depends on the problem: outliers that agree with each other lead all of them astray, unless some inliers
// are known.
//
// Sources:
//
//	[1] B. Triggs, P. McLauchlan, R. Hartley, A. Fitzgibbon, "Bundle Adjustment: A Modern Synthesis", 1999, section 4.3.
//	[2] J. T. Barron, "A General and Adaptive Robust Loss Function", CVPR 2019, arXiv:1701.03077.
//	[3] H. Yang, P. Antonante, V. Tzoumas, L. Carlone, "Graduated Non-Convexity for Robust Spatial Perception", IEEE
//	    Robotics and Automation Letters 5(2), 2020, arXiv:1909.08605.
//	[4] N. Chebrolu, T. Läbe, O. Vysotska, J. Behley, C. Stachniss, "Adaptive Robust Kernels for Non-Linear Least Squares
//	    Problems", IEEE Robotics and Automation Letters 6(2), 2021, arXiv:2004.14938.
//	[5] K. Jung, T. Hitchcox, J. R. Forbes, "An Adaptive Graduated Nonconvexity Loss Function for Robust Nonlinear
//	    Least-Squares Solutions", arXiv:2305.06869.
//	[6] J. J. Moré, "The Levenberg–Marquardt algorithm: Implementation and theory", Numerical Analysis, LNM 630, 1978.
//	[7] K. Madsen, H. B. Nielsen, O. Tingleff, "Methods for Non-Linear Least Squares Problems", 2nd edition, DTU, 2004.
package nls
