package main

import (
	"fmt"
	"regexp"
	"strings"
)

// benchCase is something that is timed in every program that can do it.
type benchCase struct {
	name  string // as flags and files give it
	title string // as tables give it
	// moved is how many numbers an element reads and writes, at least: what memory bandwidth allows is moved numbers in the
	// time of a copy, which moves two. 0 means that the case has no size: it is one job.
	moved int
	// only float32 where it is a model's training step.
	float32Only bool
	// peers are the forms of the case that other programs have.
	peers []string
}

// The programs, and the forms of what they compute.
const (
	formXLA = "xla" // this library, compiled by XLA
	formGo  = "go"  // this library in pure Go
	// JAX with the published formulas and automatic differentiation, as the author's code has them.
	formJAX = "jax"
	// JAX with this library's way of computing the same: shared subexpressions, derivatives by hand, wavelets as products with
	// matrices, transposed convolutions by phases.
	formJAXOurs = "jax-ours"
	// JAX with another network, which is quick there: nearest neighbours and a convolution in place of a transposed one.
	formJAXResize = "jax-resize"
	// PyTorch without compilation, with the published formulas.
	formTorch = "torch"
)

var ours = []string{formXLA, formGo}

var cases = []benchCase{
	{name: "copy", title: "−x, a copy", moved: 2, peers: []string{formJAX, formTorch}},
	{name: "rho", title: "ρ, one α", moved: 2, peers: []string{formJAX, formJAXOurs, formTorch}},
	{name: "rho-dx", title: "ρ and ∂x, one α", moved: 3, peers: []string{formJAX, formJAXOurs, formTorch}},
	{name: "rho-all", title: "ρ, ∂x, ∂α and ∂c, an α and a c for each element", moved: 7, peers: []string{formJAX, formJAXOurs, formTorch}},
	{name: "nll", title: "NLL, ∂x, ∂α and ∂c, an α and a c for each of 100 columns", moved: 3, peers: []string{formJAX, formJAXOurs, formTorch}},
	{name: "sample", title: "samples at one α", moved: 1, peers: []string{formJAX}},
	{name: "image", title: "image loss and its gradients, 8×64×64×3, YUV, CDF 9/7", float32Only: true, peers: []string{formJAX, formJAXOurs, formTorch}},
	{name: "vae", title: "VAE training step, 16×64×64×3, the author's network", float32Only: true, peers: []string{formJAX, formJAXOurs, formJAXResize}},
	{name: "depth", title: "depth training step, 8×32×96×3, U-Net, adaptive α", float32Only: true, peers: []string{formJAX, formJAXOurs}},
}

// job is one case at one size: what a process is started for.
type job struct {
	Case  string `json:"case"`
	Size  int    `json:"size,omitempty"` // elements; 0 where the case has no size
	DType string `json:"dtype"`
}

// String names the job: case/size/dtype, as the flag -bench matches it.
func (j job) String() string {
	if j.Size == 0 {
		return j.Case + "/" + j.DType
	}
	return fmt.Sprintf("%s/%.0e/%s", j.Case, float64(j.Size), j.DType)
}

// selection says what is measured.
type selection struct {
	bench  *regexp.Regexp
	sizes  []int
	dtypes []string
	with   []string // other programs: jax, torch
}

// jobs returns the selected jobs in the order of the tables.
func (s selection) jobs() (jobs []job) {
	for _, c := range cases {
		for _, dtype := range s.dtypes {
			if c.float32Only && dtype != "float32" {
				continue
			}
			sizes := s.sizes
			if c.moved == 0 {
				sizes = []int{0}
			}
			for _, size := range sizes {
				if j := (job{c.name, size, dtype}); s.bench.MatchString(j.String()) {
					jobs = append(jobs, j)
				}
			}
		}
	}
	return jobs
}

// forms returns the programs that are timed on a case.
func (s selection) forms(c benchCase) []string {
	forms := append([]string(nil), ours...)
	for _, peer := range c.peers {
		for _, program := range s.with {
			if peer == program || strings.HasPrefix(peer, program+"-") {
				forms = append(forms, peer)
			}
		}
	}
	return forms
}

// caseOf returns the case of a name.
func caseOf(name string) (benchCase, error) {
	for _, c := range cases {
		if c.name == name {
			return c, nil
		}
	}
	return benchCase{}, fmt.Errorf("there is no case %q", name)
}
