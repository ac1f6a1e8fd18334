package synth

import (
	"image"
	"math"
	"math/rand/v2"
)

// The size of a face's image in pixels: that of CelebA's aligned images.
const (
	faceWidth  = 178
	faceHeight = 218
)

// faceNoise is the standard deviation of the sensor noise, for values in [0, 1].
const faceNoise = .01

// Face draws the i-th synthetic face of a seed, 178×218 pixels, upright, its eyes where CelebA's alignment puts them:
//
//   - a background of one colour gradient with a Poisson(2) number of hard-edged boxes, whose sizes are
//     Pareto(1.2)-distributed: few large ones, many small ones;
//   - a skin-coloured ellipse, shaded linearly, under striped hair;
//   - eyes with iris, pupil and brows, glasses (15 %), nose, mouth, teeth (40 %);
//   - Gaussian noise, σ = .01.
//
// Smooth shading, sharp edges of rare objects and noise make the residuals of a low-dimensional model what they are in
// photographs: heavy-tailed in pixels and wavelets, closer to normal in the cosine transform.
func Face(seed uint64, i int) *image.RGBA {
	rng := rand.New(rand.NewPCG(seed, uint64(i)))
	c := newCanvas(faceWidth, faceHeight)
	drawBackground(c, rng)
	drawHead(c, rng)
	return c.quantise(rng)
}

// rgb is a colour, each channel in [0, 1].
type rgb [3]float32

func (a rgb) scaled(s float32) rgb { return rgb{a[0] * s, a[1] * s, a[2] * s} }

func (a rgb) mixed(b rgb, t float32) rgb {
	return rgb{a[0] + t*(b[0]-a[0]), a[1] + t*(b[1]-a[1]), a[2] + t*(b[2]-a[2])}
}

// canvas is an image of floats, row by row, red, green, blue.
type canvas struct {
	width, height int
	pixels        []rgb
}

func newCanvas(width, height int) *canvas {
	return &canvas{width: width, height: height, pixels: make([]rgb, width*height)}
}

// box paints the pixels whose centres are in [x0, x1) × [y0, y1).
func (c *canvas) box(x0, y0, x1, y1 float64, colour func(x, y float64) rgb) {
	clip := func(v float64, limit int) int { return int(min(max(math.Ceil(v-.5), 0), float64(limit))) }
	for y := clip(y0, c.height); y < clip(y1, c.height); y++ {
		for x := clip(x0, c.width); x < clip(x1, c.width); x++ {
			c.pixels[y*c.width+x] = colour(float64(x)+.5, float64(y)+.5)
		}
	}
}

// ellipse paints the pixels whose centres are inside, and pass keep, which may be nil.
func (c *canvas) ellipse(cx, cy, rx, ry float64, keep func(x, y float64) bool, colour func(x, y float64) rgb) {
	clip := func(v float64, limit int) int { return int(min(max(v, 0), float64(limit))) }
	for y := clip(cy-ry, c.height); y < clip(cy+ry+2, c.height); y++ {
		for x := clip(cx-rx, c.width); x < clip(cx+rx+2, c.width); x++ {
			px, py := float64(x)+.5, float64(y)+.5
			u, v := (px-cx)/rx, (py-cy)/ry
			if u*u+v*v < 1 && (keep == nil || keep(px, py)) {
				c.pixels[y*c.width+x] = colour(px, py)
			}
		}
	}
}

// plain is the same colour everywhere.
func plain(colour rgb) func(x, y float64) rgb { return func(_, _ float64) rgb { return colour } }

// quantise adds the sensor noise and rounds to bytes.
func (c *canvas) quantise(rng *rand.Rand) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, c.width, c.height))
	for i, pixel := range c.pixels {
		for channel, v := range pixel {
			v = 255 * (v + faceNoise*float32(rng.NormFloat64()))
			img.Pix[4*i+channel] = uint8(min(max(v+.5, 0), 255))
		}
		img.Pix[4*i+3] = 255
	}
	return img
}

// uniform draws from [low, high).
func uniform(rng *rand.Rand, low, high float64) float64 { return low + (high-low)*rng.Float64() }

// poisson draws from the Poisson distribution by counting uniform factors until their product is below e^−mean.
func poisson(rng *rand.Rand, mean float64) int {
	limit, product := math.Exp(-mean), rng.Float64()
	n := 0
	for product > limit {
		product *= rng.Float64()
		n++
	}
	return n
}

func randomColour(rng *rand.Rand) rgb {
	return rgb{rng.Float32(), rng.Float32(), rng.Float32()}
}

func drawBackground(c *canvas, rng *rand.Rand) {
	from, to := randomColour(rng), randomColour(rng)
	angle := uniform(rng, 0, 2*math.Pi)
	dx, dy := math.Cos(angle)/float64(c.width), math.Sin(angle)/float64(c.height)
	c.box(0, 0, float64(c.width), float64(c.height), func(x, y float64) rgb {
		t := .5 + .5*((x-float64(c.width)/2)*dx+(y-float64(c.height)/2)*dy)*math.Sqrt2
		return from.mixed(to, float32(t))
	})
	for range poisson(rng, 2) {
		const smallest = 8 // pixels
		width := smallest * math.Pow(1-rng.Float64(), -1/1.2)
		height := smallest * math.Pow(1-rng.Float64(), -1/1.2)
		x, y := uniform(rng, 0, float64(c.width)), uniform(rng, 0, float64(c.height))
		c.box(x-width/2, y-height/2, x+width/2, y+height/2, plain(randomColour(rng)))
	}
}
