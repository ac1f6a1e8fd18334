package tabular

import (
	"bytes"
	"compress/gzip"
	_ "embed" // for the digits
	"fmt"
)

//go:embed digits/optdigits.tes.csv.gz
var digitsFile []byte

// Digits returns the test set of the UCI optical digits: 1,797 images of 8×8 pixels with values from 0 to 16, and the
// digit of each. Its source and licence (CC BY 4.0) are in digits/LICENSE.md.
func Digits() (*Table, error) {
	const name = "optical digits"
	z, err := gzip.NewReader(bytes.NewReader(digitsFile))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	t, err := decodeText(z, name, Options{})
	if err != nil {
		return nil, err
	}
	t.Name = name
	return t, t.Validate()
}
