package registration

import (
	"fmt"
)

// PairsConfig is the configuration of a run on pairs of scans.
type PairsConfig struct {
	Kind   string `json:"kind"` // "pairs"
	Preset string `json:"preset"`
	Source string `json:"source"` // "synthetic", or the name of the folder of pairs
	// Noise is the standard deviation of the points in diameters, as the data set's name says for a folder.
	Noise    float64        `json:"noise"`
	Pairs    int            `json:"pairs"`
	Points   int            `json:"points,omitempty"` // of each synthetic view
	Keep     float64        `json:"keep,omitempty"`
	Features FeatureOptions `json:"features"`
}

// ProblemsConfig is the configuration of a run on matched points.
type ProblemsConfig struct {
	Kind         string  `json:"kind"` // "problems"
	Preset       string  `json:"preset"`
	Matches      int     `json:"matches"`
	OutlierRatio float64 `json:"outlier_ratio"`
	Structured   bool    `json:"structured"`
	Noise        float64 `json:"noise"`
	Problems     int     `json:"problems"`
}

// noises are the standard deviations of the columns of the tables of pairs.
var noises = []float64{0, .0025, .005}

// outliers are the columns of the tables of problems.
var outliers = []struct {
	ratio      float64
	structured bool
}{{.5, false}, {.8, false}, {.9, false}, {.5, true}}

// Presets returns the runs of a preset: tiny in seconds, quick in minutes on two cores, paper with as many pairs and
// points as the data set of [1].
func Presets(preset string) (pairs []PairsConfig, problems []ProblemsConfig, err error) {
	p := PairsConfig{Kind: "pairs", Preset: preset, Source: "synthetic", Keep: .8, Features: FeatureOptions{NormalRadius: .04, FeatureRadius: .12}}
	q := ProblemsConfig{Kind: "problems", Preset: preset, Noise: .005}
	switch preset {
	case "tiny":
		p.Pairs, p.Points, p.Keep, p.Features = 2, 1500, .9, FeatureOptions{NormalRadius: .08, FeatureRadius: .22}
		q.Matches, q.Problems = 200, 2
	case "quick":
		p.Pairs, p.Points = 10, 5000
		q.Matches, q.Problems = 1000, 20
	case "paper":
		p.Pairs, p.Points = 25, 15000
		q.Matches, q.Problems = 1000, 100
	default:
		return nil, nil, fmt.Errorf("registration: unknown preset %q: want tiny, quick or paper", preset)
	}
	for _, noise := range noises {
		p.Noise = noise
		pairs = append(pairs, p)
	}
	for _, o := range outliers {
		q.OutlierRatio, q.Structured = o.ratio, o.structured
		problems = append(problems, q)
	}
	return pairs, problems, nil
}

// name is the run's folder below the preset's.
func (c PairsConfig) name() string { return fmt.Sprintf("pairs-noise-%g", c.Noise) }

func (c ProblemsConfig) name() string {
	kind := "random"
	if c.Structured {
		kind = "structured"
	}
	return fmt.Sprintf("problems-%g-%s", c.OutlierRatio, kind)
}
