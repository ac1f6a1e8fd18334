package clustering

// laplacian is the matrix A = Σ v_e·(e_p − e_q)(e_p − e_q)ᵀ over the edges of a graph, with the rows compressed (CSR):
// the diagonal on its own, the neighbours of row i in columns[starts[i]:starts[i+1]].
type laplacian struct {
	starts  []int32
	columns []int32
	edge    []int32 // the edge that each neighbour is reached by
	// values[k] is v of edge[k]: the entry of A is −values[k]. diagonal is the sum of each row's.
	values, diagonal []float64
}

func newLaplacian(g *Graph) *laplacian {
	a := &laplacian{
		starts: make([]int32, g.Rows+1), columns: make([]int32, 2*len(g.Edges)), edge: make([]int32, 2*len(g.Edges)),
		values: make([]float64, 2*len(g.Edges)), diagonal: make([]float64, g.Rows),
	}
	for _, e := range g.Edges {
		a.starts[e.P+1]++
		a.starts[e.Q+1]++
	}
	for i := range g.Rows {
		a.starts[i+1] += a.starts[i]
	}
	next := make([]int32, g.Rows)
	copy(next, a.starts)
	for i, e := range g.Edges {
		for _, end := range [2][2]int{{e.P, e.Q}, {e.Q, e.P}} {
			at := next[end[0]]
			a.columns[at], a.edge[at] = int32(end[1]), int32(i)
			next[end[0]]++
		}
	}
	return a
}

// set gives the edges their values v.
func (a *laplacian) set(v []float64) {
	for i := range a.diagonal {
		a.diagonal[i] = 0
		for k := a.starts[i]; k < a.starts[i+1]; k++ {
			a.values[k] = v[a.edge[k]]
			a.diagonal[i] += a.values[k]
		}
	}
}

// multiply writes A·x for a block of width columns, x and y of shape [rows, width].
func (a *laplacian) multiply(x, y []float64, width int) {
	for i, d := range a.diagonal {
		out, in := y[i*width:(i+1)*width], x[i*width:(i+1)*width]
		for c, v := range in {
			out[c] = d * v
		}
		for k := a.starts[i]; k < a.starts[i+1]; k++ {
			v := a.values[k]
			j := int(a.columns[k]) * width
			for c, u := range x[j : j+width] {
				out[c] -= v * u
			}
		}
	}
}
