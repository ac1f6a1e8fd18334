package testkit

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// failures counts what a check reports, instead of failing.
type failures struct {
	testing.TB
	count int
}

func (f *failures) Helper()               {}
func (f *failures) Errorf(string, ...any) { f.count++ }
func (f *failures) failed() bool          { return f.count > 0 }

func TestClose(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		got, want, rel, abs float64
		close               bool
	}{
		{1 + 1e-6, 1, 1e-5, 0, true},
		{1 + 1e-4, 1, 1e-5, 0, false},
		{1e-9, 0, 1, 1e-8, true},
		{1e-7, 0, 1, 1e-8, false},
		{inf, inf, 0, 0, true},
		{inf, 1, 1, inf, false},
		{1, inf, inf, 1, false},
		{-inf, inf, 1, 1, false},
		{nan, nan, 0, 0, true},
		{nan, 1, 1, 1, false},
		{1, nan, 1, 1, false},
	} {
		if Close(c.got, c.want, c.rel, c.abs) != c.close {
			t.Errorf("Close(%g, %g, %g, %g) = %v", c.got, c.want, c.rel, c.abs, !c.close)
		}
	}
}

func TestCheckClose_Fails(t *testing.T) {
	for name, c := range map[string]struct{ got, want []float64 }{
		"a wrong number":     {[]float64{1, 2}, []float64{1, 3}},
		"too few numbers":    {[]float64{1}, []float64{1, 2}},
		"NaN for a number":   {[]float64{math.NaN()}, []float64{1}},
		"Inf for a number":   {[]float64{math.Inf(1)}, []float64{1}},
		"many wrong ones":    {make([]float64, 50), []float64{49: 1, 0: 1}},
		"a number for NaN":   {[]float64{1}, []float64{math.NaN()}},
		"the other infinity": {[]float64{math.Inf(-1)}, []float64{math.Inf(1)}},
	} {
		f := &failures{TB: t}
		CheckClose(f, name, c.got, c.want, 1e-3, 1e-3)
		if !f.failed() {
			t.Errorf("%s was not seen", name)
		}
	}
}

// What a program that compares runs reads: a line for each comparison, with the part of the tolerance that was used up.
func TestCheckClose_RecordsItsTolerance(t *testing.T) {
	folder := t.TempDir()
	t.Setenv(ClosenessVariable, folder)
	nan, inf := math.NaN(), math.Inf(1)
	CheckClose(t, "near", []float64{1, 2.5, nan, inf}, []float64{1, 2, nan, inf}, 0, 2)
	CheckClose(t, "exact", []float64{3}, []float64{3}, 0, 0)
	CheckClose(&failures{TB: t}, "far", []float64{nan}, []float64{1}, 1, 1)
	files, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the files are %v (%v)", files, err)
	}
	content, err := os.ReadFile(files[0])
	const want = `{"test":"TestCheckClose_RecordsItsTolerance","what":"near","used":0.25}
{"test":"TestCheckClose_RecordsItsTolerance","what":"exact","used":0}
{"test":"TestCheckClose_RecordsItsTolerance","what":"far","used":1000000000}
`
	if err != nil || string(content) != want || !strings.HasPrefix(filepath.Base(files[0]), "testkit-") {
		t.Errorf("%s holds\n%s(%v)\nwant\n%s", files[0], content, err, want)
	}
}

func TestGolden_ReadsNumbersAndStrings(t *testing.T) {
	var file struct {
		Rows []struct{ Alpha, Rho Float }
	}
	Golden(t, "loss.json", &file)
	if len(file.Rows) == 0 || !math.IsInf(float64(file.Rows[0].Alpha), -1) {
		t.Errorf("the first row is %v, its α should be −∞", file.Rows[0])
	}
}

func TestCheckGradient_PassesTheTrueGradient(t *testing.T) {
	ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			x := Tensor(t, dtype, []float64{-2, -0.5, 0.1, 1, 3, 40}, 2, 3)
			y := Tensor(t, dtype, []float64{0.3, 2, -1}, 3)
			CheckGradient(t, backend, func(in []*graph.Node) *graph.Node {
				return graph.Mul(graph.Sin(in[0]), graph.ExpandLeftToRank(graph.Exp(in[1]), 2))
			}, []*tensors.Tensor{x, y}, Tolerance{})
		})
	})
}

// A gradient that is off by 1e-3 must be seen: the difference below is the difference quotient of another function.
func TestFiniteDifferences_SeeAWrongGradient(t *testing.T) {
	backend := Backend(t, "go")
	x := Tensor(t, dtypes.Float64, []float64{0.4, 1.7}, 2)
	square := func(in []*graph.Node) *graph.Node { return graph.Square(in[0]) }
	almost := func(in []*graph.Node) *graph.Node {
		return graph.Add(graph.Square(in[0]), graph.MulScalar(in[0], 1e-3))
	}
	f := &failures{TB: t}
	CheckClose(f, "difference",
		finiteDifferences(t, backend, square, []*tensors.Tensor{x}, 1e-3)[0],
		finiteDifferences(t, backend, almost, []*tensors.Tensor{x}, 1e-3)[0], 1e-7, 1e-8)
	if !f.failed() {
		t.Error("the wrong gradient was not seen")
	}
}

func TestFloats_ReadsHalfPrecision(t *testing.T) {
	for _, dtype := range []dtypes.DType{dtypes.Float16, dtypes.BFloat16} {
		out := Exec(t, Backend(t, "go"), func(x *graph.Node) *graph.Node { return graph.ConvertDType(x, dtype) }, []float32{1.5, -2})
		CheckClose(t, dtype.String(), Floats(t, out[0]), []float64{1.5, -2}, 0, 0)
	}
}
