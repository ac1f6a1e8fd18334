package synth

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
)

// streetBaseline is the distance between the two cameras in metres: that of KITTI's colour cameras.
const streetBaseline = .5327

// streetGround is how far the ground lies below the cameras, in metres.
const streetGround = 1.65

// StreetOptions says which streets are made. The i-th street depends on the options and i only.
type StreetOptions struct {
	Height, Width int    // pixels of each view
	Seed          uint64 // streets of different seeds have nothing in common
	// RandomLanes moves the lane marks of each street sideways and changes their length. Without it they run in the
	// same two lines through every street, so a network may learn from them where it is.
	RandomLanes bool
	// Neighbours makes WriteStreets write the frames before and after each street too, see NewStreetSnippet.
	Neighbours bool
}

// Validate reports the first option that is out of range.
func (o StreetOptions) Validate() error {
	if o.Height < 16 || o.Width < 32 {
		return fmt.Errorf("synth: streets of %d×%d pixels: want at least 16×32 (height×width)", o.Height, o.Width)
	}
	return nil
}

// Calibration returns the calibration of the cameras and the scanner. The focal length is 0.58 widths, the principal
// point lies in the middle across and at 0.46 of the height, the scanner sits in the left camera. Pixels count from 1, as
// in KITTI's own scripts, so that kitti.DepthMap, which takes 1 off, gives each pixel its own depth.
func (o StreetOptions) Calibration() *kitti.Calibration {
	f, cx, cy := o.camera()
	projection := func(offset float64) [12]float64 {
		return [12]float64{f, 0, cx + .5, -f * offset, 0, f, cy + .5, 0, 0, 0, 1, 0}
	}
	size := [2]int{o.Width, o.Height}
	return &kitti.Calibration{
		Size: map[kitti.Camera][2]int{kitti.Left: size, kitti.Right: size},
		Projection: map[kitti.Camera][12]float64{
			kitti.Left: projection(0), kitti.Right: projection(streetBaseline),
		},
		Rectification: [9]float64{1, 0, 0, 0, 1, 0, 0, 0, 1},
		VeloRotation:  [9]float64{0, -1, 0, 0, 0, -1, 1, 0, 0},
	}
}

// camera returns the focal length and the principal point in pixels from the image's upper left corner, which is half a
// pixel from the centre of the first pixel.
func (o StreetOptions) camera() (f, cx, cy float64) {
	return .58 * float64(o.Width), float64(o.Width) / 2, .46 * float64(o.Height)
}

// Street is a synthetic stereo pair with its exact depth.
type Street struct {
	Left, Right *kitti.Image
	// Depth is the distance of what the centre of each left pixel shows, along the optical axis; 0 for the sky.
	Depth *kitti.Depth
}

// NewStreet makes the i-th street: a road between house fronts with gaps, 4 to 11 cars, vans, poles and people at 4.5 to
// 35 m, and a clouded sky, cast ray by ray with 2×2 rays a pixel.
//
// It has what makes photometric residuals heavy-tailed: parts that one camera only sees; windows and car glass, which
// mirror a far sky and so move as if they had no disparity; a gain and an offset between the views (right = left·(1 +
// 0.04·N) + 0.01·N); up to two highlights in each view that the other does not see; noise of standard deviation 0.01.
func NewStreet(o StreetOptions, i int) *Street {
	rng := rand.New(rand.NewPCG(o.Seed, uint64(i)))
	scene := newStreetScene(o, rng)
	street := &Street{
		Left:  scene.render(o, streetCamera{}),
		Right: scene.render(o, streetCamera{x: streetBaseline}),
		Depth: scene.depth(o),
	}
	changeExposure(street.Right, rng)
	for _, view := range []*kitti.Image{street.Left, street.Right} {
		addHighlights(view, rng)
		addNoise(view, rng)
	}
	return street
}

// changeExposure gives a view a gain and an offset of its own.
func changeExposure(view *kitti.Image, rng *rand.Rand) {
	gain, offset := 1+.04*rng.NormFloat64(), .01*rng.NormFloat64()
	for k, v := range view.RGB {
		view.RGB[k] = float32(float64(v)*gain + offset)
	}
}

