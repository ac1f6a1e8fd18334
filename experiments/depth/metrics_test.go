package depth

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
)

func newDepth(height, width int, value float32) *kitti.Depth {
	d := &kitti.Depth{Height: height, Width: width, Metres: make([]float32, height*width)}
	for i := range d.Metres {
		d.Metres[i] = value
	}
	return d
}

func set(d *kitti.Depth, row, column int, value float32) { d.Metres[row*d.Width+column] = value }

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s: %.10g, want %.10g", what, got, want)
	}
}

// Of a 10×10 image, rows 4–8 and columns 0–8 count. Three pixels have a truth that counts: 10, 20 and 40 m, predicted as
// 5, 20 and 50 m; the medians are both 20.
func TestMetricsWorkedByHand(t *testing.T) {
	truth, prediction := newDepth(10, 10, 0), newDepth(10, 10, 1)
	set(truth, 4, 0, 10)
	set(truth, 8, 8, 20)
	set(truth, 5, 3, 40)
	set(prediction, 4, 0, 5)
	set(prediction, 8, 8, 20)
	set(prediction, 5, 3, 50)
	set(truth, 6, 6, 80)  // at the cap
	set(truth, 3, 5, 30)  // above the crop
	set(truth, 9, 5, 30)  // below
	set(truth, 5, 9, 30)  // right of it
	set(truth, 5, 4, -10) // no depth
	e, err := PublicProtocol().compare(prediction, truth)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "AbsRel", e.AbsRel, (.5+0+.25)/3, 1e-12)
	near(t, "SqRel", e.SqRel, (25./10+0+100./40)/3, 1e-12)
	near(t, "RMS", e.RMS, 6.454972244, 1e-9)       // √(125/3)
	near(t, "logRMS", e.LogRMS, 0.420414898, 1e-9) // √((ln² 2 + ln² 1.25)/3)
	near(t, "Delta[0]", e.Delta[0], 1./3, 1e-12)   // 50/40 is 1.25, not less
	near(t, "Delta[1]", e.Delta[1], 2./3, 1e-12)   // 10/5 is more than 1.5625
	near(t, "Delta[2]", e.Delta[2], 2./3, 1e-12)   // and than 1.953
	near(t, "Avg", e.Avg(), 0.701692413, 1e-9)     // (.25 · 1.6667 · 6.4550 · .42041 · ⅔ · ⅓ · ⅓)^(1/7)

	// Twice the prediction changes nothing with median scaling; without it, it does: 20 m for 10, 40 for 20, 80 for 40.
	for i := range prediction.Metres {
		prediction.Metres[i] *= 2
	}
	if again, err := PublicProtocol().compare(prediction, truth); err != nil || again != e {
		t.Errorf("with median scaling: %+v, %v, want %+v", again, err, e)
	}
	protocol := PublicProtocol()
	protocol.MedianScaling = false
	if again, err := protocol.compare(prediction, truth); err != nil || math.Abs(again.AbsRel-(0+1+1)/3.) > 1e-12 { // 100 m is capped to 80
		t.Errorf("without median scaling: %+v, %v, want an AbsRel of 2/3", again, err)
	}
	protocol.GargCrop = false
	if again, err := protocol.compare(prediction, truth); err != nil || again.AbsRel <= 2/3. {
		t.Errorf("without the crop: %+v, %v, want a larger AbsRel", again, err)
	}
}

// The seven metrics of the paper's table give its "Avg", which is rounded to three digits like them.
func TestAvgReproducesThePapersColumn(t *testing.T) {
	for _, row := range Rows {
		q, ok := quoted[row.Key]
		if row.Key == RowLaplace { // it is ours
			continue
		}
		if !ok {
			t.Fatalf("no numbers of the paper for %s", row.Key)
		}
		e := imageErrors{q["abs_rel"], q["sq_rel"], q["rms"], q["log_rms"], [3]float64{q["delta1"], q["delta2"], q["delta3"]}}
		near(t, row.Key, e.Avg(), q["avg"], .0011)
	}
}

func TestPerfectPredictionHasNoError(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	truth := newDepth(16, 16, 0)
	for i := range truth.Metres {
		truth.Metres[i] = float32(1 + 70*rng.Float64())
	}
	e, err := PublicProtocol().compare(truth, truth)
	if err != nil || e.AbsRel != 0 || e.SqRel != 0 || e.RMS != 0 || e.LogRMS != 0 || e.Avg() != 0 {
		t.Errorf("%+v, %v", e, err)
	}
	for k, d := range e.Delta {
		near(t, "delta", d, 1, 1e-12)
		_ = k
	}
}

func TestCropIsThatOfThePublicEvaluation(t *testing.T) {
	for size, want := range map[[2]int][4]int{{375, 1242}: {153, 371, 44, 1197}, {370, 1224}: {151, 366, 43, 1180}} {
		top, bottom, left, right := gargCrop(size[0], size[1])
		if got := [4]int{top, bottom, left, right}; got != want {
			t.Errorf("%v: %v, want %v", size, got, want)
		}
	}
}

func TestResizingIsLinearBetweenCentres(t *testing.T) {
	// Of a ramp, d = 10 + column, the four times wider one is 10 + (column + ½)/4 − ½ between the first and the last centre.
	d := newDepth(3, 6, 0)
	for i := range d.Metres {
		d.Metres[i] = float32(10 + i%6)
	}
	big := resizeDepth(d, 6, 24)
	for x := range 24 {
		want := 10 + min(max((float64(x)+.5)/4-.5, 0), 5)
		near(t, "ramp", float64(big.At(4, x)), want, 1e-5)
	}
}

func TestNothingToCompareIsAnError(t *testing.T) {
	if _, err := PublicProtocol().compare(newDepth(10, 10, 5), newDepth(10, 10, 0)); err == nil {
		t.Error("no error without any truth")
	}
	bad := newDepth(10, 10, 5)
	set(bad, 5, 5, float32(math.NaN()))
	protocol := PublicProtocol()
	protocol.MedianScaling = false
	if _, err := protocol.compare(bad, newDepth(10, 10, 5)); err == nil {
		t.Error("no error for a prediction of NaN")
	}
}
