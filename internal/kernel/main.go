//go:build unix

// Command kernel runs a Jupyter kernel so that nothing of it outlives the program that started it: not the kernel, not the
// cells that it runs, not its temporary files.
//
//	kernel CONNECTION PROGRAM ARGUMENT…
//
// CONNECTION is the file in which Jupyter tells the kernel where to find it. {clone} in an argument stands for the clone of this
// project that holds the notebook, see withClone. For what GoNB calls Go, see buildCell.
//
// Jupyter stops its kernels when it ends in order. When it is killed it cannot, and GoNB and its cells would go on. So this
// program stays between them, the parent of GoNB in the same process group, and a third one, the janitor, waits in a
// session of its own for the end of this one. This one ends with GoNB, or when its parent is gone, and then removes the
// connection file, which would have been the parent's to remove. Whichever way it ends, also killed, the janitor kills what is
// left of the process group and removes the folder that was the kernel's TMPDIR. Folders that a power failure left are removed
// by the next kernel.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

func main() {
	if filepath.Base(os.Args[0]) == goName {
		end(buildCell(os.Args[1:]))
	}
	if len(os.Args) == 4 && os.Args[1] == janitorArgument {
		clean(os.Args[2], os.Args[3])
		return
	}
	end(run(os.Args[1:]))
}

// end ends this program.
func end(status int, err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "kernel:", err)
	}
	os.Exit(status)
}

// run runs a program until it ends or the parent is gone, and returns its status.
func run(args []string) (status int, err error) {
	if len(args) < 2 {
		return 2, errors.New("name the connection file, the program to run, and its arguments")
	}
	here, err := os.Getwd()
	if err != nil {
		return 1, err
	}
	connection, command := args[0], withClone(args[1:], here)
	parent := os.Getppid()
	if syscall.Getpgrp() != os.Getpid() { // the janitor kills the group: it must be this kernel's alone
		if err := syscall.Setpgid(0, 0); err != nil {
			return 1, err
		}
	}
	sweep()
	folder, alive, err := hireJanitor()
	if err != nil {
		return 1, err
	}
	defer runtime.KeepAlive(alive)
	path, err := standIn(folder)
	if err != nil {
		return 1, err
	}
	// Signals for the group reach the kernel without our help, and it decides what they mean.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "TMPDIR="+folder, "PATH="+path)
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	look := time.NewTicker(200 * time.Millisecond)
	for {
		select {
		case err := <-ended:
			if failed := new(exec.ExitError); err != nil && !errors.As(err, &failed) {
				return 1, err
			}
			return max(cmd.ProcessState.ExitCode(), 0), nil
		case <-look.C:
			if os.Getppid() != parent {
				_ = os.Remove(connection)
				return 1, nil // the janitor does the rest
			}
		}
	}
}

const (
	folderPattern   = "robustloss-kernel-*"
	lockName        = "lock"
	janitorArgument = "--janitor"
)

// hireJanitor makes the kernel's temporary folder, and starts the janitor. It reads from a pipe that nobody writes to. The
// writing end, alive, is open in this process and in no other, for it is closed on exec: its end tells the janitor that this
// process is no more. The caller keeps it from the garbage collector.
func hireJanitor() (folder string, alive *os.File, err error) {
	program, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	if folder, err = os.MkdirTemp("", folderPattern); err != nil {
		return "", nil, err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return "", nil, err
	}
	reader, alive, err := os.Pipe()
	if err != nil {
		return "", nil, err
	}
	defer reader.Close() //nolint:errcheck // it was only passed on
	janitor := exec.Command(program, janitorArgument, folder, strconv.Itoa(os.Getpid()))
	janitor.Dir = "/"
	janitor.Stdin = reader
	janitor.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return folder, alive, janitor.Start()
}

// clean waits for the end of the kernel's process, kills what is left of its group, and removes its folder. While it waits
// it holds the folder's lock.
func clean(folder, group string) {
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	lock, err := tryLock(folder)
	if err == nil {
		defer lock.Close() //nolint:errcheck // the lock ends with the process
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	if id, err := strconv.Atoi(group); err == nil && id > 1 {
		for range 250 { // five seconds: a process that waits for a disk takes a while to end
			if syscall.Kill(-id, syscall.SIGKILL) != nil {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	_ = os.RemoveAll(folder)
}

// tryLock takes the lock of a kernel's folder. It fails where another process has it.
func tryLock(folder string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(folder, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// sweep removes the folders of this user's kernels whose janitor is gone. A young folder may be one whose janitor has not
// come yet.
func sweep() {
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPattern))
	for _, folder := range folders {
		info, err := os.Lstat(folder)
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int(owner.Uid) != os.Getuid() {
			continue
		}
		if lock, err := tryLock(folder); err == nil {
			_ = os.RemoveAll(folder)
			_ = lock.Close()
		}
	}
}
