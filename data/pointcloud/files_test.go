package pointcloud

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

func nan() float64 { return math.NaN() }

func TestFeatures_RoundTrip(t *testing.T) {
	want := &Features{Points: randomCloud(4, false).Points, Dim: 3, Values: []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, -1, 0, .5}}
	for i, p := range want.Points { // the format stores float32
		want.Points[i].X, want.Points[i].Y, want.Points[i].Z = float64(float32(p.X)), float64(float32(p.Y)), float64(float32(p.Z))
	}
	path := filepath.Join(t.TempDir(), "features_0000.bin")
	if err := WriteFeatures(path, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadFeatures(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFeatures_MalformedInputNamesFileAndOffset(t *testing.T) {
	file := func(n, dim int32, values ...float32) string {
		var b bytes.Buffer
		for _, v := range []any{n, dim, values} {
			if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
				t.Fatal(err)
			}
		}
		return b.String()
	}
	for name, test := range map[string]struct{ text, want string }{
		"empty":        {"", "f.bin: byte offset 0: a feature file starts with two int32 (n, dim): the file is truncated"},
		"no points":    {file(0, 33), "f.bin: byte offset 0: n = 0"},
		"negative dim": {file(1, -1), "dim = -1"},
		"big endian":   {"\x00\x00\x00\x01\x00\x00\x00\x21", "f.bin: byte offset 0: n = 16777216 points of dim = 553648128"},
		"truncated":    {file(2, 1, 1, 2, 3, 4, 5), "f.bin: byte offset 24: point 1 of 2: the file is truncated"},
		"too long":     {file(1, 1, 1, 2, 3, 4, 5), "f.bin: byte offset 24: bytes left after 1 points"},
		"claims":       {file(1<<31-1, 1<<14, 1, 2), "f.bin: byte offset 8: point 0 of 2147483647: the file is truncated"},
		"nan":          {file(1, 1, 1, 2, 3, float32(nan())), "f.bin: byte offset 20: value 3 of point 0 is not finite"},
	} {
		_, err := decodeFeatures(input.New(strings.NewReader(test.text), "f.bin"))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want …%s…", name, err, test.want)
		}
	}
}

