package show

import (
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/robustloss/gomlx-robustloss/internal/picture"
)

func square(value float64, size int) image.Image {
	values := make([]float64, size*size)
	for i := range values {
		values[i] = value
	}
	return GrayImage(values, size, size, 0, 1)
}

func TestImages_GridKeepsEveryPixel(t *testing.T) {
	r := record(t)
	grid := NewImages("", 2).Zoom(4)
	for i := range 3 {
		grid.Add("", square(float64(i)/4, 8))
	}
	grid.Show()
	shown := r.picture(t)
	if size := shown.Bounds().Size(); size != image.Pt(2*32+gridGap, 2*32+gridGap) {
		t.Errorf("the grid is %v dots large", size)
	}
	for i := range 3 {
		gray := uint8(float64(i)/4*255 + 0.5)
		x, y := i%2*(32+gridGap), i/2*(32+gridGap)
		for _, corner := range []image.Point{{x, y}, {x + 31, y + 31}} {
			if v, _, _, _ := shown.At(corner.X, corner.Y).RGBA(); uint8(v>>8) != gray {
				t.Errorf("picture %d at %v is %d, want %d", i, corner, v>>8, gray)
			}
		}
	}
	if v, _, _, _ := shown.At(32+gridGap, 32+gridGap).RGBA(); v>>8 != 255 {
		t.Error("the cell without a picture is not white")
	}
}

func TestImages_FillThePage(t *testing.T) {
	for _, c := range []struct{ columns, size, zoom int }{{4, 64, 6}, {1, 8, maxZoom}, {8, 1000, 1}, {0, 100, maxZoom}} {
		grid := NewImages("", c.columns)
		for range 10 {
			grid.Add("", square(0, c.size))
		}
		if got := grid.layout().zoom; got != c.zoom {
			t.Errorf("%d columns of %d pixels: zoom %d, want %d", c.columns, c.size, got, c.zoom)
		}
	}
}

