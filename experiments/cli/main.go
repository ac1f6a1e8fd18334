package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// The exit codes of [Main].
const (
	CodeOK          = 0
	CodeFailed      = 1
	CodeUsage       = 2   // the command line is wrong: nothing was done
	CodeInterrupted = 130 // Ctrl-C: what was done is kept
)

// Program says how the program that [Main] runs is called.
type Program struct {
	Name        string
	Description string
}

// exitCode is how kong's own exits (--help) leave the parser.
type exitCode int

// Main parses args (without the program's name) into grammar, a pointer to a struct that embeds [Flags] and has a field
// for each experiment, runs the chosen command, and returns the exit code of the program. An error is one line on stderr,
// without a stack trace; --trace adds the stack of a panic.
func Main(program Program, grammar any, flags *Flags, args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if exit, ok := recover().(exitCode); ok {
			code = int(exit)
		}
	}()
	parser, err := kong.New(grammar,
		kong.Name(program.Name), kong.Description(program.Description),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { panic(exitCode(code)) }),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}))
	if err != nil {
		return complain(program, stderr, err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		_ = complain(program, stderr, err)
		_, _ = fmt.Fprintf(stderr, "See: %s --help\n", usageCommand(program, err))
		return CodeUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // A second Ctrl-C ends the program at once.
	session := &Session{Flags: *flags, Out: stdout, Err: stderr}
	defer session.Close()
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := runSafely(parsed, session); err != nil {
		return complain(program, stderr, err)
	}
	return CodeOK
}

// usageCommand is the command whose help explains a usage error.
func usageCommand(program Program, err error) string {
	name := program.Name
	if parse := (*kong.ParseError)(nil); errors.As(err, &parse) && parse.Context != nil {
		if node := parse.Context.Selected(); node != nil {
			return name + " " + node.Path()
		}
	}
	return name
}

// runSafely runs the command. A panic, which is how GoMLX's graph functions report errors, becomes an error.
func runSafely(parsed *kong.Context, session *Session) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = panicError(cause, session.Trace)
		}
	}()
	return parsed.Run(session)
}

// panicError makes an error of what recover returned.
func panicError(cause any, trace bool) error {
	err, ok := cause.(error)
	if !ok {
		err = fmt.Errorf("%v", cause)
	}
	if trace {
		return fmt.Errorf("%w\n%s", err, debug.Stack())
	}
	return err
}

// complain prints the error and returns the exit code that belongs to it.
func complain(program Program, stderr io.Writer, err error) int {
	code := CodeFailed
	switch {
	case errors.Is(err, run.ErrInterrupted):
		code = CodeInterrupted
	case errors.Is(err, context.Canceled):
		code, err = CodeInterrupted, fmt.Errorf("%w: %w", run.ErrInterrupted, err)
	}
	_, _ = fmt.Fprintf(stderr, "%s: %v\n", program.Name, err)
	return code
}
