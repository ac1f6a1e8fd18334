package synth

import (
	"math"
	"math/rand/v2"
)

// streetPaint colours the surfaces of a box.
type streetPaint struct {
	colour   rgb
	contrast float64 // of the texture
	seed     uint64
	// Windows: squares of windowSize every windowPeriod metres; none where the period is 0. glass 1 makes all of the
	// box glass.
	windowPeriod, windowSize float64
	glass                    float64
}

func newHousePaint(rng *rand.Rand) streetPaint {
	grey := uniform(rng, .25, .75)
	tint := randomColour(rng)
	return streetPaint{
		colour: rgb{float32(grey), float32(grey), float32(grey)}.mixed(tint, .35), contrast: uniform(rng, .25, .6), seed: rng.Uint64(),
		windowPeriod: uniform(rng, 2.2, 4), windowSize: uniform(rng, .9, 1.5),
	}
}

func newBodyPaint(rng *rand.Rand) streetPaint {
	grey := float32(uniform(rng, .1, .9))
	return streetPaint{colour: rgb{grey, grey, grey}.mixed(randomColour(rng), .55), contrast: .25, seed: rng.Uint64()}
}

func newPlainPaint(rng *rand.Rand) streetPaint {
	return streetPaint{colour: randomColour(rng).scaled(.7), contrast: .5, seed: rng.Uint64()}
}

// at returns the colour at the surface coordinates (a, b), in metres, and how much of it is a mirror.
func (p *streetPaint) at(a, b, footprint float64) (colour rgb, mirror float64) {
	texture := 1 + p.contrast*streetTexture(p.seed, a, b, footprint)
	if p.glass > 0 {
		return rgb{.2, .22, .25}.scaled(float32(texture)), .5
	}
	if p.windowPeriod > 0 {
		inside := stripe(a, p.windowPeriod, p.windowSize, footprint) * stripe(b, p.windowPeriod, p.windowSize, footprint)
		if inside > 0 {
			dark := rgb{.15, .17, .2}.scaled(float32(texture))
			return p.colour.scaled(float32(texture)).mixed(dark, float32(inside)), .5 * inside
		}
	}
	return p.colour.scaled(float32(texture)), 0
}

// stripe is 1 in stripes of the given width every period metres, 0 between them, and a ramp as wide as the footprint
// where a pixel sees both.
func stripe(a, period, width, footprint float64) float64 {
	offset := a - period*math.Round(a/period) // from the middle of the nearest stripe
	return min(max((width/2-math.Abs(offset))/max(footprint, 1e-6)+.5, 0), 1)
}

// streetGroundPaint colours the ground: asphalt, pavements, lane marks.
type streetGroundPaint struct {
	grey       float64
	seed       uint64
	kerb       float64 // metres from the middle
	lanes      [2]float64
	period     float64
	dash       float64
	phase      float64
	markBright float64
}

func newGroundPaint(o StreetOptions, rng *rand.Rand) streetGroundPaint {
	g := streetGroundPaint{
		grey: uniform(rng, .25, .42), seed: rng.Uint64(), kerb: uniform(rng, 3.2, 4.5),
		lanes: [2]float64{-1.75, 1.75}, period: 6, dash: 3, phase: uniform(rng, 0, 6), markBright: uniform(rng, .35, .5),
	}
	if o.RandomLanes {
		shift := uniform(rng, -1.2, 1.2)
		g.lanes = [2]float64{shift - uniform(rng, 1.3, 2.2), shift + uniform(rng, 1.3, 2.2)}
		g.period = uniform(rng, 3, 12)
		g.dash = g.period * uniform(rng, .2, 1)
	}
	return g
}

func (g *streetGroundPaint) at(x, z, footprint float64, shadows []streetShadow) rgb {
	light := g.grey
	if math.Abs(x) > g.kerb {
		light *= 1.5
	}
	for _, lane := range g.lanes {
		across := min(max((.09-math.Abs(x-lane))/footprint+.5, 0), 1) * min(1, .18/footprint)
		light += g.markBright * across * stripe(z-g.phase, g.period, g.dash, footprint)
	}
	light *= 1 + .45*streetTexture(g.seed, x, z, footprint)
	for _, s := range shadows {
		if x > s.x0 && x < s.x1 && z > s.z0 && z < s.z1 {
			light *= .45
		}
	}
	return rgb{float32(light), float32(light), float32(light * 1.03)}
}

// streetSky colours rays that hit nothing, by their direction.
type streetSky struct {
	zenith, horizon rgb
	seed            uint64
	clouds          float64
}

func newStreetSky(rng *rand.Rand) streetSky {
	blue := float32(uniform(rng, .7, 1))
	return streetSky{
		zenith: rgb{.35 * blue, .5 * blue, .85 * blue}, horizon: rgb{.75 * blue, .8 * blue, .85 * blue},
		seed: rng.Uint64(), clouds: uniform(rng, .1, .5),
	}
}

func (s *streetSky) at(dx, dy float64) rgb {
	height := float32(min(max(-2*dy, 0), 1))
	colour := s.horizon.mixed(s.zenith, height)
	cloud := s.clouds * max(0, .5+streetTexture(s.seed, 3*dx, 6*dy, .05))
	return colour.mixed(rgb{1, 1, 1}, float32(min(cloud, 1)))
}

// mirrored is what a mirror shows of trees, roofs and clouds that are too far away for the two cameras to see them in
// different directions. pixel is the size of a pixel one metre ahead.
func (s *streetSky) mirrored(dx, dy, pixel float64) rgb {
	const wave = .1 // of the largest pattern, in dx and dy
	light := .5 * (1 + .7*streetTexture(s.seed+1, 4/wave*dx, 4/wave*dy, 4/wave*pixel))
	return s.horizon.scaled(float32(min(max(light, 0), 1)))
}

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
