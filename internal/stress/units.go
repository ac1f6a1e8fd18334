//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// stressVariable is 1 in the environment where the tests of this package are to be run, which take long.
const stressVariable = "ROBUSTLOSS_STRESS"

// experiment is a small run that can be killed.
type experiment struct {
	name string
	args []string
}

// experiments are runs of every experiment, in pure Go, which is bit for bit the same at each time.
var experiments = []experiment{
	{"vae", strings.Fields("vae train --preset tiny --only general,wavelet --backend go")},
	{"depth", strings.Fields("depth train --preset tiny --only adaptive --checkpoint-every 5 --backend go")},
	{"registration", strings.Fields("registration table --preset tiny")},
	{"clustering", strings.Fields("clustering table --preset tiny")},
}

// unit is what passes or fails as one: a package with the flags of go test. Units with the same flags run in one command.
type unit struct {
	name  string // part/what
	flags []string
	pkg   string // import path
	own   bool   // a test of this package, which is skipped unless it is asked for
}

// part is a kind of stress and what belongs to it.
type part struct {
	name  string
	units func(ctx context.Context, p plan) ([]unit, error)
}

// parts are in the order in which they run: what is lost or wrong comes before what is only slow to show.
func parts() []part {
	return []part{
		{"kills", eachExperiment("kills", "TestStress_KilledRunsEndWithTheSameNumbers")},
		{"signals", eachExperiment("signals", "TestStress_SignalsSaveAndExitCleanly")},
		{"disk", own("disk/vae", "^TestStress_FullDiskLosesNothing$")},
		{"processes", eachExperiment("processes", "TestStress_TwoProcessesComputeTheSameBits")},
		{"memory", own("memory/loss", "^TestStress_MemoryOfTheLossIsFlat$", "memory/training", "^TestStress_MemoryOfALongTrainingIsFlat$")},
		{"fuzz", fuzzTargets},
		{"race", packages("race", "-race", noCheckOfMatmul, "-count=1", "-skip="+executions)},
		{"order", func(ctx context.Context, p plan) ([]unit, error) {
			all, err := packages("order", "-shuffle=on", "-count=5", "-skip="+executions)(ctx, p)
			return append(all, unit{"order/every-notebook", []string{"-shuffle=on", "-count=1", "-run=" + executions}, path.Join(p.module, "internal/reports"), false}), err
		}},
	}
}

// executions are the tests that execute all notebooks. They take a quarter of an hour and are programs of other processes, so that
// they run once in a random order and not with the race detector, which would watch the test alone.
const executions = "^TestReports_OfAll"

// noCheckOfMatmul leaves out what -race adds to watching for races, checks of the arithmetic with pointers, in the one package that
// does not pass them: compute's products of matrices with AVX2 keep addresses as numbers (uintptr) and make pointers of them. Their
// reads and writes are watched like all others.
const noCheckOfMatmul = "-gcflags=github.com/gomlx/compute/internal/gobackend/dot/matmul=-d=checkptr=0"

func partNames() []string {
	var names []string
	for _, p := range parts() {
		names = append(names, p.name)
	}
	return names
}

// units lists what the plan asks for.
func (p plan) units(ctx context.Context) ([]unit, error) {
	module, err := goList(ctx, p.root, "-m")
	if err != nil {
		return nil, err
	}
	p.module = module[0]
	var all []unit
	for _, part := range parts() {
		if !slices.Contains(p.parts, part.name) {
			continue
		}
		some, err := part.units(ctx, p)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return slices.DeleteFunc(all, func(u unit) bool { return !strings.Contains(u.name, p.match) }), nil
}

// own gives tests of this package by their names and patterns.
func own(namesAndPatterns ...string) func(context.Context, plan) ([]unit, error) {
	return func(_ context.Context, p plan) (all []unit, err error) {
		for pair := range slices.Chunk(namesAndPatterns, 2) {
			all = append(all, unit{pair[0], []string{"-v", "-count=1", "-run=" + pair[1]}, path.Join(p.module, "internal/stress"), true})
		}
		return all, nil
	}
}

// eachExperiment gives a test of this package for each experiment.
func eachExperiment(part, test string) func(context.Context, plan) ([]unit, error) {
	var pairs []string
	for _, e := range experiments {
		pairs = append(pairs, part+"/"+e.name, "^"+test+"$/^"+e.name+"$")
	}
	return own(pairs...)
}

// packages gives the tests of every package of the clone with some flags.
func packages(part string, flags ...string) func(context.Context, plan) ([]unit, error) {
	return func(ctx context.Context, p plan) ([]unit, error) {
		found, err := goList(ctx, p.root, "-f", "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}", "./...")
		if err != nil {
			return nil, err
		}
		var all []unit
		for _, pkg := range found {
			all = append(all, unit{part + strings.TrimPrefix(pkg, p.module), flags, pkg, false})
		}
		return all, nil
	}
}

// goList returns what go list prints in the clone.
func goList(ctx context.Context, root string, args ...string) ([]string, error) {
	list := exec.CommandContext(ctx, "go", append([]string{"list"}, args...)...)
	list.Dir, list.Stderr = root, os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	return strings.Fields(string(out)), nil
}

var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w*)\(`)

// fuzzTargets finds every fuzz target of the clone. To make an interesting input shorter may take 2 s, not the usual 60 s, in which
// nothing new is tried.
func fuzzTargets(_ context.Context, p plan) ([]unit, error) {
	var all []unit
	err := filepath.WalkDir(p.root, func(file string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && file != p.root && strings.HasPrefix(entry.Name(), ".") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, "_test.go") {
			return nil
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(p.root, filepath.Dir(file))
		if err != nil {
			return err
		}
		for _, m := range fuzzTarget.FindAllSubmatch(content, -1) {
			target := string(m[1])
			flags := []string{"-run=^$", "-fuzz=^" + target + "$", "-fuzztime=" + p.fuzzTime, "-fuzzminimizetime=2s"}
			all = append(all, unit{path.Join("fuzz", filepath.ToSlash(folder), target), flags, path.Join(p.module, filepath.ToSlash(folder)), false})
		}
		return nil
	})
	return all, err
}
