package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// step is a part of the set-up. It is done when its stamp holds the digest of its inputs and all its products exist;
// the stamp is written last, so that a step which was interrupted is done again.
type step struct {
	name     string
	what     string   // what is happening, for the reader of the terminal
	inputs   []string // files whose content decides the outcome, relative to the clone
	settings []string // other things that decide it
	products []string // files and folders that must exist afterwards, relative to the clone
	needs    []string // names of steps that must be done before, where they are done at all
	run      func(context.Context) error
}

// project is a clone.
type project struct {
	root string    // absolute
	out  io.Writer // where progress is told

	stamps map[string]string // the digests of the steps that are done
	mutex  sync.Mutex        // of stamps and out
}

// tell tells of progress.
func (p *project) tell(format string, args ...any) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	fmt.Fprintf(p.out, "setup: "+format+"\n", args...)
}

func newProject(root string) *project {
	return &project{root: root, out: os.Stderr}
}

// path returns the absolute path of something in the clone.
func (p *project) path(parts ...string) string {
	return filepath.Join(append([]string{p.root}, parts...)...)
}

// stampFile remembers which steps are done.
const stampFile = ".tools/setup.json"

// perform does the steps that are not done yet, each as soon as those that it needs are done: pip waits for the network while
// Go compiles. The first failure stops the others.
func (p *project) perform(ctx context.Context, steps []step) error {
	p.stamps = p.readStamps()
	began := time.Now()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	ended := map[string]chan struct{}{}
	for _, s := range steps {
		ended[s.name] = make(chan struct{})
	}
	var group sync.WaitGroup
	var did atomic.Int32
	for _, s := range steps {
		group.Go(func() {
			defer close(ended[s.name])
			for _, needed := range s.needs {
				if other, ok := ended[needed]; ok {
					<-other
				}
			}
			if ctx.Err() != nil {
				return
			}
			done, err := p.do(ctx, s)
			if err != nil {
				stop(err)
			}
			if done {
				did.Add(1)
			}
		})
	}
	group.Wait()
	switch err := context.Cause(ctx); {
	case errors.Is(err, context.Canceled): // by a signal
		return errInterrupted
	case err != nil:
		return err
	}
	if did.Load() > 0 {
		p.tell("ready after %s", time.Since(began).Round(time.Second))
	}
	return nil
}

// do does a step, unless it is done.
func (p *project) do(ctx context.Context, s step) (done bool, err error) {
	digest, err := p.digest(s)
	if err != nil {
		return false, err
	}
	if p.isDone(s, digest) {
		return false, nil
	}
	if err := p.stamp(s.name, ""); err != nil {
		return false, err
	}
	if err := p.narrate(ctx, s); err != nil {
		return false, fmt.Errorf("%s: %w", s.name, err)
	}
	if product := p.missing(s); product != "" {
		return false, fmt.Errorf("%s: %s is not there afterwards", s.name, product)
	}
	return true, p.stamp(s.name, digest)
}

// isDone tells whether a step with this digest is done.
func (p *project) isDone(s step, digest string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.stamps[s.name] == digest && p.missing(s) == ""
}

// stamp remembers that a step is done with this digest, "" that it is not.
func (p *project) stamp(name, digest string) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.stamps[name] = digest
	if digest == "" {
		delete(p.stamps, name)
	}
	return p.writeStamps(p.stamps)
}

// narrate runs one step, and says every 20 seconds that it is still at work.
func (p *project) narrate(ctx context.Context, s step) error {
	p.tell("%s", s.what)
	done := make(chan struct{})
	defer close(done)
	go func(began time.Time) {
		for {
			select {
			case <-done:
				return
			case <-time.After(20 * time.Second):
				p.tell("… %s: %s", s.name, time.Since(began).Round(time.Second))
			}
		}
	}(time.Now())
	err := s.run(ctx)
	if ctx.Err() != nil {
		return errInterrupted
	}
	return err
}

var errInterrupted = errors.New("interrupted; the next run goes on from here")

// digest identifies what a step depends on: its settings, the content of its inputs, and the place of the clone, which
// the environment and the kernel hold as absolute paths.
func (p *project) digest(s step) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q\n", p.root, s.settings)
	for _, name := range s.inputs {
		content, err := os.ReadFile(p.path(name))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%q %x\n", name, sha256.Sum256(content))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// missing returns the first product of a step that is not there, or that is a link to nothing; "" if all are.
func (p *project) missing(s step) string {
	for _, name := range s.products {
		if _, err := os.Stat(p.path(name)); err != nil {
			return name
		}
	}
	return ""
}

// readStamps returns the digests of the steps that are done. An unreadable file counts as none.
func (p *project) readStamps() map[string]string {
	stamps := map[string]string{}
	content, err := os.ReadFile(p.path(stampFile))
	if err != nil || json.Unmarshal(content, &stamps) != nil || stamps == nil {
		return map[string]string{}
	}
	return stamps
}

func (p *project) writeStamps(stamps map[string]string) error {
	content, err := json.MarshalIndent(stamps, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(p.path(stampFile), append(content, '\n'))
}

// writeFile writes a file whole or not at all, with the folders above it.
func writeFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	partial := path + ".partial"
	if err := os.WriteFile(partial, content, 0o644); err != nil {
		return err
	}
	return os.Rename(partial, path)
}

// link makes the symbolic link at path point to target, whatever was there before.
func link(target, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Symlink(target, path)
}
