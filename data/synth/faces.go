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
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
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

const (
	defaultFaceQuality = 98
	facesManifest      = "faces.json"
)

// WriteFaces writes synthetic faces in the layout in which CelebA is distributed:
//
//	dir/Img/img_align_celeba/000001.jpg, …    178×218 pixels
//	dir/Eval/list_eval_partition.txt          lines "000001.jpg 0": training, then validation (1), then test (2)
//
// It works on all cores. A folder that WriteFaces made with the same options is left as it is; a folder with other
// content is an error.
func WriteFaces(ctx context.Context, dir string, o FacesOptions) error {
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
	manifestPath := filepath.Join(dir, facesManifest)
	if have, err := os.ReadFile(manifestPath); err == nil && bytes.Equal(have, manifest) {
		return nil
	} else if err == nil {
		return fmt.Errorf("synth: %s holds other faces (%s): choose another folder or delete it", dir, have)
	}
	images := filepath.Join(dir, "Img", "img_align_celeba")
	for _, folder := range []string{images, filepath.Join(dir, "Eval")} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return fmt.Errorf("synth: cannot write faces: %w", err)
		}
	}
	if err := writeFaceImages(ctx, images, total, o); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "Eval", "list_eval_partition.txt"), facesPartition(o), 0o644); err != nil {
		return fmt.Errorf("synth: cannot write faces: %w", err)
	}
	// Written last: its presence says that the folder is complete.
	if err := os.WriteFile(manifestPath, manifest, 0o644); err != nil {
		return fmt.Errorf("synth: cannot write faces: %w", err)
	}
	return nil
}

// writeFaceImages draws and writes the faces 0 … total−1 on all cores.
func writeFaceImages(ctx context.Context, folder string, total int, o FacesOptions) error {
	var (
		next  atomic.Int64
		group sync.WaitGroup
	)
	failures := make(chan error, runtime.GOMAXPROCS(0))
	for range cap(failures) {
		group.Go(func() {
			for ctx.Err() == nil && len(failures) == 0 {
				i := int(next.Add(1)) - 1
				if i >= total {
					return
				}
				if err := writeFace(filepath.Join(folder, faceName(i)), Face(o.Seed, i), o.Quality); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(failures)
	if err := <-failures; err != nil {
		return fmt.Errorf("synth: cannot write faces: %w", err)
	}
	return context.Cause(ctx)
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
