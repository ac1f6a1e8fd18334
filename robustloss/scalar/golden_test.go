package scalar

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"strconv"
	"testing"
)

// number is a float64 that JSON holds as a number or as a string such as "Inf".
type number float64

func (n *number) UnmarshalJSON(text []byte) error {
	if len(text) > 1 && text[0] == '"' {
		text = text[1 : len(text)-1]
	}
	x, err := strconv.ParseFloat(string(text), 64)
	if errors.Is(err, strconv.ErrRange) {
		err = nil // 0 or ±Inf is what the type holds
	}
	*n = number(x)
	return err
}

// readJSON reads a file of vectors: a name in testdata, or a path.
func readJSON(t testing.TB, path string, v any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

const goldenDir = "../../internal/testkit/golden/"

// relativeError returns |got−want|/|want|; 0 if both are equal (also infinite), +Inf if one of them is NaN or infinite.
func relativeError(got, want float64) float64 {
	switch {
	case got == want || math.IsNaN(got) && math.IsNaN(want):
		return 0
	case math.IsNaN(got) || math.IsNaN(want) || math.IsInf(got, 0) || math.IsInf(want, 0):
		return math.Inf(1)
	}
	return math.Abs(got-want) / math.Abs(want)
}
