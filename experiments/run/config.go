package run

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// Spec says which run to open.
type Spec struct {
	// Experiment names the experiment: "vae", "depth", ….
	Experiment string
	// Dir is the run's directory. It is created where it is missing.
	Dir string
	// Config holds all hyperparameters: a struct that marshals to a JSON object. Everything that the numbers
	// depend on belongs here; paths and verbosity do not.
	Config any
	// Seed seeds everything random in the run.
	Seed int64
	// Device describes what computes, for example a backend's name and description.
	Device string
	// Command is the command line that makes this run, empty where there is none.
	Command string
	// Warnings is told, in a line each, what the user should know when the run is opened: see [Run.Warnings]. It may be nil.
	Warnings io.Writer
	// Restart deletes what an earlier run left in Dir (config, metrics, checkpoints, result) and starts anew.
	Restart bool
}

// Manifest is the content of config.json: what was asked and with what it is computed.
type Manifest struct {
	Experiment string            `json:"experiment"`
	Seed       int64             `json:"seed"`
	Device     string            `json:"device"`
	Command    string            `json:"command"`
	Versions   map[string]string `json:"versions"`
	Config     json.RawMessage   `json:"config"`
}

// ErrConflict is wrapped by the error of [Open] where the directory holds a different run.
var ErrConflict = errors.New("the run directory holds a different run")

func newManifest(spec Spec) (Manifest, error) {
	config, err := json.Marshal(spec.Config)
	if err != nil {
		return Manifest{}, fmt.Errorf("cannot write the configuration as JSON: %w", err)
	}
	if !bytes.HasPrefix(config, []byte("{")) {
		return Manifest{}, fmt.Errorf("the configuration must be a JSON object, it is %.40s", config)
	}
	return Manifest{
		Experiment: spec.Experiment,
		Seed:       spec.Seed,
		Device:     spec.Device,
		Command:    spec.Command,
		Versions:   Versions(),
		Config:     config,
	}, nil
}

// ReadManifest returns what was asked of the run in dir. It needs no lock.
func ReadManifest(dir string) (Manifest, error) {
	m, found, err := readManifest(filepath.Join(dir, configName))
	if err == nil && !found {
		err = fmt.Errorf("there is no run in %s: %s is missing", dir, configName)
	}
	return m, err
}

// readManifest reads config.json; found is false where there is none.
func readManifest(path string) (m Manifest, found bool, err error) {
	data, err := readFile(os.DirFS(filepath.Dir(path)), filepath.Base(path), maxConfigBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return m, false, nil
	}
	if err == nil {
		err = decodeStrictly(data, &m)
	}
	if err == nil {
		err = m.check()
	}
	if err != nil {
		return m, false, fmt.Errorf("cannot read %s: %w", path, err)
	}
	return m, true, nil
}

// check reports what a manifest lacks.
func (m Manifest) check() error {
	if m.Experiment == "" {
		return errors.New("it names no experiment")
	}
	if !bytes.HasPrefix(bytes.TrimSpace(m.Config), []byte("{")) {
		return errors.New("it has no configuration")
	}
	return nil
}

// DecodeConfig fills config, a pointer to the experiment's configuration. A field that the configuration does not have is an
// error, but for those that are named as retired, with their parents ("adam.groups"): older runs may have them.
func (m Manifest) DecodeConfig(config any, retired ...string) error {
	text := []byte(m.Config)
	if len(retired) > 0 {
		var fields map[string]any
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&fields); err != nil {
			return fmt.Errorf("cannot read the configuration: %w", err)
		}
		for _, path := range retired {
			object, names := fields, strings.Split(path, ".")
			for _, name := range names[:len(names)-1] {
				object, _ = object[name].(map[string]any)
			}
			delete(object, names[len(names)-1])
		}
		var err error
		if text, err = json.Marshal(fields); err != nil {
			return err
		}
	}
	if err := decodeStrictly(text, config); err != nil {
		return fmt.Errorf("cannot read the configuration: %w", err)
	}
	return nil
}

// identity is a checksum of what the numbers of a run depend on, the device and the versions apart: a checkpoint says with it
// whose it is.
func (m Manifest) identity() (string, error) {
	fields := flatten(m.Config)
	fields["\x00experiment"], fields["\x00seed"] = m.Experiment, fmt.Sprint(m.Seed)
	data, err := json.Marshal(fields) // sorted by name
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), err
}

// conflictWith returns what keeps the run described by m from being continued as asked, nil if nothing does.
// The command and the versions may differ: they do not say what is computed.
func (m Manifest) conflictWith(asked Manifest, dir string) error {
	var diffs []string
	add := func(name string, have, want any) {
		if have != want {
			diffs = append(diffs, fmt.Sprintf("%s is %v there and %v here", name, have, want))
		}
	}
	add("experiment", m.Experiment, asked.Experiment)
	add("seed", m.Seed, asked.Seed)
	add("device", m.Device, asked.Device)
	have, want := flatten(m.Config), flatten(asked.Config)
	for _, key := range unionOfKeys(have, want) {
		add(key, orAbsent(have, key), orAbsent(want, key))
	}
	if len(diffs) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s: %s; ask for the same, choose another directory, or restart it", ErrConflict, dir, strings.Join(diffs, "; "))
}

// flatten turns a JSON object into "a.b" → value as JSON text.
func flatten(object json.RawMessage) map[string]string {
	flat := map[string]string{}
	var walk func(prefix string, raw json.RawMessage)
	walk = func(prefix string, raw json.RawMessage) {
		var fields map[string]json.RawMessage
		if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) && json.Unmarshal(raw, &fields) == nil {
			for key, value := range fields {
				walk(strings.TrimPrefix(prefix+"."+key, "."), value)
			}
			return
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, raw); err != nil {
			compact.Write(raw)
		}
		flat[prefix] = compact.String()
	}
	walk("", object)
	return flat
}

func orAbsent(m map[string]string, key string) string {
	if value, ok := m[key]; ok {
		return value
	}
	return "absent"
}

func unionOfKeys(maps ...map[string]string) []string {
	seen := map[string]bool{}
	var keys []string
	for _, m := range maps {
		for key := range m {
			if !seen[key] {
				seen[key] = true
				keys = append(keys, key)
			}
		}
	}
	sort.Strings(keys)
	return keys
}

// State says how far a run is.
type State struct {
	Started, Finished bool
	Step              int // of the latest intact checkpoint of a run that is not finished
}

// String says it in words.
func (s State) String() string {
	switch {
	case s.Finished:
		return "finished"
	case s.Step > 0:
		return fmt.Sprintf("stopped after step %d", s.Step)
	case s.Started:
		return "started, no checkpoint yet"
	}
	return "not started"
}

// State returns how far the run is, without opening it. A directory that holds another run is an error that wraps [ErrConflict].
func (spec Spec) State() (s State, err error) {
	have, found, err := readManifest(filepath.Join(spec.Dir, configName))
	if err != nil || !found {
		return s, err
	}
	asked, err := newManifest(spec)
	if err != nil {
		return s, err
	}
	if spec.Device == "" {
		asked.Device = have.Device
	}
	if err := have.conflictWith(asked, spec.Dir); err != nil {
		return s, err
	}
	s.Started = true
	result, err := readResultIfAny(filepath.Join(spec.Dir, resultName))
	if err != nil {
		return s, err
	}
	if result != nil {
		s.Finished = true
		return s, nil
	}
	whole, _, err := wholeCheckpoints(spec.Dir, have)
	if len(whole) > 0 {
		s.Step = whole[len(whole)-1].state.Step
	}
	return s, err
}
