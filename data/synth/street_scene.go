package synth

import (
	"math"
	"math/rand/v2"
)

// streetScene is a street before it is seen: x to the right, y down, z ahead, in metres from the left camera.
type streetScene struct {
	boxes   []streetBox
	ground  streetGroundPaint
	sky     streetSky
	shadows []streetShadow
}

// streetBox is an axis-aligned box: low and high corner.
type streetBox struct {
	low, high [3]float64
	paint     streetPaint
}

// streetShadow is a dark rectangle on the ground.
type streetShadow struct{ x0, x1, z0, z1 float64 }

func newStreetScene(o StreetOptions, rng *rand.Rand) *streetScene {
	s := &streetScene{ground: newGroundPaint(o, rng), sky: newStreetSky(rng)}
	left, right := s.addFronts(-1, rng), s.addFronts(1, rng)
	for range 4 + rng.IntN(8) {
		z := math.Exp(uniform(rng, math.Log(4.5), math.Log(35)))
		x := uniform(rng, -left+.6, right-.6)
		s.addObject(x, z, rng)
	}
	return s
}

// addFronts lines one side of the street with houses and returns how far from the middle they stand.
func (s *streetScene) addFronts(side float64, rng *rand.Rand) (distance float64) {
	distance = uniform(rng, 3.5, 12)
	for z := uniform(rng, -6, 2); z < 60; {
		length := uniform(rng, 6, 18)
		setback := uniform(rng, 0, 1.5)
		near := side * (distance + setback)
		far := near + side*8
		s.boxes = append(s.boxes, streetBox{
			low:   [3]float64{min(near, far), streetGround - uniform(rng, 3, 11), z},
			high:  [3]float64{max(near, far), streetGround, z + length},
			paint: newHousePaint(rng),
		})
		z += length
		if rng.Float64() < .4 {
			z += uniform(rng, 2, 9)
		}
	}
	return distance
}

// addObject stands a car, a van, a pole or a person on the ground at (x, z), z being its near side.
func (s *streetScene) addObject(x, z float64, rng *rand.Rand) {
	box := func(width, length, bottom, top, ahead float64, paint streetPaint) {
		s.boxes = append(s.boxes, streetBox{
			low:   [3]float64{x - width/2, streetGround - top, z + ahead},
			high:  [3]float64{x + width/2, streetGround - bottom, z + ahead + length},
			paint: paint,
		})
	}
	shade := func(width, length float64) {
		s.shadows = append(s.shadows, streetShadow{x - width/2 - .1, x + width/2 + .1, z - .2, z + length + .2})
	}
	switch kind := rng.Float64(); {
	case kind < .45: // car: a body and a cabin of glass
		paint := newBodyPaint(rng)
		box(1.75, 4.2, .15, .85, 0, paint)
		glass := paint
		glass.glass = 1
		box(1.55, 2.2, .85, 1.45, 1, glass)
		shade(1.75, 4.2)
	case kind < .65: // van
		width, height := uniform(rng, 1.9, 2.4), uniform(rng, 1.9, 3)
		paint := newBodyPaint(rng)
		paint.windowPeriod, paint.windowSize = height, .3*height
		box(width, 5, .2, height, 0, paint)
		shade(width, 5)
	case kind < .85: // pole or trunk
		width := uniform(rng, .15, .5)
		box(width, width, 0, uniform(rng, 2.5, 6), 0, newPlainPaint(rng))
	default: // person
		box(.5, .4, 0, uniform(rng, 1.5, 1.9), 0, newPlainPaint(rng))
	}
}

// streetHit is where a ray ends. A z of +Inf is the sky.
type streetHit struct {
	z    float64
	box  int // −1 for the ground
	axis int // the direction that the surface faces: 0 sideways, 1 up or down, 2 towards the cameras
}

// cast follows the ray from (x, 0, z) in the direction (dx, dy, 1) to the first surface. The hit's z counts from the ray's
// start.
func (s *streetScene) cast(x, z, dx, dy float64) streetHit {
	hit := streetHit{z: math.Inf(1), box: -1}
	if dy > 0 {
		hit = streetHit{z: streetGround / dy, box: -1, axis: 1}
	}
	ix, iy := 1/dx, 1/dy
	for i := range s.boxes {
		b := &s.boxes[i]
		near, far, axis := b.low[2]-z, b.high[2]-z, 2
		if near >= hit.z || far <= 0 {
			continue
		}
		x0, x1 := (b.low[0]-x)*ix, (b.high[0]-x)*ix
		if x0 > x1 {
			x0, x1 = x1, x0
		}
		if x0 > near {
			near, axis = x0, 0
		}
		far = min(far, x1)
		y0, y1 := b.low[1]*iy, b.high[1]*iy
		if y0 > y1 {
			y0, y1 = y1, y0
		}
		if y0 > near {
			near, axis = y0, 1
		}
		far = min(far, y1)
		if near < far && near > .1 && near < hit.z {
			hit = streetHit{near, i, axis}
		}
	}
	return hit
}
