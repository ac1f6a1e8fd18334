//go:build unix

package main

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// goName is what GoNB calls to build a cell. This program stands in for it in the kernel's PATH, under that name.
const goName = "go"

// GoNB makes a program of every cell, also of one that only declares functions and types: it links it and runs it, and nothing
// happens, as main is empty. Linking is most of the time that such a cell takes. So it is compiled here as Go would, with the same
// errors, and a program that does nothing stands in for the one that would do nothing. Everything else is left to Go.
//
// buildCell returns the exit status, where Go has not taken over as a whole.
func buildCell(args []string) (status int, err error) {
	program, err := nextGo()
	if err != nil {
		return 1, err
	}
	here, err := os.Getwd()
	if err != nil || len(args) < 3 || args[0] != "build" || args[1] != "-o" || args[2] != filepath.Join(here, filepath.Base(here)) {
		return 1, syscall.Exec(program, append([]string{goName}, args...), os.Environ()) // not a cell
	}
	if os.Getenv("GOGC") == "" {
		_ = os.Setenv("GOGC", "400") // of Go's compiler and linker, which collect garbage for a tenth of their time
	}
	cell := args[2]
	_ = os.Remove(cell) // Go does not write over a program that is not one of its own
	source, err := os.ReadFile("main.go")
	if err != nil {
		return 1, err
	}
	initial, empty := initialisation(source)
	if known, err := os.ReadFile(initialised); err == nil && empty && bytes.Equal(known, initial) {
		compile := append(append([]string{"list", "-export"}, args[3:]...), ".")
		if exec.Command(program, compile...).Run() == nil {
			return 0, os.WriteFile(cell, []byte("#!/bin/sh\n"), 0o755) //nolint:gosec // a program
		} // else Go says what is wrong
	}
	if status := link(program, args); status != 0 {
		return status, nil
	}
	return 0, os.WriteFile(initialised, initial, 0o600)
}

// needsLinker is the file that says that the programs of this notebook need the linker of the C compiler.
const needsLinker = ".needs-linker"

// link builds a cell and returns the exit status. Wherever a package has C in it, as XLA's has, Go calls the linker of the C compiler,
// which takes a fifth of the time. It is needed only for a package that brings a library of C with it. So Go's own linker is tried
// first, and no longer where the cells of a notebook turn out to need the other one.
func link(program string, args []string) (status int) {
	_, err := os.Stat(needsLinker)
	flags := slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(strings.TrimLeft(arg, "-"), "ldflags") })
	try := err != nil && !flags && runtime.GOOS == "linux"
	if try {
		said, err := exec.Command(program, slices.Insert(slices.Clone(args), 3, "-ldflags=-w -linkmode=internal")...).CombinedOutput()
		if err == nil {
			_, _ = os.Stderr.Write(said)
			return 0
		}
	}
	build := exec.Command(program, args...)
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		return max(build.ProcessState.ExitCode(), 1)
	}
	if try {
		_ = os.WriteFile(needsLinker, nil, 0o600) // or each cell tries again
	}
	return 0
}

// initialised is the file that holds what the last program that was linked does before main, see initialisation.
const initialised = ".initialised"

// initialisation returns what a program does before main, the declarations of its variables and its functions init, and whether
// main is empty: GoNB writes flag.Parse() there.
func initialisation(source []byte) (text []byte, empty bool) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "main.go", source, parser.SkipObjectResolution)
	if err != nil {
		return nil, false
	}
	for _, d := range file.Decls {
		of := string(source[files.Position(d.Pos()).Offset:files.Position(d.End()).Offset])
		switch d := d.(type) {
		case *ast.GenDecl:
			if d.Tok != token.VAR {
				continue
			}
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == "main" {
				empty = strings.Join(strings.Fields(of), " ") == "func main() { flag.Parse() }"
			}
			if d.Recv != nil || d.Name.Name != "init" {
				continue
			}
		}
		text = append(text, of+"\n"...)
	}
	return text, empty
}

// standIn puts this program into a folder as go, and returns a PATH with that folder first.
func standIn(folder string) (path string, err error) {
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	folder = filepath.Join(folder, "bin")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return "", err
	}
	return folder + string(os.PathListSeparator) + os.Getenv("PATH"), os.Symlink(program, filepath.Join(folder, goName))
}

// nextGo returns the first go in PATH that is not this program.
func nextGo() (string, error) {
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	own, err := os.Stat(program)
	if err != nil {
		return "", err
	}
	folders := slices.DeleteFunc(filepath.SplitList(os.Getenv("PATH")), func(folder string) bool {
		found, err := os.Stat(filepath.Join(folder, goName))
		return err == nil && os.SameFile(found, own)
	})
	if err := os.Setenv("PATH", strings.Join(folders, string(os.PathListSeparator))); err != nil {
		return "", err
	}
	found, err := exec.LookPath(goName)
	if err != nil {
		return "", errors.New("go is not in PATH")
	}
	return found, nil
}
