package cli

import (
	"fmt"
	"io"
	"regexp"
	"sync"

	"github.com/gomlx/compute"
)

// Session is what a command gets beside its own flags.
type Session struct {
	Flags
	Out io.Writer // results: tables, paths
	Err io.Writer // progress and warnings

	// The backend is opened when it is first asked for, so commands that compute nothing, for example one that prints a
	// table, need none.
	once    sync.Once
	backend compute.Backend
	failure error
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
