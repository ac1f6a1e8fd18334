// Package cli is what the experiments' commands share: the flags, how a run records the command that makes it, how tables are
// printed, and how a failure ends the program.
//
// A command is a struct with kong tags that embeds the flags it needs ([Compute], [Selection], [Making], [Tables]), and a method
//
//	func (c *Train) Run(ctx context.Context, s *cli.Session) error
//
// ctx ends when the user presses Ctrl-C or the system asks the program to end. The command then saves what it needs to go on and
// returns an error that wraps [run.ErrInterrupted]; a training under [run.Training] does both by itself.
//
// A command that makes runs first plans them: a [run.Spec] for each, with the command [Line] that makes that run alone. The plan is
// what --dry-run and --print-config show.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"reflect"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// The exit codes of [Main].
const (
	CodeOK          = 0
	CodeFailed      = 1
	CodeUsage       = 2   // the command line is wrong: nothing was done
	CodeBusy        = 75  // another process is making the same run: nothing was done, and nothing need be
	CodeInterrupted = 130 // Ctrl-C, or the system's request to end: what was done is kept
)

// Program says how the program that [Main] runs is called.
type Program struct {
	Name        string
	Description string
}

// ExitError ends the program with a code and without a message: what failed has been said already.
type ExitError struct{ Code int }

// Error says the code.
func (e ExitError) Error() string { return fmt.Sprintf("exit code %d", e.Code) }

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
		kong.UsageOnError(), kong.ValueFormatter(helpText), kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}))
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

// helpText is a flag's help with its default, which kong shows only where there is no placeholder.
func helpText(value *kong.Value) string {
	help := kong.DefaultHelpValueFormatter(value)
	if hidden := value.Flag == nil || value.Flag.PlaceHolder != "" || value.IsBool(); hidden && value.HasDefault && value.Default != "" {
		help += " Default: " + value.Default + "."
	}
	return help
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
	if exit := (ExitError{}); errors.As(err, &exit) {
		return exit.Code
	}
	switch {
	case errors.Is(err, run.ErrBusy):
		code = CodeBusy
	case errors.Is(err, run.ErrInterrupted):
		code = CodeInterrupted
	case errors.Is(err, context.Canceled):
		code, err = CodeInterrupted, fmt.Errorf("%w: %w", run.ErrInterrupted, err)
	}
	_, _ = fmt.Fprintf(stderr, "%s: %s\n", program.Name, Message(err))
	return code
}

// Message returns the text of an error with the cause in front. GoMLX adds to an error from inside a graph function what it was
// doing when it met it ("failed during graph construction/compilation"), before the words that say what is wrong: they follow
// in brackets.
func Message(err error) string {
	text := err.Error()
	var added []string
	for e := err; e != nil; e = errors.Unwrap(e) {
		inner := errors.Unwrap(e)
		if inner == nil || !isGoMLX(e) || !strings.HasSuffix(text, e.Error()) {
			continue
		}
		if words := strings.TrimSuffix(strings.TrimSuffix(e.Error(), inner.Error()), ": "); words != "" && words != e.Error() {
			added = append(added, words)
		}
		text = strings.TrimSuffix(text, e.Error()) + inner.Error()
	}
	if len(added) > 0 {
		text += " (in GoMLX: " + strings.Join(added, ": ") + ")"
	}
	return text
}

// isGoMLX reports whether an error is one of the package that GoMLX wraps errors with, and this module does not.
func isGoMLX(err error) bool {
	t := reflect.TypeOf(err)
	return t.Kind() == reflect.Pointer && t.Elem().PkgPath() == "github.com/pkg/errors"
}
