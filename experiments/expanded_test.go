package main

import (
	"compress/gzip"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/synth"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
)

// Each reader gets a file that takes more than 1 MiB when it is read, and has something else wrong: with --max-expanded 1
// it is refused before that shows.
func TestMaxExpandedReachesTheReaders(t *testing.T) {
	faces, streets, table := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "table.csv.gz")
	run(t, cli.CodeOK, "vae", "faces", faces, "--train", "2", "--validation", "1")
	replaceImages(t, filepath.Join(faces, "Img"))
	run(t, cli.CodeOK, "depth", "streets", streets, "--train", "1", "--test", "1")
	replaceImages(t, streets)
	write(t, table, func(f *os.File) error {
		z := gzip.NewWriter(f)
		if _, err := z.Write([]byte(strings.Repeat("1,2,a\n", 200_000) + "1,a\n")); err != nil {
			return err
		}
		return z.Close()
	})
	split := func(name string) string { return filepath.Join(streets, name) }
	for _, c := range []struct {
		args            string
		bounded, broken string
	}{
		{"vae train --preset tiny --only normal,pixel --data " + faces, "takes more than 1 MiB", "300×200"},
		{"vae linear --preset tiny --data " + faces, "takes more than 1 MiB", "300×200"},
		{
			"depth train --preset tiny --only adaptive --data " + streets + " --train-split " + split(synth.StreetsTrainSplit) + " --test-split " + split(synth.StreetsTestSplit),
			"takes more than 1 MiB", "200×300",
		},
		{"clustering cluster --data " + table, "expands to more than 1 MiB", "table.csv.gz:200001:"},
		{"clustering table --preset tiny --data " + table, "expands to more than 1 MiB", "table.csv.gz:200001:"},
	} {
		args := strings.Fields(c.args)
		if !strings.HasPrefix(c.args, "clustering cluster") {
			args = append(args, "--runs", t.TempDir())
		}
		for want, flags := range map[string][]string{c.broken: nil, c.bounded: {"--max-expanded", "1"}} {
			_, stderr := run(t, cli.CodeFailed, append(append([]string(nil), args...), flags...)...)
			if !strings.Contains(stderr, want) {
				t.Errorf("%s %v: %q does not say %q", c.args, flags, stderr, want)
			}
		}
	}
}

// replaceImages writes an image of 300×200 pixels, which counts as 1.2 MB, in the place of each.
func replaceImages(t *testing.T, folder string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".png") && !strings.HasSuffix(path, ".jpg") {
			return err
		}
		write(t, path, func(f *os.File) error { return png.Encode(f, image.NewGray(image.Rect(0, 0, 300, 200))) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// write writes a file.
func write(t *testing.T, path string, content func(*os.File) error) {
	t.Helper()
	f, err := os.Create(path)
	if err == nil {
		err = content(f)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}
