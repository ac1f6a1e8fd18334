package synth_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/synth"
)

func hashFolder(t *testing.T, dir string) string {
	t.Helper()
	hash := sha256.New()
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		fmt.Fprintf(hash, "%s %d %s", path, len(data), data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", hash.Sum(nil))
}

func TestWriteFaces_SameOptionsGiveTheSameFiles(t *testing.T) {
	a, b, other := t.TempDir(), t.TempDir(), t.TempDir()
	o := synth.FacesOptions{Train: 3, Validation: 2, Test: 1, Seed: 5}
	for dir, options := range map[string]synth.FacesOptions{a: o, b: o, other: {Train: 3, Validation: 2, Test: 1, Seed: 6}} {
		if err := synth.WriteFaces(t.Context(), dir, options, nil); err != nil {
			t.Fatal(err)
		}
	}
	if hashFolder(t, a) != hashFolder(t, b) {
		t.Error("the same options give different files")
	}
	if hashFolder(t, a) == hashFolder(t, other) {
		t.Error("another seed gives the same files")
	}
	partition, err := os.ReadFile(filepath.Join(a, "Eval", "list_eval_partition.txt"))
	want := "000001.jpg 0\n000002.jpg 0\n000003.jpg 0\n000004.jpg 1\n000005.jpg 1\n000006.jpg 2\n"
	if err != nil || string(partition) != want {
		t.Errorf("partition %q, %v", partition, err)
	}
	f, err := os.Open(filepath.Join(a, "Img", "img_align_celeba", "000006.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	config, format, err := image.DecodeConfig(f)
	if err != nil || format != "jpeg" || config.Width != 178 || config.Height != 218 {
		t.Errorf("%s of %d×%d, %v", format, config.Width, config.Height, err)
	}
}

func TestWriteFaces_KeepsWhatIsThereAndRefusesOtherFaces(t *testing.T) {
	dir := t.TempDir()
	o := synth.FacesOptions{Train: 2, Seed: 1}
	if err := synth.WriteFaces(t.Context(), dir, o, nil); err != nil {
		t.Fatal(err)
	}
	first := filepath.Join(dir, "Img", "img_align_celeba", "000001.jpg")
	before, err := os.Stat(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := synth.WriteFaces(t.Context(), dir, o, nil); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.Stat(first); after.ModTime() != before.ModTime() {
		t.Error("the files were written again")
	}
	o.Seed = 2
	if err := synth.WriteFaces(t.Context(), dir, o, nil); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("other faces in the same folder: %v", err)
	}
	if err := synth.WriteFaces(t.Context(), t.TempDir(), synth.FacesOptions{}, nil); err == nil {
		t.Error("no faces at all are accepted")
	}
}

func TestWriteFaces_InterruptedIsWrittenAnew(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := synth.FacesOptions{Train: 2, Seed: 1}
	if err := synth.WriteFaces(ctx, dir, o, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if err := synth.WriteFaces(t.Context(), dir, o, nil); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "Img", "img_align_celeba", "000002.jpg")); err != nil {
		t.Error(err)
	}
}

func TestWriteFaces_TellsProgressAndLeavesNothingWhenItStops(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "faces")
	o := synth.FacesOptions{Train: 250, Seed: 1}
	ctx, cancel := context.WithCancel(t.Context())
	err := synth.WriteFaces(ctx, dir, o, func(done, total int) {
		if done != 100 || total != 250 {
			t.Errorf("%d of %d", done, total)
		}
		cancel()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if left, _ := filepath.Glob(dir + "*"); left != nil {
		t.Errorf("left behind: %v", left)
	}
	var told []int
	if err := synth.WriteFaces(t.Context(), dir, o, func(done, _ int) { told = append(told, done) }); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(told) != "[100 200 250]" {
		t.Errorf("progress %v", told)
	}
}

func TestFace_DependsOnSeedAndNumberOnly(t *testing.T) {
	a := synth.Face(1, 4)
	_ = synth.Face(2, 9)
	if b := synth.Face(1, 4); !bytes.Equal(a.Pix, b.Pix) {
		t.Error("the same face differs")
	}
	if b := synth.Face(1, 5); bytes.Equal(a.Pix, b.Pix) {
		t.Error("two faces are the same")
	}
	if a.Rect != image.Rect(0, 0, 178, 218) {
		t.Errorf("bounds %v", a.Rect)
	}
}

// The corners show smooth background: the differences of neighbours there are the noise, σ√2 = .0141, slightly more by
// rounding to bytes and by the gradient. The median over images is free of the boxes' edges.
func TestFace_NoiseHasItsStandardDeviation(t *testing.T) {
	var sum float64
	n := 0
	for i := range 40 {
		face := synth.Face(3, i)
		for x := range 10 {
			d := float64(face.Pix[4*(x+1)]) - float64(face.Pix[4*x])
			if v := face.Pix[4*x]; v > 15 && v < 240 && math.Abs(d) < 16 {
				sum += d * d / 255 / 255
				n++
			}
		}
	}
	if got := math.Sqrt(sum / float64(n)); n < 200 || got < .0125 || got > .0165 {
		t.Errorf("neighbours differ by %.4f, want .0141 ± .002 (%d pairs)", got, n)
	}
}

func BenchmarkWriteFace(b *testing.B) {
	dir := b.TempDir()
	o := synth.FacesOptions{Train: 100, Seed: 1}
	for b.Loop() {
		if err := os.RemoveAll(dir); err != nil {
			b.Fatal(err)
		}
		if err := synth.WriteFaces(b.Context(), dir, o, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*o.Train), "ms/face")
}
