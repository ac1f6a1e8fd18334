package synth_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
	"github.com/robustloss/gomlx-robustloss/data/kitti"
	"github.com/robustloss/gomlx-robustloss/data/synth"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Faces are read as CelebA is.
func ExampleWriteFaces() {
	parent := must(os.MkdirTemp("", "example"))
	defer os.RemoveAll(parent)
	dir := filepath.Join(parent, "faces")
	progress := func(done, total int) { fmt.Println(done, "of", total) }
	if err := synth.WriteFaces(context.Background(), dir, synth.FacesOptions{Train: 3, Test: 1, Seed: 1}, progress); err != nil {
		panic(err)
	}
	set := must(celeba.Open(dir))
	fmt.Println(set.Len(celeba.Train), "for training, of", synth.Face(1, 0).Bounds().Size(), "pixels")
	// Output:
	// 4 of 4
	// 3 for training, of (178,218) pixels
}

// Streets are read as KITTI's recordings are.
func ExampleWriteStreets() {
	parent := must(os.MkdirTemp("", "example"))
	defer os.RemoveAll(parent)
	dir := filepath.Join(parent, "streets")
	if err := synth.WriteStreets(context.Background(), dir, 2, 1, synth.StreetOptions{Height: 16, Width: 48, Seed: 1}, nil); err != nil {
		panic(err)
	}
	train := must(kitti.ReadSplit(filepath.Join(dir, synth.StreetsTrainSplit)))
	test := must(kitti.ReadSplit(filepath.Join(dir, synth.StreetsTestSplit)))
	fmt.Println(len(train), "for training;", test[0].Image(kitti.Left, ".png"))
	// Output: 2 for training; 2000_01_01/2000_01_01_drive_0002_sync/image_02/data/0000000000.png
}

// The disparity of a pixel follows from its depth, which is known exactly.
func ExampleNewStreet() {
	o := synth.StreetOptions{Height: 32, Width: 96, Seed: 1}
	street := synth.NewStreet(o, 0)
	c := o.Calibration()
	z := float64(street.Depth.At(31, 48)) // the ground
	fmt.Printf("%.1f m, %.1f pixels; a scan of %v points; %v\n", z, c.Intrinsics(kitti.Left).Fx*c.Baseline()/z, len(street.Points(o)) > 1000, o.Validate())
	// Output: 5.5 m, 5.4 pixels; a scan of true points; <nil>
}

// The car turns as much after a frame as before it.
func ExampleNewStreetSnippet() {
	s := synth.NewStreetSnippet(synth.StreetOptions{Height: 16, Width: 48, Seed: 1}, 0)
	fmt.Println(s.After.Width, s.ToAfter.Z < 0, s.ToAfter.Turn == -s.ToBefore.Turn, s.ToAfter == synth.StreetMotion{})
	// Output: 48 true true false
}
