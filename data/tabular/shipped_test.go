package tabular

import (
	"crypto/sha256"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestDigits_HasTheSizesOfTheSource(t *testing.T) {
	d, err := Digits()
	if err != nil {
		t.Fatal(err)
	}
	if d.Rows != 1797 || d.Cols != 64 || len(d.Classes) != 10 || d.Classes[3] != "3" {
		t.Fatalf("%d rows, %d columns, classes %v", d.Rows, d.Cols, d.Classes)
	}
	counts := make([]int, 10)
	for _, l := range d.Labels {
		counts[l]++
	}
	// Counts per digit as the data set's own description (optdigits.names) lists them for the test set.
	if want := []int{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}; !reflect.DeepEqual(counts, want) {
		t.Errorf("counts %v, want %v", counts, want)
	}
	for i, v := range d.X {
		if v < 0 || v > 16 || v != math.Trunc(v) {
			t.Fatalf("value %d is %g, want a whole number in 0…16", i, v)
		}
	}
}

// leastSquares fits column y by a constant and the columns xs.
func leastSquares(t *testing.T, table *Table, rows []int, y int, xs ...int) []float64 {
	t.Helper()
	a, b := mat.NewDense(len(rows), 1+len(xs), nil), mat.NewVecDense(len(rows), nil)
	for i, r := range rows {
		a.Set(i, 0, 1)
		b.SetVec(i, table.Row(r)[y])
		for j, x := range xs {
			a.Set(i, 1+j, table.Row(r)[x])
		}
	}
	var fit mat.VecDense
	if err := fit.SolveVec(a, b); err != nil {
		t.Fatal(err)
	}
	return fit.RawVector().Data
}

func wantFit(t *testing.T, got, want []float64) {
	t.Helper()
	for i, w := range want {
		if math.Abs(got[i]-w) > 1e-4*(1+math.Abs(w)) {
			t.Errorf("the fit is %v, want %v", got, want)
			return
		}
	}
}

func allRows(table *Table) (rows []int) {
	for i := range table.Rows {
		rows = append(rows, i)
	}
	return rows
}

// The least-squares line of the book, page 27 f.: log light = 6.79 − 0.413·log temperature.
func TestStars_HaveTheFitOfTheBook(t *testing.T) {
	stars, err := Stars()
	if err != nil {
		t.Fatal(err)
	}
	if stars.Rows != 47 || !reflect.DeepEqual(stars.Columns, []string{"log_temperature", "log_light"}) {
		t.Fatalf("%d rows of %q", stars.Rows, stars.Columns)
	}
	wantFit(t, leastSquares(t, stars, allRows(stars), 1, 0), []float64{6.79347, -.41330})
	var others []int
	for i, l := range stars.Labels {
		if stars.Classes[l] != "giant" {
			others = append(others, i)
		} else if stars.Row(i)[0] > 3.5 && i != 10 || i == 10 && stars.Row(i)[0] != 3.49 {
			t.Errorf("star %d of log temperature %g is no giant", i+1, stars.Row(i)[0])
		}
	}
	if slope := leastSquares(t, stars, others, 1, 0)[1]; len(others) != 43 || slope < 1 {
		t.Errorf("%d other stars have the slope %g, want 43 and a positive one", len(others), slope)
	}
}

// The coefficients that R's help page of stackloss gives: −39.9197, 0.7156, 1.2953, −0.1521.
func TestStackLoss_HasTheKnownFit(t *testing.T) {
	plant, err := StackLoss()
	if err != nil {
		t.Fatal(err)
	}
	if plant.Rows != 21 || plant.Labels != nil || !reflect.DeepEqual(plant.Columns, []string{"STACKLOSS", "AIRFLOW", "WATERTEMP", "ACIDCONC"}) {
		t.Fatalf("%d rows of %q", plant.Rows, plant.Columns)
	}
	wantFit(t, leastSquares(t, plant, allRows(plant), 0, 1, 2, 3), []float64{-39.91967, .71564, 1.29529, -.15212})
}

// What ships is what the licence file describes.
func TestShippedTables_HaveTheHashesOfTheLicenceFile(t *testing.T) {
	licence, err := os.ReadFile("tables/LICENSE.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := shippedFiles.ReadDir("tables")
	if err != nil || len(files) != 3 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		content, err := shippedFiles.ReadFile("tables/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"`" + file.Name() + "`", fmt.Sprintf("%x", sha256.Sum256(content))} {
			if !strings.Contains(string(licence), part) {
				t.Errorf("the licence file does not name %s of %s", part, file.Name())
			}
		}
	}
}

func TestFashionMNIST_IsReadWhereItIs(t *testing.T) {
	_, err := FashionMNIST(t.TempDir(), "train")
	wantError(t, "empty folder", err, "no such file or directory (make data fetches Fashion-MNIST)")
	_, err = FashionMNIST(t.TempDir(), "validation")
	wantError(t, "another part", err, `no part "validation"`)
	dir := t.TempDir()
	write := func(name string, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), gzipped(t, content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("t10k-images-idx3-ubyte.gz", idxFile(t, idxUint8, []uint32{10, 28, 28}, make([]uint8, 10*28*28)))
	write("t10k-labels-idx1-ubyte.gz", idxFile(t, idxUint8, []uint32{10}, []uint8{9, 8, 7, 6, 5, 4, 3, 2, 1, 0}))
	got, err := FashionMNIST(dir, "test")
	if err != nil || got.Rows != 10 || got.Classes[got.Labels[0]] != "ankle boot" || got.Name != "Fashion-MNIST, test" {
		t.Errorf("%+v, %v", got, err)
	}
	write("t10k-labels-idx1-ubyte.gz", idxFile(t, idxUint8, []uint32{10}, make([]uint8, 10)))
	_, err = FashionMNIST(dir, "test")
	wantError(t, "one class", err, "784 values in 1 classes: want 784 in 10")
}

// The data set itself, where `make data` has fetched it.
func TestFashionMNIST_AsFetched(t *testing.T) {
	dir := filepath.Join("..", "..", ".cache", "data", "fashion-mnist")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("make data has not fetched it")
	}
	got, err := FashionMNIST(dir, "test")
	if err != nil {
		t.Fatal(err)
	}
	counts := map[int]int{}
	for _, l := range got.Labels {
		counts[l]++
	}
	if got.Rows != 10_000 || got.Cols != 784 || len(counts) != 10 || counts[0] != 1000 || counts[9] != 1000 {
		t.Errorf("%d rows, %d columns, %v", got.Rows, got.Cols, counts)
	}
}
