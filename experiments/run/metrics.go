package run

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"os"
	"sort"
)

// Values are named numbers, as they stand in metrics.jsonl and result.json.
type Values map[string]float64

// UnmarshalJSON reads an object of numbers. A null, which Go's decoder takes for 0, is an error.
func (v *Values) UnmarshalJSON(data []byte) error {
	var numbers map[string]*float64
	if err := json.Unmarshal(data, &numbers); err != nil {
		return err
	}
	*v = Values{}
	for name, number := range numbers {
		if number == nil {
			return fmt.Errorf("%q is null, want a number", name)
		}
		(*v)[name] = *number
	}
	return nil
}

// NonFiniteError says that a number of a run became NaN or infinite.
type NonFiniteError struct {
	Step  int     // the step, counted from 1
	Term  string  // the name of the number, for example a term of the loss
	Value float64 // NaN, +Inf or −Inf
}

// Error names the step and the term.
func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("step %d: %q is %v: training cannot go on; the last checkpoint is kept (try a lower learning rate or a larger scale)",
		e.Step, e.Term, e.Value)
}

// CheckFinite returns a [*NonFiniteError] that names the first value, in the order of the given names and then of
// the alphabet, that is NaN or infinite.
func CheckFinite(step int, values Values, order ...string) error {
	var rest []string
	for name := range values {
		rest = append(rest, name)
	}
	sort.Strings(rest)
	for _, name := range append(append([]string{}, order...), rest...) {
		v, ok := values[name]
		if ok && (math.IsNaN(v) || math.IsInf(v, 0)) {
			return &NonFiniteError{Step: step, Term: name, Value: v}
		}
	}
	return nil
}

// stepKey is the key of the step in a line of metrics.jsonl.
const stepKey = "step"

// metricsFile is the open metrics.jsonl with the checksum of what it holds.
type metricsFile struct {
	*os.File
	sum    hash.Hash
	length int64
}

// mark is how much of metrics.jsonl a checkpoint goes with.
type mark struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// openMetrics opens metrics.jsonl for appending and cuts it back to where the latest checkpoint stood.
func (r *Run) openMetrics() error {
	path := r.Path(metricsName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("cannot open the metrics: %w", err)
	}
	r.metrics = &metricsFile{File: f, sum: sha256.New()}
	if r.latest != nil {
		r.metrics.length = r.latest.state.Metrics.Bytes
	}
	if _, err := io.CopyN(r.metrics.sum, f, r.metrics.length); err != nil {
		return fmt.Errorf("cannot read %s: %w", path, err)
	}
	if err := f.Truncate(r.metrics.length); err != nil {
		return fmt.Errorf("cannot cut %s back to its checkpoint: %w", path, err)
	}
	return nil
}

// check compares the beginning of a metrics.jsonl with what a checkpoint says of it.
func (m mark) check(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) && m.Bytes == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if m.Bytes < 0 || info.Size() < m.Bytes {
		return fmt.Errorf("%s has %d bytes, the checkpoint was saved after %d", path, info.Size(), m.Bytes)
	}
	sum := sha256.New()
	if _, err := io.CopyN(sum, f, m.Bytes); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != m.SHA256 {
		return fmt.Errorf("the first %d bytes of %s are not those that the checkpoint was saved after", m.Bytes, path)
	}
	return nil
}

// mark syncs the metrics and returns how much there is.
func (m *metricsFile) mark() (mark, error) {
	return mark{m.length, hex.EncodeToString(m.sum.Sum(nil))}, m.Sync()
}

// Log appends one line to metrics.jsonl: the step and the values. A value that is not finite is a [*NonFiniteError],
// and nothing is written.
func (r *Run) Log(step int, values Values) error {
	if err := r.writable(); err != nil {
		return err
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
	n, err := r.metrics.Write(line)
	r.metrics.sum.Write(line[:n])
	r.metrics.length += int64(n)
	if err != nil {
		return fmt.Errorf("cannot append to %s: %w", r.Path(metricsName), err)
	}
	return nil
}

// Metric is one line of metrics.jsonl.
type Metric struct {
	Step   int
	Values Values
}

// maxLine is the most bytes of a line of metrics.jsonl.
const maxLine = 1 << 20

// ReadMetrics returns the lines of a metrics.jsonl file. A last line without its newline, which a run that is being
// written or was killed may leave, is not read. A line that is no object of numbers with a step is an error that names it.
func ReadMetrics(path string) ([]Metric, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("cannot read metrics: %s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read metrics: %w", err)
	}
	defer func() { _ = f.Close() }()
	return parseMetrics(f, path)
}

func parseMetrics(r io.Reader, path string) (metrics []Metric, err error) {
	reader := bufio.NewReaderSize(r, maxLine)
	for number := 1; ; number++ {
		line, err := reader.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return metrics, nil
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			err = fmt.Errorf("it is longer than %d bytes", maxLine)
		}
		var m Metric
		if err == nil {
			m, err = parseMetric(line)
		}
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, number, err)
		}
		metrics = append(metrics, m)
	}
}

func parseMetric(line []byte) (m Metric, err error) {
	if !bytes.HasPrefix(bytes.TrimSpace(line), []byte("{")) {
		return m, errors.New("want an object with a step and numbers")
	}
	if err := decodeStrictly(line, &m.Values); err != nil {
		return m, err
	}
	step, ok := m.Values[stepKey]
	if !ok || step != math.Trunc(step) || math.Abs(step) > 1<<52 {
		return m, fmt.Errorf("want a whole number as %q", stepKey)
	}
	m.Step = int(step)
	delete(m.Values, stepKey)
	return m, nil
}

// Metrics returns the lines logged so far.
func (r *Run) Metrics() ([]Metric, error) { return ReadMetrics(r.Path(metricsName)) }
