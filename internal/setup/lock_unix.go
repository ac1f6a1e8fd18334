//go:build unix

package main

import (
	"fmt"
	"os"
	"syscall"
)

// lock waits until no other set-up is at work in the clone, and keeps others waiting until the returned function is called.
func lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		fmt.Fprintln(os.Stderr, "setup: waiting for another set-up of this clone")
		if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
			_ = file.Close()
			return nil, fmt.Errorf("cannot lock %s: %w", path, err)
		}
	}
	return func() { _ = file.Close() }, nil
}
