//go:build unix

package clustering

import "syscall"

// processorSeconds returns the time that this program has kept processors busy, and whether the system tells it.
func processorSeconds() (seconds float64, ok bool) {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0, false
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9, true
}
