package tabular_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// write makes a file with that content.
func write(name, content string) (path string) {
	path = filepath.Join(must(os.MkdirTemp("", "example")), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		panic(err)
	}
	return path
}

func ExampleRead() {
	path := write("stars.csv", "temperature,light,kind\n4.37,5.23,dwarf\n3.49,6.29,giant\n4.56,5.74,dwarf\n")
	defer os.RemoveAll(filepath.Dir(path))
	t := must(tabular.Read(path, tabular.Options{Label: "kind"}))
	fmt.Println(t.Rows, "rows,", t.Cols, "columns,", t.Classes, t.Labels)
	fmt.Println(t.Row(1), t.Head(2).Rows, t.Validate())
	// Output:
	// 3 rows, 2 columns, [dwarf giant] [0 1 0]
	// [3.49 6.29] 2 <nil>
}

// A line that could be a header or a row is an error that says how to decide.
func ExampleOptions() {
	path := write("frame.csv", "0,1,label\n4.37,5.23,a\n3.49,6.29,b\n")
	defer os.RemoveAll(filepath.Dir(path))
	_, err := tabular.Read(path, tabular.Options{})
	fmt.Println(filepath.Base(err.Error()))
	t := must(tabular.Read(path, tabular.Options{Header: "yes"}))
	fmt.Println(t.Rows, "rows of", t.Classes)
	// Output:
	// frame.csv:1: the line counts its columns, 0, 1, …: it could be the header that a data frame writes, or a row: say which (--header yes or no)
	// 2 rows of [a b]
}

func ExampleDigits() {
	digits := must(tabular.Digits())
	fmt.Println(digits.Rows, digits.Cols, digits.Classes[digits.Labels[0]], digits.Row(0)[:8])
	// Output: 1797 64 0 [0 0 5 13 9 1 0 0]
}

// The giants turn the least-squares line around.
func ExampleStars() {
	stars := must(tabular.Stars())
	fmt.Println(stars.Rows, stars.Columns, stars.Classes, stars.Row(10), stars.Classes[stars.Labels[10]])
	// Output: 47 [log_temperature log_light] [giant main sequence] [3.49 5.73] giant
}

func ExampleStackLoss() {
	plant := must(tabular.StackLoss())
	fmt.Println(plant.Rows, plant.Columns, plant.Row(0))
	// Output: 21 [STACKLOSS AIRFLOW WATERTEMP ACIDCONC] [42 80 27 89]
}

// Without the files, the error says how to get them.
func ExampleFashionMNIST() {
	_, err := tabular.FashionMNIST("nowhere", "test")
	fmt.Println(err)
	// Output: nowhere/t10k-images-idx3-ubyte.gz: no such file or directory (make data fetches Fashion-MNIST)
}

func ExampleSynth() {
	t := must(tabular.Synth(tabular.SynthOptions{Kind: "t3", Clusters: 3, PerCluster: 40, Cols: 2, Outliers: .1, Seed: 1}))
	fmt.Println(t.Rows, "rows in", len(t.Classes), "classes; other kinds:", tabular.SynthKinds())
	// Output: 132 rows in 3 classes; other kinds: [gaussian t3 curved lines]
}
