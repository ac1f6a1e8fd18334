package celeba_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
)

func mustCache(t *testing.T, images *celeba.Images, path string) *celeba.Cache {
	t.Helper()
	cache, err := celeba.Cached(t.Context(), images, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cache.Close() })
	return cache
}

func TestCacheHoldsTheImages(t *testing.T) {
	images := mustImages(t, writeFaces(t), celeba.Train, celeba.DefaultPreprocessing())
	path := filepath.Join(t.TempDir(), "new", "train.pack")
	cache := mustCache(t, images, path)
	if cache.Len() != 3 || cache.Side() != 64 {
		t.Fatalf("%d images of side %d", cache.Len(), cache.Side())
	}
	for i := range 3 {
		want, got := read(t, images, i), read(t, cache, i)
		for k := range want {
			if math.Abs(float64(got[k]-want[k])) > 1e-7 {
				t.Fatalf("image %d, value %d: %v, want %v", i, k, got[k], want[k])
			}
		}
	}
}

func TestCacheIsMadeOnceForTheSameImages(t *testing.T) {
	root, path := writeFaces(t), filepath.Join(t.TempDir(), "train.pack")
	p := celeba.DefaultPreprocessing()
	var told []int
	if _, err := celeba.Cached(t.Context(), mustImages(t, root, celeba.Train, p), path, func(done, _ int) { told = append(told, done) }); err != nil {
		t.Fatal(err)
	}
	mustCache(t, mustImages(t, root, celeba.Train, p), path)
	if len(told) != 1 || told[0] != 3 {
		t.Errorf("progress %v, want 3 images packed once", told)
	}
	before, _ := os.Stat(path)
	p.Average = 2
	if other := mustCache(t, mustImages(t, root, celeba.Train, p), path); other.Side() != 32 {
		t.Errorf("another preprocessing gets images of side %d from the old file", other.Side())
	}
	if after, _ := os.Stat(path); os.SameFile(before, after) {
		t.Error("the file was not made again")
	}
}

func TestCacheOfChangedFilesIsMadeAgain(t *testing.T) {
	root, path := writeFaces(t), filepath.Join(t.TempDir(), "train.pack")
	before := read(t, mustCache(t, mustImages(t, root, celeba.Train, celeba.DefaultPreprocessing()), path), 0)
	other := writeFaces(t)
	for _, name := range []string{"000001.jpg", "000002.jpg"} { // the first image becomes the second
		data, err := os.ReadFile(filepath.Join(other, "Img", "img_align_celeba", "000002.jpg"))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(root, "Img", "img_align_celeba", name), string(data))
	}
	images := mustImages(t, root, celeba.Train, celeba.DefaultPreprocessing())
	after := read(t, mustCache(t, images, path), 0)
	want := read(t, images, 0)
	same := 0
	for k := range want {
		if math.Abs(float64(after[k]-want[k])) > 1e-7 {
			t.Fatalf("value %d: %v, want %v", k, after[k], want[k])
		}
		if after[k] == before[k] {
			same++
		}
	}
	if same == len(want) {
		t.Error("the old images come out of the cache")
	}
}

func TestDamagedCacheIsNamed(t *testing.T) {
	images := mustImages(t, writeFaces(t), celeba.Train, celeba.DefaultPreprocessing())
	path := filepath.Join(t.TempDir(), "train.pack")
	mustCache(t, images, path)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range [][]byte{whole[:len(whole)-1], whole[:30], whole[:5], nil, []byte("something else entirely, and long enough")} {
		writeFile(t, path, string(damaged))
		_, err := celeba.Cached(t.Context(), images, path, nil)
		wantError(t, err, path, "delete it")
	}
	whole[len(whole)-100] ^= 1
	writeFile(t, path, string(whole))
	cache := mustCache(t, images, path)
	wantError(t, cache.Read(2, make([]float32, 64*64*3)), path, "image 2 is damaged")
	read(t, cache, 1)
}

func TestInterruptedPackingLeavesNothing(t *testing.T) {
	images := mustImages(t, writeFaces(t), celeba.Train, celeba.DefaultPreprocessing())
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := celeba.Cached(ctx, images, filepath.Join(dir, "train.pack"), nil); err == nil {
		t.Error("no error")
	}
	left, _ := os.ReadDir(dir)
	for _, file := range left {
		if file.Name() != ".train.pack.lock" {
			t.Errorf("left behind beside the lock: %v", file)
		}
	}
}

func TestProcessesThatWantOneCachePackItOnce(t *testing.T) {
	root, path := writeFaces(t), filepath.Join(t.TempDir(), "train.pack")
	var packed atomic.Int64
	var group sync.WaitGroup
	for range 4 {
		images := mustImages(t, root, celeba.Train, celeba.DefaultPreprocessing())
		group.Go(func() {
			cache, err := celeba.Cached(t.Context(), images, path, func(_, _ int) { packed.Add(1) })
			if err != nil {
				t.Error(err)
				return
			}
			if err := cache.Read(2, make([]float32, 64*64*3)); err != nil {
				t.Error(err)
			}
			_ = cache.Close()
		})
	}
	group.Wait()
	if packed.Load() != 1 {
		t.Errorf("the images were packed %d times", packed.Load())
	}
}

func TestCacheHeadersThatClaimTooMuchAreDamaged(t *testing.T) {
	images := mustImages(t, writeFaces(t), celeba.Train, celeba.DefaultPreprocessing())
	path := filepath.Join(t.TempDir(), "train.pack")
	for _, header := range []string{`{"count":-1,"side":64}`, `{"count":9223372036854775807,"side":64}`, `{"count":1,"side":1000000000}`, `{"count":1,"side":0}`, "no JSON"} {
		writeFile(t, path, "robustloss images 1\n"+string([]byte{byte(len(header)), 0, 0, 0})+header+"0123456789")
		_, err := celeba.Cached(t.Context(), images, path, nil)
		wantError(t, err, path, "delete it")
	}
	writeFile(t, path, "robustloss images 1\n\xff\xff\xff\xff")
	_, err := celeba.Cached(t.Context(), images, path, nil)
	wantError(t, err, path, "the header is damaged")
}
