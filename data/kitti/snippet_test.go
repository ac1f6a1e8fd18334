package kitti_test

import (
	"reflect"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
)

func TestFramesWithoutNeighboursAreSkippedAndCounted(t *testing.T) {
	root, entries := writeRecordings(t, 5)
	kept, skipped := kitti.WithNeighbours(root, entries)
	if skipped != 2 || !reflect.DeepEqual(kept, entries[1:4]) {
		t.Errorf("%v kept, %d skipped, want the three in the middle and 2", kept, skipped)
	}
	l, err := kitti.NewSnippetLoader(kitti.LoaderOptions{Root: root, Entries: entries, Height: 8, Width: 16, Batch: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Snippet(4)
	wantError(t, err, "around", "0000000004", "0000000005.png")
	_, err = kitti.NewSnippetLoader(kitti.LoaderOptions{Root: root, Height: 8, Width: 16, Batch: 1})
	wantError(t, err, "no frames")
}

func TestSnippetBatchesDependOnTheStepOnly(t *testing.T) {
	root, entries := writeRecordings(t, 5)
	entries, _ = kitti.WithNeighbours(root, entries)
	o := kitti.LoaderOptions{
		Root: root, Entries: entries, Height: 4, Width: 8, Batch: 2, Seed: 11, Shuffle: true,
		Augment: kitti.PaperAugmentation(), CacheBytes: 1 << 20,
	}
	read := func(first, last int) (inputs [][]float32) {
		l, err := kitti.NewSnippetLoader(o)
		if err != nil {
			t.Fatal(err)
		}
		for batch, err := range l.Batches(first) {
			if err != nil {
				t.Fatal(err)
			}
			for _, input := range batch.Inputs {
				inputs = append(inputs, tensors.MustCopyFlatData[float32](input))
			}
			if first++; first == last {
				break
			}
		}
		return inputs
	}
	unbroken := read(0, 4)
	if resumed := read(2, 4); !reflect.DeepEqual(resumed, unbroken[4*2:]) {
		t.Error("the batches from step 2 on differ from those of unbroken training")
	}
	if len(unbroken[0]) != 2*4*8*3 || len(unbroken[3]) != 2*4 {
		t.Errorf("inputs of %d and %d numbers", len(unbroken[0]), len(unbroken[3]))
	}
}

func TestSnippetsAreInTheOrderOfTimeAndMirrorTogether(t *testing.T) {
	root, entries := writeRecordings(t, 3)
	l, err := kitti.NewSnippetLoader(kitti.LoaderOptions{Root: root, Entries: entries, Height: 8, Width: 16, Batch: 1})
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Snippet(1)
	if err != nil {
		t.Fatal(err)
	}
	pairs := mustLoad(t, kitti.LoaderOptions{Root: root, Entries: entries, Height: 8, Width: 16, Batch: 1})
	for i, im := range []*kitti.Image{s.Before, s.Target, s.After} {
		pair, err := pairs.Pair(i)
		if err != nil {
			t.Fatal(err)
		}
		wantImage(t, im, pair.Left, 0)
	}
	mirrored := s.Flipped()
	wantImage(t, mirrored.After, s.After.FlippedHorizontal(), 0)
	if want := 15 - s.Camera.Cx; mirrored.Camera.Cx != want {
		t.Errorf("cx %g, want %g", mirrored.Camera.Cx, want)
	}
	wantImage(t, mirrored.Flipped().Before, s.Before, 0)
}
