package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/robustloss/gomlx-robustloss/notebooks/show"
)

// The README shows what the code draws.
func TestFigureIsUpToDate(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("other processors round curves differently in the last digit, which may move a pixel")
	}
	drawn := filepath.Join(t.TempDir(), "loss.png")
	if err := show.WritePNG(drawn, plots()...); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(drawn)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the program draws now: run go run ./notebooks/figures", path)
	}
}
