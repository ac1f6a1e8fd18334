package registration

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

const (
	// Iterations is the number of Gauss–Newton steps of [1].
	Iterations = 64
	// MinMatches is the least number of matches that Solve accepts, as in [1].
	MinMatches = 10
)

// Solution is what Solve found.
type Solution struct {
	Pose  pointcloud.Pose // takes cloud 1 into the frame of cloud 0
	Trace []Step
	// Residuals are the distances ‖p − Pose·q‖ divided by Scale, in the order of the matches; Scale is the solver's unit
	// of length, in the units of the points.
	Residuals []float64
	Scale     float64
	// LastMotion is by how much the last step moved a point at distance 1 from the centre, at most, in units of Scale.
	LastMotion float64
}

// maxLastMotion is the motion in the last step above which a solution has not converged.
const maxLastMotion = 1e-3

// Converged reports whether the last step moved the points by less than a thousandth of Scale.
func (s *Solution) Converged() bool { return s.LastMotion < maxLastMotion }

// Step is one Gauss–Newton step.
type Step struct {
	Kernel scalar.Kernel // its Scale is in units of Solution.Scale
	// Loss is Σ ρ of the distances before the step, RMS their root mean square.
	Loss, RMS float64
}

// last returns the kernel of the last step.
func (s *Solution) last() scalar.Kernel { return s.Trace[len(s.Trace)-1].Kernel }

// Weight returns the weight of a distance in the last step, in units of Scale and 1 at distance 0: c²·ψ(r)/r.
func (s *Solution) Weight(r float64) float64 {
	kernel := s.last()
	return kernel.Scale * kernel.Scale * kernel.Weight(r)
}

// Solve looks for the pose T that makes Σ ρ(‖p − T·q‖, α, c) small, by [Iterations] Gauss–Newton steps from the identity
// with the kernels of the schedule. p and q are matched points of cloud 0 and cloud 1. Distances are divided by the
// larger of the two clouds' radii, so that α and c mean the same in any units.
//
// All steps are always made; [Solution.Converged] says whether they came to rest.
//
// The schedules are those of package nls; the steps are [1]'s own, plain Gauss–Newton, four for each kernel, in which the kept results were made. nls.Solve
// damps its steps, and corrects them for the curvature of the loss: it goes another way through the same stages, and ends at the same pose,
// to within 4e-6 of Scale with 30 to 80 % of false matches (TestSolve_AgreesWithTheNonlinearSolver). Use it for problems of
// your own.
//
// It fails for fewer than [MinMatches] matches, points that are not finite, points on one line, and where the weights
// leave no rigid motion determined.
func Solve(p, q []r3.Vec, schedule Schedule) (*Solution, error) {
	if err := checkMatches(p, q); err != nil {
		return nil, err
	}
	return solveIn(newFrame(p, q), p, q, schedule)
}

// solveIn is Solve in a frame that may be that of the whole clouds.
func solveIn(f frame, p, q []r3.Vec, schedule Schedule) (*Solution, error) {
	target, source := normalised(p, f.target, f.scale), normalised(q, f.source, f.scale)
	pose := pointcloud.Identity()
	s := &Solution{Scale: f.scale, Residuals: make([]float64, len(p))}
	kernels := annealing{schedule: schedule}
	for i := range Iterations {
		distances(target, source, pose, s.Residuals)
		kernel, err := kernels.kernel(i, s.Residuals)
		if err != nil {
			return nil, fmt.Errorf("registration: step %d: %w", i, err)
		}
		s.Trace = append(s.Trace, describe(kernel, s.Residuals))
		step, err := gaussNewton(target, source, pose, kernel)
		if err != nil {
			return nil, fmt.Errorf("registration: step %d with α = %g, c = %g: %w", i, kernel.Alpha, kernel.Scale, err)
		}
		pose = step.Compose(pose)
		s.LastMotion = motion(step)
	}
	distances(target, source, pose, s.Residuals)
	s.Pose = f.denormalise(pose)
	return s, nil
}

// motion returns by how much a pose moves the ends of the unit vectors along the axes, at most.
func motion(p pointcloud.Pose) float64 {
	largest := 0.0
	for _, e := range []r3.Vec{{X: 1}, {Y: 1}, {Z: 1}, {X: -1}, {Y: -1}, {Z: -1}} {
		largest = max(largest, r3.Norm(r3.Sub(p.Apply(e), e)))
	}
	return largest
}

func distances(p, q []r3.Vec, pose pointcloud.Pose, out []float64) {
	for i := range p {
		out[i] = r3.Norm(r3.Sub(p[i], pose.Apply(q[i])))
	}
}

func describe(kernel scalar.Kernel, residuals []float64) Step {
	step := Step{Kernel: kernel}
	for _, r := range residuals {
		step.Loss += kernel.Rho(r)
		step.RMS += r * r / float64(len(residuals))
	}
	step.RMS = math.Sqrt(step.RMS)
	return step
}

// gaussNewton returns the motion that minimises Σ w·‖p − step·(pose·q)‖² with the weights w = ψ(r)/r of the residuals at
// pose, linearised: step(x) ≈ x + ω×x + t. With r = p − x each match has the three rows
//
//	J = ∂r/∂(ω, t) = [ [x]ₓ  −I ],   [x]ₓ = (0 −z y; z 0 −x; −y x 0),   ξ = −(JᵀWJ)⁻¹·JᵀW·r
//
// and step = Rz(ξ₂)·Ry(ξ₁)·Rx(ξ₀), translation ξ₃…ξ₅. The weights are divided by their largest value first: only their
// ratios matter.
func gaussNewton(p, q []r3.Vec, pose pointcloud.Pose, kernel scalar.Kernel) (pointcloud.Pose, error) {
	var sums normalEquations
	for i := range p {
		x := pose.Apply(q[i])
		r := r3.Sub(p[i], x)
		w := kernel.Weight(r3.Norm(r)) * kernel.Scale * kernel.Scale // at most 1 for α ≤ 2
		sums.add(x, r, w)
	}
	xi, err := sums.solve()
	if err != nil {
		return pointcloud.Pose{}, err
	}
	return pointcloud.Euler(xi[0], xi[1], xi[2], r3.Vec{X: xi[3], Y: xi[4], Z: xi[5]}), nil
}

