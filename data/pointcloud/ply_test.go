package pointcloud

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"

	"gonum.org/v1/gonum/spatial/r3"
)

func randomCloud(n int, normals bool) *Cloud {
	rng := rand.New(rand.NewPCG(1, 2))
	c := &Cloud{}
	for range n {
		c.Points = append(c.Points, r3.Vec{X: rng.NormFloat64(), Y: 1e-12 * rng.NormFloat64(), Z: 1e9 * rng.NormFloat64()})
		if normals {
			c.Normals = append(c.Normals, unitVector(rng))
		}
	}
	return c
}

func TestPLY_RoundTripIsExactInEveryEncoding(t *testing.T) {
	for _, encoding := range []PLYEncoding{ASCII, BinaryLittleEndian, BinaryBigEndian} {
		for _, normals := range []bool{false, true} {
			want := randomCloud(50, normals)
			path := filepath.Join(t.TempDir(), "cloud.ply")
			if err := WritePLY(path, want, encoding); err != nil {
				t.Fatal(err)
			}
			got, err := ReadPLY(path)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s, normals %v: the cloud changed", encoding, normals)
			}
		}
	}
}

const plyMixedHeader = `ply
format %s 1.0
comment made by hand
obj_info nothing
element camera 1
property list uchar short path
element vertex 2
property uchar red
property float x
property list uchar int32 neighbours
property double y
property int16 z
property float nx
property float ny
property float nz
element face 1
property list uchar int vertex_indices
end_header
`

