package synth

import "math"

// streetTexture is value noise of standard deviation about ½ and mean 0, smooth in (a, b) metres: octaves of 4 m, 1.6 m,
// 0.64 m, …. Those finer than the footprint of a pixel, which it would only see as noise, fade out.
func streetTexture(seed uint64, a, b, footprint float64) float64 {
	const octaves, ratio = 5, 2.5
	var sum float64
	wave, weight := 4.0, 1.0
	for k := range octaves {
		keep := min(max(wave/(2*footprint)-.5, 0), 1)
		if keep == 0 {
			break
		}
		sum += keep * weight * valueNoise(seed+uint64(k), a/wave, b/wave)
		wave /= ratio
		weight *= .85
	}
	return sum
}

// valueNoise interpolates a random number in [−1, 1] at each whole (x, y) with a smooth step.
func valueNoise(seed uint64, x, y float64) float64 {
	x0, y0 := math.Floor(x), math.Floor(y)
	i, j := int64(x0), int64(y0)
	smooth := func(t float64) float64 { return t * t * (3 - 2*t) }
	u, v := smooth(x-x0), smooth(y-y0)
	top := (1-u)*latticeValue(seed, i, j) + u*latticeValue(seed, i+1, j)
	bottom := (1-u)*latticeValue(seed, i, j+1) + u*latticeValue(seed, i+1, j+1)
	return (1-v)*top + v*bottom
}

// latticeValue hashes a lattice point to [−1, 1] (the finaliser of SplitMix64).
func latticeValue(seed uint64, i, j int64) float64 {
	h := seed + uint64(i)*0x9e3779b97f4a7c15 + uint64(j)*0xc2b2ae3d27d4eb4f
	h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9
	h = (h ^ (h >> 27)) * 0x94d049bb133111eb
	h ^= h >> 31
	return float64(h>>11)/(1<<52) - 1
}
