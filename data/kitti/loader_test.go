package kitti_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
)

// writeRecordings writes n pairs of 8×16 pixels in which the left view is the right one moved by two pixels.
func writeRecordings(t *testing.T, n int) (root string, entries []kitti.Entry) {
	t.Helper()
	root = t.TempDir()
	day := "2011_09_26"
	if err := os.MkdirAll(filepath.Join(root, day), 0o755); err != nil {
		t.Fatal(err)
	}
	c := plainCalibration()
	c.Size[kitti.Left], c.Size[kitti.Right] = [2]int{16, 8}, [2]int{16, 8}
	if err := c.Write(filepath.Join(root, day)); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 1))
	for i := range n {
		e := kitti.Entry{Frame: kitti.Frame{Date: day, Drive: day + "_drive_0001_sync", Index: i}, Camera: kitti.Left}
		right := randomImage(rng, 8, 16)
		left := kitti.NewImage(8, 16)
		for y := range 8 {
			for x := range 16 {
				copy(left.At(y, x), right.At(y, max(x-2, 0)))
			}
		}
		writeImage(t, filepath.Join(root, e.Image(kitti.Left, ".png")), left)
		writeImage(t, filepath.Join(root, e.Image(kitti.Right, ".png")), right)
		scan := filepath.Join(root, e.Scan())
		if err := os.MkdirAll(filepath.Dir(scan), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := kitti.WriteScan(scan, []kitti.Point{pointAt(4, 2, 10+float64(i))}); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	return root, entries
}

func mustLoad(t *testing.T, o kitti.LoaderOptions) *kitti.Loader {
	t.Helper()
	l, err := kitti.NewLoader(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// steps returns the left and right views of the batches from first up to last−1.
func steps(t *testing.T, l *kitti.Loader, first, last int) (views [][]float32) {
	t.Helper()
	for batch, err := range l.Batches(first) {
		if err != nil {
			t.Fatal(err)
		}
		for _, input := range batch.Inputs {
			views = append(views, tensors.MustCopyFlatData[float32](input))
		}
		if first++; first == last {
			break
		}
	}
	return views
}

func TestBatchesDependOnTheStepOnly(t *testing.T) {
	root, entries := writeRecordings(t, 5)
	o := kitti.LoaderOptions{
		Root: root, Entries: entries, Height: 4, Width: 8, Batch: 2, Seed: 11, Shuffle: true,
		Augment: kitti.PaperAugmentation(), CacheBytes: 1 << 20,
	}
	unbroken := steps(t, mustLoad(t, o), 0, 6)
	resumed := steps(t, mustLoad(t, o), 3, 6)
	if !reflect.DeepEqual(resumed, unbroken[2*3:]) {
		t.Error("the batches from step 3 on differ from those of unbroken training")
	}
	o.CacheBytes, o.Workers = 0, 4
	if !reflect.DeepEqual(steps(t, mustLoad(t, o), 0, 6), unbroken) {
		t.Error("the batches depend on the cache or the workers")
	}
	o.Seed++
	if reflect.DeepEqual(steps(t, mustLoad(t, o), 0, 6), unbroken) {
		t.Error("the batches do not depend on the seed")
	}
}

func TestEachEpochVisitsEachFrameOnce(t *testing.T) {
	root, entries := writeRecordings(t, 4)
	l := mustLoad(t, kitti.LoaderOptions{Root: root, Entries: entries, Height: 8, Width: 16, Batch: 2, Shuffle: true, CacheBytes: 1 << 20})
	seen := map[string]int{}
	views := steps(t, l, 0, 4) // two epochs
	for i := 0; i < len(views); i += 2 {
		for k := range 2 {
			seen[fmt.Sprint(views[i][k*8*16*3:k*8*16*3+30])]++
		}
	}
	if len(seen) != 4 {
		t.Errorf("%d different frames, want 4", len(seen))
	}
	for _, times := range seen {
		if times != 2 {
			t.Errorf("a frame came %d times in two epochs", times)
		}
	}
}

func TestPairsCarryTheIntrinsicsOfTheirSize(t *testing.T) {
	root, entries := writeRecordings(t, 1)
	l := mustLoad(t, kitti.LoaderOptions{Root: root, Entries: entries, Height: 4, Width: 8, Batch: 1})
	pair, err := l.Pair(0)
	if err != nil {
		t.Fatal(err)
	}
	// The file's focal length is 10 pixels at a width of 16: 5 at 8. The baseline is 5/10 m.
	want := kitti.Intrinsics{Fx: 5, Fy: 5, Cx: 2, Cy: 1}
	if pair.Intrinsics != want || pair.Baseline != 0.5 || pair.FocalBaseline() != 2.5 {
		t.Errorf("%+v, baseline %g, want %+v, 0.5", pair.Intrinsics, pair.Baseline, want)
	}
	depth, err := l.Depth(0)
	if err != nil || depth.Height != 8 || depth.Width != 16 || depth.At(1, 3) != 10 {
		t.Errorf("depth %+v, %v", depth, err)
	}
}

func TestFlippingKeepsDisparitiesPositive(t *testing.T) {
	root, entries := writeRecordings(t, 1)
	l := mustLoad(t, kitti.LoaderOptions{Root: root, Entries: entries, Height: 8, Width: 16, Batch: 1})
	pair, err := l.Pair(0)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]kitti.Pair{"recorded": pair, "mirrored": pair.Flipped()} {
		for y := range 8 {
			for x := 2; x < 14; x++ {
				if !reflect.DeepEqual(p.Left.At(y, x), p.Right.At(y, x-2)) {
					t.Fatalf("%s: left (%d, %d) is not right (%d, %d)", name, y, x, y, x-2)
				}
			}
		}
	}
	twice := pair.Flipped().Flipped()
	wantImage(t, twice.Left, pair.Left, 0)
	wantImage(t, twice.Right, pair.Right, 0)
	if twice.Intrinsics != pair.Intrinsics {
		t.Errorf("intrinsics %+v, want %+v", twice.Intrinsics, pair.Intrinsics)
	}
}

func TestAugmentation(t *testing.T) {
	root, entries := writeRecordings(t, 1)
	l := mustLoad(t, kitti.LoaderOptions{Root: root, Entries: entries, Height: 8, Width: 16, Batch: 1})
	pair, err := l.Pair(0)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 1))
	same := kitti.Augmentation{}.Apply(pair, rng)
	wantImage(t, same.Left, pair.Left, 0)

	fixed := kitti.Augmentation{Colour: 1, Gamma: [2]float64{2, 2}, Brightness: [2]float64{1.5, 1.5}, Tint: [2]float64{1, 1}}
	toned := fixed.Apply(pair, rng)
	for i, v := range pair.Right.RGB {
		want := min(float64(v)*float64(v)*1.5, 1)
		if math.Abs(float64(toned.Right.RGB[i])-want) > 1e-6 {
			t.Fatalf("value %d: %g² · 1.5 cut to 1 gives %g, want %g", i, v, toned.Right.RGB[i], want)
		}
	}
	flips := 0
	for range 400 {
		p := kitti.PaperAugmentation().Apply(pair, rng)
		if p.Intrinsics != pair.Intrinsics {
			flips++
		}
		for _, v := range p.Left.RGB {
			if v < 0 || v > 1 {
				t.Fatalf("value %g out of [0, 1]", v)
			}
		}
	}
	if flips < 150 || flips > 250 { // 200 expected, standard deviation 10
		t.Errorf("%d of 400 pairs were mirrored, want about 200", flips)
	}
}

