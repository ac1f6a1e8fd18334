package show

import (
	"image/color"
	"math"
	"testing"
)

func TestGrayImage_MapsTheRange(t *testing.T) {
	nan := float32(math.NaN())
	picture := GrayImage([]float32{-1, 0, 0.5, 1, 2, nan}, 2, 3, 0, 1)
	want := []color.NRGBA{{A: 255}, {A: 255}, {128, 128, 128, 255}, {255, 255, 255, 255}, {255, 255, 255, 255}, missing}
	for i, w := range want {
		if got := color.NRGBAModel.Convert(picture.At(i%3, i/3)); got != w {
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
	picture := ColorImage([]float64{5, 7}, 1, 2, 5, 7)
	if picture.At(0, 0) != Shade(0) || picture.At(1, 0) != Shade(1) {
		t.Errorf("the ends are %v and %v", picture.At(0, 0), picture.At(1, 0))
	}
}

func TestRGBImage_ChannelsLast(t *testing.T) {
	picture := RGBImage([]float64{1, 0, 0.2, -1, 2, math.NaN()}, 1, 2)
	for x, want := range []color.NRGBA{{255, 0, 51, 255}, {0, 255, 0, 255}} {
		if got := picture.At(x, 0); got != want {
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
