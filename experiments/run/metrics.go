package run

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// stepKey is the key of the step in a line of metrics.jsonl.
const stepKey = "step"

// openMetrics opens metrics.jsonl for appending and cuts it back to where the latest checkpoint stood.
func (r *Run) openMetrics() error {
	path := r.Path(metricsName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("cannot open the metrics: %w", err)
	}
	r.metrics = f
	var length int64
	if r.latest != nil {
		length = r.latest.state.MetricsBytes
	}
	if err := f.Truncate(length); err != nil {
		return fmt.Errorf("cannot cut %s back to its checkpoint: %w", path, err)
	}
	_, err = f.Seek(length, io.SeekStart)
	return err
}

// Log appends one line to metrics.jsonl: the step and the values. A value that is not finite is a [*NonFiniteError],
// and nothing is written.
func (r *Run) Log(step int, values Values) error {
	if r.metrics == nil {
		return fmt.Errorf("the run in %s is finished or closed: nothing can be logged", r.dir)
	}
	if _, taken := values[stepKey]; taken {
		return fmt.Errorf("a metric cannot be called %q", stepKey)
	}
	if err := CheckFinite(step, values); err != nil {
		return err
	}
	body, err := json.Marshal(values)
	if err != nil {
		return err
	}
	line := fmt.Appendf(nil, "{%q:%d", stepKey, step)
	if len(values) > 0 {
		line = append(line, ',')
	}
	line = append(append(line, body[1:]...), '\n')
	if _, err := r.metrics.Write(line); err != nil {
		return fmt.Errorf("cannot append to %s: %w", r.Path(metricsName), err)
	}
	return nil
}

// Metric is one line of metrics.jsonl.
type Metric struct {
	Step   int
	Values Values
}

// ReadMetrics returns the lines of a metrics.jsonl file. A last line without its newline, which a run that is being
// written or was killed may leave, is not read.
func ReadMetrics(path string) ([]Metric, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read metrics: %w", err)
	}
	defer func() { _ = f.Close() }()
	var metrics []Metric
	reader := bufio.NewReader(f)
	for number := 1; ; number++ {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return metrics, nil
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", path, err)
		}
		values := Values{}
		if err := json.Unmarshal(line, &values); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, number, err)
		}
		step := int(values[stepKey])
		delete(values, stepKey)
		metrics = append(metrics, Metric{Step: step, Values: values})
	}
}

// Metrics returns the lines logged so far.
func (r *Run) Metrics() ([]Metric, error) { return ReadMetrics(r.Path(metricsName)) }
