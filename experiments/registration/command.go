package registration

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
	Preset string `help:"tiny: seconds, quick: minutes on two cores, paper: the sizes of the paper's data." enum:"tiny,quick,paper" default:"quick"`
	Seed   int64  `help:"Seed of the first pair and of the first problem; the others follow it." default:"1"`
	Data   string `help:"Folder that holds folders of pairs (Depth_0000.ply, Depth_0001.ply, gt.log, optional features). Without it, synthetic pairs." type:"path" placeholder:"DIR"`
	Format string `help:"markdown, csv or json." enum:"markdown,csv,json" default:"markdown"`
	From   string `help:"Run nothing: make the tables of the results below this folder." type:"path" placeholder:"DIR"`
	Keep   string `help:"Copy the results there afterwards, without metrics and checkpoints." type:"path" placeholder:"DIR"`
}

// Run makes what is missing and prints the tables.
func (t *TableCommand) Run(ctx context.Context, s *cli.Session) error {
	from := t.From
	if from == "" {
		var err error
		if from, err = t.make(ctx, s); err != nil {
			return err
		}
	}
	results, err := run.ReadResults(from)
	if err != nil {
		return err
	}
	if len(results) == 0 {
		return fmt.Errorf("there is no result.json below %s", from)
	}
	tables, err := Tables(results)
	if err != nil {
		return err
	}
	if t.Keep != "" {
		if _, err := run.Keep(from, t.Keep); err != nil {
			return err
		}
	}
	for i, table := range tables {
		if i > 0 && t.Format == "markdown" {
			_, _ = fmt.Fprintln(s.Out)
		}
		if err := table.Write(s.Out, t.Format); err != nil {
			return err
		}
	}
	return nil
}

// make runs the preset, and returns the folder of its runs.
func (t *TableCommand) make(ctx context.Context, s *cli.Session) (string, error) {
	pairs, problems, err := Presets(t.Preset)
	if err != nil {
		return "", err
	}
	name := t.Preset
	var folders map[float64][]string
	if t.Data != "" {
		if folders, err = pairFolders(t.Data); err != nil {
			return "", err
		}
		name += "-" + filepath.Base(t.Data)
	}
	if t.Seed < 0 {
		return "", errors.New("--seed must not be negative")
	}
	dir := filepath.Join(s.Dir("registration", name), fmt.Sprintf("seed-%d", t.Seed))
	job := func(run string) Job {
		return Job{Dir: filepath.Join(dir, run), Seed: t.Seed, Restart: s.Restart, Progress: s.Progress()}
	}
	for _, c := range pairs {
		if t.Data != "" {
			c.Source, c.Pairs, c.Points, c.Keep = filepath.Base(t.Data), len(folders[c.Noise]), 0, 0
		}
		if c.Pairs == 0 {
			continue
		}
		if _, err := RunPairs(ctx, c, folders[c.Noise], job(c.name())); err != nil {
			return "", err
		}
	}
	for _, c := range problems {
		if _, err := RunProblems(ctx, c, job(c.name())); err != nil {
			return "", err
		}
	}
	return dir, nil
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

// AlignCommand registers two files.
type AlignCommand struct {
	Target        string  `arg:"" help:"PLY file that stays." type:"existingfile"`
	Source        string  `arg:"" help:"PLY file that moves." type:"existingfile"`
	Method        string  `help:"Key of the method: l2, fixed, fgr, shape, fitted, \"scale -8\", …" default:"fgr"`
	NormalRadius  float64 `help:"Radius of the normals, in diameters." default:"0.04"`
	FeatureRadius float64 `help:"Radius of the features, in diameters." default:"0.12"`
	Seed          uint64  `help:"Seed of the tuple test." default:"1"`
	Log           string  `help:"Write the pose there, in the format of gt.log." type:"path" placeholder:"FILE"`
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
	p, err := Prepare(pair, FeatureOptions{NormalRadius: a.NormalRadius, FeatureRadius: a.FeatureRadius}, a.Seed)
	if err != nil {
		return err
	}
	solution, err := p.Solve(method.New())
	if err != nil {
		return err
	}
	near := 0
	for _, r := range solution.Residuals {
		if r < maxDistance {
			near++
		}
	}
	s.Notef("%d of %d matches lie within %g of the radius", near, len(solution.Residuals), maxDistance)
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

// PairsCommand writes synthetic pairs.
type PairsCommand struct {
	Out    string  `arg:"" help:"Folder to write the pairs in." type:"path"`
	Count  int     `help:"Pairs for each noise level." default:"2"`
	Points int     `help:"Points of each view." default:"5000"`
	Keep   float64 `help:"Share of the surface that each view sees." default:"0.8"`
	Seed   int64   `help:"Seed of the first pair." default:"1"`
}

// Run writes the pairs.
func (p *PairsCommand) Run(ctx context.Context, s *cli.Session) error {
	names := []string{"pairwise_no_noise", "pairwise_noise_xyz_level_01", "pairwise_noise_xyz_level_02"}
	for level, noise := range noises {
		for i := range p.Count {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			c := PairsConfig{Source: "synthetic", Points: p.Points, Keep: p.Keep, Noise: noise}
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
