package gomlxops

import (
	"math"

	"github.com/gomlx/gomlx/support/exceptions"
)

// WaveletLogVolume returns log |det| of [WaveletTransform] for one channel of an image of height and width: what the
// log-likelihood of the pixels has more than that of the coefficients,
//
//	log p(pixels) = log p(coefficients) + log |det|
//
// It is 0 where each split meets an even number of rows and columns, as in a square of 2^levels·k. An odd number n is split
// into one low coefficient more than high ones, and low coefficients are K times as large as volumes allow, high ones
// 1/K times: each odd row or column adds log K, K = 1.149604398 for CDF97 (JPEG 2000's scaling constant) and √2 for LeGall53.
//
// It panics if the wavelet is unknown or the size has fewer levels.
func WaveletLogVolume(wavelet Wavelet, height, width, levels int) float64 {
	if !wavelet.valid() {
		exceptions.Panicf("gomlxops.WaveletLogVolume: unknown wavelet %s: it must be CDF97 or LeGall53", wavelet)
	}
	if most := MaxWaveletLevels(height, width); levels < 0 || levels > most {
		exceptions.Panicf("gomlxops.WaveletLogVolume: %d levels asked for, but an image of height %d and width %d has 0 to %d",
			levels, height, width, most)
	}
	// Three samples are the smallest odd number that is split: their transform has determinant K.
	m := wavelet.analysisMatrix(3)
	logK := math.Log(math.Abs(determinant3([3][3]float64{[3]float64(m[0]), [3]float64(m[1]), [3]float64(m[2])})))
	odd := 0
	for range levels {
		odd += width*(height%2) + height*(width%2)
		height, width = (height+1)/2, (width+1)/2
	}
	return float64(odd) * logK
}
