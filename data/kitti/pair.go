package kitti

import (
	"fmt"
	"path/filepath"
)

// Pair is a rectified stereo pair. Column u of the left view shows what column u − d of the right one shows, with the
// disparity d = Left.Fx·Baseline/depth ≥ 0 in pixels.
type Pair struct {
	Left, Right *Image
	Intrinsics  Intrinsics // of both views: of the left camera
	Baseline    float64    // metres
}

// FocalBaseline returns fx·baseline in pixel·metres: depth = FocalBaseline/disparity.
func (p Pair) FocalBaseline() float64 { return p.Intrinsics.Fx * p.Baseline }

// ReadPair reads both images of a frame, resized to height×width (0×0 keeps the size), with the intrinsics that belong
// to that size.
func ReadPair(root string, f Frame, c *Calibration, height, width int) (Pair, error) {
	pair := Pair{Intrinsics: c.Intrinsics(Left), Baseline: c.Baseline()}
	var sizes [2][2]int
	for i, camera := range []Camera{Left, Right} {
		path, err := f.FindImage(root, camera)
		if err != nil {
			return Pair{}, err
		}
		im, err := ReadImage(path)
		if err != nil {
			return Pair{}, err
		}
		sizes[i] = [2]int{im.Height, im.Width}
		if height > 0 {
			im = im.Resized(height, width)
		}
		if camera == Left {
			pair.Left = im
		} else {
			pair.Right = im
		}
	}
	if sizes[0] != sizes[1] {
		return Pair{}, fmt.Errorf("kitti: %s is %d×%d and its right view is %d×%d: want the same size",
			filepath.Join(root, f.Image(Left, "")), sizes[0][0], sizes[0][1], sizes[1][0], sizes[1][1])
	}
	pair.Intrinsics = pair.Intrinsics.Resized(
		float64(pair.Left.Width)/float64(sizes[0][1]), float64(pair.Left.Height)/float64(sizes[0][0]))
	return pair, nil
}
