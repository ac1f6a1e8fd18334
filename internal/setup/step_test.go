package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// clone makes an empty clone, in a path with a space.
func clone(t *testing.T) (*project, *bytes.Buffer) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "a clone")
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	return &project{root: root, out: &said}, &said
}

func put(t *testing.T, p *project, name, content string) {
	t.Helper()
	if err := writeFile(p.path(name), []byte(content)); err != nil {
		t.Fatal(err)
	}
}

// counted is a step that writes its product, and counts how often it does.
func counted(t *testing.T, p *project, count *int) step {
	put(t, p, "input.txt", "one")
	return step{
		name: "counted", what: "counting", inputs: []string{"input.txt"}, products: []string{"product.txt"},
		run: func(context.Context) error {
			*count++
			return writeFile(p.path("product.txt"), []byte("made"))
		},
	}
}

func perform(t *testing.T, p *project, steps ...step) {
	t.Helper()
	if err := p.perform(t.Context(), steps); err != nil {
		t.Fatal(err)
	}
}

func TestPerform_DoesAStepOnce(t *testing.T) {
	p, said := clone(t)
	count := 0
	s := counted(t, p, &count)
	perform(t, p, s)
	if text := said.String(); !strings.Contains(text, "setup: counting\n") || !strings.Contains(text, "setup: ready") {
		t.Errorf("the first run says %q", text)
	}
	said.Reset()
	perform(t, p, s)
	if count != 1 || said.Len() > 0 {
		t.Errorf("done %d times, and the second run says %q", count, said.String())
	}
}

func TestPerform_AgainWhereSomethingChanged(t *testing.T) {
	for name, change := range map[string]func(p *project, s *step){
		"input":   func(p *project, _ *step) { put(t, p, "input.txt", "two") },
		"setting": func(_ *project, s *step) { s.settings = []string{"another Go"} },
		"product": func(p *project, _ *step) { _ = os.Remove(p.path("product.txt")) },
		"link": func(p *project, _ *step) { // a plugin whose package is gone
			if err := link("nowhere", p.path("product.txt")); err != nil {
				t.Fatal(err)
			}
		},
		"stamp":      func(p *project, _ *step) { put(t, p, stampFile, "{ half a") },
		"null stamp": func(p *project, _ *step) { put(t, p, stampFile, "null") },
		"place": func(p *project, _ *step) { // the clone was moved: paths in .venv are absolute
			moved := p.root + " moved"
			if err := os.Rename(p.root, moved); err != nil {
				t.Fatal(err)
			}
			p.root = moved
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := clone(t)
			count := 0
			s := counted(t, p, &count)
			perform(t, p, s)
			change(p, &s)
			if name == "link" {
				s.run = func(context.Context) error {
					count++
					return os.Remove(p.path("product.txt"))
				}
				if err := p.perform(t.Context(), []step{s}); err == nil {
					t.Error("a step without its product passes")
				}
			} else {
				perform(t, p, s)
			}
			if count != 2 {
				t.Errorf("done %d times, want 2", count)
			}
		})
	}
}

func TestPerform_InterruptedIsDoneAgain(t *testing.T) {
	p, _ := clone(t)
	count := 0
	s := counted(t, p, &count)
	perform(t, p, s) // a stamp is there
	put(t, p, "input.txt", "two")
	whole := s.run
	ctx, cancel := context.WithCancel(t.Context())
	s.run = func(context.Context) error { // half done, then interrupted
		cancel()
		return errors.New("killed")
	}
	if err := p.perform(ctx, []step{s}); err == nil || !strings.Contains(err.Error(), "interrupted; the next run goes on from here") {
		t.Errorf("the error is %v", err)
	}
	put(t, p, "input.txt", "one") // even where the inputs are again those of the stamp that was there
	s.run = whole
	perform(t, p, s)
	if count != 2 {
		t.Errorf("done %d times, want 2", count)
	}
}

func TestPerform_StopsAtTheFirstFailure(t *testing.T) {
	p, _ := clone(t)
	count := 0
	broken := step{name: "broken", run: func(context.Context) error { return errors.New("no network") }}
	next := counted(t, p, &count)
	next.needs = []string{"broken"}
	err := p.perform(t.Context(), []step{broken, next})
	if err == nil || err.Error() != "broken: no network" || count != 0 {
		t.Errorf("the error is %v, the next step was done %d times", err, count)
	}
}

// Steps that do not need each other are done at the same time, and one that needs both after them.
func TestPerform_DoesStepsBesideEachOther(t *testing.T) {
	p, _ := clone(t)
	here, there := make(chan bool), make(chan bool)
	var met, after bool
	left := step{name: "left", run: func(context.Context) error { here <- true; return nil }}
	right := step{name: "right", run: func(context.Context) error { met = <-here; close(there); return nil }}
	both := step{name: "both", needs: []string{"left", "right", "another"}, run: func(context.Context) error {
		after = met && !<-there
		return nil
	}}
	perform(t, p, left, right, both)
	if !after {
		t.Error("the step was done before those that it needs")
	}
	stamps := p.readStamps()
	if len(stamps) != 3 {
		t.Errorf("stamped are %v, want three steps", stamps)
	}
}

// A failure stops the steps beside it, and is what is told.
func TestPerform_FailureStopsTheOthers(t *testing.T) {
	p, _ := clone(t)
	slow := step{name: "slow", run: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
	broken := step{name: "broken", run: func(context.Context) error { return errors.New("no network") }}
	if err := p.perform(t.Context(), []step{slow, broken}); err == nil || err.Error() != "broken: no network" {
		t.Errorf("the error is %v", err)
	}
}

func TestWriteFile_LeavesNoPart(t *testing.T) {
	p, _ := clone(t)
	put(t, p, "a/b.txt", "old")
	put(t, p, "a/b.txt", "new")
	if content, err := os.ReadFile(p.path("a/b.txt")); err != nil || string(content) != "new" {
		t.Errorf("the file holds %q (%v)", content, err)
	}
	if _, err := os.Stat(p.path("a/b.txt.partial")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a part is left: %v", err)
	}
}
