package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// programLine starts the program from the module's folder.
const programLine = "go run ./experiments"

// Line returns the command line that gives a command the flags that it has: path names it below the program ("vae train"),
// command is a pointer to its struct. Flags at their default, and those tagged record:"no", which change no number, are
// left out. A folder is written relative to the working directory where it lies below it, else relative to the user's home
// where it lies there.
//
// It is what a run records. So a command that makes several runs gives each of them the line that makes that run alone.
func Line(path string, command any) string {
	parser, err := kong.New(command, kong.NoDefaultHelp())
	if err != nil {
		panic(fmt.Errorf("cli: %T is no command: %w", command, err)) // The program could not have started with it.
	}
	line := programLine + " " + path
	for _, flag := range parser.Model.Flags {
		if flag.Tag.Get("record") == "no" {
			continue
		}
		if text := flagText(flag); text != "" {
			line += " " + text
		}
	}
	return line
}

// flagText returns a flag as it is written on a command line, "" where it has its default.
func flagText(flag *kong.Flag) string {
	usual := reflect.New(flag.Target.Type()).Elem()
	if flag.HasDefault {
		value := *flag.Value // Parse marks the value that it is called on as set.
		if err := value.Parse(kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: flag.Default}), usual); err != nil {
			panic(fmt.Errorf("cli: the default of --%s: %w", flag.Name, err))
		}
	}
	v := flag.Target
	if reflect.DeepEqual(v.Interface(), usual.Interface()) || v.Kind() == reflect.Slice && v.Len() == 0 && usual.Len() == 0 {
		return ""
	}
	if v.Kind() == reflect.Bool {
		switch {
		case v.Bool():
			return "--" + flag.Name
		case flag.Tag.Negatable != "":
			return "--no-" + flag.Name
		}
		return "--" + flag.Name + "=false"
	}
	isPath := flag.Tag.Type == "path" || flag.Tag.Type == "existingfile" || flag.Tag.Type == "existingdir"
	text := Quote(valueText(v))
	if isPath {
		text = portable(v.String())
	}
	if strings.HasPrefix(text, "-") || strings.Contains(text, ",-") || text == "''" { // The parser would take it for another flag.
		return "--" + flag.Name + "=" + text
	}
	return "--" + flag.Name + " " + text
}

// valueText returns a value as the parser reads it.
func valueText(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer:
		return valueText(v.Elem())
	case reflect.Slice:
		var parts []string
		for i := range v.Len() {
			parts = append(parts, strings.ReplaceAll(valueText(v.Index(i)), ",", `\,`))
		}
		return strings.Join(parts, ",")
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	default:
		return fmt.Sprint(v.Interface())
	}
}

// plainWord matches what a POSIX shell takes as one word without quotes.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// Quote writes a text as one word for a POSIX shell.
func Quote(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// Words cuts a recorded command line into its words, as a POSIX shell does: it undoes [Quote], and puts the user's home in the
// place of a leading ~/.
func Words(line string) (words []string, err error) {
	word, quoted, begun := "", false, false
	for i := 0; i < len(line); i++ {
		switch b := line[i]; {
		case b == '\'':
			quoted, begun = !quoted, true
		case quoted:
			word += line[i : i+1]
		case b == '\\' && i+1 < len(line):
			i++
			word, begun = word+line[i:i+1], true
		case b == ' ':
			if begun {
				words = append(words, word)
			}
			word, begun = "", false
		case b == '~' && !begun && strings.HasPrefix(line[i:], "~/"):
			if word, err = os.UserHomeDir(); err != nil {
				return nil, err
			}
			begun = true
		default:
			word, begun = word+line[i:i+1], true
		}
	}
	if quoted {
		return nil, fmt.Errorf("a quote is not closed in %s", line)
	}
	if begun {
		words = append(words, word)
	}
	return words, nil
}

// portable quotes a path so that it names the same place for another user or on another machine, where it can.
func portable(path string) string {
	if dir, err := os.Getwd(); err == nil {
		if relative, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(relative) {
			return Quote(relative)
		}
	}
	if home, err := os.UserHomeDir(); err == nil {
		if relative, err := filepath.Rel(home, path); err == nil && filepath.IsLocal(relative) && relative != "." {
			return "~/" + Quote(relative)
		}
	}
	return Quote(path)
}

// Making is the flags of commands that make runs.
type Making struct {
	Restart     bool `help:"Delete what earlier runs of the same name left, and start anew. Without it, unfinished runs go on and finished ones are not made again." record:"no"`
	DryRun      bool `help:"Only list the runs: their state, folder and command." record:"no" xor:"show"`
	PrintConfig bool `help:"Only print the configuration of each run, as JSON." record:"no" xor:"show"`
}

// Preview does what --dry-run or --print-config ask for; done is true where they were given, and the command then ends.
func (m Making) Preview(s *Session, plan []run.Spec) (done bool, err error) {
	switch {
	case m.DryRun:
		for _, spec := range plan {
			state, err := spec.State()
			text := state.String()
			if errors.Is(err, run.ErrConflict) {
				text = err.Error()
			} else if err != nil {
				return true, err
			}
			if _, err := fmt.Fprintf(s.Out, "%s: %s\n    %s\n", spec.Dir, text, spec.Command); err != nil {
				return true, err
			}
		}
		return true, nil
	case m.PrintConfig:
		out := json.NewEncoder(s.Out)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		for _, spec := range plan {
			if err := out.Encode(Planned{spec.Experiment, spec.Dir, spec.Seed, spec.Command, spec.Config}); err != nil {
				return true, err
			}
		}
		return true, nil
	}
	return false, nil
}

// Planned is what --print-config prints of a run.
type Planned struct {
	Experiment string `json:"experiment"`
	Dir        string `json:"dir"`
	Seed       int64  `json:"seed"`
	Command    string `json:"command"`
	Config     any    `json:"config"`
}

// RequireFinished returns an error where a run of the plan is not finished: it names the command that makes it.
func RequireFinished(plan []run.Spec) error {
	for _, spec := range plan {
		if state, err := spec.State(); err != nil {
			return err
		} else if !state.Finished {
			return NotTrained(spec, state)
		}
	}
	return nil
}

// NotTrained says that a run must be made before a command can read it, and how.
func NotTrained(spec run.Spec, state run.State) error {
	return fmt.Errorf("the run in %s is %s; train it first: %s", spec.Dir, state, spec.Command)
}
