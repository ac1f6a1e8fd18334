package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/gomlx/compute"

	"github.com/robustloss/gomlx-robustloss/gomlxops/backend"
)

// Flags are the flags of every experiment.
type Flags struct {
	Backend string `help:"What computes: \"xla:cpu\", \"xla:cuda\" or \"go\". Without it: $$GOMLX_BACKEND, else XLA where its plugin is installed, else pure Go." placeholder:"NAME"`
	Runs    string `help:"Folder that holds the runs: configurations, metrics, checkpoints, results, figures." default:"runs" type:"path" placeholder:"DIR"`
	Restart bool   `help:"Delete what earlier runs of the same name left, and start anew. Without it, unfinished runs go on and finished ones are not made again."`
	Quiet   bool   `help:"Show no progress." short:"q"`
	Trace   bool   `help:"Show where in the code a failure came from."`
}

// Session is what a command gets beside its own flags. It opens the backend when it is first asked for, so commands that
// compute nothing, for example one that prints a table, need none.
type Session struct {
	Flags
	Out io.Writer // results: tables, paths
	Err io.Writer // progress and warnings

	once    sync.Once
	backend compute.Backend
	failure error
}

// Compute returns the backend that the flags ask for, the same at each call.
func (s *Session) Compute() (compute.Backend, error) {
	s.once.Do(func() { s.backend, s.failure = openBackend(s.Backend) })
	return s.backend, s.failure
}

func openBackend(name string) (compute.Backend, error) {
	if name == "" {
		return backend.New()
	}
	return backend.NewWithConfig(name)
}

// Device describes what computes, for a run's record: the backend's name and its own description.
func (s *Session) Device() (string, error) {
	b, err := s.Compute()
	if err != nil {
		return "", err
	}
	return Describe(b), nil
}

// folders matches the folders of an absolute path, in front of the file's name.
var folders = regexp.MustCompile(`(?:/[^/\s:()\[\],]+)+/`)

// Describe names a backend for a run's record, for example by its plugin's file name, without the folders that it is in:
// they do not say what computes.
func Describe(b compute.Backend) string {
	return folders.ReplaceAllString(fmt.Sprintf("%s: %s", b.Name(), b.Description()), "")
}

// Progress returns where progress goes: nil, which shows nothing, where the user asked for quiet.
func (s *Session) Progress() io.Writer {
	if s.Quiet {
		return nil
	}
	return s.Err
}

// Dir returns a folder below the folder of runs.
func (s *Session) Dir(elem ...string) string {
	return filepath.Join(append([]string{s.Runs}, elem...)...)
}

// Notef tells the user something beside the progress.
func (s *Session) Notef(format string, args ...any) {
	if !s.Quiet {
		_, _ = fmt.Fprintf(s.Err, format+"\n", args...)
	}
}

// Close gives the backend back.
func (s *Session) Close() {
	if s.backend != nil {
		s.backend.Finalize()
	}
}
