// Command tables makes the tables that the comments of package scalar refer to: how often its confidence intervals hold the truth, and how often robust
// regressions find a plane beside outliers.
//
//	go run ./robustloss/scalar/tables coverage     # minutes: 2,000 samples of nine kinds
//	go run ./robustloss/scalar/tables breakdown
//
// writes coverage.json or breakdown.json, and the table made of it, into the folder of this program.
package main

import (
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
		fmt.Fprintln(flag.CommandLine.Output(), "usage: tables [flags] coverage|breakdown")
		flag.PrintDefaults()
	}
	samples := flag.Int("samples", 2000, "simulated samples of each kind, for coverage")
	seed := flag.Uint64("seed", 1, "of the random numbers, for coverage")
	out := flag.String("out", "robustloss/scalar/tables", "folder to write to")
	flag.Parse()
	command := "go run ./robustloss/scalar/tables "
	var table interface{ Markdown() string }
	switch name := flag.Arg(0); {
	case flag.NArg() != 1:
		flag.Usage()
		os.Exit(2)
	case name == "coverage" && *samples > 0:
		table = coverage(fmt.Sprintf("%s-samples %d -seed %d coverage", command, *samples, *seed), *samples, *seed)
	case name == "breakdown":
		peers, err := readPeers(filepath.Join(*out, "peers.json"))
		if err != nil {
			log.Fatal(err)
		}
		table = breakdown(command+"breakdown", peers, peers.Repeats)
	default:
		log.Fatalf("no table %q with %d samples: coverage or breakdown, and at least one sample", name, *samples)
	}
	text, err := json.MarshalIndent(table, "", " ")
	if err != nil {
		log.Fatal(err)
	}
	for extension, content := range map[string]string{".json": string(text) + "\n", ".md": table.Markdown()} {
		if err := os.WriteFile(filepath.Join(*out, flag.Arg(0)+extension), []byte(content), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
