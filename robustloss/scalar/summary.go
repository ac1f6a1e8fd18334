package scalar

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/gonum/stat/distuv"
)

// SummaryOptions says what a summary shows. The zero value means all defaults.
type SummaryOptions struct {
	// Level of the intervals. 0 means 0.95.
	Level float64

	// Kind of the standard errors. The zero value is the observed information.
	Kind CovarianceKind

	// Names of the coefficients, in the order of the columns. Nil means beta[0], beta[1], …
	Names []string
}

// Summary is a fit for people to read: [Summary.String] as text, [Summary.Markdown] for a notebook.
type Summary struct {
	Title string
	Facts [][2]string // name and value
	Level float64
	Rows  []SummaryRow
	Notes []string // what to be careful about
}

// SummaryRow is one parameter. T and P, of the hypothesis that it is 0, are NaN for α and c.
type SummaryRow struct {
	Name                   string
	Estimate, StdErr, T, P float64
	Interval               Interval
}

// What is worth a note.
const (
	nearTwo      = 0.1  // |α−2|: there the likelihood is not regular
	wideShapes   = 0.5  // of the interval of α in v, which has a length of 5/3: from 0.5 to 2 and beyond
	nearRounding = 1000 // times the rounding errors: a scale that may be one of them
)

// Summary returns the fit for people to read: estimates, standard errors, intervals, and what to be careful about. A nil options is the zero value.
func (f *Inference) Summary(options *SummaryOptions) (*Summary, error) {
	s, u, err := newSummary("Fit of the general distribution", f.model(), options)
	if err != nil {
		return nil, err
	}
	s.Facts = append(s.Facts, [][2]string{
		{"total weight", fmt.Sprintf("%.6g", f.Weight)},
		{"parameters", fmt.Sprint(f.Parameters())},
		{"log-likelihood", fmt.Sprintf("%.2f", f.LogLikelihood)},
		{"AIC", fmt.Sprintf("%.2f", f.AIC())},
		{"BIC", fmt.Sprintf("%.2f", f.BIC())},
	}...)
	s.noteShape(u, f.Weight, f.Profile, 1)
	if f.fitter.freeScale && f.best.scale < nearRounding*f.fitter.least(f.best.mu()) {
		s.note("The scale is within %d times the rounding errors of the samples: they may be all it measures.", nearRounding)
	}
	if f.fitter.freeMu && f.fitter.severalMaxima(f.best) {
		s.note("The likelihood has several maxima in mu: the fit is the best of those that were found.")
	}
	return s, nil
}

// severalMaxima says whether other starts end elsewhere at the shape of the optimum.
func (f *fitter) severalMaxima(best likelihood) bool {
	for _, mu := range []float64{f.data.quantile(0.5), f.data.shortestHalf(), f.data.quantile(0.25), f.data.quantile(0.75)} {
		if l, err := f.inner(best.shape, mu, f.startScale(mu)); err == nil && math.Abs(l.mu()-best.mu()) > 1e-3*best.scale {
			return true
		}
	}
	return false
}

