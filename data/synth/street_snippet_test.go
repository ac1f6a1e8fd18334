package synth_test

import (
	"math"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
	"github.com/robustloss/gomlx-robustloss/data/synth"
)

func TestSnippetsAreDeterministicAndHoldTheStreet(t *testing.T) {
	s := synth.NewStreetSnippet(streetOptions, 3)
	if !reflect.DeepEqual(s, synth.NewStreetSnippet(streetOptions, 3)) {
		t.Error("the same snippet came out differently")
	}
	if !reflect.DeepEqual(&s.Street, synth.NewStreet(streetOptions, 3)) {
		t.Error("the middle of the snippet is not the street")
	}
}

// Each point of the target, moved by the true motion, must land where the neighbour shows it.
func TestMotionTakesPointsToTheNeighbours(t *testing.T) {
	var moved, same, backwards float64
	for i := range 20 {
		s := synth.NewStreetSnippet(streetOptions, i)
		for _, n := range []struct {
			image *kitti.Image
			m     synth.StreetMotion
		}{{s.Before, s.ToBefore}, {s.After, s.ToAfter}} {
			if n.m.Z*n.m.Z+n.m.X*n.m.X < .36-1e-9 || math.Abs(n.m.Turn) > .025 {
				t.Fatalf("motion %+v", n.m)
			}
			moved += neighbourDifference(s, n.image, n.m)
			same += neighbourDifference(s, n.image, synth.StreetMotion{})
			backwards += neighbourDifference(s, n.image, synth.StreetMotion{X: -n.m.X, Z: -n.m.Z, Turn: -n.m.Turn})
		}
	}
	t.Logf("mean absolute difference %.4f with the motion, %.4f without, %.4f with the opposite one", moved/40, same/40, backwards/40)
	if moved > .6*same || moved > .6*backwards {
		t.Errorf("mean absolute difference %.4f with the motion, %.4f without, %.4f with the opposite one", moved/40, same/40, backwards/40)
	}
}

// neighbourDifference compares the street's left view with the nearest pixels of a neighbour.
func neighbourDifference(s *synth.StreetSnippet, neighbour *kitti.Image, m synth.StreetMotion) (mean float64) {
	f, cx, cy := .58*96, 47.5, .46*32-.5
	var n float64
	for row := range 32 {
		for column := range 96 {
			z := float64(s.Depth.At(row, column))
			if z == 0 {
				continue
			}
			x, y := (float64(column)-cx)/f*z, (float64(row)-cy)/f*z
			sin, cos := math.Sincos(m.Turn)
			movedX, movedY, movedZ := cos*x+sin*z+m.X, y+m.Y, cos*z-sin*x+m.Z
			u, v := int(math.Round(f*movedX/movedZ+cx)), int(math.Round(f*movedY/movedZ+cy))
			if u < 0 || v < 0 || u > 95 || v > 31 {
				continue
			}
			for k, value := range neighbour.At(v, u) {
				mean += math.Abs(float64(value - s.Left.At(row, column)[k]))
				n++
			}
		}
	}
	return mean / n
}

func TestWrittenSnippetsPassThroughTheReaderOfTheRecordings(t *testing.T) {
	root, options := t.TempDir(), streetOptions
	options.Neighbours = true
	if err := synth.WriteStreets(t.Context(), root, 2, 2, options, nil); err != nil {
		t.Fatal(err)
	}
	entries, err := kitti.ReadSplit(filepath.Join(root, synth.StreetsTestSplit))
	if err != nil {
		t.Fatal(err)
	}
	if kept, skipped := kitti.WithNeighbours(root, entries); len(kept) != 2 || skipped != 0 {
		t.Errorf("%d frames with neighbours, %d without", len(kept), skipped)
	}
	l, err := kitti.NewSnippetLoader(kitti.LoaderOptions{Root: root, Entries: entries, Height: 32, Width: 96, Batch: 1})
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.Snippet(1)
	if err != nil {
		t.Fatal(err)
	}
	want := synth.NewStreetSnippet(options, 3)
	for name, pair := range map[string][2]*kitti.Image{
		"before": {got.Before, want.Before}, "target": {got.Target, want.Left}, "after": {got.After, want.After},
	} {
		for k, v := range pair[1].RGB {
			if math.Abs(float64(pair[0].RGB[k]-v)) > .5/255+1e-6 {
				t.Fatalf("%s: value %d is %g, was %g", name, k, pair[0].RGB[k], v)
			}
		}
	}
	// The optical axis goes through the middle of 96 columns, between those numbered 47 and 48.
	if c := got.Camera; math.Abs(c.Cx-47.5) > 1e-9 || math.Abs(c.Cy-(.46*32-.5)) > 1e-9 || math.Abs(c.Fx-.58*96) > 1e-9 {
		t.Errorf("camera %+v", c)
	}
}
