// Package vae is the first experiment of [1]: variational autoencoders of faces whose reconstruction term is the normal,
// Cauchy, Student's t or the general distribution, on three image representations: a 4 × 3 table of ELBOs.
//
//	go run ./experiments vae table --preset quick
//
// [1] J. T. Barron, "A General and Adaptive Robust Loss Function", CVPR 2019, arXiv:1701.03077.
package vae
