// The program experiments trains, evaluates and tabulates the experiments of the paper [1]:
//
//	go run ./experiments --help
//	go run ./experiments vae table --preset quick
//
// Each experiment is a package with the whole of it: model, training, evaluation, table, figures.
//
// [1] J. T. Barron, "A General and Adaptive Robust Loss Function", CVPR 2019, arXiv:1701.03077.
package main

import (
	"io"
	"os"

	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/clustering"
	"github.com/robustloss/gomlx-robustloss/experiments/depth"
	"github.com/robustloss/gomlx-robustloss/experiments/registration"
	"github.com/robustloss/gomlx-robustloss/experiments/vae"
)

// grammar is the command line: one field for each experiment.
type grammar struct {
	cli.Flags

	Clustering   clustering.Command   `cmd:"" name:"clustering" help:"Grouping of rows: robust continuous clustering with the general loss."`
	Depth        depth.Command        `cmd:"" name:"depth" help:"Depth from single images, learned from stereo pairs: eight rows of losses."`
	Registration registration.Command `cmd:"" name:"registration" help:"Alignment of partial scans: fast global registration with the general loss."`
	Sweep        sweepCommand         `cmd:"" name:"sweep" help:"One run of the tables' many, chosen by a scheduler's index; or the list of them."`
	Vae          vae.Command          `cmd:"" name:"vae" help:"Variational autoencoders of images: four likelihoods on three image representations."`
}

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) }

// execute runs one command line and returns the exit code.
func execute(args []string, stdout, stderr io.Writer) int {
	var g grammar
	program := cli.Program{
		Name:        "experiments",
		Description: "Trains, evaluates and tabulates the experiments of \"A General and Adaptive Robust Loss Function\".",
	}
	return cli.Main(program, &g, &g.Flags, args, stdout, stderr)
}
