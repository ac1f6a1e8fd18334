package vae

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"slices"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
	"github.com/robustloss/gomlx-robustloss/data/tabular"
)

// Fashion-MNIST: where make data puts it in the clone, from which the experiments are run, and the side of its images.
const (
	fashionSource = "fashion"
	fashionDir    = ".cache/data/fashion-mnist"
	fashionSide   = 28
)

// fashionParts are the parts of Fashion-MNIST for training and for validation.
var fashionParts = [2]string{"train", "test"}

// useFashion makes the configuration one of Fashion-MNIST: as many images as the preset has of faces, in their order, grey, in a
// black frame that makes them 32×32, so that wavelets halve them five times. Each grey level is spread out, see [greyImages].
func (c *ImagesConfig) useFashion(preset string) {
	c.Source, c.FaceSeed = fashionSource, 0
	c.Preprocessing = celeba.Preprocessing{Size: 32, Filter: "framed"}
	c.Dequantised = true
	if preset == "paper" {
		c.Train, c.Validation = 60_000, 10_000
	}
}

// describeFashion says in the configuration which images the folder holds: the counts where there are fewer than are wanted, and a
// checksum of what is used.
func (c *ImagesConfig) describeFashion(dir string) error {
	sum := sha256.New()
	for i, count := range []*int{&c.Train, &c.Validation} {
		table, err := tabular.FashionMNIST(dir, fashionParts[i])
		if err != nil {
			return err
		}
		*count = min(*count, table.Rows)
		_ = binary.Write(sum, binary.LittleEndian, table.Head(*count).X) // a hash takes everything
	}
	c.Files = hex.EncodeToString(sum.Sum(nil)[:8])
	return nil
}

// greyImages are images of Fashion-MNIST, grey, as a [celeba.Source]. A pixel is one of 256 grey levels v. A density may be as high as
// it likes at so few places, and one with a learned scale is: where a pixel is black in every image, c falls to its floor, and the
// bound says nothing. So each level is spread out over its width, x = (v + u)/256 with u uniform in [0, 1). The mean over u of
// log p(x) is, by Jensen's inequality, at most the logarithm of the mean of p(x), which is 256·P(v): for n pixels the ELBO less
// n·log 256 is a bound of the logarithm of the probability of the levels themselves. u depends on the part, the image and the pixel
// alone.
type greyImages struct {
	table  *tabular.Table
	config ImagesConfig
	part   uint64
}

// Len returns how many images there are.
func (c greyImages) Len() int { return c.table.Rows }

// Side returns the height and width of the images in pixels, their frames included.
func (c greyImages) Side() int { return c.config.Preprocessing.Size }

// Channels returns 1.
func (c greyImages) Channels() int { return 1 }

// Read writes the i-th image in its black frame.
func (c greyImages) Read(i int, dst []float32) error {
	side, pixels := c.Side(), c.table.Row(i)
	frame := (side - fashionSide) / 2
	rng := rand.New(rand.NewPCG(c.part, uint64(i)))
	for at := range dst {
		y, x := at/side-frame, at%side-frame
		level := 0.
		if 0 <= min(x, y) && max(x, y) < fashionSide {
			level = pixels[y*fashionSide+x]
		}
		if c.config.Dequantised {
			dst[at] = float32((level + rng.Float64()) / 256)
		} else {
			dst[at] = float32(level / 255)
		}
	}
	return nil
}

// openFashion reads the two parts from a folder, "" for that of make data.
func openFashion(c ImagesConfig, dir string) (*Data, error) {
	if dir == "" {
		dir = fashionDir
	}
	d := &Data{config: c}
	for i, source := range []*celeba.Source{&d.Train, &d.Validation} {
		table, err := tabular.FashionMNIST(dir, fashionParts[i])
		if err != nil {
			return nil, err
		}
		wanted := []int{c.Train, c.Validation}[i]
		table = table.Head(wanted)
		table.X = slices.Clone(table.X) // so that the others' memory is free
		*source = greyImages{table, c, uint64(i)}
	}
	return d, nil
}
