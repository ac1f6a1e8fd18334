package input

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"math"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode"
)

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	if strings.ContainsFunc(err.Error(), unicode.IsControl) {
		t.Errorf("error %q is not one plain line", err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

func packed(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func write(t *testing.T, content []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenTakesRegularFilesOnly(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(dir)
	wantError(t, err, dir, "this is a folder")
	_, err = Open(filepath.Join(dir, "none"))
	wantError(t, err, "none", "no such file")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	_, err = Open(os.DevNull)
	wantError(t, err, "device")
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	_, err = Open(loop)
	wantError(t, err, loop)
	socket := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Skip("no unix sockets here:", err)
	}
	defer listener.Close()
	_, err = Open(socket)
	wantError(t, err, "socket")

	link := filepath.Join(dir, "link")
	if err := os.Symlink(write(t, []byte("content")), link); err != nil {
		t.Fatal(err)
	}
	r, err := Open(link)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if all, err := r.All(); err != nil || string(all) != "content" {
		t.Errorf("through a link: %q, %v", all, err)
	}
}

func TestNamesStayOnOneLine(t *testing.T) {
	for path, want := range map[string]string{
		"/a b/ü.csv": "/a b/ü.csv", "a\nb": `"a\nb"`, "\xff.csv": `"\xff.csv"`, "a\x1b[2J": `"a\x1b[2J"`,
	} {
		if got := Name(path); got != want {
			t.Errorf("%q is shown as %s, want %s", path, got, want)
		}
	}
	_, err := Open("no\nsuch\xfffile")
	wantError(t, err, `"no\nsuch\xfffile"`)
}

func TestWhatExpandsHasABudget(t *testing.T) {
	zeros := make([]byte, 1<<20)
	small := packed(t, zeros)
	for name, test := range map[string]struct {
		maxExpanded int64
		fits        bool
	}{"default": {0, true}, "too small": {1 << 19, false}, "exact": {1 << 20, true}, "one less": {1<<20 - 1, false}} {
		r, err := OpenPacked(write(t, small), test.maxExpanded)
		if err != nil {
			t.Fatal(err)
		}
		all, err := r.All()
		if test.fits && (err != nil || len(all) != len(zeros)) {
			t.Errorf("%s: %d bytes, %v", name, len(all), err)
		}
		if !test.fits {
			wantError(t, err, "file", "expands to more than", "--max-expanded")
		}
		_ = r.Close()
	}
	// What is not compressed costs nothing.
	r, err := OpenPacked(write(t, zeros), 1)
	if err != nil {
		t.Fatal(err)
	}
	if all, err := r.All(); err != nil || len(all) != len(zeros) {
		t.Errorf("plain: %d bytes, %v", len(all), err)
	}
	// Ten times the size on disk are free.
	if b := NewBudget(DefaultExpansion, 0); b.Spend(10*DefaultExpansion) != nil || b.Spend(1) == nil {
		t.Error("the limit of a large file is not ten times its size")
	}
	if b := NewBudget(math.MaxInt64, 0); b.Spend(1<<60) != nil || b.Spend(-1) == nil {
		t.Error("the limit of a huge file overflows")
	}
	if b := NewBudget(0, 1536<<20); fmt.Sprint(b.Spend(2<<30)) != "the content expands to more than 1.5 GiB: if that is as it should be, raise MaxExpanded (--max-expanded)" {
		t.Errorf("message %v", b.Spend(2<<30))
	}
}

func TestDamagedGzipIsNamed(t *testing.T) {
	whole := packed(t, bytes.Repeat([]byte("0123456789"), 1000))
	for n := 2; n < len(whole); n++ {
		r, err := NewPacked(bytes.NewReader(whole[:n]), "f", 0)
		if err == nil {
			_, err = r.All()
		}
		wantError(t, err, "f: byte offset", "truncated")
	}
	broken := bytes.Clone(whole)
	broken[len(broken)-5] ^= 1 // the checksum
	r, err := NewPacked(bytes.NewReader(broken), "f", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Full(make([]byte, 10_000), "all"); err != nil {
		t.Fatal(err)
	}
	wantError(t, r.End("the content"), "checksum")
}

func TestPiecesCostWhatIsThere(t *testing.T) {
	r := New(strings.NewReader("abcdefgh"), "f")
	var got []string
	keep := func(piece []byte) error { got = append(got, string(piece)); return nil }
	if err := r.Pieces(6, 2, "pairs", keep); err != nil || fmt.Sprint(got) != "[abcdef]" {
		t.Errorf("%v, %v", got, err)
	}
	wantError(t, r.Pieces(1<<50, 1<<40, "a huge claim", keep), "f: byte offset 8: a huge claim: the file is truncated")
	r = New(bytes.NewReader(make([]byte, 200_001)), "f")
	total := 0
	err := r.Pieces(200_001, 3, "threes", func(piece []byte) error {
		if len(piece)%3 != 0 || len(piece) > 1<<16 {
			t.Errorf("a piece of %d bytes", len(piece))
		}
		total += len(piece)
		return nil
	})
	if err != nil || total != 200_001 || r.End("it") != nil {
		t.Errorf("%d bytes, %v", total, err)
	}
}

func textOf(t *testing.T, content string) (string, error) {
	t.Helper()
	r := New(strings.NewReader(content), "f")
	all, err := io.ReadAll(r.Text())
	return string(all), err
}

func TestTextHasOneKindOfLineEnd(t *testing.T) {
	long := strings.Repeat("x", 1<<14-1) // the line end lies on both sides of a read
	for content, want := range map[string]string{
		"":                    "",
		"a\nb\n":              "a\nb\n",
		"a\r\nb\r\n":          "a\nb\n",
		"a\rb\r":              "a\nb\n",
		"a\r\rb\n\nc\r\n\r\n": "a\n\nb\n\nc\n\n",
		"\ufeffa,ü\r\n":       "a,ü\n",
		"ü\ufeff":             "ü\ufeff",
		"\rü\nb":              "\nü\nb",
		long + "\r\n" + long:  long + "\n" + long,
		long + "ü\r" + long:   long + "ü\n" + long,
		long[:1<<14-3] + "€€": long[:1<<14-3] + "€€",
	} {
		if got, err := textOf(t, content); err != nil || got != want {
			t.Errorf("%.20q: %.40q, %v", content, got, err)
		}
	}
}

func TestTextRefusesWhatIsNone(t *testing.T) {
	for content, want := range map[string]string{
		"a\nb\x00":                     "f:2: this is not text: it holds a NUL byte",
		"a\rb\r\xe4x":                  "f:3: this is not UTF-8 text: byte 0xe4",
		"a\n\xc3":                      "f:2: this is not UTF-8 text: the last character is cut off",
		"\xff\xfea\x00":                "f:1: this is not text but UTF-16 text: save it as UTF-8",
		"PK\x03\x04 rest":              "f:1: this is not text but a zip archive",
		"\x93NUMPY\x01\x00":            "name it .npy",
		string(packed(t, []byte("a"))): "compressed by gzip: unpack it",
	} {
		_, err := textOf(t, content)
		wantError(t, err, want)
	}
	r, err := NewPacked(bytes.NewReader(packed(t, bytes.Repeat([]byte("1,2\n"), 1000))), "f", 100)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(r.Text())
	wantError(t, err, "f:1: the content expands to more than 100 bytes")
}

func TestLinesAreNumbered(t *testing.T) {
	r := New(strings.NewReader("\ufeffone two\r\n\r\n three\rfour"), "f")
	lines := r.Lines()
	var got []string
	err := lines.Each(func(words []string) error {
		got = append(got, fmt.Sprint(lines.Number(), words))
		if words[0] == "four" {
			return errors.New("four is too many")
		}
		return nil
	})
	if want := "[1 [one two] 3 [three] 4 [four]]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %v", got, want)
	}
	wantError(t, err, "f:4: four is too many")
	if _, err := lines.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last line: %v", err)
	}
	rest := New(strings.NewReader("five\r\nsix\x00"), "f").Rest(4)
	if line, err := rest.Next(); err != nil || line != "five" || rest.Number() != 5 {
		t.Errorf("%q, %v in line %d", line, err, rest.Number())
	}
	_, err = rest.Next()
	wantError(t, err, "f:6: this is not text")
}

func TestNumbersAreDecimalAndFinite(t *testing.T) {
	for word, want := range map[string]float64{
		"0": 0, "-1.5": -1.5, "+2": 2, ".5": .5, "5.": 5, "1e3": 1000, "1E-3": .001, "-0": math.Copysign(0, -1), "1e-400": 0, "007": 7,
	} {
		if got, err := Number(word); err != nil || math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%q: %v, %v, want %v", word, got, err, want)
		}
		if KindOf(word) != Decimal {
			t.Errorf("%q is not seen as a number", word)
		}
	}
	for word, want := range map[string]string{
		"": "missing", "?": "missing", "NA": "missing", "null": "missing", "NaN": "not finite", "-Inf": "not finite", "infinity": "not finite",
		"1e400": "larger than any", "0x10": "not a decimal", "0x1p3": "not a decimal", "1,5": "decimal commas", "1,234,567.8": "decimal commas",
		"1_000": "not a number", "abc": "not a number", "1.2.3": "not a number", "e5": "not a number", "1e": "not a number", ".": "missing",
		"1 2": "not a number", "−1": "not a number", "1f": "not a number", "٣": "not a number",
	} {
		_, err := Number(word)
		wantError(t, err, want)
		if KindOf(word) == Decimal {
			t.Errorf("%q is seen as a number", word)
		}
	}
	for word, want := range map[string]Kind{
		"x": Word, "V1": Word, "1st": Word, "e5": Word, "sepal length": Word, "#a": Word, "0x10": BadNumber, "1e400": BadNumber, "1,5": BadNumber,
		"1.2.3": BadNumber, "-Inf": BadNumber, "1 000": BadNumber, "NA": Missing, "": Missing, "none": Missing,
	} {
		if got := KindOf(word); got != want {
			t.Errorf("%q is of kind %d, want %d", word, got, want)
		}
	}
	if IsMissingLabel("none") || IsMissingLabel("Na") || IsMissingLabel("-") || !IsMissingLabel("NA") || !IsMissingLabel(" ") {
		t.Error("missing labels")
	}
}

