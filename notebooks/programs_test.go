package notebooks

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/robustloss/gomlx-robustloss/internal/testkit/sources"
	"github.com/robustloss/gomlx-robustloss/notebooks/show"
)

// program is what GoNB makes of the cells of a notebook: what a cell declares above %% is there for the cells below, the
// last declaration of a name counts, and what follows %% is a function.
type program struct {
	imports      []string
	declarations []declaration
	cells        strings.Builder
	running      []int // the numbers of the cells that have %%
}

// declaration is a top-level declaration with the names that it gives.
type declaration struct {
	text  string
	names []string
}

// add adds a cell.
func (p *program) add(number int, source string) error {
	var lines []string
	for line := range strings.Lines(source) {
		if line[0] != '!' && (line[0] != '%' || strings.HasPrefix(line, "%%")) {
			lines = append(lines, line)
		}
	}
	above, below, runs := strings.Cut(strings.Join(lines, ""), "%%")
	text := "package main\n" + above
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, fmt.Sprintf("cell %d", number), text, parser.ParseComments)
	if err != nil {
		return err
	}
	for _, spec := range file.Imports {
		line := text[spec.Pos()-1 : spec.End()-1]
		if !slices.Contains(p.imports, line) {
			p.imports = append(p.imports, line)
		}
	}
	for _, d := range file.Decls {
		names := namesOf(d)
		if len(names) == 0 {
			continue // imports
		}
		p.declarations = slices.DeleteFunc(p.declarations, func(old declaration) bool {
			return slices.ContainsFunc(old.names, func(name string) bool { return slices.Contains(names, name) })
		})
		p.declarations = append(p.declarations, declaration{text[d.Pos()-1 : d.End()-1], names})
	}
	if runs {
		p.running = append(p.running, number)
		fmt.Fprintf(&p.cells, "func cell%d() {\n//line cell%d.go:1\n%s\n}\n\n", number, number, below)
	}
	return nil
}

// namesOf returns the names that a declaration gives, none for an import.
func namesOf(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv != nil {
			return []string{fmt.Sprint(ast.Unparen(d.Recv.List[0].Type), ".", d.Name.Name)}
		}
		return []string{d.Name.Name}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, spec.Name.Name)
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					names = append(names, name.Name)
				}
			}
		}
	}
	return names
}

// file returns the program as a Go file: it runs the cell whose number is its argument.
func (p *program) file() ([]byte, error) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "package main\n\nimport (\n%s\narguments \"os\"\n)\n\nfunc main() {\n", strings.Join(p.imports, "\n"))
	for _, number := range p.running {
		fmt.Fprintf(&out, "if arguments.Args[1] == \"%d\" { cell%[1]d() }\n", number)
	}
	out.WriteString("}\n\n")
	for _, d := range p.declarations {
		fmt.Fprintf(&out, "%s\n\n", d.text)
	}
	out.WriteString(p.cells.String())
	return format.Source(out.Bytes())
}

// writeProgram writes the program of a notebook into dir/name, and returns the numbers of the cells that run.
func writeProgram(t *testing.T, dir, name string, n notebook) (running []int) {
	t.Helper()
	var p program
	for i, c := range n.Cells {
		if source := string(c.Source); c.CellType == "code" && !strings.HasPrefix(source, "%%bash") {
			if err := p.add(i+1, source); err != nil {
				t.Fatal(err)
			}
		}
	}
	file, err := p.file()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name, "main.go"), file, 0o644); err != nil {
		t.Fatal(err)
	}
	return p.running
}

// programFolder makes a folder in the module, whose packages the cells import.
func programFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("..", ".try-") //nolint:usetesting // in the module
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// vetVariable is the environment variable that, set to 1, has the cells vetted, too, as make lint does: go vet reads all that they import,
// for half a minute.
const vetVariable = "ROBUSTLOSS_VET_NOTEBOOKS"

// The cells of every notebook compile: what is renamed in a package is renamed here too. That those of the lessons run is tested in
// internal/reports, which takes minutes.
func TestNotebooks_Compile(t *testing.T) {
	sources.Depend(t, "..")
	dir := programFolder(t)
	command := []string{"list", "-export", "-f", ""}
	if os.Getenv(vetVariable) == "1" {
		command = []string{"vet", "-unusedresult=false"}
	}
	forEach(t, func(t *testing.T, name string, n notebook) {
		writeProgram(t, dir, name, n)
		command = append(command, "./"+name)
	})
	compile := exec.CommandContext(t.Context(), "go", command...)
	compile.Dir = dir
	if said, err := compile.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}

// onPureGo are the solutions that run on the pure-Go backend: at the preset tiny they train for less time than XLA compiles.
var onPureGo = []string{"solutions/05_vae", "solutions/06_depth"}

// The solutions of all exercises run at the preset tiny, every cell in a process of its own as in GoNB. One program holds the cells of
// a notebook, which spares most of the time that Jupyter takes for them: there each cell is linked.
func TestSolutions_Run(t *testing.T) {
	if testing.Short() {
		t.Skip("runs for minutes: not with -short")
	}
	sources.Depend(t, "..")
	dir := programFolder(t)
	t.Run("all", func(t *testing.T) { // which ends with its parallel subtests
		forEachIn(t, solutions+"/*.ipynb", func(t *testing.T, name string, n notebook) {
			cells := writeProgram(t, dir, name, n)
			t.Parallel()
			kept := t.TempDir()
			program := filepath.Join(kept, "program")
			build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-ldflags=-w", "-o", program, ".")
			build.Dir = filepath.Join(dir, name)
			if said, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			for _, number := range cells {
				cmd := exec.CommandContext(t.Context(), program, strconv.Itoa(number))
				cmd.Dir = solutions
				cmd.Env = append(os.Environ(), show.PresetVariable+"=tiny", protocol.GONB_TMP_DIR_ENV+"="+kept)
				if slices.Contains(onPureGo, name) {
					cmd.Env = append(cmd.Env, "GOMLX_BACKEND=go")
				}
				if said, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("cell %d: %v\n%s", number, err, said)
				}
			}
		})
	})
}