func TestImages_LabelsAreWritten(t *testing.T) {
	r := record(t)
	grid := NewImages("faces", 3).Zoom(10)
	for i := range 3 {
		grid.Add(fmt.Sprintf("a rather long label %d", i), square(1, 16))
	}
	grid.Show()
	if dark := coloured(r.picture(t), Black.R, Black.G, Black.B); dark < 50 {
		t.Errorf("%d pixels of text", dark)
	}
	if got := r.last(t).plain; got != "[3 images: faces: a rather long label 0, a rather long label 1, a rather long label 2]" {
		t.Errorf("plain text %q", got)
	}
	path := filepath.Join(t.TempDir(), "grid.png")
	if err := grid.WritePNG(path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestImages_NeedOne(t *testing.T) {
	r := record(t)
	NewImages("empty", 2).Show()
	r.wantFailure(t, "no image")
}

func TestGrayImage_MapsTheRange(t *testing.T) {
	nan := float32(math.NaN())
	shown := GrayImage([]float32{-1, 0, 0.5, 1, 2, nan}, 2, 3, 0, 1)
	want := []color.NRGBA{{A: 255}, {A: 255}, {128, 128, 128, 255}, {255, 255, 255, 255}, {255, 255, 255, 255}, picture.Greys(math.NaN())}
	for i, w := range want {
		if got := color.NRGBAModel.Convert(shown.At(i%3, i/3)); got != w {
			t.Errorf("pixel %d is %v, want %v", i, got, w)
		}
	}
}

func TestGrayImage_OfOneValue(t *testing.T) {
	record(t)
	if got := color.NRGBAModel.Convert(GrayImage([]float64{3}, 1, 1, 3, 3).At(0, 0)); got != (color.NRGBA{A: 255}) {
		t.Errorf("a constant picture is %v, want black", got)
	}
}

func TestColorImage_EndsAreThoseOfShade(t *testing.T) {
	shown := ColorImage([]float64{5, 7}, 1, 2, 5, 7)
	if shown.At(0, 0) != Shade(0) || shown.At(1, 0) != Shade(1) {
		t.Errorf("the ends are %v and %v", shown.At(0, 0), shown.At(1, 0))
	}
}

func TestRGBImage_ChannelsLast(t *testing.T) {
	shown := RGBImage([]float64{1, 0, 0.2, -1, 2, math.NaN()}, 1, 2)
	for x, want := range []color.NRGBA{{255, 0, 51, 255}, {0, 255, 0, 255}} {
		if got := shown.At(x, 0); got != want {
			t.Errorf("pixel %d is %v, want %v", x, got, want)
		}
	}
}

func TestPictures_WantAsManyValuesAsPixels(t *testing.T) {
	for _, do := range []func(){
		func() { GrayImage([]float64{1, 2, 3}, 2, 2, 0, 1) },
		func() { RGBImage([]float64{1, 2, 3, 4}, 2, 2) },
		func() { ColorImage[float64](nil, 0, 0, 0, 1) },
	} {
		r := record(t)
		do()
		r.wantFailure(t, "pixels", "values")
	}
}

func TestRangeOf_LeavesOutWhatIsNotFinite(t *testing.T) {
	if lo, hi := RangeOf([]float64{3, math.NaN(), -2, math.Inf(1)}); lo != -2 || hi != 3 {
		t.Errorf("range is %g … %g, want −2 … 3", lo, hi)
	}
	if lo, hi := RangeOf([]float32{float32(math.NaN())}); lo != 0 || hi != 1 {
		t.Errorf("range of nothing is %g … %g, want 0 … 1", lo, hi)
	}
}

func TestImages_BarsSayWhatColoursMean(t *testing.T) {
	r := record(t)
	grid := NewImages("", 2).Zoom(20)
	grid.Add("α", AlphaImage([]float64{0, 2, 1, 1}, 2, 2)).Add("same", AlphaImage([]float64{0, 2, 1, 1}, 2, 2)).AlphaBar(0, 2)
	grid.Add("c", ColorImage([]float64{0, 1, 2, 3}, 2, 2, 0, 3)).ColorBar("log c", 0, 3)
	grid.Show()
	shown := r.picture(t)
	l := grid.layout()
	if want := 2*(40+gridGap) - gridGap + barRoom; shown.Bounds().Dx() != want {
		t.Errorf("the grid is %d dots wide, want %d", shown.Bounds().Dx(), want)
	}
	x := 2*(l.width+gridGap) + 4 + 10 // inside the bar
	for row, ends := range [][2]color.Color{{AlphaColor(0), AlphaColor(2)}, {Shade(0), Shade(1)}} {
		top := row*(l.height+l.label+gridGap) + l.label
		for i, y := range []int{top + l.height - 1, top + 1} {
			got, want := color.NRGBAModel.Convert(shown.At(x, y)).(color.NRGBA), color.NRGBAModel.Convert(ends[i]).(color.NRGBA)
			if d := func(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }; d(got.R, want.R)+d(got.G, want.G)+d(got.B, want.B) > 45 { // one of 40 dots away from the end
				t.Errorf("row %d, end %d of the bar is %v, want about %v", row, i, got, want)
			}
		}
	}
	if got := r.last(t).plain; got != "[3 images: Pictures: α, same, c; colours show α from 0 to 2; colours show log c from 0 to 3]" {
		t.Errorf("plain text %q", got)
	}
	r = record(t)
	NewImages("", 1).AlphaBar(0, 2)
	r.wantFailure(t, "picture before it")
}

func TestImages_StandBelowEachOtherOnANarrowPage(t *testing.T) {
	r := record(t)
	grid := NewImages("", 2).Zoom(20)
	for i := range 4 {
		grid.Add(fmt.Sprintf("n %d", i), square(0.5, 32))
	}
	grid.Show()
	row, _ := r.last(t).more[protocol.MIMETextHTML].(string)
	if strings.Count(row, "<img") != 4 || strings.Count(row, "flex-wrap:wrap") != 2 || !strings.Contains(row, `alt="Picture: n 3"`) {
		t.Errorf("the rows are %.300q", row)
	}
}

// Eight faces of 192 dots in a row would have titles of half their size on a narrow page: there they are four in a row.
func TestImages_LongRowsAreShorterOnANarrowPage(t *testing.T) {
	for columns, want := range map[int]image.Point{
		8:  image.Pt(4*192+3*gridGap, titleHeight+3*(192+gridGap)-gridGap),
		3:  {}, // pieces
		20: image.Pt(4*192+3*gridGap, titleHeight+3*(192+gridGap)-gridGap),
	} {
		r := record(t)
		grid := NewImages("faces", columns).Zoom(6)
		for range 12 {
			grid.Add("", square(0.5, 32))
		}
		grid.Show()
		shown, _ := r.last(t).more[protocol.MIMETextHTML].(string)
		found := regexp.MustCompile(`srcset="data:image/png;base64,([^"]+)"`).FindStringSubmatch(shown)
		if found == nil {
			if want != (image.Point{}) {
				t.Errorf("with %d columns there is no form for a narrow page: %.200q", columns, shown)
			}
			continue
		}
		narrow, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(found[1])))
		if err != nil {
			t.Fatal(err)
		}
		if got := narrow.Bounds().Size(); got != want {
			t.Errorf("with %d columns the narrow form has %v dots, want %v", columns, got, want)
		}
	}
}

// A picture that bears a bar of colours fills its line on a narrow page, the others less of theirs: all keep one scale.
func TestImages_KeepOneScaleOnANarrowPage(t *testing.T) {
	r := record(t)
	NewImages("", 2).Zoom(20).Add("a", square(0.5, 32)).Add("b", square(0.5, 32)).ColorBar("depth", 0, 1).Show()
	row, _ := r.last(t).more[protocol.MIMETextHTML].(string)
	var fills []string
	for _, found := range regexp.MustCompile(`min-width:min\(([\d.]+%)`).FindAllStringSubmatch(row, -1) {
		fills = append(fills, found[1])
	}
	// 32 · 20 = 640 dots and a gap of 10, against 640 and a bar of 130.
	if want := []string{"84.42%", "100%"}; !slices.Equal(fills, want) {
		t.Errorf("the pictures fill %v of their lines, want %v", fills, want)
	}
}