func TestOneSpellingForEachNumber(t *testing.T) {
	for _, same := range [][]string{
		{"1", "1.0", "01", "10e-1", ".1e1", "+1.", "1e0", "1E+0"},
		{"0", "-0", "0.00", "0e5"},
		{"-120", "-1.2e2", "-0120.0"},
		{"0.05", "5e-2", ".05"},
		{"9007199254740993", "9007199254740993.0"},
	} {
		first, ok := Canonical(same[0])
		for _, word := range same {
			if got, fine := Canonical(word); !ok || !fine || got != first {
				t.Errorf("%q is %q, %q is %q", same[0], first, word, got)
			}
		}
	}
	a, _ := Canonical("9007199254740993")
	if b, _ := Canonical("9007199254740992"); a == b {
		t.Error("two numbers that float64 does not tell apart have one spelling")
	}
	if got, ok := Canonical("1e99999999999999999999"); !ok || got != "1e99999999999999999999" {
		t.Errorf("%q, %v", got, ok)
	}
	if _, ok := Canonical("one"); ok {
		t.Error("one is a number")
	}
}

func encoded(t *testing.T, encode func(w io.Writer, img image.Image) error, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestImagesAreReadWithoutTransparency(t *testing.T) {
	opaque := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	for i := range opaque.Pix {
		opaque.Pix[i] = 255
	}
	opaque.SetNRGBA(1, 1, color.NRGBA{200, 100, 50, 255})
	got, err := Image(write(t, encoded(t, png.Encode, opaque)), 0)
	if err != nil {
		t.Fatal(err)
	}
	if r, g, b, _ := got.At(1, 1).RGBA(); r>>8 != 200 || g>>8 != 100 || b>>8 != 50 {
		t.Errorf("%d %d %d", r>>8, g>>8, b>>8)
	}
	opaque.SetNRGBA(2, 1, color.NRGBA{200, 100, 50, 254})
	_, err = Image(write(t, encoded(t, png.Encode, opaque)), 0)
	wantError(t, err, "column 2 and row 1 is transparent")

	palette := image.NewPaletted(image.Rect(0, 0, 2, 1), color.Palette{color.Gray{0}, color.NRGBA{9, 9, 9, 0}})
	if _, err := Image(write(t, encoded(t, png.Encode, palette)), 0); err != nil {
		t.Errorf("a transparent colour that no pixel has: %v", err)
	}
	palette.SetColorIndex(1, 0, 1)
	_, err = Image(write(t, encoded(t, png.Encode, palette)), 0)
	wantError(t, err, "column 1 and row 0 is transparent")
}

func TestImagesThatAreNoneOrTooLarge(t *testing.T) {
	toJPEG := func(w io.Writer, img image.Image) error { return jpeg.Encode(w, img, nil) }
	whole := encoded(t, toJPEG, image.NewGray(image.Rect(0, 0, 64, 64)))
	for content, want := range map[string]string{
		"":                           "the file ends too early",
		string(whole[:len(whole)/2]): "the file ends too early",
		"GIF89a":                     "not a readable JPEG or PNG image",
	} {
		_, err := Image(write(t, []byte(content)), 0)
		wantError(t, err, "file: ", want)
	}
	_, err := Image(write(t, whole), 64*64*bytesPerPixel-1)
	wantError(t, err, "an image of 64×64 pixels takes more than")
	if _, err := Image(write(t, whole), 64*64*bytesPerPixel); err != nil {
		t.Error(err)
	}
	huge := encoded(t, png.Encode, image.NewGray(image.Rect(0, 0, 1, 1)))
	copy(huge[16:], "\x7f\xff\xff\xff\x7f\xff\xff\xff")
	_, err = Image(write(t, huge), 0)
	wantError(t, err, "file: ")
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"a,b\r\n1,2\r", "\ufeffx\xc3", "\r\n\r", "PK\x03\x04"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := NewPacked(bytes.NewReader(data), "f", 1<<20)
		if err != nil {
			return
		}
		lines, n := r.Lines(), 0
		err = lines.Each(func(words []string) error {
			for _, w := range words {
				n += len(w)
				spelling, ok := Canonical(w)
				if ok != (KindOf(w) == Decimal || KindOf(w) == BadNumber && isDecimal(w)) {
					t.Errorf("%q: spelling %q, %v, kind %d", w, spelling, ok, KindOf(w))
				}
			}
			return nil
		})
		if err != nil && (!strings.HasPrefix(err.Error(), "f:") || strings.ContainsFunc(err.Error(), unicode.IsControl)) {
			t.Errorf("not one line that names the file: %q", err)
		}
	})
}

func FuzzImage(f *testing.F) {
	for _, img := range []image.Image{image.NewGray(image.Rect(0, 0, 3, 2)), image.NewNRGBA(image.Rect(0, 0, 2, 2)), image.NewPaletted(image.Rect(0, 0, 2, 1), color.Palette{color.Black, color.White})} {
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.Clone(b.Bytes()))
		b.Reset()
		if err := jpeg.Encode(&b, img, nil); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := NewPacked(bytes.NewReader(data), "f", 1<<20)
		if err != nil {
			return
		}
		img, err := r.Image()
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f:") {
				t.Errorf("the error does not name the file: %v", err)
			}
			return
		}
		if size := img.Bounds().Size(); size.X < 1 || size.Y < 1 || size.X*size.Y > 1<<20/bytesPerPixel {
			t.Errorf("an image of %v", size)
		}
		if _, _, found := transparent(img); found {
			t.Error("a transparent image")
		}
	})
}
