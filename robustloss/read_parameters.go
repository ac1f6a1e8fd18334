package robustloss

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Parameters are the parameters of a loss that [ReadParameters] and [ReadParameterNodes] find in its scope. Those that the loss
// takes from a node of the graph (as with [Adaptive.WithAlpha]) are in no scope: they are nil.
type Parameters[T any] struct {
	Likelihood Likelihood
	Alpha      T // nil for StudentsT
	DF         T // nil for General
	Scale      T
	Location   T
}

// ReadParameters reads the parameters of a loss out of its scope, without residuals and without a graph: for logs, and for
// checkpoints once they are loaded into a store.
//
//   - scope: the one that [NewAdaptive] was given; store.Scope("/loss"), where that was scope.In("loss") of the root.
//
// Each is one number where it is fixed or shared, else a number for each element of x's dims in row-major order; the scale of
// vectors is L, d·d numbers. It returns an
// error where no loss that learns anything was built in the scope, or its variables are damaged.
func ReadParameters(scope *model.Scope) (Parameters[[]float64], error) {
	r, err := readRecord(scope)
	if err != nil {
		return Parameters[[]float64]{}, fmt.Errorf("robustloss.ReadParameters: %w", err)
	}
	read := func(p *parameter) ([]float64, error) {
		if p.source == fixed {
			return []float64{p.value}, nil
		}
		values, err := latentValues(scope, p.link.latent, r.rate)
		if err != nil {
			return nil, fmt.Errorf("robustloss.ReadParameters: %w", err)
		}
		for i, latent := range values {
			values[i] = p.link.number(latent, p)
		}
		return values, nil
	}
	all, err := readAll(r, read)
	if err != nil || r.vector == 0 || all.Scale == nil {
		return all, err
	}
	below := make([]float64, r.vector*(r.vector-1)/2)
	if r.parameters[1].source == learned && len(below) > 0 {
		if below, err = latentValues(scope, correlationLatent, r.rate); err != nil {
			return all, fmt.Errorf("robustloss.ReadParameters: %w", err)
		}
	}
	all.Scale, err = factorNumbers(all.Scale, below, r.vector)
	return all, err
}

// ReadParameterNodes is [ReadParameters] for a graph, as for metrics: the parameters as nodes of the latents' dtype, scalars
// where they are fixed or shared, else of x's dims; the scale of vectors is L, `[d, d]`. They carry no gradient. It panics where
// ReadParameters returns an error.
func ReadParameterNodes(scope *model.Scope, g *Graph) Parameters[*Node] {
	nodes, err := readNodes(scope, g)
	if err != nil {
		exceptions.Panicf("robustloss.ReadParameterNodes: %v", err)
	}
	return allLast(nodes)
}

func readNodes(scope *model.Scope, g *Graph) (nodes Parameters[*Node], err error) {
	r, err := readRecord(scope)
	if err != nil {
		return nodes, err
	}
	latentOf := func(name string) (*Node, error) {
		v := scope.GetVariable(name)
		if v == nil {
			return nil, missing(scope, name)
		}
		latent := v.NodeValue(g)
		if step := scope.GetVariable(name + latentStepSuffix); step != nil {
			latent = Add(latent, MulScalar(step.NodeValue(g), r.rate))
		}
		return StopGradient(latent), nil
	}
	nodes, err = readAll(r, func(p *parameter) (*Node, error) {
		if p.source == fixed {
			return Scalar(g, r.dtype(scope), p.value), nil
		}
		latent, err := latentOf(p.link.latent)
		if err != nil {
			return nil, err
		}
		return StopGradient(p.link.node(latent, p)), nil
	})
	if err != nil || r.vector == 0 || nodes.Scale == nil {
		return nodes, err
	}
	var below *Node
	if r.parameters[1].source == learned && r.vector > 1 {
		if below, err = latentOf(correlationLatent); err != nil {
			return nodes, err
		}
	}
	nodes.Scale = factorOf(nodes.Scale, below, r.vector)
	return nodes, nil
}