// normalEquations sums JᵀWJ and JᵀWr.
type normalEquations struct {
	matrix [6][6]float64
	vector [6]float64
}

func (e *normalEquations) add(x, r r3.Vec, w float64) {
	rows := [3][6]float64{
		{0, -x.Z, x.Y, -1, 0, 0},
		{x.Z, 0, -x.X, 0, -1, 0},
		{-x.Y, x.X, 0, 0, 0, -1},
	}
	residual := [3]float64{r.X, r.Y, r.Z}
	for k, row := range rows {
		for i, a := range row {
			if a == 0 {
				continue
			}
			e.vector[i] += w * a * residual[k]
			for j := i; j < 6; j++ {
				e.matrix[i][j] += w * a * row[j]
			}
		}
	}
}

// maxCondition is the condition number of JᵀWJ above which the motion counts as undetermined.
const maxCondition = 1e12

func (e *normalEquations) solve() ([6]float64, error) {
	symmetric := mat.NewSymDense(6, nil)
	for i := range 6 {
		for j := i; j < 6; j++ {
			symmetric.SetSym(i, j, e.matrix[i][j])
		}
	}
	var cholesky mat.Cholesky
	if !cholesky.Factorize(symmetric) || !(cholesky.Cond() < maxCondition) {
		return [6]float64{}, fmt.Errorf("the matches that have weight do not determine a rigid motion: too few of them agree, or they lie on one line")
	}
	var solution mat.VecDense
	if err := cholesky.SolveVecTo(&solution, mat.NewVecDense(6, e.vector[:])); err != nil {
		return [6]float64{}, err
	}
	var xi [6]float64
	for i := range xi {
		xi[i] = -solution.AtVec(i)
	}
	return xi, nil
}

// frame is the coordinate system in which the solver works: each cloud around its own centre, both divided by one scale.
type frame struct {
	target, source r3.Vec // centres
	scale          float64
}

// newFrame puts the centres at the means, and the larger of the two radii at 1.
func newFrame(target, source []r3.Vec) frame {
	f := frame{target: pointcloud.Centroid(target), source: pointcloud.Centroid(source)}
	f.scale = max(pointcloud.MaxRadius(target, f.target), pointcloud.MaxRadius(source, f.source))
	return f
}

// frameOf is the frame of two whole clouds.
func frameOf(target, source *pointcloud.Cloud) (frame, error) {
	for i, cloud := range []*pointcloud.Cloud{target, source} {
		if err := cloud.Validate(); err != nil {
			return frame{}, fmt.Errorf("registration: cloud %d: %w", i, err)
		}
	}
	f := newFrame(target.Points, source.Points)
	if !(f.scale > 0) {
		return frame{}, fmt.Errorf("registration: all points of a cloud are the same point")
	}
	return f, nil
}

// diameter is the unit of the features' radii: about the diameter of the larger cloud.
func (f frame) diameter() float64 { return 2 * f.scale }

func normalised(points []r3.Vec, centre r3.Vec, scale float64) []r3.Vec {
	out := make([]r3.Vec, len(points))
	for i, p := range points {
		out[i] = r3.Scale(1/scale, r3.Sub(p, centre))
	}
	return out
}

// denormalise turns a pose between the normalised clouds into one between the clouds: p̂ = R·q̂ + t with p̂ = (p − m₀)/s,
// q̂ = (q − m₁)/s gives p = R·q + (s·t + m₀ − R·m₁).
func (f frame) denormalise(pose pointcloud.Pose) pointcloud.Pose {
	moved := pose.Rotate(f.source)
	pose.T = r3.Add(r3.Scale(f.scale, pose.T), r3.Sub(f.target, moved))
	return pose
}

// checkMatches reports matches that determine no rigid motion.
func checkMatches(p, q []r3.Vec) error {
	if len(p) != len(q) {
		return fmt.Errorf("registration: %d target points for %d source points: matches come in pairs", len(p), len(q))
	}
	if len(p) < MinMatches {
		return fmt.Errorf("registration: %d matches are too few: want at least %d", len(p), MinMatches)
	}
	for i := range p {
		for side, v := range []r3.Vec{p[i], q[i]} {
			if sum := v.X + v.Y + v.Z; math.IsNaN(sum) || math.IsInf(sum, 0) {
				return fmt.Errorf("registration: match %d has a point of cloud %d that is not finite: (%g, %g, %g)", i, side, v.X, v.Y, v.Z)
			}
		}
	}
	for side, points := range [][]r3.Vec{p, q} {
		if collinear(points) {
			return fmt.Errorf("registration: the %d matched points of cloud %d lie on one line: rotations about it cannot be told apart", len(points), side)
		}
	}
	return nil
}

// collinear reports whether the second largest standard deviation of the points is below 1e-6 of the largest.
func collinear(points []r3.Vec) bool {
	centre := pointcloud.Centroid(points)
	m := mat.NewDense(len(points), 3, nil)
	for i, p := range points {
		d := r3.Sub(p, centre)
		m.SetRow(i, []float64{d.X, d.Y, d.Z})
	}
	var svd mat.SVD
	if !svd.Factorize(m, mat.SVDNone) {
		return true
	}
	values := svd.Values(nil)
	return values[1] <= 1e-6*values[0]
}
