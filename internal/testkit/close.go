package testkit

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// maxReported is how many wrong elements a failure lists.
const maxReported = 5

// Close reports whether |got − want| ≤ max(abs, rel·|want|). Equal infinities are close, and so are two NaN.
func Close(got, want, rel, abs float64) bool {
	if got == want || (math.IsNaN(got) && math.IsNaN(want)) {
		return true
	}
	if math.IsInf(got, 0) || math.IsInf(want, 0) {
		return false
	}
	return math.Abs(got-want) <= math.Max(abs, rel*math.Abs(want))
}

// CheckClose fails the test where an element of got is not [Close] to that of want. See [ClosenessVariable].
func CheckClose(tb testing.TB, what string, got, want []float64, rel, abs float64) {
	tb.Helper()
	if len(got) != len(want) {
		tb.Errorf("%s: got %d numbers, want %d", what, len(got), len(want))
		return
	}
	wrong, used := 0, 0.0
	for i := range want {
		used = max(used, usedUp(got[i], want[i], rel, abs))
		if Close(got[i], want[i], rel, abs) {
			continue
		}
		if wrong++; wrong <= maxReported {
			tb.Errorf("%s[%d] = %.17g, want %.17g (off by %.3g, relative %.3g; allowed %.3g, relative %.3g)",
				what, i, got[i], want[i], got[i]-want[i], math.Abs(got[i]/want[i]-1), abs, rel)
		}
	}
	if wrong > maxReported {
		tb.Errorf("%s: %d of %d numbers are wrong", what, wrong, len(want))
	}
	if folder := os.Getenv(ClosenessVariable); folder != "" {
		if err := record(folder, closeness{Test: tb.Name(), What: what, Used: used}); err != nil {
			tb.Errorf("%s=%s: %v", ClosenessVariable, folder, err)
		}
	}
}

// ClosenessVariable names a folder into which every [CheckClose] writes how much of its tolerance was used up, for programs that
// compare runs: a file for each test program, a line of JSON for each comparison.
const ClosenessVariable = "ROBUSTLOSS_CLOSENESS"

// closeness says that the worst element of a comparison was off by the fraction Used of what was allowed.
type closeness struct {
	Test string  `json:"test"`
	What string  `json:"what"`
	Used float64 `json:"used"`
}

// usedUp is the error of an element as a fraction of what is allowed, 1e9 at most.
func usedUp(got, want, rel, abs float64) float64 {
	off, allowed := math.Abs(got-want), math.Max(abs, rel*math.Abs(want))
	switch {
	case got == want || math.IsNaN(got) && math.IsNaN(want):
		return 0
	case off < 1e9*allowed:
		return off / allowed
	}
	return 1e9
}

// recording is the file of this program in a folder, opened by the first comparison.
var recording struct {
	sync.Mutex
	folder string
	file   *os.File
}

func record(folder string, c closeness) error {
	recording.Lock()
	defer recording.Unlock()
	if recording.folder != folder {
		name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".test")
		file, err := os.CreateTemp(folder, name+"-*.jsonl")
		if err != nil {
			return err
		}
		if recording.file != nil {
			_ = recording.file.Close()
		}
		recording.folder, recording.file = folder, file
	}
	return json.NewEncoder(recording.file).Encode(c)
}