func TestLoaderErrorsNameTheFile(t *testing.T) {
	root, entries := writeRecordings(t, 2)
	o := kitti.LoaderOptions{Root: root, Entries: entries, Height: 8, Width: 16, Batch: 2}
	_, err := kitti.NewLoader(kitti.LoaderOptions{Root: root, Height: 8, Width: 16, Batch: 2})
	wantError(t, err, "no frames")
	bad := o
	bad.Batch = 0
	_, err = kitti.NewLoader(bad)
	wantError(t, err, "batches of 0 images")
	bad = o
	bad.Root = t.TempDir()
	_, err = kitti.NewLoader(bad)
	wantError(t, err, "calib_cam_to_cam.txt")

	right := filepath.Join(root, entries[1].Image(kitti.Right, ".png"))
	writeImage(t, right, kitti.NewImage(8, 15))
	for _, err := range mustLoad(t, o).Batches(0) {
		wantError(t, err, "0000000001.png has 8×15 pixels", "calibration is for 8×16")
		break
	}
	calibration := filepath.Join(root, "2011_09_26", "calib_cam_to_cam.txt")
	text, err := os.ReadFile(calibration)
	if err != nil {
		t.Fatal(err)
	}
	writeText(t, calibration, strings.Replace(string(text), "S_rect_03: 1.6e+01", "S_rect_03: 1.5e+01", 1))
	for _, err := range mustLoad(t, o).Batches(0) {
		wantError(t, err, "0000000000.png has 8×16 pixels", "calibration is for 8×15")
		break
	}
	writeText(t, calibration, string(text))
	small := o
	small.MaxExpanded = 8*16*20 - 1
	for _, err := range mustLoad(t, small).Batches(0) {
		wantError(t, err, "0000000000.png", "16×8 pixels takes more than")
		break
	}
	if err := os.Remove(right); err != nil {
		t.Fatal(err)
	}
	for _, err := range mustLoad(t, o).Batches(0) {
		wantError(t, err, "0000000001.png", ".jpg")
		break
	}
}