// Summary returns the fit for people to read: estimates, standard errors, intervals, and what to be careful about. A nil options is the zero value.
func (r *Regression) Summary(options *SummaryOptions) (*Summary, error) {
	m, err := r.model()
	if err != nil {
		return nil, err
	}
	if options != nil && options.Names != nil {
		if len(options.Names) != len(m.names)-2 {
			return nil, failure(ErrArgument, "%d names for %d coefficients", len(options.Names), len(m.names)-2)
		}
		m.names = append(append([]string(nil), options.Names...), "alpha", "scale")
	}
	s, u, err := newSummary("Robust regression", m, options)
	if err != nil {
		return nil, err
	}
	state := r.state
	s.Facts = append(s.Facts, [2]string{"rows", fmt.Sprint(state.design.n)})
	if weight := state.weight(); weight != float64(state.design.n) {
		s.Facts = append(s.Facts, [2]string{"total weight", fmt.Sprintf("%.6g", weight)})
	}
	s.Facts = append(s.Facts, [][2]string{{"parameters", fmt.Sprint(r.Parameters())}, {"iterations", fmt.Sprint(r.Iterations)}}...)
	if r.Alpha >= 0 {
		s.Facts = append(s.Facts, [][2]string{
			{"log-likelihood", fmt.Sprintf("%.2f", r.LogLikelihood())}, {"AIC", fmt.Sprintf("%.2f", r.AIC())}, {"BIC", fmt.Sprintf("%.2f", r.BIC())},
		}...)
	}
	if r.Stop != StopConverged {
		s.note("The fit did not converge: %v.", r.Stop)
	}
	s.noteShape(u, state.weight(), r.Profile, len(m.names)-2)
	if state.fixedScale == 0 && state.scale < nearRounding*state.design.rounding(state.beta) {
		s.note("The scale is within %d times the rounding errors of the data: they may be all it measures.", nearRounding)
	}
	if state.startsDiffer {
		s.note("The start mattered: from least squares and from least absolute deviations the fit ends in different places. This is the better one; " +
			"there may be others.")
	}
	return s, nil
}

// newSummary returns the table of the parameters.
func newSummary(title string, m *model, options *SummaryOptions) (*Summary, *Uncertainty, error) {
	o := SummaryOptions{}
	if options != nil {
		o = *options
	}
	if o.Level == 0 {
		o.Level = 0.95
	}
	if !(o.Level > 0 && o.Level < 1) {
		return nil, nil, failure(ErrArgument, "a level of %g is not between 0 and 1", o.Level)
	}
	s := &Summary{Title: title, Level: o.Level, Facts: [][2]string{{"covariance", o.Kind.String()}}}
	u, err := m.uncertainty(o.Kind)
	if errors.Is(err, ErrIrregular) {
		s.note("No standard errors: %v.", strings.TrimPrefix(err.Error(), "robustloss/scalar: "))
		u = nil
	} else if err != nil {
		return nil, nil, err
	}
	for i, name := range m.names {
		nan := math.NaN()
		row := SummaryRow{Name: name, Estimate: m.values[i], StdErr: nan, T: nan, P: nan, Interval: Interval{nan, nan}}
		if u != nil {
			row.StdErr, row.Interval = u.StdErr(i), u.Interval(i, o.Level)
			if i < len(m.names)-2 && row.StdErr > 0 {
				row.T = row.Estimate / row.StdErr
				row.P = 2 * distuv.StudentsT{Sigma: 1, Nu: u.DF}.Survival(math.Abs(row.T))
			}
		}
		s.Rows = append(s.Rows, row)
	}
	return s, u, nil
}

func (s *Summary) note(format string, arguments ...any) {
	s.Notes = append(s.Notes, fmt.Sprintf(format, arguments...))
}

// noteShape adds what is to be said of α, which is parameter i.
func (s *Summary) noteShape(u *Uncertainty, weight float64, profile func(i int, level float64) (Interval, error), i int) {
	if u == nil || !u.free[i] && !u.bound {
		return
	}
	row := &s.Rows[i]
	profiled := true
	switch {
	case u.bound:
		s.note("alpha is at its bound %.4g: its interval is that of the profile likelihood, and the errors of the others take it as known.", row.Estimate)
	case math.Abs(row.Estimate-2) < nearTwo:
		s.note("alpha is near 2, where its likelihood is not regular: its interval is that of the profile likelihood.")
	case row.Interval.Lo == u.alpha.Lo || row.Interval.Hi == u.alpha.Hi:
		s.note("alpha is near a bound: its interval is that of the profile likelihood.")
	default:
		profiled = false
	}
	ends, err := profile(i, s.Level)
	if err != nil {
		s.note("No profile of alpha: %v.", strings.TrimPrefix(err.Error(), "robustloss/scalar: "))
		return
	}
	if profiled {
		row.Interval = ends
	}
	if compressAlpha(ends.Hi)-compressAlpha(ends.Lo) > wideShapes {
		s.note("A total weight of %.6g is too small to tell alpha: anything from %.3g to %.3g suits the data.", weight, ends.Lo, ends.Hi)
	}
}

