package kitti_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
	"github.com/robustloss/gomlx-robustloss/data/synth"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// exampleStreets writes three synthetic streets for training and one for tests, in KITTI's layout.
func exampleStreets() (root string) {
	root = filepath.Join(must(os.MkdirTemp("", "example")), "streets")
	o := synth.StreetOptions{Height: 32, Width: 96, Seed: 1, Neighbours: true}
	if err := synth.WriteStreets(context.Background(), root, 3, 1, o, nil); err != nil {
		panic(err)
	}
	return root
}

// Stereo pairs, their geometry and their ground truth; batches for training.
func ExampleLoader() {
	root := exampleStreets()
	defer os.RemoveAll(filepath.Dir(root))
	entries := must(kitti.ReadSplit(filepath.Join(root, synth.StreetsTrainSplit)))
	l := must(kitti.NewLoader(kitti.LoaderOptions{
		Root: root, Entries: entries, Height: 16, Width: 48, Batch: 2, Shuffle: true, Augment: kitti.PaperAugmentation(), CacheBytes: 1 << 20,
	}))
	pair := must(l.Pair(0))
	fmt.Printf("%d pairs of %d×%d, fx = %.2f, fx·baseline = %.2f; mirrored: cx = %.0f\n",
		l.Len(), pair.Left.Height, pair.Left.Width, pair.Intrinsics.Fx, pair.FocalBaseline(), pair.Flipped().Intrinsics.Cx)
	depth := must(l.Depth(0))
	fmt.Printf("%.2f m; baseline %.4f m; frame %d\n", depth.At(31, 48), l.Calibration(0).Baseline(), l.Entry(0).Index)
	for batch, err := range l.Batches(0) {
		fmt.Println(len(batch.Inputs), batch.Inputs[0].Shape(), err)
		break
	}
	// Output:
	// 3 pairs of 16×48, fx = 27.84, fx·baseline = 14.83; mirrored: cx = 23
	// 5.48 m; baseline 0.5327 m; frame 1
	// 2 (Float32)[2, 16, 48, 3] <nil>
}

// Three neighbouring frames of one camera.
func ExampleSnippetLoader() {
	root := exampleStreets()
	defer os.RemoveAll(filepath.Dir(root))
	entries := must(kitti.ReadSplit(filepath.Join(root, synth.StreetsTrainSplit)))
	entries, skipped := kitti.WithNeighbours(root, entries)
	l := must(kitti.NewSnippetLoader(kitti.LoaderOptions{Root: root, Entries: entries, Height: 32, Width: 96, Batch: 2}))
	s := must(l.Snippet(0))
	fmt.Println(l.Len(), "snippets,", skipped, "skipped; cx", s.Camera.Cx, "mirrored", s.Flipped().Camera.Cx)
	for batch := range l.Batches(0) {
		fmt.Println(len(batch.Inputs), batch.Inputs[3].Shape())
		break
	}
	rng := rand.New(rand.NewPCG(1, 1))
	varied := kitti.Augmentation{Flip: 1}.ApplySnippet(s, rng)
	fmt.Println("mirrored by augmentation:", varied.Camera.Cx == s.Flipped().Camera.Cx)
	// Output:
	// 3 snippets, 0 skipped; cx 47.5 mirrored 47.5
	// 4 (Float32)[2, 4]
	// mirrored by augmentation: true
}

// A calibration is written and read with all digits.
func ExampleCalibration() {
	dir := must(os.MkdirTemp("", "example"))
	defer os.RemoveAll(dir)
	if err := (synth.StreetOptions{Height: 32, Width: 96}).Calibration().Write(dir); err != nil {
		panic(err)
	}
	c := must(kitti.ReadCalibration(dir))
	k := c.Intrinsics(kitti.Left)
	fmt.Printf("fx = %.2f, half the size: %.2f, mirrored: cx = %.1f\n", k.Fx, k.Resized(.5, .5).Fx, k.Flipped(96).Cx)
	camera := kitti.Camera(kitti.Right)
	fmt.Printf("%.4f m; the scanner's x axis goes to %.0f\n", c.Baseline(), c.VeloToImage(camera)[2][0])
	// Output:
	// fx = 55.68, half the size: 27.84, mirrored: cx = 46.5
	// 0.5327 m; the scanner's x axis goes to 1
}

// A scan becomes a depth map as the public evaluation makes it.
func ExampleDepthMap() {
	o := synth.StreetOptions{Height: 32, Width: 96, Seed: 1}
	dir := must(os.MkdirTemp("", "example"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "0000000000.bin")
	if err := kitti.WriteScan(path, []kitti.Point{{X: 10, Y: 0, Z: -1.65}, {X: 12}}); err != nil {
		panic(err)
	}
	points := must(kitti.ReadScan(path))
	depth := kitti.DepthMap(points, o.Calibration(), kitti.Left, o.Height, o.Width)
	for row := range depth.Height {
		for column := range depth.Width {
			if z := depth.At(row, column); z > 0 {
				fmt.Println("row", row, "column", column, "depth", z)
			}
		}
	}
	// Output:
	// row 14 column 47 depth 12
	// row 23 column 47 depth 10
}

// Lists of frames: all that are there, without those of test scenes and those in which the car stands still.
func ExampleListFrames() {
	root := exampleStreets()
	defer os.RemoveAll(filepath.Dir(root))
	scenes, static := filepath.Join(root, "scenes.txt"), filepath.Join(root, "static.txt")
	for path, text := range map[string]string{scenes: "2000_01_01_drive_0002\n", static: "2000_01_01 2000_01_01_drive_0001_sync 0000000001\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			panic(err)
		}
	}
	entries := must(kitti.ListFrames(root, must(kitti.ReadScenes(scenes)), must(kitti.ReadStaticFrames(static))))
	split := filepath.Join(root, "split.txt")
	if err := kitti.WriteSplit(split, entries, 3, ".png"); err != nil {
		panic(err)
	}
	first := must(kitti.ReadSplit(split))[0]
	frame := first.Frame
	fmt.Println(len(entries), "frames, the first:", frame.Image(kitti.Right, ".png"))
	fmt.Println(frame.Scan(), filepath.Base(must(frame.FindImage(root, kitti.Left))))
	// Output:
	// 2 frames, the first: 2000_01_01/2000_01_01_drive_0001_sync/image_03/data/0000000005.png
	// 2000_01_01/2000_01_01_drive_0001_sync/velodyne_points/data/0000000005.bin 0000000005.png
}

func ExampleImage() {
	im := kitti.NewImage(2, 2)
	copy(im.At(0, 1), []float32{1, .5, 0})
	fmt.Println(im.FlippedHorizontal().At(0, 0), im.Resized(1, 1).At(0, 0))
	var file bytes.Buffer
	if err := im.WritePNG(&file); err != nil {
		panic(err)
	}
	dir := must(os.MkdirTemp("", "example"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "a.png")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		panic(err)
	}
	fmt.Printf("%.3f\n", must(kitti.ReadImage(path)).At(0, 1))
	pair := kitti.Pair{Left: im, Right: im}
	brighter := kitti.Augmentation{Colour: 1, Gamma: [2]float64{1, 1}, Brightness: [2]float64{2, 2}, Tint: [2]float64{1, 1}}
	fmt.Println(brighter.Apply(pair, rand.New(rand.NewPCG(1, 1))).Left.At(0, 1))
	// Output:
	// [1 0.5 0] [0.25 0.125 0]
	// [1.000 0.502 0.000]
	// [1 1 0]
}
