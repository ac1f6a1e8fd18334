package registration

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// Command is the experiment's command line.
type Command struct {
	Table   TableCommand   `cmd:"" help:"Make the runs that are not made yet, and print the tables."`
	Align   AlignCommand   `cmd:"" help:"Align one PLY file with another, and print the pose."`
	Figures FiguresCommand `cmd:"" help:"Draw one pair before and after, its residuals with their weights, and the schedules, as PNG files."`
	Pairs   PairsCommand   `cmd:"" help:"Write synthetic pairs in the layout of the fast global registration data set."`
}

// TableCommand makes the experiment.
type TableCommand struct {
	cli.Selection
	cli.Making
	cli.Tables
	Data string `help:"Folder that holds folders of pairs (Depth_0000.ply, Depth_0001.ply, gt.log, optional features). Without it, synthetic pairs." type:"path" placeholder:"DIR"`
}

// Help is shown below the flags.
func (TableCommand) Help() string {
	return "A run is kept in RUNS/registration/PRESET/seed-SEED/KEY, where RUNS is the folder of --runs. Keys for --only are " +
		strings.Join(runNames(), ", ") + ". SEED is that of the first pair and of the first problem; the others follow it."
}

// Run makes what is missing and prints the tables.
func (t *TableCommand) Run(ctx context.Context, s *cli.Session) error {
	return t.Print(s, cli.TableSource{
		Experiment: "registration",
		Make:       func() (string, error) { return t.make(ctx, s) },
		Kept: func() ([]*run.Table, error) {
			results, err := Kept(t.Preset)
			if err != nil {
				return nil, err
			}
			return Tables(results)
		},
		Tables: Tables,
	})
}

// runNames are the keys of the runs of a preset.
func runNames() (names []string) {
	pairs, problems, err := presets("quick")
	if err != nil {
		panic(err)
	}
	for _, c := range pairs {
		names = append(names, c.name())
	}
	for _, c := range problems {
		names = append(names, c.name())
	}
	return names
}

// folder is where the runs of the preset are, a folder for each seed in it.
func (t *TableCommand) folder() string {
	name := t.Preset
	if t.Data != "" {
		name += "-" + filepath.Base(t.Data)
	}
	return t.Dir("registration", name)
}

// plan returns the runs that are selected. folders are those of the pairs of --data, by noise.
func (t *TableCommand) plan(folders map[float64][]string) (plan []run.Spec, err error) {
	pairs, problems, err := presets(t.Preset)
	if err != nil {
		return nil, err
	}
	items := 0
	for _, c := range pairs {
		items = max(items, c.Pairs, len(folders[c.Noise]))
	}
	for _, c := range problems {
		items = max(items, c.Problems)
	}
	seeds, err := t.Seeds(items)
	if err != nil {
		return nil, err
	}
	names, err := t.Pick(runNames())
	if err != nil {
		return nil, err
	}
	for _, seed := range seeds {
		add := func(name string, config any) {
			if !slices.Contains(names[0], name) {
				return
			}
			one := *t
			one.Only, one.Seed = []string{name}, []cli.Seed{cli.Seed(seed)}
			plan = append(plan, run.Spec{
				Experiment: "registration", Config: config, Seed: seed, Dir: filepath.Join(t.folder(), fmt.Sprintf("seed-%d", seed), name),
				Command: cli.Line("registration table", &one),
			})
		}
		for _, c := range pairs {
			if t.Data != "" {
				c.Source, c.Pairs, c.Points, c.Keep = filepath.Base(t.Data), len(folders[c.Noise]), 0, 0
				c.Features = FeatureOptions{} // radii that suit the density of each pair
				if c.Data, err = checksum(folders[c.Noise]); err != nil {
					return nil, err
				}
			}
			if c.Pairs > 0 {
				add(c.name(), c)
			}
		}
		for _, c := range problems {
			add(c.name(), c)
		}
	}
	return plan, nil
}

