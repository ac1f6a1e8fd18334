package vae

import (
	"context"

	"github.com/robustloss/gomlx-robustloss/data/synth"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
)

// Command is the experiment's command line.
type Command struct {
	Faces FacesCommand `cmd:"" help:"Write synthetic faces in CelebA's folders and formats."`
}

// FacesCommand writes synthetic faces.
type FacesCommand struct {
	Dir        string `arg:"" help:"Folder to write to." type:"path"`
	Train      int    `help:"Training images." default:"4096"`
	Validation int    `help:"Validation images." default:"512"`
	Test       int    `help:"Test images." default:"0"`
	Seed       uint64 `help:"Seed: the same seed gives the same files." default:"1"`
}

// Run writes the faces.
func (c *FacesCommand) Run(ctx context.Context, s *cli.Session) error {
	options := synth.FacesOptions{Train: c.Train, Validation: c.Validation, Test: c.Test, Seed: c.Seed}
	if err := synth.WriteFaces(ctx, c.Dir, options); err != nil {
		return err
	}
	s.Notef("%d faces in %s", c.Train+c.Validation+c.Test, c.Dir)
	return nil
}
