package main

import (
	"encoding/csv"
	"fmt"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
	"gonum.org/v1/gonum/mat"
)

// Vectors is vectors.json: how well distributions of vectors predict data that they were not fitted to.
type Vectors struct {
	Command string
	Go      string
	Rows    []VectorRow
}

// VectorRow is one data set.
type VectorRow struct {
	Data     string
	N, D     int // vectors that are predicted, and their dimension
	Alpha    float64
	Normal   float64 // mean negative log-likelihood of a vector, in nats: the normal distribution with a full covariance
	Separate float64 // General for each coordinate
	Rotated  float64 // General for each coordinate of the normal distribution's principal axes
	Vector   float64 // Vector
}

// fold is what is fitted, and what is predicted.
type fold struct{ fit, predict *mat.Dense }

// vectorData are the data sets of the table. root is the folder of the module.
func vectorData(root string, seed uint64) (names []string, folds [][]fold, err error) {
	add := func(name string, f []fold) { names, folds = append(names, name), append(folds, f) }
	gradients, colours, err := photograph(filepath.Join(root, "notebooks", "photo", "chelsea.png"))
	if err != nil {
		return nil, nil, err
	}
	add("photograph: gradients of its luma", halves(gradients))
	add("photograph: differences of neighbouring colours", halves(colours))
	for _, t := range []struct{ name, file string }{{"stars of CYG OB1", "stars.csv"}, {"stack loss", "stackloss.csv"}} {
		x, err := numbers(filepath.Join(root, "data", "tabular", "tables", t.file))
		if err != nil {
			return nil, nil, err
		}
		add(t.name+", each predicted from the others", leaveOut(x))
	}
	for _, shared := range []bool{true, false} {
		x, name := mat.NewDense(2000, 3, nil), "simulated: independent coordinates, α = 0.5"
		if shared {
			name = "simulated: vectors, α = 0.5, not correlated"
		}
		src := rand.NewPCG(seed, 1)
		v := scalar.Vector{Mu: make([]float64, 3), Alpha: 0.5, Factor: mat.NewTriDense(3, mat.Lower, []float64{1, 0, 0, 0, 1, 0, 0, 0, 1}), Src: src}
		g := scalar.General{Alpha: 0.5, Scale: 1, Src: src}
		for i := range 2000 {
			row := x.RawRowView(i)
			for j := range row {
				row[j] = g.Rand()
			}
			if shared {
				v.Rand(row)
			}
		}
		add(name, halves(x))
	}
	return names, folds, nil
}

// photograph returns the gradients of the luma and the differences of colours from one pixel to its neighbour on the right, of every fourth pixel of
// every second row. Values are 0 to 255 with a random fraction: that they were whole numbers would be all there is to find otherwise.
func photograph(path string) (gradients, colours *mat.Dense, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	picture, err := png.Decode(file)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	size := picture.Bounds().Size()
	pixels := make([][3]float64, size.X*size.Y)
	for i := range pixels {
		r, g, b, _ := picture.At(i%size.X, i/size.X).RGBA()
		for j, v := range []uint32{r, g, b} {
			pixels[i][j] = float64(v>>8) + rng.Float64()
		}
	}
	luma := func(p [3]float64) float64 { return 0.299*p[0] + 0.587*p[1] + 0.114*p[2] }
	var g, c []float64
	for y := 0; y < size.Y-1; y += 2 {
		for x := 0; x < size.X-1; x += 4 {
			here, right, below := pixels[y*size.X+x], pixels[y*size.X+x+1], pixels[(y+1)*size.X+x]
			g = append(g, luma(right)-luma(here), luma(below)-luma(here))
			c = append(c, right[0]-here[0], right[1]-here[1], right[2]-here[2])
		}
	}
	return mat.NewDense(len(g)/2, 2, g), mat.NewDense(len(c)/3, 3, c), nil
}

// numbers reads the columns of a table that are numbers.
func numbers(path string) (*mat.Dense, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var values []float64
	for _, row := range rows[1:] {
		for _, cell := range row {
			if v, err := strconv.ParseFloat(cell, 64); err == nil {
				values = append(values, v)
			}
		}
	}
	n := len(rows) - 1
	return mat.NewDense(n, len(values)/n, values), nil
}

