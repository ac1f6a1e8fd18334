package clustering

import (
	"context"
	"fmt"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
)

// sizes returns the number of rows of each cluster.
func (c *Clustering) sizes() []int {
	sizes := make([]int, c.Count)
	for _, l := range c.Labels {
		sizes[l]++
	}
	return sizes
}

// pieces counts the clusters of k/2 rows or fewer. A row and its k neighbours are k + 1: a cluster that small has lost half
// of them, so it is a piece of a group, or holds rows that belong to none.
func (c *Clustering) pieces(k int) int {
	count := 0
	for _, size := range c.sizes() {
		if 2*size <= k {
			count++
		}
	}
	return count
}

// Limits of Advise, which clusters the table again and again.
const (
	advisedValues     = 200_000 // rows·columns
	advisedRows       = 3000
	advisedNeighbours = 100
)

// Advise looks at a clustering that was found with k neighbours under a metric. Where most clusters are pieces it says so,
// and tries the other metric and larger k, up to a third of the rows or 100, for settings that find fewer clusters, most of
// them whole. It returns "" for a clustering without fault. For large tables it tries nothing.
func Advise(ctx context.Context, t *tabular.Table, found *Clustering, shape Shape, k int, metric string) (string, error) {
	pieces := found.pieces(k)
	if 2*pieces <= found.Count {
		return "", nil
	}
	text := fmt.Sprintf("%d of the %d clusters have %d rows or fewer, though each row has %d neighbours: groups may be cut in pieces, if these rows are not outliers",
		pieces, found.Count, k/2, k)
	if t.Rows > advisedRows || len(t.X) > advisedValues || t.Edges != nil {
		return text + "; try more --neighbours, or the other --metric", nil
	}
	most := max(k, min(advisedNeighbours, t.Rows/3))
	for more := k; more <= most; more += (more + 1) / 2 {
		for _, other := range Metrics() {
			if other == metric && more == k {
				continue
			}
			better, err := try(ctx, t, shape, more, other)
			if err != nil {
				return "", err
			}
			if better == nil || better.Count >= found.Count || 2*better.pieces(more) > better.Count {
				continue
			}
			var flags []string
			if more != k {
				flags = append(flags, fmt.Sprintf("--neighbours %d", more))
			}
			if other != metric {
				flags = append(flags, "--metric "+other)
			}
			return fmt.Sprintf("%s; %s finds %d clusters, %d of them so small", text, strings.Join(flags, " "), better.Count, better.pieces(more)), nil
		}
	}
	return fmt.Sprintf("%s; neither up to %d neighbours nor the other metric helps", text, most), nil
}

// try clusters with other settings; nil where they do not suit the table.
func try(ctx context.Context, t *tabular.Table, shape Shape, k int, metric string) (*Clustering, error) {
	neighbours, err := Neighbours(t, k, metric)
	if err != nil {
		return nil, nil // a row of zeros has no direction
	}
	found, err := Cluster(ctx, t, NewGraph(neighbours), shape, nil)
	if err != nil && ctx.Err() == nil {
		return nil, nil
	}
	return found, err
}