// What a file claims to hold must not cost memory beyond what it brings.
func TestReaders_MemoryIsPaidForByBytes(t *testing.T) {
	const header = "ply\nformat binary_little_endian 1.0\nelement vertex 2000000000\nproperty float x\nproperty float y\nproperty float z\n"
	ply := func(r *input.Reader) error { _, err := decodePLY(r); return err }
	features := func(r *input.Reader) error { _, err := decodeFeatures(r); return err }
	log := func(r *input.Reader) error { _, err := decodeLog(r); return err }
	for name, test := range map[string]struct {
		read func(r *input.Reader) error
		text string
	}{
		"vertices":       {ply, header + "end_header\n" + strings.Repeat("\x00", 64)},
		"ASCII vertices": {ply, strings.Replace(header, "binary_little_endian", "ascii", 1) + "end_header\n1 2 3\n"},
		"a list":         {ply, header + "property list uint uchar i\nend_header\n" + strings.Repeat("\x00", 12) + "\xff\xff\xff\xff"},
		"other elements": {ply, strings.Replace(header, "vertex", "face", 1) + "end_header\n" + strings.Repeat("\x00", 64)},
		"points":         {features, "\xff\xff\xff\x7f\x01\x00\x00\x00" + strings.Repeat("\x00", 64)},
		"dimensions":     {features, "\x01\x00\x00\x00\xff\xff\xff\x7f" + strings.Repeat("\x00", 64)},
		"views":          {log, "0 1 2000000000\n1 0 0 0\n"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := test.read(input.New(strings.NewReader(test.text), "bad"))
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "bad:") {
			t.Errorf("%s: error %v", name, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
			t.Errorf("%s: %d bytes were allocated for a file of %d", name, used, len(test.text))
		}
	}
}

func TestLog_IsTheSameInAllKindsOfText(t *testing.T) {
	const text = "0 1 2\n1 0 0 .5\n0 1 0 0\n0 0 1 0\n0 0 0 1\n"
	for _, changed := range []string{"\ufeff" + text, strings.ReplaceAll(text, "\n", "\r\n"), strings.ReplaceAll(text, "\n", "\r")} {
		if got, err := decodeLog(input.New(strings.NewReader(changed), "gt.log")); err != nil || len(got) != 1 || got[0].Pose.T.X != .5 {
			t.Errorf("%.10q: %v, %v", changed, got, err)
		}
	}
}

func TestReaders_TakeRegularFilesOnly(t *testing.T) {
	dir := t.TempDir()
	for name, read := range map[string]func(string) error{
		"PLY":      func(path string) error { _, err := ReadPLY(path); return err },
		"log":      func(path string) error { _, err := ReadLog(path); return err },
		"features": func(path string) error { _, err := ReadFeatures(path); return err },
	} {
		if err := read(dir); err == nil || !strings.Contains(err.Error(), dir+": this is a folder") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestLog_RoundTripIsExact(t *testing.T) {
	rng := newRNG(3)
	want := []LogEntry{{0, 1, 2, RandomPose(rng, 4)}, {1, 2, 3, RandomPose(rng, 1e-3)}}
	path := filepath.Join(t.TempDir(), "gt.log")
	if err := WriteLog(path, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadLog(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLog_MalformedInputNamesFileAndLine(t *testing.T) {
	const rows = "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n"
	for name, test := range map[string]struct{ text, want string }{
		"empty":       {"\n\n", "gt.log: the log has no entries"},
		"head":        {"0 1\n" + rows, "gt.log:1: 2 numbers, want 3"},
		"fraction":    {"0 1.5 2\n" + rows, "gt.log:1: an entry starts with three whole numbers"},
		"word":        {"0 one 2\n" + rows, `gt.log:1: number 2: "one" is not a number`},
		"truncated":   {"0 1 2\n1 0 0 0\n0 1 0 0\n", "gt.log:3: the file is truncated: row 2"},
		"short row":   {"0 1 2\n1 0 0\n", "gt.log:2: 3 numbers, want 4"},
		"nan":         {"0 1 2\n1 0 0 nan\n0 1 0 0\n0 0 1 0\n0 0 0 1\n", "gt.log:2: number 4: the value is not finite: nan"},
		"nan matrix":  {"0 1 2\n1 0 0 0\n0 nan 0 0\n0 0 1 0\n0 0 0 1\n", "gt.log:3: number 2: the value is not finite: nan"},
		"scaled":      {"0 1 2\n2 0 0 0\n0 2 0 0\n0 0 2 0\n0 0 0 1\n", "gt.log:5: pointcloud: the 3x3 part is not a rotation"},
		"reflection":  {"0 1 2\n-1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n", "the 3x3 part is a reflection"},
		"projective":  {"0 1 2\n1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 1 1\n", "gt.log:5: the last row of a rigid matrix"},
		"negative":    {"0 -1 2\n" + rows, "gt.log:1: an entry starts with three whole numbers"},
		"huge":        {"0 1 1e300\n" + rows, "gt.log:1: an entry starts with three whole numbers"},
		"beyond n":    {"0 2 2\n" + rows, `gt.log:1: the entry "0 2 2": want i and j below n`},
		"twice":       {"0 1 2\n" + rows + "\n0 1 2\n" + rows, "gt.log:7: the entry 0 1 stands in line 1 already"},
		"far out":     {"0 1 2\n1 0 0 1e200\n0 1 0 0\n0 0 1 0\n0 0 0 1\n", "gt.log:5: pointcloud: the translation is too far out"},
		"overflow":    {"0 1 2\n1 0 0 1e400\n", "gt.log:2: number 4: \"1e400\" is larger than any 64-bit number"},
		"binary":      {"0 1 2\n\x00", "gt.log:2: this is not text"},
		"second head": {"0 1 2\n" + rows + "0 1\n", "gt.log:6: 2 numbers, want 3"},
	} {
		_, err := decodeLog(input.New(strings.NewReader(test.text), "gt.log"))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want …%s…", name, err, test.want)
		}
	}
}

func TestPair_RoundTrip(t *testing.T) {
	want, err := NewPair(PairOptions{Surface: "bent torus", Points: 40, Keep: .8, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	want.TargetFeatures = &Features{Points: randomCloud(1, false).Points, Dim: 1, Values: []float32{1}}
	want.SourceFeatures = &Features{Points: randomCloud(1, false).Points, Dim: 1, Values: []float32{2}}
	dir := filepath.Join(t.TempDir(), "pair")
	if err := WritePair(dir, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadPair(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Target, want.Target) || !reflect.DeepEqual(got.Source, want.Source) || got.Truth != want.Truth {
		t.Error("the pair changed")
	}
	if got.SourceFeatures.Values[0] != 2 || got.Name != "pair" {
		t.Errorf("got name %q, features %v", got.Name, got.SourceFeatures)
	}
}

func TestReadPair_SaysWhatIsMissing(t *testing.T) {
	pair, err := NewPair(PairOptions{Surface: "bent torus", Points: 40, Keep: .8, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for remove, want := range map[string]string{
		"Depth_0000.ply": "Depth_0000.ply", "Depth_0001.ply": "Depth_0001.ply", "gt.log": "gt.log",
	} {
		dir := t.TempDir()
		if err := WritePair(dir, pair); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, remove)); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadPair(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without %s: error %v", remove, err)
		}
	}
	dir := t.TempDir()
	if err := WritePair(dir, pair); err != nil {
		t.Fatal(err)
	}
	if err := WriteLog(filepath.Join(dir, "gt.log"), []LogEntry{{1, 2, 3, Identity()}}); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPair(dir); err == nil || !strings.Contains(err.Error(), `no entry "0 1 n"`) {
		t.Errorf("wrong log: error %v", err)
	}
	features := &Features{Points: randomCloud(1, false).Points, Dim: 1, Values: []float32{1}}
	if err := WriteFeatures(filepath.Join(dir, "features_0000.bin"), features); err != nil {
		t.Fatal(err)
	}
	if err := WriteLog(filepath.Join(dir, "gt.log"), []LogEntry{{0, 1, 2, Identity()}}); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPair(dir); err == nil || !strings.Contains(err.Error(), "features_0001.bin") {
		t.Errorf("one feature file: error %v", err)
	}
}
