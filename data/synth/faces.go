package synth

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/internal/output"
	"github.com/robustloss/gomlx-robustloss/data/internal/parallel"
)

// FacesOptions says how many faces WriteFaces draws. The same options give the same files, byte for byte.
type FacesOptions struct {
	Train      int    `json:"train"`
	Validation int    `json:"validation"`
	Test       int    `json:"test"`
	Seed       uint64 `json:"seed"`
	// Quality is that of the JPEG files, 1 … 100; 0 stands for 98. Below 95 the quantisation shows in the statistics
	// of the fine details.
	Quality int `json:"quality"`
}

const defaultFaceQuality = 98

// WriteFaces writes synthetic faces in the layout in which CelebA is distributed:
//
//	dir/Img/img_align_celeba/000001.jpg, …    178×218 pixels
//	dir/Eval/list_eval_partition.txt          lines "000001.jpg 0": training, then validation (1), then test (2)
//	dir/faces.json                            the options
//
// It works on all cores; progress, which may be nil, is told how many faces are written. The folder is there whole or not
// at all, and one that WriteFaces made with the same options is left as it is; a folder with other content is an error.
func WriteFaces(ctx context.Context, dir string, o FacesOptions, progress func(done, total int)) error {
	if o.Quality == 0 {
		o.Quality = defaultFaceQuality
	}
	total := o.Train + o.Validation + o.Test
	if o.Train < 0 || o.Validation < 0 || o.Test < 0 || total < 1 || o.Quality < 1 || o.Quality > 100 {
		return fmt.Errorf("synth: faces %+v: want at least one, no negative number, quality 1 … 100", o)
	}
	manifest, err := json.Marshal(o)
	if err != nil {
		return err
	}
	err = output.Folder(ctx, dir, "faces.json", manifest, func(dir string) error {
		images, eval := filepath.Join(dir, "Img", "img_align_celeba"), filepath.Join(dir, "Eval")
		for _, folder := range []string{images, eval} {
			if err := os.MkdirAll(folder, 0o755); err != nil {
				return err
			}
		}
		err := parallel.Each(ctx, total, progress, func(i int) error {
			return writeFace(filepath.Join(images, faceName(i)), Face(o.Seed, i), o.Quality)
		})
		if err != nil {
			return err
		}
		return output.File(filepath.Join(eval, "list_eval_partition.txt"), facesPartition(o))
	})
	if err != nil {
		return fmt.Errorf("synth: faces: %w", err)
	}
	return nil
}

func writeFace(path string, face *image.RGBA, quality int) error {
	var encoded bytes.Buffer
	if err := jpeg.Encode(&encoded, face, &jpeg.Options{Quality: quality}); err != nil {
		return err
	}
	return os.WriteFile(path, encoded.Bytes(), 0o644)
}

// faceName is the file name of the i-th face, counted from 0; CelebA's files count from 1.
func faceName(i int) string { return fmt.Sprintf("%06d.jpg", i+1) }

func facesPartition(o FacesOptions) []byte {
	var b strings.Builder
	for i := range o.Train + o.Validation + o.Test {
		split := 0
		if i >= o.Train {
			split = 1
		}
		if i >= o.Train+o.Validation {
			split = 2
		}
		fmt.Fprintf(&b, "%s %d\n", faceName(i), split)
	}
	return []byte(b.String())
}
