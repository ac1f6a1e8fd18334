// Package cli is what the experiments' commands share: the flags that all of them have, the session that their Run
// methods get, and how a failure ends the program.
//
// A command is a struct with kong tags and a method
//
//	func (c *Train) Run(ctx context.Context, s *cli.Session) error
//
// ctx ends when the user presses Ctrl-C. The command then saves what it needs to go on and returns an error that wraps
// [run.ErrInterrupted]; a training under [run.Training] does both by itself.
package cli