// allLast is [last] for each node.
func allLast(all Parameters[*Node]) Parameters[*Node] {
	for _, n := range []**Node{&all.Alpha, &all.DF, &all.Scale, &all.Location} {
		if *n != nil {
			*n = last(*n)
		}
	}
	return all
}

// readAll reads each parameter that is in the scope.
func readAll[T any](r *record, read func(p *parameter) (T, error)) (all Parameters[T], err error) {
	all.Likelihood = r.likelihood
	shape := &all.Alpha
	if r.likelihood == StudentsT {
		shape = &all.DF
	}
	for i, at := range []*T{shape, &all.Scale, &all.Location} {
		if r.parameters[i].source == given {
			continue
		}
		if *at, err = read(&r.parameters[i]); err != nil {
			return all, err
		}
	}
	return all, nil
}

// latentValues returns the numbers of a latent; zeros before the model was first run.
func latentValues(scope *model.Scope, name string, rate float64) ([]float64, error) {
	v := scope.GetVariable(name)
	if v == nil {
		return nil, missing(scope, name)
	}
	values := make([]float64, v.Shape().Size())
	for _, part := range []struct {
		v      *model.Variable
		factor float64
	}{{v, 1}, {scope.GetVariable(name + latentStepSuffix), rate}} {
		if part.v == nil || !part.v.HasValue() {
			continue
		}
		tensor, err := part.v.Value()
		if err != nil {
			return nil, err
		}
		numbers, err := float64s(tensor)
		if err != nil || len(numbers) != len(values) {
			return nil, fmt.Errorf("the variable %s holds %s, not %d floats", part.v.Path(), tensor.Shape(), len(values))
		}
		for i, number := range numbers {
			values[i] += part.factor * number
		}
	}
	return values, nil
}

func missing(scope *model.Scope, name string) error {
	return fmt.Errorf("the scope %s has no variable %q", scope.Scope(), name)
}

// float64s returns the elements of a tensor of float32 or float64.
func float64s(t *tensors.Tensor) (values []float64, err error) {
	dataErr := t.ConstFlatData(func(flat any) {
		switch data := flat.(type) {
		case []float64:
			values = append(values, data...)
		case []float32:
			for _, v := range data {
				values = append(values, float64(v))
			}
		default:
			err = fmt.Errorf("want float32 or float64, got %s", t.Shape())
		}
	})
	if dataErr != nil {
		return nil, dataErr
	}
	return values, err
}

// recordName is the variable that records the options of a loss: what its latents mean.
const recordName = "options"

// record is what a loss's scope records about it, beside its latents.
type record struct {
	likelihood Likelihood
	vector     int // the dimension of vectors, or 0
	rate       float64
	parameters [3]parameter // shape, scale, location
}

// numbers returns the record as the variable holds it: likelihood, dimension and rate, then source, value and bounds of each
// parameter.
func (r *record) numbers() []float64 {
	numbers := []float64{float64(r.likelihood), float64(r.vector), r.rate}
	for _, p := range r.parameters {
		numbers = append(numbers, float64(p.source), p.value, p.lo, p.hi)
	}
	return numbers
}

// newRecord is the inverse of numbers.
func newRecord(numbers []float64) (*record, error) {
	r := &record{}
	if want := len(r.numbers()); len(numbers) != want {
		return nil, fmt.Errorf("the record of the options holds %d numbers, want %d", len(numbers), want)
	}
	r.likelihood, r.vector, r.rate = Likelihood(numbers[0]), int(numbers[1]), numbers[2]
	shape := parameter{name: "Alpha", link: alphaLink}
	if r.likelihood == StudentsT {
		shape = parameter{name: "DF", link: dfLink}
	}
	r.parameters = [3]parameter{shape, {name: "Scale", link: scaleLink}, {name: "Location", link: locationLink}}
	for i := range r.parameters {
		p, at := &r.parameters[i], numbers[3+4*i:]
		p.source, p.value, p.lo, p.hi = source(at[0]), at[1], at[2], at[3]
	}
	return r, nil
}

