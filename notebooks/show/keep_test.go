package show

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

func TestKeep_GivesBackWhatWasKept(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(protocol.GONB_TMP_DIR_ENV, dir)
	r := record(t)
	type result struct {
		Name   string
		Values []float64
	}
	want := result{"fit", []float64{0, math.Inf(-1), 0.1, math.NaN()}}
	Keep("fit", result{"older", nil})
	Keep("fit", want)
	got := Kept[result]("fit")
	if r.status != -1 {
		t.Fatalf("the cell ended: %v", r.messages)
	}
	if got.Name != want.Name || len(got.Values) != 4 || got.Values[1] != want.Values[1] || got.Values[2] != 0.1 || !math.IsNaN(got.Values[3]) {
		t.Errorf("got %v, want %v", got, want)
	}
	files, err := os.ReadDir(filepath.Join(dir, "kept"))
	if err != nil || len(files) != 1 {
		t.Errorf("%d files are left (%v), want the one value", len(files), err)
	}
}

func TestKept_SaysWhatIsWrong(t *testing.T) {
	t.Setenv(protocol.GONB_TMP_DIR_ENV, t.TempDir())
	r := record(t)
	Kept[float64]("nothing")
	r.wantFailure(t, `nothing is kept under &#34;nothing&#34;`, "run the cell above")
	r = record(t)
	Keep("text", "a string")
	Kept[float64]("text")
	r.wantFailure(t, "cannot read")
	r = record(t)
	Keep("function", func() {})
	r.wantFailure(t, "cannot keep")
}
