// Package registration aligns two partial scans of one object with the general loss: fast global registration [1], whose
// Geman-McClure loss becomes ρ(·, α, c) of any shape [3].
//
// Given matches (p, q) of which most may be false, it looks for the rigid motion T that minimises
//
//	Σ ρ(‖p − T·q‖, α, c)
//
// by Gauss–Newton steps with the weights ψ(r)/r of scalar.Kernel. From far away the objective has many minima, so a
// [Schedule] moves from an easy one to the robust one. In the scale-annealed schedules c falls at a fixed shape: α = −2
// with c² = μ/4 is fast global registration itself, for then c²·ψ(r)/r = (μ/(μ + r²))². In the shape-annealed schedule c
// stays and α falls from 2 to −32.
//
// The matches come from fast point feature histograms [2]: [Prepare] estimates normals, describes the points, keeps
// reciprocal nearest neighbours and tests random triples. [Solve] works on any matches.
//
// Features are compared all with all, so the time grows with the product of the numbers of points. The matches of a pair
// and the solution depend on the pair and the seed alone, not on the number of processors.
//
//   - [1] Q.-Y. Zhou, J. Park, V. Koltun, "Fast Global Registration", ECCV 2016.
//   - [2] R. B. Rusu, N. Blodow, M. Beetz, "Fast Point Feature Histograms (FPFH) for 3D Registration", ICRA 2009.
//   - [3] J. T. Barron, "A General and Adaptive Robust Loss Function", CVPR 2019, arXiv:1701.03077.
package registration
