package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// arithmetic is a way of computing the same numbers: the last digits differ from one to the next, no conclusion may.
type arithmetic struct {
	name string
	what string
	env  []string // added to this process's environment
	xla  bool     // computes with XLA
	simd bool     // compiles Go with GOEXPERIMENT=simd
	one  bool     // on one processor
	isa  bool     // compiles XLA's kernels for another instruction set
	fma  bool     // lets Go fuse multiplications and additions
}

// maxISA is the flag with which XLA's plugin for the CPU is kept from instructions that the processor has.
const maxISA = "--xla_cpu_max_isa="

// arithmetics are the ones that the program knows. The first is what users have.
//
// XLA compiles its kernels for the processor it runs on. Without AVX2 it has no fused multiply-add, which rounds once and not
// twice; without AVX it does not compile float16 at all. On one processor it divides the work of large sums
// differently where it has made fewer threads; the plugin does not obey --xla_cpu_multi_thread_eigen nor NPROC, so the
// processors that it may use are taken away. Pure Go adds in another order than XLA does, and in yet another with SIMD. For
// newer processors of amd64, and always on arm64, Go's compiler fuses multiplications and additions, also in all code that has
// nothing to do with a backend.
var arithmetics = []arithmetic{
	{name: "xla", what: "XLA as it is", xla: true, simd: true},
	{name: "xla-avx", what: "XLA without AVX2 and FMA", xla: true, simd: true, isa: true, env: []string{"XLA_FLAGS=" + maxISA + "AVX"}},
	{name: "xla-avx2", what: "XLA without AVX-512", xla: true, simd: true, isa: true, env: []string{"XLA_FLAGS=" + maxISA + "AVX2"}},
	{name: "xla-one", what: "XLA on one processor", xla: true, simd: true, one: true},
	{name: "go-simd", what: "pure Go with SIMD", simd: true, env: []string{"GOMLX_BACKEND=go"}},
	{name: "go", what: "pure Go without SIMD", env: []string{"GOMLX_BACKEND=go"}},
	{name: "go-fma", what: "pure Go with fused operations", fma: true, env: []string{"GOMLX_BACKEND=go", "GOAMD64=v3"}},
}

// pluginFile is where make setup puts XLA's plugin for the CPU, relative to the clone.
const pluginFile = ".venv/lib/pjrt/pjrt_c_api_cpu_plugin.so"

// missing says why an arithmetic cannot be had on this machine, "" where it can.
func (a arithmetic) missing(root string) string {
	amd64 := runtime.GOARCH == "amd64"
	if !amd64 && (a.isa || a.fma || a.simd && !a.xla) {
		return "the processor is no amd64"
	}
	if a.fma && !hasFMA() {
		return "the processor is not known to have fused operations"
	}
	if _, err := exec.LookPath("taskset"); a.one && err != nil {
		return "there is no taskset, which takes processors away from a process"
	}
	if _, err := os.Stat(filepath.Join(root, pluginFile)); a.xla && err != nil {
		return "XLA has no plugin for the CPU here"
	}
	return ""
}

// hasFMA tells whether the processor runs programs that are compiled with GOAMD64=v3. It knows on Linux only.
func hasFMA() bool {
	facts, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return false
	}
	_, flags, _ := strings.Cut(string(facts), "\nflags")
	flags, _, _ = strings.Cut(flags, "\n")
	for _, needed := range []string{"fma", "avx2", "bmi1", "bmi2", "f16c", "movbe"} {
		if !slices.Contains(strings.Fields(flags), needed) {
			return false
		}
	}
	return true
}

// environ is the environment of a run. XLA's flags are added to those that are set. They stand there even where there are none, or the tests
// that train would compile without optimising: see testkit.CompileQuickly.
func (a arithmetic) environ(more ...string) []string {
	experiment := "GOEXPERIMENT="
	if a.simd && runtime.GOARCH == "amd64" {
		experiment += "simd"
	}
	env := append(os.Environ(), experiment, "GOMLX_BACKEND=xla:cpu", "XLA_FLAGS="+os.Getenv("XLA_FLAGS"))
	for _, setting := range a.env {
		if flags, ok := strings.CutPrefix(setting, "XLA_FLAGS="); ok {
			setting = "XLA_FLAGS=" + strings.TrimSpace(os.Getenv("XLA_FLAGS")+" "+flags)
		}
		env = append(env, setting)
	}
	return append(env, more...)
}

// command is a command line in this arithmetic.
func (a arithmetic) command(line ...string) []string {
	if !a.one {
		return line
	}
	return append([]string{"taskset", "--cpu-list", strconv.Itoa(firstProcessor())}, line...)
}

// firstProcessor is the number of a processor that this process may use.
func firstProcessor() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, list, _ := strings.Cut(string(status), "Cpus_allowed_list:")
	first := strings.FieldsFunc(list, func(r rune) bool { return r < '0' || r > '9' })
	if len(first) == 0 {
		return 0
	}
	number, _ := strconv.Atoi(first[0])
	return number
}

// choose returns the arithmetics that a list names, all that can be had where it is empty. What cannot be had is told,
// and is an error where it was asked for by name.
func choose(root string, list []string, tell func(format string, args ...any)) ([]arithmetic, error) {
	if len(list) == 0 {
		var all []arithmetic
		for _, a := range arithmetics {
			if reason := a.missing(root); reason != "" {
				tell("without %s (%s): %s", a.name, a.what, reason)
				continue
			}
			all = append(all, a)
		}
		return all, nil
	}
	var chosen []arithmetic
	for _, name := range list {
		i := slices.IndexFunc(arithmetics, func(a arithmetic) bool { return a.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no arithmetic %q: there are %s", name, names())
		}
		if reason := arithmetics[i].missing(root); reason != "" {
			return nil, fmt.Errorf("%s: %s", name, reason)
		}
		chosen = append(chosen, arithmetics[i])
	}
	return chosen, nil
}

// names lists the arithmetics.
func names() string {
	var all []string
	for _, a := range arithmetics {
		all = append(all, a.name)
	}
	return strings.Join(all, ", ")
}
