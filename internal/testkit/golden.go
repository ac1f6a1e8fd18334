package testkit

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

//go:embed golden
var golden embed.FS

// Golden fills v, a pointer, from a file of the folder golden.
func Golden(tb testing.TB, name string, v any) {
	tb.Helper()
	data, err := golden.ReadFile("golden/" + name)
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		tb.Fatalf("golden/%s: %v", name, err)
	}
}

// Float is a float64 that JSON holds as a number or as a string such as "1e-300", "Inf" or "NaN".
type Float float64

// UnmarshalJSON reads the number or the string.
func (f *Float) UnmarshalJSON(data []byte) error {
	value, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	if err != nil {
		return fmt.Errorf("%s is not a number", data)
	}
	*f = Float(value)
	return nil
}
