package lesson

import (
	_ "embed" // the recorded line
	"encoding/json"
	"fmt"

	"gonum.org/v1/gonum/mat"
)

//go:embed authors_line.json
var authorsLine []byte

// State is a recorded state of the author's training: the loss before a step, counted from 0, and the parameters after it.
type State struct {
	Step               int `json:"epoch"`
	W, B, Alpha, Scale float64
	Loss               float64 `json:"loss_before_step"`
}

// Line is the example of the author's code [jonbarron/robust_loss_pytorch, example.ipynb]: points on y = 0.7x + 0.15 with
// noise 0.025, about a tenth of them flipped, and his trainings of a line, with the mean squared error and with an adaptive
// loss.
type Line struct {
	X, Y          []float64
	MSE, Adaptive []State
}

// AuthorsLine returns the example. It panics if the embedded file is damaged.
func AuthorsLine() Line {
	var line Line
	if err := json.Unmarshal(authorsLine, &line); err != nil {
		panic(fmt.Sprintf("lesson: authors_line.json: %v", err))
	}
	return line
}

// Design returns the points for the regression y ≈ slope·x + intercept: the rows of x are (x, 1).
func (l Line) Design() (x *mat.Dense, y *mat.VecDense) {
	x = mat.NewDense(len(l.X), 2, nil)
	for i, u := range l.X {
		x.SetRow(i, []float64{u, 1})
	}
	return x, mat.NewVecDense(len(l.Y), l.Y)
}