func TestPLY_SkipsOtherPropertiesListsAndElements(t *testing.T) {
	want := &Cloud{
		Points:  []r3.Vec{{X: 1.5, Y: -2.25, Z: 3}, {X: 4, Y: 5, Z: -6}},
		Normals: []r3.Vec{{Z: 1}, {X: -1}},
	}
	ascii := strings.Replace(plyMixedHeader, "%s", "ascii", 1) +
		"2 7 8\n255 1.5 3 1 2 3 -2.25 3 0 0 1\n\n0 4 0 5 -6 -1 0 0\n3 0 1 0\n"
	little := strings.Replace(plyMixedHeader, "%s", "binary_little_endian", 1) +
		"\x02\x07\x00\x08\x00" +
		"\xff\x00\x00\xc0\x3f\x01\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\xc0\x03\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x3f" +
		"\x00\x00\x00\x80\x40\x00\x00\x00\x00\x00\x00\x00\x14\x40\xfa\xff" + "\x00\x00\x80\xbf\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x01\x00\x00\x00\x00"
	big := strings.Replace(plyMixedHeader, "%s", "binary_big_endian", 1) +
		"\x02\x00\x07\x00\x08" +
		"\xff\x3f\xc0\x00\x00\x01\x00\x00\x00\x05\xc0\x02\x00\x00\x00\x00\x00\x00\x00\x03" + "\x00\x00\x00\x00\x00\x00\x00\x00\x3f\x80\x00\x00" +
		"\x00\x40\x80\x00\x00\x00\x40\x14\x00\x00\x00\x00\x00\x00\xff\xfa" + "\xbf\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x01\x00\x00\x00\x00"
	for name, text := range map[string]string{
		"ascii": ascii, "little": little, "big": big,
		"crlf": strings.ReplaceAll(ascii, "\n", "\r\n"), "cr": strings.ReplaceAll(ascii, "\n", "\r"), "byte order mark": "\ufeff" + ascii,
		"binary after cr":   strings.ReplaceAll(little[:headerEnd(little)], "\n", "\r") + little[headerEnd(little):],
		"binary after crlf": strings.ReplaceAll(big[:headerEnd(big)], "\n", "\r\n") + big[headerEnd(big):],
		"latin1 comment":    strings.Replace(ascii, "by hand", "\xe0 la main", 1),
	} {
		got, err := decodePLY(input.New(strings.NewReader(text), name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// headerEnd is where the data of a PLY file starts.
func headerEnd(file string) int { return strings.Index(file, "end_header\n") + len("end_header\n") }

func TestPLY_MalformedInputNamesFileAndPlace(t *testing.T) {
	header := func(format, count string) string {
		return "ply\nformat " + format + " 1.0\nelement vertex " + count +
			"\nproperty float x\nproperty float y\nproperty float z\nend_header\n"
	}
	for name, test := range map[string]struct{ text, want string }{
		"empty file":        {"", "bad.ply:1: the PLY header ends before end_header"},
		"not ply":           {"solid cube\n", `bad.ply:1: not a PLY file`},
		"cut header":        {"ply\nformat ascii 1.0\nelement ver", "bad.ply:3: the PLY header ends"},
		"no format":         {"ply\nelement vertex 1\nproperty float x\nend_header\n", "bad.ply:4: the PLY header has no format"},
		"unknown format":    {header("utf8", "1"), "bad.ply:2: unknown PLY format"},
		"unknown version":   {"ply\nformat ascii 2.0\n", "bad.ply:2: unknown PLY version"},
		"unknown type":      {"ply\nformat ascii 1.0\nelement vertex 1\nproperty half x\n", "bad.ply:4: property x has the unknown type"},
		"unknown keyword":   {"ply\nelephant 3\n", "bad.ply:2: unknown PLY header keyword"},
		"property too soon": {"ply\nproperty float x\n", "bad.ply:2: property before any element"},
		"float list length": {"ply\nformat ascii 1.0\nelement vertex 1\nproperty list float int i\n", "bad.ply:4: list i has the length type"},
		"negative count":    {header("ascii", "-3"), "bad.ply:3: element vertex has the impossible count"},
		"huge count":        {header("ascii", "99999999999999999999"), "bad.ply:3: element vertex has the impossible count"},
		"no vertices":       {header("ascii", "0"), "bad.ply: the file has no vertices"},
		"no vertex element": {"ply\nformat ascii 1.0\nend_header\n", "bad.ply: the PLY header has no element named vertex"},
		"no z":              {"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nend_header\n1 2\n", "no property z"},
		"truncated ascii":   {header("ascii", "2") + "1 2 3\n", "bad.ply:8: vertex 1 of 2: the file is truncated"},
		"short line":        {header("ascii", "1") + "1 2\n", "bad.ply:8: vertex 0 of 1: property z: the line has too few values"},
		"long line":         {header("ascii", "1") + "1 2 3 4\n", "bad.ply:8: vertex 0 of 1: the line has 1 values too many"},
		"not a number":      {header("ascii", "1") + "1 2 three\n", `bad.ply:8: vertex 0 of 1: property z: "three" is not a number`},
		"nan":               {header("ascii", "2") + "1 2 3\n1 nan 3\n", "bad.ply:9: vertex 1 of 2: property y: the value is not finite: nan"},
		"hexadecimal":       {header("ascii", "1") + "1 0x1p3 3\n", `bad.ply:8: vertex 0 of 1: property y: "0x1p3" is not a decimal number`},
		"decimal comma":     {header("ascii", "1") + "1 2,5 3\n", "bad.ply:8: vertex 0 of 1: property y: \"2,5\" is not a number: decimal commas"},
		"far out":           {header("ascii", "1") + "1 2e200 3\n", "bad.ply:8: vertex 0 is too far out"},
		"trailing ascii":    {header("ascii", "1") + "1 2 3\n\n4 5 6\n", "bad.ply:10: values left after the last element"},
		"trailing binary":   {header("binary_big_endian", "1") + strings.Repeat("\x00", 13), "byte offset 124: bytes left after the last element"},
		"short face":        {strings.Replace(header("ascii", "1"), "end_header", "element face 2\nproperty list uchar int i\nend_header", 1) + "1 2 3\n3 0 0 0\n", "bad.ply:11: face 1: the file is truncated"},
		"no properties":     {"ply\nformat binary_little_endian 1.0\nelement nothing 2147483648\nelement vertex 1\nproperty float x\nend_header\n", "bad.ply:6: the element nothing of line 3 has no properties, 2147483648 times"},
		"vertices twice":    {"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nelement vertex 1\n", "bad.ply:5: a second element vertex"},
		"x twice":           {"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float x\n", "bad.ply:5: a second property x of the element vertex"},
		"fraction":          {"ply\nformat ascii 1.0\nelement vertex 1\nproperty int x\nproperty int y\nproperty int z\nend_header\n1 2.5 3\n", "bad.ply:8: vertex 0 of 1: property y: 2.5 is no int"},
		"beyond its type":   {"ply\nformat ascii 1.0\nelement vertex 1\nproperty int x\nproperty uchar y\nproperty int z\nend_header\n1 256 3\n", "property y: 256 is no uchar"},
		"long list":         {"ply\nformat binary_little_endian 1.0\nelement vertex 1\nproperty list uint uchar i\nend_header\n\xff\xff\xff\xff", "the vertices have no property x"},
		"long lists":        {"ply\nformat binary_little_endian 1.0\nelement face 1\nproperty list uint uchar i\nend_header\n\xff\xff\xff\xff", "list i of 4.294967295e+09 items: the file is truncated"},
		"nul":               {header("ascii", "1") + "1 2 \x003\n", "bad.ply:8: this is not text: it holds a NUL byte"},
		"odd name":          {"ply\nformat ascii 1.0\nelement v\x1b[2J 1\n", `bad.ply:3: "v\x1b[2J" in a PLY header`},
		"long header line":  {"ply\ncomment " + strings.Repeat("x", 1<<17), "bad.ply:2: the PLY header ends before end_header: a header line is longer"},
		"gzip":              {"\x1f\x8b\x08", "bad.ply:1: "},
		"binary nan":        {header("binary_little_endian", "1") + "\x00\x00\xc0\x7f\x00\x00\x00\x00\x00\x00\x00\x00", "vertex 0 is not finite"},
		"truncated binary":  {header("binary_big_endian", "2") + strings.Repeat("\x00", 18), "bad.ply: byte offset 130: vertex 1 of 2: property y: the file is truncated"},
		"claims too much":   {header("binary_big_endian", "2000000000") + strings.Repeat("\x00", 12), "the file is truncated"},
	} {
		_, err := decodePLY(input.New(strings.NewReader(test.text), "bad.ply"))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want …%s…", name, err, test.want)
		}
	}
}

func TestPLY_NegativeListLengthIsAnError(t *testing.T) {
	text := "ply\nformat ascii 1.0\nelement vertex 1\nproperty list char int i\nproperty float x\nproperty float y\nproperty float z\nend_header\n-1 0 0 0\n"
	if _, err := decodePLY(input.New(strings.NewReader(text), "f")); err == nil || !strings.Contains(err.Error(), "f:9: vertex 0 of 1: list i has the negative length") {
		t.Errorf("error %v", err)
	}
}

func TestPLY_MissingFileIsAnError(t *testing.T) {
	if _, err := ReadPLY(filepath.Join(t.TempDir(), "none.ply")); err == nil {
		t.Error("no error")
	}
}

func TestWritePLY_RefusesWhatItCouldNotReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cloud.ply")
	for name, c := range map[string]*Cloud{
		"empty": {}, "nan": {Points: []r3.Vec{{X: nan()}}},
		"normals": {Points: make([]r3.Vec, 2), Normals: make([]r3.Vec, 1)},
	} {
		if err := WritePLY(path, c, ASCII); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := WritePLY(path, randomCloud(3, false), "text"); err == nil {
		t.Error("unknown encoding: no error")
	}
}

// TestPLY_ReadsAFileNamedByTheUser reads any PLY file, for example a scan that cannot be shipped.
func TestPLY_ReadsAFileNamedByTheUser(t *testing.T) {
	path := os.Getenv("ROBUSTLOSS_PLY")
	if path == "" {
		t.Skip("set ROBUSTLOSS_PLY to the path of a PLY file to read it")
	}
	cloud, err := ReadPLY(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d points, %d normals", len(cloud.Points), len(cloud.Normals))
}
