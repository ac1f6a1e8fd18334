// Package clustering groups points without being told how many groups there are: robust continuous clustering [1], whose
// Geman-McClure penalty becomes the general loss ρ(·, α, c) of any shape [2].
//
// Each row x_i of a table gets a representative u_i that may move. The rows are joined into a graph, mutual k nearest
// neighbours and a minimum spanning tree, and the representatives minimise
//
//	½‖X − U‖² + λ/2·Σ w_pq·2c²·ρ(‖u_p − u_q‖, α, c),   c² = μ/4
//
// over the graph's edges (p, q): joined representatives attract each other, and ρ lets go of those that belong to
// different groups. With α = −2 the penalty 2c²ρ is μd²/(μ + d²), the one of [1]. The solver alternates between the
// weights l = c²·ψ(d)/d of the edges and the linear system (I + λA)U = X with A = Σ w·l·(e_p − e_q)(e_p − e_q)ᵀ, while μ
// falls. In the end the clusters are the connected components of the edges that have become short.
//
//   - [1] S. A. Shah, V. Koltun, "Robust continuous clustering", PNAS 114(37), 2017.
//   - [2] J. T. Barron, "A General and Adaptive Robust Loss Function", CVPR 2019, arXiv:1701.03077.
//   - [3] N. X. Vinh, J. Epps, J. Bailey, "Information Theoretic Measures for Clusterings Comparison", JMLR 11, 2010.
package clustering
