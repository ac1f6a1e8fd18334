package gomlxops

import (
	"math"
	"testing"

	"github.com/robustloss/gomlx-robustloss/internal/testkit"

	"gonum.org/v1/gonum/mat"
)

// logVolume returns log |det m|.
func logVolume(m matrix) float64 {
	dense := mat.NewDense(len(m), len(m), nil)
	for i, row := range m {
		dense.SetRow(i, row)
	}
	var lu mat.LU
	lu.Factorize(dense)
	logDet, _ := lu.LogDet()
	return logDet
}

// The cosine transform and, for even sizes, the wavelets neither grow nor shrink volumes.
func TestTransforms_KeepVolumes(t *testing.T) {
	for n := 1; n <= 64; n++ {
		maps := map[string]matrix{"DCT": cosineMatrix(n)}
		if n%2 == 0 {
			maps["CDF9/7"], maps["LeGall5/3"] = CDF97.analysisMatrix(n), LeGall53.analysisMatrix(n)
			maps["inverse CDF9/7"], maps["inverse LeGall5/3"] = CDF97.synthesisMatrix(n), LeGall53.synthesisMatrix(n)
		}
		for name, m := range maps {
			if volume := logVolume(m); math.Abs(volume) > 1e-9 {
				t.Errorf("log |det| of %s of %d samples is %g", name, n, volume)
			}
		}
	}
}

// The colours keep volumes to 1e-12 in the decimal digits of their matrix, and to 4.7e-8 in its float32 digits.
func TestYUVLogVolume_IsThatOfFloat32Digits(t *testing.T) {
	k := scaledYUV()
	if got := YUVLogVolume(); math.Abs(got-4.6955144e-8) > 1e-14 {
		t.Errorf("log |det| of YUV is %.8g, want 4.6955144e-8", got)
	}
	if sum := YUVLogVolume() + math.Log(math.Abs(determinant3(inverse3(k)))); math.Abs(sum) > 1e-15 {
		t.Errorf("log |det| of YUV and of its inverse add up to %g", sum)
	}
	decimal := [3][3]float64{{0.299, -0.14714119, 0.61497538}, {0.587, -0.28886916, -0.51496512}, {0.114, 0.43601035, -0.10001026}}
	for i := range decimal {
		for j := range decimal[i] {
			if float32(decimal[i][j]) != yuvFromRGB[i][j] {
				t.Errorf("K[%d][%d] is %g, want %g", i, j, yuvFromRGB[i][j], decimal[i][j])
			}
			decimal[i][j] *= yuvScale
		}
	}
	if volume := math.Log(math.Abs(determinant3(decimal))); math.Abs(volume) > 1e-12 {
		t.Errorf("log |det| of YUV in decimal digits is %g", volume)
	}
}

// log |det| of the transform of an image is that of its rows, for each column, and of its columns, for each row.
func TestWaveletLogVolume_IsThatOfTheMatrices(t *testing.T) {
	for _, wavelet := range []Wavelet{CDF97, LeGall53} {
		for height := 1; height <= 33; height += 2 {
			for _, width := range []int{1, 2, 3, 6, 7, 16, 96} {
				levels := MaxWaveletLevels(height, width)
				want, h, w := 0.0, height, width
				for range levels {
					want += float64(w)*logVolume(wavelet.analysisMatrix(h)) + float64(h)*logVolume(wavelet.analysisMatrix(w))
					h, w = (h+1)/2, (w+1)/2
				}
				if got := WaveletLogVolume(wavelet, height, width, levels); math.Abs(got-want) > 1e-9*(1+want) {
					t.Errorf("WaveletLogVolume(%s, %d, %d, %d) = %.12g, want %.12g", wavelet, height, width, levels, got, want)
				}
			}
		}
		for _, size := range [][3]int{{64, 64, 6}, {32, 96, 5}, {128, 416, 5}} {
			if got := WaveletLogVolume(wavelet, size[0], size[1], size[2]); got != 0 {
				t.Errorf("WaveletLogVolume(%s, %v) = %g, want 0", wavelet, size, got)
			}
		}
	}
	for wavelet, k := range map[Wavelet]float64{CDF97: 1.149604398, LeGall53: math.Sqrt2} {
		if got := math.Exp(WaveletLogVolume(wavelet, 3, 2, 1) / 2); math.Abs(got-k) > 1e-9 {
			t.Errorf("K of %s is %.10g, want %.10g", wavelet, got, k)
		}
	}
}

// DCT matrices are orthogonal.
func TestCosineMatrix_IsOrthogonal(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5, 8, 31, 64, 300} {
		m := cosineMatrix(n)
		for i := range n {
			for j := range n {
				dot, want := 0.0, 0.0
				if i == j {
					want = 1
				}
				for k := range n {
					dot += m[i][k] * m[j][k]
				}
				if math.Abs(dot-want) > 1e-13 {
					t.Fatalf("n = %d: rows %d and %d have product %g, want %g", n, i, j, dot, want)
				}
			}
		}
	}
}

// The filters are those of the author's package.
func TestFilters_Golden(t *testing.T) {
	var golden struct {
		Filters map[string]map[string][]float64
	}
	testkit.Golden(t, "images.json", &golden)
	for _, wavelet := range []Wavelet{CDF97, LeGall53} {
		for name, half := range map[string][]float64{
			"analysis_lo":  wavelet.analysis().low,
			"analysis_hi":  wavelet.analysis().high,
			"synthesis_lo": wavelet.synthesis().low,
			"synthesis_hi": wavelet.synthesis().high,
		} {
			whole := golden.Filters[wavelet.String()][name]
			if len(whole) != 2*len(half)-1 {
				t.Errorf("%s %s: half a filter of %d taps, golden has %d", wavelet, name, len(half), len(whole))
				continue
			}
			for i := range whole {
				offset := i - (len(half) - 1)
				if got := half[max(offset, -offset)]; math.Abs(got-whole[i]) > 1e-15 {
					t.Errorf("%s %s[%d] = %.17g, want %.17g", wavelet, name, offset, got, whole[i])
				}
			}
		}
	}
}
