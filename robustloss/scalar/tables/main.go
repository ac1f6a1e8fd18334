// Command tables makes the tables that the comments of package scalar refer to: how often its confidence intervals hold the truth,
// and its bootstrap's where theory fails, how often robust regressions find a plane beside outliers, and where one distribution of
// vectors beats one for each coordinate.
//
//	go run ./robustloss/scalar/tables coverage     # six minutes of a processor: 2,000 samples of nine kinds
//	go run ./robustloss/scalar/tables bootstrap    # four minutes of a processor: 200 samples of four kinds
//	go run ./robustloss/scalar/tables breakdown
//	go run ./robustloss/scalar/tables vectors
//
// run in the folder of the module, writes coverage.json, bootstrap.json, breakdown.json or vectors.json, and the table made of it, into the folder of this program.
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: tables [flags] coverage|bootstrap|breakdown|vectors")
		flag.PrintDefaults()
	}
	samples := flag.Int("samples", 0, "simulated samples of each kind, for coverage and bootstrap; 0 for 2,000 and 200")
	seed := flag.Uint64("seed", 1, "of the random numbers, for coverage, bootstrap and vectors")
	out := flag.String("out", "robustloss/scalar/tables", "folder to write to")
	flag.Parse()
	command := "go run ./robustloss/scalar/tables "
	var table interface{ Markdown() string }
	switch name := flag.Arg(0); {
	case flag.NArg() != 1:
		flag.Usage()
		os.Exit(2)
	case name == "coverage" || name == "bootstrap":
		var err error
		if table, err = shares(command, name, *samples, *seed, *out); err != nil {
			log.Fatal(err)
		}
	case name == "breakdown":
		peers, err := readPeers(filepath.Join(*out, "peers.json"))
		if err != nil {
			log.Fatal(err)
		}
		table = breakdown(command+"breakdown", peers, peers.Repeats)
	case name == "vectors":
		var err error
		if table, err = vectors(fmt.Sprintf("%s-seed %d vectors", command, *seed), ".", *seed); err != nil {
			log.Fatal(err)
		}
	default:
		log.Fatalf("no table %q: coverage, bootstrap, breakdown or vectors", name)
	}
	if err := write(*out, flag.Arg(0), table); err != nil {
		log.Fatal(err)
	}
}

// shares makes the tables of coverage, and goes on with what an earlier run of the same command left in the folder.
func shares(command, name string, samples int, seed uint64, folder string) (Coverage, error) {
	cases, usual, simulations := regular, 2000, 0
	if name == "bootstrap" {
		cases, usual, simulations = irregular, 200, 99
	}
	if samples < 0 {
		return Coverage{}, fmt.Errorf("-samples %d: want at least one, or 0 for %d", samples, usual)
	}
	samples = cmp.Or(samples, usual)
	var earlier Coverage
	if text, err := os.ReadFile(filepath.Join(folder, name+".json")); err == nil {
		if err := json.Unmarshal(text, &earlier); err != nil {
			return Coverage{}, fmt.Errorf("%s.json: %w", name, err)
		}
	}
	command += fmt.Sprintf("-samples %d -seed %d %s", samples, seed, name)
	return coverage(command, cases, samples, simulations, seed, earlier, func(c Coverage) error { return write(folder, name, c) })
}

// write writes the numbers and the table.
func write(folder, name string, table interface{ Markdown() string }) error {
	text, err := json.MarshalIndent(table, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, name+".json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, name+".md"), []byte(table.Markdown()), 0o644)
}
