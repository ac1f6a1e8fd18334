package celeba_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
	"github.com/robustloss/gomlx-robustloss/data/order"
	"github.com/robustloss/gomlx-robustloss/data/synth"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// exampleFaces writes six synthetic faces for training and two for validation.
func exampleFaces() (root string) {
	root = filepath.Join(must(os.MkdirTemp("", "example")), "faces")
	if err := synth.WriteFaces(context.Background(), root, synth.FacesOptions{Train: 6, Validation: 2, Seed: 1}, nil); err != nil {
		panic(err)
	}
	return root
}

// Training batches of four images, in an order that depends on a seed.
func Example() {
	root := exampleFaces()
	defer os.RemoveAll(filepath.Dir(root))
	set := must(celeba.Open(root))
	images := must(set.Images(celeba.Train, celeba.DefaultPreprocessing()))
	for batch, err := range celeba.Batches(images, order.New(1, images.Len()).Batch, 4)(0) {
		fmt.Println(batch.Inputs[0].Shape(), err)
		break
	}
	fmt.Println(images.Side(), "pixels a side;", filepath.Base(set.Path(celeba.Validation, 1)))
	fmt.Println(must(celeba.ReadBatch(images, []int{5, 0})).Shape())
	// Output:
	// (Float32)[4, 64, 64, 3] <nil>
	// 64 pixels a side; 000008.jpg
	// (Float32)[2, 64, 64, 3]
}

// Packed once, the images need not be decoded again; what fits is held in memory.
func ExampleCached() {
	root := exampleFaces()
	defer os.RemoveAll(filepath.Dir(root))
	split := celeba.Validation
	images := must(must(celeba.Open(root)).Images(split, celeba.DefaultPreprocessing()))
	packed := must(celeba.Cached(context.Background(), images, filepath.Join(root, "validation.images"), nil))
	defer packed.Close()
	memory := must(celeba.Preload(context.Background(), packed))
	first := make([]float32, memory.Side()*memory.Side()*3)
	if err := memory.Read(0, first); err != nil {
		panic(err)
	}
	fmt.Println(split.String(), memory.Len(), len(memory.Values()), memory.Values()[100] == first[100])
	// Output: validation 2 24576 true
}

// A Source is any sequence of square images, here files that are averaged to 8×8 pixels.
func ExampleSource() {
	root := exampleFaces()
	defer os.RemoveAll(filepath.Dir(root))
	p := celeba.Preprocessing{Crop: 160, Size: 32, Filter: celeba.Area, Average: 4}
	smooth := p.Filter
	sources := []celeba.Source{must(must(celeba.Open(root)).Images(celeba.Train, p))}
	split := celeba.Split(2)
	fmt.Println(sources[0].Len(), sources[0].Side(), sources[0].Channels(), smooth, split, celeba.LegacyBilinear, celeba.Width, celeba.Height)
	// Output: 6 8 3 area test legacy-bilinear 178 218
}
