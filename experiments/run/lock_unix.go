//go:build unix

package run

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// lockFile takes the lock on path for this process and returns the open file; closing it gives the lock back. The
// kernel gives it back too when the process dies, however it dies.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("cannot lock the run: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(path)
		_ = f.Close()
		return nil, fmt.Errorf("another process (%s) is working in this run directory: wait for it, or choose another directory (lock file %s)",
			strings.TrimSpace(string(holder)), path)
	}
	if err := f.Truncate(0); err == nil {
		_, _ = fmt.Fprintf(f, "pid %d\n", os.Getpid())
	}
	return f, nil
}