// make makes the runs that are missing, and returns the folder that they are in.
func (t *TableCommand) make(ctx context.Context, s *cli.Session) (dir string, err error) {
	var folders map[float64][]string
	if t.Data != "" {
		if folders, err = pairFolders(t.Data); err != nil {
			return "", err
		}
	}
	plan, err := t.plan(folders)
	if err != nil {
		return "", err
	}
	if done, err := t.Preview(s, plan); done || err != nil {
		return "", err
	}
	for _, spec := range plan {
		job := job{Dir: spec.Dir, Seed: spec.Seed, Command: spec.Command, Restart: t.Restart, Progress: s.Progress()}
		switch c := spec.Config.(type) {
		case pairsConfig:
			_, err = runPairs(ctx, c, folders[c.Noise], job)
		case problemsConfig:
			_, err = runProblems(ctx, c, job)
		}
		if err != nil {
			return "", err
		}
	}
	if len(t.Seed) == 1 {
		return filepath.Join(t.folder(), fmt.Sprintf("seed-%d", t.Seed[0])), nil
	}
	return t.folder(), nil
}

// pairFolders lists the folders below root that hold pairs, by the noise that their names tell as in the data set of
// [1]: "no_noise", "noise_xyz_level_01" (.0025 diameters) and "noise_xyz_level_02" (.005).
func pairFolders(root string) (map[float64][]string, error) {
	levels := []struct {
		name  string
		noise float64
	}{{"no_noise", 0}, {"level_01", .0025}, {"level_02", .005}}
	folders := map[float64][]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "Depth_0000.ply" {
			return err
		}
		dir := filepath.Dir(path)
		for _, l := range levels {
			if strings.Contains(filepath.Base(dir), l.name) {
				folders[l.noise] = append(folders[l.noise], dir)
				return nil
			}
		}
		return fmt.Errorf("%s: the folder's name says no noise level: want no_noise, level_01 or level_02 in it", dir)
	})
	if err == nil && len(folders) == 0 {
		err = fmt.Errorf("%s: no folder below it holds a Depth_0000.ply", root)
	}
	for _, list := range folders {
		slices.Sort(list)
	}
	return folders, err
}

// checksum tells folders of pairs apart: it is the start of a SHA-256 of their files.
func checksum(folders []string) (string, error) {
	h := sha256.New()
	for _, folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return "", err
		}
		for _, entry := range entries {
			path := filepath.Join(folder, entry.Name())
			if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
				continue
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return "", err
			}
			_, _ = fmt.Fprintf(h, "%s %d\n", entry.Name(), len(content))
			_, _ = h.Write(content)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}

// AlignCommand registers two files.
type AlignCommand struct {
	Target        string   `arg:"" help:"PLY file that stays." type:"existingfile"`
	Source        string   `arg:"" help:"PLY file that moves." type:"existingfile"`
	Method        string   `help:"Key of the method: l2, fixed, fgr, shape, fitted, \"scale -8\", …" default:"fgr"`
	NormalRadius  float64  `help:"Radius of the normals, in diameters. Without it, one that suits the density of the clouds." placeholder:"R"`
	FeatureRadius float64  `help:"Radius of the features, in diameters. Without it, three times that of the normals or more." placeholder:"R"`
	Seed          cli.Seed `help:"Seed of the tuple test." default:"1"`
	Log           string   `help:"Write the pose there, in the format of gt.log." type:"path" placeholder:"FILE"`
	Anyway        bool     `help:"Print the pose even if hardly any matches agree with it."`
}

// Validate refuses radii that are not positive.
func (a *AlignCommand) Validate() error {
	if a.NormalRadius < 0 || a.FeatureRadius < 0 || math.IsNaN(a.NormalRadius+a.FeatureRadius) {
		return fmt.Errorf("--normal-radius %g and --feature-radius %g: want positive numbers, or neither flag", a.NormalRadius, a.FeatureRadius)
	}
	return nil
}