// digits returns a value with this many significant digits, or nothing for NaN.
func digits(value float64, significant int) string {
	if math.IsNaN(value) {
		return ""
	}
	return fmt.Sprintf("%.*g", significant, value)
}

func (s *Summary) table() table {
	level := digits(100*s.Level, 4)
	t := table{{"", "estimate", "std. error", "t", "p", level + " % from", "to"}}
	for _, r := range s.Rows {
		row := []string{r.Name, digits(r.Estimate, 5), digits(r.StdErr, 3), "", "", digits(r.Interval.Lo, 5), digits(r.Interval.Hi, 5)}
		if r.StdErr == 0 {
			row[2], row[5], row[6] = "fixed", "", ""
		}
		if !math.IsNaN(r.T) {
			row[3], row[4] = fmt.Sprintf("%.2f", r.T), fmt.Sprintf("%.3f", r.P)
		}
		t = append(t, row)
	}
	return t
}

// String returns the summary as text.
func (s *Summary) String() string {
	var b strings.Builder
	body := s.table().text()
	header, _, _ := strings.Cut(body, "\n")
	line := strings.Repeat("-", utf8.RuneCountInString(header)) + "\n"
	b.WriteString(s.Title + "\n" + line)
	var facts table
	for _, f := range s.Facts {
		facts = append(facts, f[:])
	}
	b.WriteString(facts.text() + line + body + line)
	for i, note := range s.Notes {
		fmt.Fprintf(&b, "%d. %s\n", i+1, note)
	}
	return b.String()
}

// Markdown returns the summary in Markdown.
func (s *Summary) Markdown() string {
	var b strings.Builder
	facts := make([]string, len(s.Facts))
	for i, f := range s.Facts {
		facts[i] = f[0] + " " + f[1]
	}
	b.WriteString("**" + s.Title + "**: " + strings.Join(facts, ", ") + "\n\n" + s.table().markdown())
	for i, note := range s.Notes {
		fmt.Fprintf(&b, "\n%d. %s", i+1, note)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// table is rows of cells, the first of them a header, for people to read.
type table [][]string

// text returns the table with aligned columns: the first to the left, the others to the right.
func (t table) text() string {
	var widths []int
	for _, row := range t {
		for j, cell := range row {
			if j == len(widths) {
				widths = append(widths, 0)
			}
			widths[j] = max(widths[j], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range t {
		for j, cell := range row {
			padding := strings.Repeat(" ", widths[j]-utf8.RuneCountInString(cell))
			if j == 0 {
				b.WriteString(cell + padding)
			} else {
				b.WriteString("  " + padding + cell)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// markdown returns the table in Markdown.
func (t table) markdown() string {
	var b strings.Builder
	for i, row := range t {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|:--" + strings.Repeat("|--:", len(row)-1) + "|\n")
		}
	}
	return b.String()
}

// Comparison is the result of Compare, the best family first.
type Comparison []Candidate

func (c Comparison) table() table {
	t := table{{"family", "parameters", "log-likelihood", "AIC", "ΔAIC", "BIC"}}
	for _, x := range c {
		if x.Err != nil {
			t = append(t, []string{x.Family, fmt.Sprint(x.Parameters), "no fit", "", "", ""})
			continue
		}
		t = append(t, []string{
			x.Family, fmt.Sprint(x.Parameters), fmt.Sprintf("%.2f", x.LogLikelihood), fmt.Sprintf("%.2f", x.AIC),
			fmt.Sprintf("%.2f", x.AIC-c[0].AIC), fmt.Sprintf("%.2f", x.BIC),
		})
	}
	return t
}

// String returns the table as text.
func (c Comparison) String() string { return c.table().text() }

// Markdown returns the table in Markdown.
func (c Comparison) Markdown() string { return c.table().markdown() }
