// Package gomlxops holds what an image loss needs and GoMLX lacks: colour spaces, orthonormal cosine transforms, wavelets,
// padding, resizing, warping, structural similarity and convolutions, as graph functions.
//
// A photograph's pixels are nearly copies of their neighbours. A loss that is summed over pixels counts one thing many
// times; a loss that is summed over the coefficients of a wavelet or cosine transform counts it once [1, §3]. So most of
// this package is linear maps of images that lose nothing: they have an exact inverse, and those that a likelihood is
// taken in keep volumes (|det| = 1), so that log-likelihoods in different representations can be compared.
//
// # Conventions
//
// An image is a *Node of shape `[batch, height, width, channels]` and a float dtype, as in GoMLX's layers; where the
// channels come first, [ToChannelsLast] and [ToChannelsFirst] convert. Functions panic on a wrong rank, dtype or size, with
// the shapes in the message, as GoMLX's graph functions do. An empty image panics too.
//
// Results have the dtype of the input. float16 and bfloat16 go in and come out; sums and positions are computed in float32.
// (Not so convolutions, which stay in the image's dtype for speed.) Maps of whole rows and columns are matrix products: a NaN
// or an infinity spreads over its row and column, and over the image where both are transformed.
//
// Every function is differentiable in each float argument unless its comment says otherwise; the gradient of a linear
// function is its exact transpose. Values and gradients are tested in float32 and float64 on XLA and on the pure-Go backend.
//
// # How they are computed
//
// A linear map of one axis is a precomputed matrix that is multiplied with that axis. The alternative for wavelets, strided
// slices and adds, is kept beside the tests, and slower on both backends. Value and gradient of CDF 9/7 with 5 levels, in
// float32, on two cores (BenchmarkWavelet):
//
//	                XLA: matrices   slices    pure Go: matrices   slices
//	8×64×64×3               1.1 ms    15 ms              6.5 ms    14 ms
//	8×32×96×3               1.0 ms   7.2 ms              5.5 ms    13 ms
//	4×128×416×3              11 ms    63 ms               38 ms    62 ms
//
// Slices also take XLA ten seconds and more to compile.
//
// # Sources
//
//	[1] J. T. Barron, "A General and Adaptive Robust Loss Function", CVPR 2019, arXiv:1701.03077.
//	[2] A. Cohen, I. Daubechies, J.-C. Feauveau, "Biorthogonal bases of compactly supported wavelets", Comm. Pure Appl.
//	    Math. 45, 1992: the wavelet CDF 9/7.
//	[3] D. Le Gall, A. Tabatabai, "Sub-band coding of digital images using symmetric short kernel filters and arithmetic
//	    coding techniques", ICASSP 1988: the wavelet LeGall 5/3.
//	[4] N. Ahmed, T. Natarajan, K. R. Rao, "Discrete Cosine Transform", IEEE Trans. Computers C-23, 1974.
//	[5] Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error visibility to structural
//	    similarity", IEEE Trans. Image Processing 13, 2004.
package gomlxops
