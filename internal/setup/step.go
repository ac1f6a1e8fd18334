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
	run      func(context.Context) error
}

// project is a clone.
type project struct {
	root string    // absolute
	out  io.Writer // where progress is told
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

// perform does the steps that are not done yet, in order.
func (p *project) perform(ctx context.Context, steps []step) error {
	stamps := p.readStamps()
	began, did := time.Now(), 0
	for _, s := range steps {
		digest, err := p.digest(s)
		if err != nil {
			return err
		}
		if stamps[s.name] == digest && p.missing(s) == "" {
			continue
		}
		delete(stamps, s.name)
		if err := p.writeStamps(stamps); err != nil {
			return err
		}
		if err := p.narrate(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if product := p.missing(s); product != "" {
			return fmt.Errorf("%s: %s is not there afterwards", s.name, product)
		}
		stamps[s.name] = digest
		if err := p.writeStamps(stamps); err != nil {
			return err
		}
		did++
	}
	if did > 0 {
		fmt.Fprintf(p.out, "setup: ready after %s\n", time.Since(began).Round(time.Second))
	}
	return nil
}

// narrate runs one step, and says every 20 seconds that it is still at work.
func (p *project) narrate(ctx context.Context, s step) error {
	fmt.Fprintf(p.out, "setup: %s\n", s.what)
	done := make(chan struct{})
	defer close(done)
	go func(began time.Time) {
		for {
			select {
			case <-done:
				return
			case <-time.After(20 * time.Second):
				fmt.Fprintf(p.out, "setup: … %s: %s\n", s.name, time.Since(began).Round(time.Second))
			}
		}
	}(time.Now())
	err := s.run(ctx)
	if ctx.Err() != nil {
		return errors.New("interrupted; the next run goes on from here")
	}
	return err
}

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