// Run aligns the files and prints the 4×4 matrix that takes the source into the frame of the target.
func (a *AlignCommand) Run(s *cli.Session) error {
	method, err := FindMethod(a.Method)
	if err != nil {
		return err
	}
	pair := &pointcloud.Pair{Name: filepath.Base(a.Source), Truth: pointcloud.Identity()}
	if pair.Target, err = pointcloud.ReadPLY(a.Target); err != nil {
		return err
	}
	if pair.Source, err = pointcloud.ReadPLY(a.Source); err != nil {
		return err
	}
	p, err := Prepare(pair, FeatureOptions{NormalRadius: a.NormalRadius, FeatureRadius: a.FeatureRadius}, uint64(a.Seed))
	if err != nil {
		return err
	}
	for _, text := range p.Warnings {
		warn(s, text)
	}
	solution, err := p.Solve(method.Schedule)
	if err != nil {
		return err
	}
	if err := a.verify(s, p, solution); err != nil {
		return err
	}
	t := solution.Pose.T
	for row, shift := range []float64{t.X, t.Y, t.Z} {
		r := solution.Pose.R[row]
		_, _ = fmt.Fprintf(s.Out, "% .9f % .9f % .9f % .9g\n", r[0], r[1], r[2], shift)
	}
	_, _ = fmt.Fprintln(s.Out, " 0 0 0 1")
	if a.Log == "" {
		return nil
	}
	return pointcloud.WriteLog(a.Log, []pointcloud.LogEntry{{I: 0, J: 1, N: 2, Pose: solution.Pose}})
}

// verify says how many matches agree with the pose. It fails for a pose that is most likely wrong, unless asked not to.
func (a *AlignCommand) verify(s *cli.Session, p *Prepared, solution *Solution) error {
	s.Notef("radii of %.3g (normals) and %.3g (features) diameters, %d reciprocal matches; of %d different ones after the tuple test the pose brings %d together",
		p.Radii.NormalRadius, p.Radii.FeatureRadius, p.Reciprocal, len(p.different()), p.inliers(solution.Pose))
	doubt, err := p.Verify(solution)
	if err != nil && !a.Anyway {
		return fmt.Errorf("%w; --anyway prints the pose all the same", err)
	}
	if err != nil {
		doubt = err.Error()
	}
	if doubt != "" {
		warn(s, doubt)
	}
	return nil
}

// warn tells the user what is doubtful, even where no progress is to be shown.
func warn(s *cli.Session, text string) { _, _ = fmt.Fprintln(s.Err, "warning:", text) }

// PairsCommand writes synthetic pairs.
type PairsCommand struct {
	Out    string    `arg:"" help:"Folder to write the pairs in." type:"path"`
	Count  cli.Count `help:"Pairs for each noise level." default:"2"`
	Points cli.Count `help:"Points of each view." default:"5000"`
	Keep   float64   `help:"Share of the surface that each view sees." default:"0.8"`
	Seed   cli.Seed  `help:"Seed of the first pair." default:"1"`
}

// Run writes the pairs.
func (p *PairsCommand) Run(ctx context.Context, s *cli.Session) error {
	names := []string{"pairwise_no_noise", "pairwise_noise_xyz_level_01", "pairwise_noise_xyz_level_02"}
	for level, noise := range noises {
		for i := range int(p.Count) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			c := pairsConfig{Source: "synthetic", Points: int(p.Points), Keep: p.Keep, Noise: noise}
			pair, err := c.pair(i, uint64(p.Seed)+uint64(i), nil)
			if err != nil {
				return err
			}
			dir := filepath.Join(p.Out, fmt.Sprintf("%s_%02d", names[level], i))
			if err := pointcloud.WritePair(dir, pair); err != nil {
				return err
			}
			_, _ = fmt.Fprintln(s.Out, dir)
		}
	}
	return nil
}
