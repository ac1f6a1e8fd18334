package clustering_test

import (
	"context"
	"fmt"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
	"github.com/robustloss/gomlx-robustloss/experiments/clustering"
)

// The UCI digits, without being told that there are ten: neighbours, graph, clusters, and the agreement with the truth.
func ExampleCluster() {
	table, err := tabular.Digits()
	if err != nil {
		panic(err)
	}
	if err := clustering.Normalise(table, "minmax"); err != nil {
		panic(err)
	}
	neighbours, err := clustering.Neighbours(table, 10, "cosine")
	if err != nil {
		panic(err)
	}
	found, err := clustering.Cluster(context.Background(), table, clustering.NewGraph(neighbours), clustering.Constant(-1), nil)
	if err != nil {
		panic(err)
	}
	scores, err := clustering.Score(table.Labels, found.Labels)
	if err != nil {
		panic(err)
	}
	fmt.Printf("converged: %v, AMI above 0.9: %v\n", found.Converged, scores.AMIGeometric > .9)
	// Output: converged: true, AMI above 0.9: true
}

// Mutual nearest neighbours on a line, and a tree that joins the rest of each part.
func ExampleNewGraph() {
	line := &tabular.Table{Rows: 5, Cols: 1, X: []float64{0, 1, 2, 10, 11}}
	neighbours, err := clustering.Neighbours(line, 1, "euclidean")
	if err != nil {
		panic(err)
	}
	graph := clustering.NewGraph(neighbours)
	fmt.Println(graph.Edges, "in", graph.Parts, "parts, of the lengths", graph.Lengths(line.X, 1))
	// Output: [{0 1} {1 2} {3 4}] in 2 parts, of the lengths [1 1 1]
}

// The names of the clusters do not count; a row of no class, −1, is left out.
func ExampleScore() {
	scores, err := clustering.Score([]int{0, 0, 1, 1, -1}, []int{7, 7, 3, 3, 7})
	if err != nil {
		panic(err)
	}
	fmt.Printf("AMI %.0f, ARI %.0f over %d rows\n", scores.AMIGeometric, scores.ARI, scores.Rows)
	// Output: AMI 1, ARI 1 over 4 rows
}

func ExampleKMeans() {
	table := &tabular.Table{Rows: 4, Cols: 1, X: []float64{1, 1.5, 9, 9.5}}
	labels, err := clustering.KMeans(table, 2, 1)
	if err != nil {
		panic(err)
	}
	fmt.Println(labels[0] == labels[1], labels[2] == labels[3], labels[0] == labels[2])
	// Output: true true false
}

func ExampleNormalise() {
	table := &tabular.Table{Rows: 3, Cols: 2, X: []float64{1, 7, 3, 7, 5, 7}}
	if err := clustering.Normalise(table, "minmax"); err != nil {
		panic(err)
	}
	fmt.Println(table.X)
	// Output: [0 0 0.5 0 1 0]
}

// Most clusters of one row: the advice names what finds fewer.
func ExampleAdvise() {
	table, err := tabular.Synth(tabular.SynthOptions{Kind: "gaussian", Clusters: 3, PerCluster: 60, Cols: 2, Outliers: -1, Seed: 1})
	if err != nil {
		panic(err)
	}
	const k = 2
	neighbours, err := clustering.Neighbours(table, k, "euclidean")
	if err != nil {
		panic(err)
	}
	shape := clustering.Constant(-2)
	found, err := clustering.Cluster(context.Background(), table, clustering.NewGraph(neighbours), shape, nil)
	if err != nil {
		panic(err)
	}
	advice, err := clustering.Advise(context.Background(), table, found, shape, k, "euclidean")
	if err != nil {
		panic(err)
	}
	fmt.Println("something to say:", advice != "")
	// Output: something to say: true
}
