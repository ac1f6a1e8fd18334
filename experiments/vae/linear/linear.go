package linear

import (
	"runtime"
	"sync"

	"gonum.org/v1/gonum/mat"
)

// Score fits the family to each column of train and returns the mean over the rows of validation of the log-likelihood:
// nats an image, summed over its coefficients. Only each stride-th column is used, and the sum is scaled up accordingly.
func Score(family Family, train, validation *mat.Dense, stride int) float64 {
	samples, dims := train.Dims()
	held, _ := validation.Dims()
	used := (dims + stride - 1) / stride
	sums := make([]float64, used)
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		group.Go(func() {
			x, v := make([]float64, samples), make([]float64, held)
			for k := worker; k < used; k += workers {
				mat.Col(x, k*stride, train)
				mat.Col(v, k*stride, validation)
				sums[k] = total(family.fit(x), v)
			}
		})
	}
	group.Wait()
	var sum float64
	for _, s := range sums {
		sum -= s
	}
	return sum / float64(held) * float64(dims) / float64(used)
}