// dtype returns that of the latents.
func (r *record) dtype(scope *model.Scope) dtypes.DType {
	for _, p := range r.parameters {
		if v := scope.GetVariable(p.link.latent); p.source == learned && v != nil {
			return v.DType()
		}
	}
	return dtypes.Float32
}

// readRecord finds the record in the scope of a loss.
func readRecord(scope *model.Scope) (*record, error) {
	v := scope.GetVariable(recordName)
	if v == nil {
		return nil, fmt.Errorf("in the scope %s no loss was built that learns a parameter", scope.Scope())
	}
	value, err := v.Value()
	if err != nil {
		return nil, err
	}
	numbers, err := float64s(value)
	if err != nil {
		return nil, fmt.Errorf("the variable %s: %w", v.Path(), err)
	}
	return newRecord(numbers)
}

// record writes what the latents mean into the scope, where anything is learned. It panics where latents that are there
// already mean something else.
func (a *Adaptive) record() {
	r := &record{likelihood: a.likelihood, rate: a.rate, parameters: [3]parameter{*a.shape(), a.scale, a.location}}
	if a.vectors {
		r.vector = a.x.Shape().Dimensions[1]
	}
	isLearned := false
	for _, p := range r.parameters {
		isLearned = isLearned || p.source == learned
	}
	if !isLearned {
		return
	}
	numbers := tensors.FromValue(r.numbers())
	v := a.scope.GetVariable(recordName)
	if v == nil {
		a.scope.VariableWithValue(recordName, numbers).SetTrainable(false)
		return
	}
	old, err := readRecord(a.scope)
	switch {
	case err != nil:
		a.panicf("%v: give the loss another scope", err)
	case old.vector != r.vector:
		a.panicf("the latents in the scope %s are of vectors of %d dimensions (0: of numbers), not %d: give the loss another scope",
			a.scope.Scope(), old.vector, r.vector)
	}
	for i, p := range r.parameters {
		if before := old.parameters[i]; old.likelihood == r.likelihood && !p.meansTheSame(&before) {
			a.panicf("the latents in the scope %s were made with %s, now it is %s: the same latent would mean another parameter. "+
				"Give the same options, or another scope", a.scope.Scope(), before.describe(), p.describe())
		}
	}
	if err := v.SetTrainable(false).SetValue(numbers); err != nil {
		a.panicf("cannot write the variable %s: %v", v.Path(), err)
	}
}

// meansTheSame reports whether a latent of p means the same parameter as one of q, or one of them has no latent.
func (p *parameter) meansTheSame(q *parameter) bool {
	near := func(a, b float64) bool { return a == b || math.Abs(a-b) <= 1e-6*max(math.Abs(a), math.Abs(b)) }
	return p.source != learned || q.source != learned || near(p.value, q.value) && near(p.lo, q.lo) && near(p.hi, q.hi)
}

// describe names the options that make p what it is.
func (p *parameter) describe() string {
	switch {
	case p.name == "Alpha" && p.source == learned:
		return fmt.Sprintf("AlphaRange(%g, %g) and AlphaInit(%g)", p.lo, p.hi, p.value)
	case p.name == "Scale" && p.source == learned:
		return fmt.Sprintf("ScaleFloor(%g) and ScaleInit(%g)", p.lo, p.value)
	default:
		return fmt.Sprintf("%s(%g)", p.option(), p.value)
	}
}

// option returns the option that says where the parameter comes from.
func (p *parameter) option() string {
	switch p.source {
	case fixed:
		return "Fixed" + p.name
	case given:
		return "With" + p.name
	default:
		return p.name + "Init"
	}
}
