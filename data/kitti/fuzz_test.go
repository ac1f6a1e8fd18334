package kitti

import (
	"math"
	"strings"
	"testing"
	"unicode"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

func fuzzReader(data string) *input.Reader { return input.New(strings.NewReader(data), "fuzz") }

// wantFuzz fails for errors that are not one line that names the file.
func wantFuzz(t *testing.T, err error) {
	t.Helper()
	if err != nil && (!strings.Contains(err.Error(), "fuzz:") || strings.ContainsFunc(err.Error(), unicode.IsControl)) {
		t.Errorf("not one line that names the file: %q", err)
	}
}

func FuzzCalibration(f *testing.F) {
	f.Add("S_rect_02: 1242 375\nP_rect_02: 721 0 609 44 0 721 172 .2 0 0 1 0\nS_rect_03: 1242 375\nP_rect_03: 721 0 609 -339 0 721 172 2 0 0 1 0\nR_rect_00: 1 0 0 0 1 0 0 0 1\n",
		"R: 0 -1 0 0 0 -1 1 0 0\nT: 0 0 -.27\n")
	f.Add("\ufeffS_rect_02: 1 1\rS_rect_02: 2 2\r", "R: nan")
	f.Fuzz(func(t *testing.T, cameras, velo string) {
		cameraLines, err := decodeKeyed(fuzzReader(cameras))
		if err != nil {
			wantFuzz(t, err)
			return
		}
		veloLines, err := decodeKeyed(fuzzReader(velo))
		if err != nil {
			wantFuzz(t, err)
			return
		}
		c, err := newCalibration(cameraLines, veloLines)
		wantFuzz(t, err)
		if err != nil {
			return
		}
		if b := c.Baseline(); !(b > 0) || math.IsInf(b, 0) {
			t.Errorf("baseline %g", b)
		}
		DepthMap([]Point{{X: 10, Y: 1, Z: -1}}, c, Left, 8, 8)
	})
}

func FuzzScan(f *testing.F) {
	f.Add("")
	f.Add(strings.Repeat("\x00\x00\x80\x3f", 8))
	f.Fuzz(func(t *testing.T, data string) {
		points, err := decodeScan(fuzzReader(data))
		wantFuzz(t, err)
		for _, p := range points {
			if sum := float64(p.X) + float64(p.Y) + float64(p.Z) + float64(p.Reflectance); math.IsNaN(sum) || math.IsInf(sum, 0) {
				t.Fatalf("point %v", p)
			}
		}
	})
}

func FuzzSplit(f *testing.F) {
	f.Add("2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000069.png\r\n2011_09_26/2011_09_26_drive_0002_sync 69 l")
	f.Add("\ufeff../2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000069.png")
	f.Fuzz(func(t *testing.T, data string) {
		err := fuzzReader(data).Lines().Each(func(fields []string) error {
			e, err := parseSplitLine(fields)
			if path := e.Image(e.Camera, ".png"); err == nil && (strings.Contains(path, "..") || strings.HasPrefix(path, "/") || e.Index < 0) {
				t.Errorf("the line %q leads to %q", fields, path)
			}
			return err
		})
		wantFuzz(t, err)
	})
}
