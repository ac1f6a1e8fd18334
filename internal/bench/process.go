package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// process is a worker that runs.
type process struct {
	form   string
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Scanner
	stderr bytes.Buffer
	ready  ready
}

// start starts a worker and waits until it has computed its job once.
func (b bench) start(ctx context.Context, form string, j job) (*process, error) {
	name, args := b.program(form, j)
	p := &process{form: form, cmd: exec.CommandContext(ctx, name, args...)}
	p.cmd.Stderr = &p.stderr
	// Neither a message of the peers' nor a choice of the user's backend is wanted: the form says what computes.
	p.cmd.Env = append(os.Environ(), "JAX_PLATFORMS=cpu", "TF_CPP_MIN_LOG_LEVEL=3", "PYTHONDONTWRITEBYTECODE=1")
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(stdout)
	p.out.Buffer(nil, 1<<20)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	return p, p.answer(&p.ready)
}

// answer reads a worker's next line.
func (p *process) answer(to any) error {
	if p.out.Scan() {
		return json.Unmarshal(p.out.Bytes(), to)
	}
	_ = p.in.Close()
	err := p.cmd.Wait()
	if err == nil {
		err = errors.New("it was not told to")
	}
	lines := strings.Split(strings.TrimSpace(p.stderr.String()), "\n")
	return fmt.Errorf("the worker %s ended early: %w\n%s", p.form, err, strings.Join(lines[max(0, len(lines)-12):], "\n"))
}

// time has the job repeated, and returns the times of one repetition.
func (p *process) time(repeats int) (t timed, err error) {
	if _, err := io.WriteString(p.in, strconv.Itoa(repeats)+"\n"); err != nil {
		return t, p.answer(&t)
	}
	err = p.answer(&t)
	return timed{t.Seconds / float64(repeats), t.CPU / float64(repeats)}, err
}

// finish ends a worker and returns the most memory that its job took.
func (p *process) finish() (peak int64, err error) {
	_ = p.in.Close()
	var u used
	if err := p.answer(&u); err != nil {
		return 0, err
	}
	return u.Peak, p.cmd.Wait()
}

// kill ends a worker that is not wanted any more.
func (p *process) kill() {
	_ = p.in.Close()
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}
