package pointcloud

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// wantFuzz fails for errors that are not one line that starts with the file.
func wantFuzz(t *testing.T, err error) {
	t.Helper()
	if err != nil && (!strings.HasPrefix(err.Error(), "fuzz:") || strings.ContainsFunc(err.Error(), unicode.IsControl)) {
		t.Errorf("not one line that starts with the file: %q", err)
	}
}

func FuzzPLY(f *testing.F) {
	for _, encoding := range []PLYEncoding{ASCII, BinaryLittleEndian, BinaryBigEndian} {
		var b bytes.Buffer
		if err := encodePLY(&b, randomCloud(3, true), encoding); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte(strings.Replace(plyMixedHeader, "%s", "ascii", 1) + "2 7 8\n255 1.5 3 1 2 3 -2.25 3 0 0 1\n\n0 4 0 5 -6 -1 0 0\n3 0 1 0\n"))
	f.Add([]byte(strings.ReplaceAll("\ufeff"+strings.Replace(plyMixedHeader, "%s", "binary_big_endian", 1), "\n", "\r")))
	f.Fuzz(func(t *testing.T, data []byte) {
		cloud, err := decodePLY(input.New(bytes.NewReader(data), "fuzz"))
		wantFuzz(t, err)
		if err == nil && cloud.Validate() != nil {
			t.Errorf("accepted a cloud that is not valid: %v", cloud.Validate())
		}
	})
}

func FuzzFeatures(f *testing.F) {
	path := filepath.Join(f.TempDir(), "f")
	if err := WriteFeatures(path, &Features{Points: randomCloud(2, false).Points, Dim: 2, Values: []float32{1, 2, 3, 4}}); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, 1<<31-1), 33))
	f.Fuzz(func(t *testing.T, data []byte) {
		features, err := decodeFeatures(input.New(bytes.NewReader(data), "fuzz"))
		wantFuzz(t, err)
		if err == nil && (len(features.Points) == 0 || len(features.Values) != len(features.Points)*features.Dim || len(data) != 8+4*(3+features.Dim)*len(features.Points)) {
			t.Errorf("%d points, %d values, dim %d of %d bytes", len(features.Points), len(features.Values), features.Dim, len(data))
		}
	})
}

func FuzzLog(f *testing.F) {
	f.Add("0 1 2\n1 0 0 .5\n0 1 0 0\n0 0 1 0\n0 0 0 1\n")
	f.Add("\ufeff0 1 2\r1 0 0 nan\r")
	f.Fuzz(func(t *testing.T, data string) {
		entries, err := decodeLog(input.New(strings.NewReader(data), "fuzz"))
		wantFuzz(t, err)
		for _, e := range entries {
			if err := e.Pose.Validate(); err != nil {
				t.Error(err)
			}
		}
	})
}