// halves predicts the odd rows from the even ones, and the other way round.
func halves(x *mat.Dense) []fold {
	n, d := x.Dims()
	even, odd := mat.NewDense((n+1)/2, d, nil), mat.NewDense(n/2, d, nil)
	for i := range n {
		[]*mat.Dense{even, odd}[i%2].SetRow(i/2, x.RawRowView(i))
	}
	return []fold{{even, odd}, {odd, even}}
}

// leaveOut predicts each row from the others.
func leaveOut(x *mat.Dense) (folds []fold) {
	n, d := x.Dims()
	for out := range n {
		rest := mat.NewDense(n-1, d, nil)
		for i := range n - 1 {
			rest.SetRow(i, x.RawRowView((out+1+i)%n))
		}
		folds = append(folds, fold{rest, mat.NewDense(1, d, append([]float64(nil), x.RawRowView(out)...))})
	}
	return folds
}

// vectors makes the table.
func vectors(command, root string, seed uint64) (Vectors, error) {
	table := Vectors{Command: command, Go: runtime.Version() + " " + runtime.GOARCH}
	names, data, err := vectorData(root, seed)
	if err != nil {
		return table, err
	}
	for i, folds := range data {
		row := VectorRow{Data: names[i]}
		for _, f := range folds {
			if err := row.add(f); err != nil {
				return table, fmt.Errorf("%s: %w", names[i], err)
			}
		}
		for _, sum := range []*float64{&row.Alpha, &row.Normal, &row.Separate, &row.Rotated, &row.Vector} {
			*sum /= float64(row.N)
		}
		table.Rows = append(table.Rows, row)
	}
	return table, nil
}

// add adds a fold's sums.
func (r *VectorRow) add(f fold) error {
	n, d := f.predict.Dims()
	r.N, r.D = r.N+n, d
	normal, err := scalar.FitVectors(f.fit, nil, &scalar.VectorOptions{Alpha: scalar.Fixed(2)})
	if err != nil {
		return err
	}
	v, err := scalar.FitVectors(f.fit, nil, nil)
	if err != nil {
		return err
	}
	separate, err := marginals(f.fit)
	if err != nil {
		return err
	}
	var eigen mat.EigenSym
	covariance := mat.NewSymDense(d, nil)
	covariance.SymOuterK(1, normal.Factor)
	if !eigen.Factorize(covariance, true) {
		return fmt.Errorf("no principal axes")
	}
	var axes, turnedFit, turned mat.Dense
	eigen.VectorsTo(&axes)
	turnedFit.Mul(f.fit, &axes)
	turned.Mul(f.predict, &axes)
	rotated, err := marginals(&turnedFit)
	if err != nil {
		return err
	}
	r.Alpha += v.Alpha * float64(n)
	for i := range n {
		row := f.predict.RawRowView(i)
		r.Normal -= normal.LogProb(row)
		r.Vector -= v.LogProb(row)
		for j := range d {
			r.Separate -= separate[j].LogProb(row[j])
			r.Rotated -= rotated[j].LogProb(turned.At(i, j))
		}
	}
	return nil
}

// marginals fits General to each column.
func marginals(x *mat.Dense) (fits []scalar.General, err error) {
	_, d := x.Dims()
	for j := range d {
		// A lower bound keeps the likelihood from growing without end where half of the values are equal.
		g, err := scalar.FitWith(mat.Col(nil, j, x), nil, &scalar.FitOptions{Alpha: scalar.Between(0.01, math.Inf(1))})
		if err != nil {
			return nil, fmt.Errorf("column %d: %w", j, err)
		}
		fits = append(fits, g)
	}
	return fits, nil
}

// Markdown returns the table.
func (v Vectors) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# One distribution for vectors, or one for each coordinate\n\nMean negative log-likelihood, in nats for a vector, of data that the "+
		"distributions were not fitted to: of each half by the other, or of each row by all others. \"Own α\" is `General` for each coordinate, \"turned\" the "+
		"same along the principal axes, where the coordinates are not correlated. `%s`, %s.\n\n", v.Command, v.Go)
	b.WriteString("| data | vectors | d | normal | own α | own α, turned | `Vector` | its α |\n|:--|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, r := range v.Rows {
		fmt.Fprintf(&b, "| %s | %d | %d | %.3f | %.3f | %.3f | %.3f | %.2f |\n", r.Data, r.N, r.D, r.Normal, r.Separate, r.Rotated, r.Vector, r.Alpha)
	}
	return b.String()
}