func addNoise(view *kitti.Image, rng *rand.Rand) {
	for k := range view.RGB {
		view.RGB[k] = min(max(view.RGB[k]+.01*float32(rng.NormFloat64()), 0), 1)
	}
}

// addHighlights adds none, one or two soft white spots.
func addHighlights(im *kitti.Image, rng *rand.Rand) {
	for range rng.IntN(3) {
		x, y := uniform(rng, 0, float64(im.Width)), uniform(rng, .3*float64(im.Height), float64(im.Height))
		radius := uniform(rng, .012, .03) * float64(im.Width)
		peak := uniform(rng, .3, .8)
		for row := range im.Height {
			for column := range im.Width {
				dx, dy := float64(column)+.5-x, float64(row)+.5-y
				gain := float32(peak * math.Exp(-(dx*dx+dy*dy)/(2*radius*radius)))
				for k, v := range im.At(row, column) {
					im.At(row, column)[k] = v + gain*(1-min(v, 1))
				}
			}
		}
	}
}

// Points returns what a scanner sees through the centres of the left view's pixels, in up to 64 rows. Its forward
// coordinate is the depth.
func (s *Street) Points(o StreetOptions) []kitti.Point {
	const lasers = 64
	f, cx, cy := o.camera()
	var points []kitti.Point
	previous := -1
	for laser := range lasers {
		row := (2*laser + 1) * o.Height / (2 * lasers)
		if row == previous {
			continue
		}
		previous = row
		for column := range o.Width {
			z := float64(s.Depth.At(row, column))
			if z <= 0 {
				continue
			}
			points = append(points, kitti.Point{
				X:           float32(z),
				Y:           float32(-(float64(column) + .5 - cx) / f * z),
				Z:           float32(-(float64(row) + .5 - cy) / f * z),
				Reflectance: s.Left.At(row, column)[1],
			})
		}
	}
	return points
}

// StreetMotion takes points from one camera's axes (x to the right, y down, z ahead; metres) to those of another one,
//
//	X′ = R_y(Turn)·X + (X, Y, Z),    R_y(a) = [cos a, 0, sin a; 0, 1, 0; −sin a, 0, cos a].
type StreetMotion struct{ X, Y, Z, Turn float64 }

// StreetSnippet is a street seen from a car that drives through it: the stereo pair of [NewStreet], and what the left
// camera saw the moment before and the moment after.
type StreetSnippet struct {
	Street
	Before, After *kitti.Image
	// ToBefore and ToAfter take points from the left camera of the pair to where it was before and after.
	ToBefore, ToAfter StreetMotion
}

// NewStreetSnippet makes the i-th street with its neighbouring frames. The car drives 0.6 to 1.4 m from frame to frame, on
// an arc that turns it by up to 0.025 radians to either side; nothing else moves. The neighbours have an exposure,
// highlights and noise of their own, as the right view of the pair has.
func NewStreetSnippet(o StreetOptions, i int) *StreetSnippet {
	scene := newStreetScene(o, rand.New(rand.NewPCG(o.Seed, uint64(i))))
	rng := rand.New(rand.NewPCG(^o.Seed, uint64(i)))
	step, turn := uniform(rng, .6, 1.4), uniform(rng, -.025, .025)
	// The chords of an arc lie half of the turn aside.
	aside, ahead := step*math.Sin(turn/2), step*math.Cos(turn/2)
	before, after := streetCamera{aside, -ahead, -turn}, streetCamera{aside, ahead, turn}
	s := &StreetSnippet{Street: *NewStreet(o, i), ToBefore: before.motion(), ToAfter: after.motion()}
	s.Before, s.After = scene.render(o, before), scene.render(o, after)
	for _, view := range []*kitti.Image{s.Before, s.After} {
		changeExposure(view, rng)
		addHighlights(view, rng)
		addNoise(view, rng)
	}
	return s
}

// motion takes points from the street's axes to the camera's: R_y(−turn)·(X − position).
func (c streetCamera) motion() StreetMotion {
	sin, cos := math.Sincos(c.turn)
	return StreetMotion{X: -(cos*c.x - sin*c.z), Z: -(sin*c.x + cos*c.z), Turn: -c.turn}
}
