package vae

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"path/filepath"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
	"github.com/robustloss/gomlx-robustloss/data/synth"
)

// inMemory is the most bytes of images that are held in memory; more are read from the packed file as they are needed.
const inMemory = 1 << 30

// Data are the images of a configuration, ready to train on.
type Data struct {
	Train, Validation celeba.Source

	config  ImagesConfig
	closers []func() error
}

// OpenData opens the images that the configuration asks for. root is the folder of CelebA or of Fashion-MNIST; "" stands for the
// latter's place in the clone, and for synthetic faces, which are drawn into cache on first use. cache also gets the packed
// images. note is told what takes long; it may be nil.
func OpenData(ctx context.Context, c ImagesConfig, root, cache string, note func(text string)) (*Data, error) {
	if note == nil {
		note = func(string) {}
	}
	if c.Source == fashionSource {
		return openFashion(c, root)
	}
	if c.Source == "synthetic" {
		root = filepath.Join(cache, fmt.Sprintf("faces-%d+%d-seed-%d", c.Train, c.Validation, c.FaceSeed))
		note(fmt.Sprintf("synthetic faces: %d + %d in %s", c.Train, c.Validation, root))
		options := synth.FacesOptions{Train: c.Train, Validation: c.Validation, Seed: c.FaceSeed}
		if err := synth.WriteFaces(ctx, root, options, inTenths(note, "drawing faces")); err != nil {
			return nil, err
		}
	}
	set, err := celeba.Open(root)
	if err != nil {
		return nil, err
	}
	d := &Data{config: c}
	for _, part := range []struct {
		split  celeba.Split
		limit  int
		source *celeba.Source
	}{{celeba.Train, c.Train, &d.Train}, {celeba.Validation, c.Validation, &d.Validation}} {
		if *part.source, err = d.open(ctx, set, part.split, part.limit, cache, note); err != nil {
			_ = d.Close()
			return nil, err
		}
	}
	return d, nil
}

// open packs one split, and loads it where it fits in memory.
func (d *Data) open(ctx context.Context, set *celeba.Set, split celeba.Split, limit int, cache string, note func(string)) (celeba.Source, error) {
	images, err := set.Images(split, d.config.Preprocessing)
	if err != nil {
		return nil, err
	}
	images.MaxExpanded = d.config.MaxExpanded
	p := d.config.Preprocessing
	name := fmt.Sprintf("%s-%s-%d-%d-%s-%d-%d.images", d.config.Source, split, images.Len(), p.Size, p.Filter, max(p.Average, 1), d.config.FaceSeed)
	packed, err := celeba.Cached(ctx, images, filepath.Join(cache, "packed", name), inTenths(note, fmt.Sprintf("packing %s images", split)))
	if err != nil {
		return nil, err
	}
	d.closers = append(d.closers, packed.Close)
	var source celeba.Source = packed
	if limit > 0 {
		source = First(packed, limit)
	}
	if source.Len()*source.Side()*source.Side()*3*4 <= inMemory {
		return celeba.Preload(ctx, source)
	}
	return source, nil
}

// inTenths notes how far something is, each time another tenth of it is done.
func inTenths(note func(string), what string) func(done, total int) {
	tenth := 0
	return func(done, total int) {
		if now := 10 * done / total; now > tenth {
			tenth = now
			note(fmt.Sprintf("%s: %d of %d", what, done, total))
		}
	}
}

// describe says in a preset's configuration which images are learned: those of the folder root, where one is given, and grey ones of
// Fashion-MNIST in place of faces.
func (c *ImagesConfig) describe(preset, root string, fashion bool) error {
	switch {
	case fashion:
		c.useFashion(preset)
		if root != "" {
			return c.describeFashion(root)
		}
	case root != "":
		return c.describeCelebA(root)
	}
	return nil
}

// describeCelebA says in the configuration which images the folder root holds.
func (c *ImagesConfig) describeCelebA(root string) error {
	set, err := celeba.Open(root)
	if err != nil {
		return err
	}
	c.Source, c.FaceSeed = "celeba", 0
	c.Train, c.Validation = set.Len(celeba.Train), set.Len(celeba.Validation)
	sum := sha256.New()
	for _, split := range []celeba.Split{celeba.Train, celeba.Validation} {
		for i := range set.Len(split) {
			_, _ = fmt.Fprintf(sum, "%s %s\n", split, filepath.Base(set.Path(split, i)))
		}
	}
	c.Files = hex.EncodeToString(sum.Sum(nil)[:8])
	return nil
}

// First returns the first n images of a source, or all where it has fewer.
func First(source celeba.Source, n int) celeba.Source { return first{source, min(n, source.Len())} }

type first struct {
	celeba.Source
	n int
}

// Len returns how many images there are.
func (f first) Len() int { return f.n }

// Close closes the packed files.
func (d *Data) Close() (err error) {
	for _, closeFile := range d.closers {
		if closeErr := closeFile(); err == nil {
			err = closeErr
		}
	}
	return err
}

// MeanLogits returns log(m/(1−m)) of the mean m of the first training images, at most 4,096 of them, for each value of an image,
// side·side·channels of them: where a decoder that has learned nothing yet should start. Means are kept in [.001, .999]. An image
// that cannot be read is an error.
func (d *Data) MeanLogits() ([]float32, error) {
	n := min(d.Train.Len(), 4096)
	image := make([]float32, d.Train.Side()*d.Train.Side()*d.Train.Channels())
	mean := make([]float64, len(image))
	for i := range n {
		if err := d.Train.Read(i, image); err != nil {
			return nil, err
		}
		for k, v := range image {
			mean[k] += float64(v) / float64(n)
		}
	}
	for k, m := range mean {
		m = min(max(m, 1e-3), 1-1e-3)
		image[k] = float32(math.Log(m / (1 - m)))
	}
	return image, nil
}
