package tabular

import (
	"bytes"
	"embed"
	"fmt"
	"path/filepath"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

//go:embed tables/*.csv tables/*.csv.gz
var shippedFiles embed.FS

// shipped reads a table of the folder tables.
func shipped(file, name string, o Options) (*Table, error) {
	content, err := shippedFiles.ReadFile("tables/" + file)
	if err != nil {
		return nil, err
	}
	r, err := input.NewPacked(bytes.NewReader(content), name, 0)
	if err != nil {
		return nil, err
	}
	t, err := decodeText(r, o)
	if err != nil {
		return nil, err
	}
	t.Name = name
	return t, t.Validate()
}

// Digits returns the test set of the UCI optical digits: 1,797 images of 8×8 pixels with values from 0 to 16, and the
// digit of each. Its source and licence (CC BY 4.0) are in tables/LICENSE.md.
func Digits() (*Table, error) {
	return shipped("optdigits.tes.csv.gz", "optical digits", Options{Header: headerNo})
}

// Stars returns the Hertzsprung-Russell diagram of the star cluster CYG OB1: of 47 stars the decimal logarithms of the
// temperature and of the light intensity. The classes are "giant" (4 stars) and "main sequence". The giants are leverage
// points: the least-squares line of log_light on log_temperature has the slope −0.41, where that of the other stars is
// positive. The source is in tables/LICENSE.md.
func Stars() (*Table, error) {
	return shipped("stars.csv", "stars of CYG OB1", Options{Header: headerYes, Label: "kind"})
}

// StackLoss returns 21 days of a plant that oxidises ammonia, a data set that robust regression is often tried on: ten times
// the percentage of ammonia that is lost (STACKLOSS, the response), AIRFLOW, WATERTEMP and ACIDCONC. It is in the public
// domain; the source is in tables/LICENSE.md.
func StackLoss() (*Table, error) {
	return shipped("stackloss.csv", "stack loss", Options{Header: headerYes, Label: "none"})
}

// FashionMNIST reads Zalando's images of clothes, 28×28 pixels with values from 0 to 255, in ten classes, from a folder with
// the four files of Fashion-MNIST, as `make data` leaves it in .cache/data/fashion-mnist. part is "train", 60,000 images
// (376 MB as float64), or "test", 10,000 images.
func FashionMNIST(dir, part string) (*Table, error) {
	start, ok := map[string]string{"train": "train", "test": "t10k"}[part]
	if !ok {
		return nil, fmt.Errorf("tabular: no part %q of Fashion-MNIST: want train or test", part)
	}
	images := filepath.Join(dir, start+"-images-idx3-ubyte.gz")
	t, err := Read(images, Options{LabelFile: filepath.Join(dir, start+"-labels-idx1-ubyte.gz")})
	if err != nil {
		return nil, fmt.Errorf("%w (make data fetches Fashion-MNIST)", err)
	}
	names := []string{"T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"}
	if t.Cols != 28*28 || len(t.Classes) != len(names) {
		return nil, fmt.Errorf("%s: %d values in %d classes: want 784 in 10, as Fashion-MNIST has", input.Name(images), t.Cols, len(t.Classes))
	}
	t.Name, t.Classes = "Fashion-MNIST, "+part, names // the labels are 0 to 9
	return t, nil
}
