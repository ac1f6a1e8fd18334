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

// head is what the parts of a face have in common.
type head struct {
	x, y   float64 // centre, in pixels
	rx, ry float64 // radii, in pixels
	skin   rgb
	hair   rgb
	eyeY   float64
	eyeGap float64 // between the eyes' centres
}

// drawHead paints the face in front of the background. The numbers are in pixels of a 178×218 image.
func drawHead(c *canvas, rng *rand.Rand) {
	h := head{
		x: 89 + 2*rng.NormFloat64(), y: 124 + 2*rng.NormFloat64(),
		rx: uniform(rng, 40, 50), ry: uniform(rng, 56, 68),
		eyeGap: uniform(rng, 35, 41),
	}
	h.eyeY = 111 + rng.NormFloat64()
	tone := float32(uniform(rng, .35, 1))
	h.skin = rgb{.95 * tone, float32(uniform(rng, .70, .80)) * tone, float32(uniform(rng, .55, .68)) * tone}
	h.hair = rgb{.08, .06, .05}.mixed(rgb{.80, .62, .35}, rng.Float32()*rng.Float32())
	h.drawHairBehind(c, rng)
	h.drawSkin(c, rng)
	h.drawFringe(c, rng)
	h.drawEyes(c, rng)
	h.drawNose(c, rng)
	h.drawMouth(c, rng)
	if rng.Float64() < .15 {
		h.drawGlasses(c, rng)
	}
}

// strands returns the hair's colour: stripes of a random period and direction.
func (h head) strands(rng *rand.Rand) func(x, y float64) rgb {
	period, phase, slant := uniform(rng, 4, 14), uniform(rng, 0, 1), uniform(rng, -.5, .5)
	depth := uniform(rng, .1, .45)
	return func(x, y float64) rgb {
		wave := math.Sin(2 * math.Pi * ((x+slant*y)/period + phase))
		return h.hair.scaled(float32(1 + depth*wave))
	}
}

func (h head) drawHairBehind(c *canvas, rng *rand.Rand) {
	width, top := h.rx*uniform(rng, 1.1, 1.35), h.ry*uniform(rng, 1.1, 1.25)
	colour := h.strands(rng)
	c.ellipse(h.x, h.y-6, width, top, func(_, y float64) bool { return y < h.y }, colour)
	if rng.Float64() < .5 { // long hair
		length := uniform(rng, 20, 100)
		c.box(h.x-width, h.y-.5, h.x+width, h.y+length, colour)
	}
}

func (h head) drawSkin(c *canvas, rng *rand.Rand) {
	angle, strength := uniform(rng, 0, 2*math.Pi), uniform(rng, 0, .35)
	dx, dy := strength*math.Cos(angle)/h.rx, strength*math.Sin(angle)/h.ry
	shaded := func(x, y float64) rgb { return h.skin.scaled(float32(1 + (x-h.x)*dx + (y-h.y)*dy)) }
	neck := h.rx * uniform(rng, .5, .65)
	shade := h.skin.scaled(.8)
	c.box(h.x-neck, h.y+h.ry*.7, h.x+neck, float64(c.height), plain(shade))
	c.box(h.x-h.rx*1.9, h.y+h.ry*1.25, h.x+h.rx*1.9, float64(c.height), plain(randomColour(rng))) // clothes
	c.ellipse(h.x, h.y, h.rx, h.ry, nil, shaded)
}

func (h head) drawFringe(c *canvas, rng *rand.Rand) {
	line, slope := h.eyeY-uniform(rng, 18, 42), uniform(rng, -.4, .4)
	below := func(x, y float64) bool { return y < line+slope*(x-h.x) }
	c.ellipse(h.x, h.y, h.rx+1, h.ry+1, below, h.strands(rng))
}

func (h head) drawEyes(c *canvas, rng *rand.Rand) {
	iris := rgb{.25, .15, .08}.mixed(rgb{.3, .5, .75}, rng.Float32())
	open := uniform(rng, 2.5, 5.5)
	gaze := rng.NormFloat64()
	browY, browHeight, tilt := h.eyeY-uniform(rng, 9, 14), uniform(rng, 1.5, 4), uniform(rng, -.2, .2)
	for _, side := range []float64{-1, 1} {
		x := h.x + side*h.eyeGap/2
		white := func(px, py float64) bool {
			u, v := (px-x)/8, (py-h.eyeY)/open
			return u*u+v*v < 1
		}
		c.ellipse(x, h.eyeY, 8, open, nil, plain(rgb{.93, .92, .90}))
		c.ellipse(x+gaze, h.eyeY, 4, 4, white, plain(iris))
		c.ellipse(x+gaze, h.eyeY, 1.8, 1.8, white, plain(rgb{.03, .03, .03}))
		for dx := -10.0; dx < 10; dx++ {
			y := browY + side*tilt*dx + .02*dx*dx
			c.box(x+dx, y, x+dx+1, y+browHeight, plain(h.hair.scaled(.8)))
		}
	}
}

func (h head) drawNose(c *canvas, rng *rand.Rand) {
	tip, width := h.eyeY+uniform(rng, 26, 33), uniform(rng, 6, 10)
	shade := h.skin.scaled(float32(uniform(rng, .7, .9)))
	c.box(h.x+1, h.eyeY+4, h.x+uniform(rng, 2, 4), tip, plain(shade))
	c.ellipse(h.x, tip, width, 3.5, nil, plain(shade))
	for _, side := range []float64{-1, 1} {
		c.ellipse(h.x+side*width*.5, tip+1.5, 1.8, 1.2, nil, plain(h.skin.scaled(.35)))
	}
}

func (h head) drawMouth(c *canvas, rng *rand.Rand) {
	y, width, height := h.eyeY+uniform(rng, 40, 48), uniform(rng, 12, 20), uniform(rng, 2.5, 7)
	lips := h.skin.mixed(rgb{.75, .15, .2}, float32(uniform(rng, .3, .8)))
	c.ellipse(h.x, y, width, height, nil, plain(lips))
	if rng.Float64() < .4 {
		c.ellipse(h.x, y, width*.8, height*.55, nil, plain(rgb{.95, .94, .9})) // teeth
		return
	}
	c.box(h.x-width*.9, y-.6, h.x+width*.9, y+.6, plain(lips.scaled(.5)))
}

func (h head) drawGlasses(c *canvas, rng *rand.Rand) {
	frame := randomColour(rng).scaled(.4)
	radius, thick := uniform(rng, 12, 16), uniform(rng, 1.5, 3)
	dark := float32(0)
	if rng.Float64() < .4 { // sunglasses
		dark = float32(uniform(rng, .5, .9))
	}
	for _, side := range []float64{-1, 1} {
		x := h.x + side*h.eyeGap/2
		inside := func(px, py float64) bool {
			u, v := (px-x)/(radius-thick), (py-h.eyeY)/(radius*.8-thick)
			return u*u+v*v < 1
		}
		c.ellipse(x, h.eyeY, radius, radius*.8, func(px, py float64) bool { return !inside(px, py) }, plain(frame))
		c.ellipse(x, h.eyeY, radius, radius*.8, inside, func(px, py float64) rgb {
			return c.pixels[int(py)*c.width+int(px)].scaled(1 - dark)
		})
	}
	c.box(h.x-h.eyeGap/2+radius-1, h.eyeY-thick/2, h.x+h.eyeGap/2-radius+1, h.eyeY+thick/2, plain(frame))
}
