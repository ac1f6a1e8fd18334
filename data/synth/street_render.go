package synth

import (
	"math"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
)

// streetSamples is how many rays a pixel gets across and down.
const streetSamples = 2

// streetCamera is where a camera stands, in metres from the left one, and how far it is turned to the right, in radians.
type streetCamera struct{ x, z, turn float64 }

// ahead turns a ray of the camera, (dx, dy, 1), into the street's directions, where it is (dx, dy, 1) again after it is
// scaled.
func (c streetCamera) ahead(dx, dy float64) (float64, float64) {
	if c.turn == 0 {
		return dx, dy
	}
	sin, cos := math.Sincos(c.turn)
	z := cos - dx*sin
	return (dx*cos + sin) / z, dy / z
}

// render shows the scene to a camera.
func (s *streetScene) render(o StreetOptions, camera streetCamera) *kitti.Image {
	f, cx, cy := o.camera()
	im := kitti.NewImage(o.Height, o.Width)
	for row := range o.Height {
		for column := range o.Width {
			var sum rgb
			for k := range streetSamples * streetSamples {
				x := float64(column) + (float64(k%streetSamples)+.5)/streetSamples
				y := float64(row) + (float64(k/streetSamples)+.5)/streetSamples
				dx, dy := camera.ahead((x-cx)/f, (y-cy)/f)
				colour := s.colour(camera, dx, dy, 1/f)
				for c := range sum {
					sum[c] += colour[c]
				}
			}
			for c := range sum {
				im.At(row, column)[c] = sum[c] / (streetSamples * streetSamples)
			}
		}
	}
	return im
}

// depth casts one ray through the centre of each pixel of the left view.
func (s *streetScene) depth(o StreetOptions) *kitti.Depth {
	f, cx, cy := o.camera()
	d := &kitti.Depth{Height: o.Height, Width: o.Width, Metres: make([]float32, o.Height*o.Width)}
	for row := range o.Height {
		for column := range o.Width {
			hit := s.cast(0, 0, (float64(column)+.5-cx)/f, (float64(row)+.5-cy)/f)
			if !math.IsInf(hit.z, 1) {
				d.Metres[row*o.Width+column] = float32(hit.z)
			}
		}
	}
	return d
}

// colour returns what the ray from the camera in the direction (dx, dy, 1) sees. pixel is the size of a pixel one metre
// ahead.
func (s *streetScene) colour(camera streetCamera, dx, dy, pixel float64) rgb {
	hit := s.cast(camera.x, camera.z, dx, dy)
	if math.IsInf(hit.z, 1) {
		return s.sky.at(dx, dy)
	}
	x, y, z := camera.x+hit.z*dx, hit.z*dy, camera.z+hit.z
	footprint := hit.z * pixel
	if hit.box < 0 {
		return s.ground.at(x, z, footprint, s.shadows)
	}
	var colour rgb
	var mirror float64
	b := &s.boxes[hit.box]
	switch hit.axis {
	case 0: // a side, seen along the street: the footprint is stretched in z
		colour, mirror = b.paint.at(z, y, footprint*max(1, min(1/max(math.Abs(dx), 1e-3), 3)))
		colour = colour.scaled(.8)
	case 1:
		colour, mirror = b.paint.at(x, z, footprint)
		colour = colour.scaled(1.15)
	default:
		colour, mirror = b.paint.at(x, y, footprint)
	}
	if mirror > 0 {
		colour = colour.mixed(s.sky.mirrored(dx, dy, pixel), float32(mirror))
	}
	return colour
}
