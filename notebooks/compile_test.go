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
	"strings"
	"testing"
)

// program is what GoNB makes of the cells of a notebook: what a cell declares above %% is there for the cells below, the
// last declaration of a name counts, and what follows %% is a function.
type program struct {
	imports      []string
	declarations []declaration
	cells        strings.Builder
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

// file returns the program as a Go file.
func (p *program) file() ([]byte, error) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "package main\n\nimport (\n%s\n)\n\nfunc main() {}\n\n", strings.Join(p.imports, "\n"))
	for _, d := range p.declarations {
		fmt.Fprintf(&out, "%s\n\n", d.text)
	}
	out.WriteString(p.cells.String())
	return format.Source(out.Bytes())
}

// vetVariable is the environment variable that, set to 1, has the cells vetted, too, as make lint does: go vet reads all that they import,
// for half a minute.
const vetVariable = "ROBUSTLOSS_VET_NOTEBOOKS"

// The cells of every notebook compile: what is renamed in a package is renamed here too. That they run is tested in
// internal/reports, which takes minutes.
func TestNotebooks_Compile(t *testing.T) {
	dir, err := os.MkdirTemp("..", ".try-") //nolint:usetesting // in the module, whose packages the cells import
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	command := []string{"list", "-export", "-f", ""}
	if os.Getenv(vetVariable) == "1" {
		command = []string{"vet", "-unusedresult=false"}
	}
	forEach(t, func(t *testing.T, name string, n notebook) {
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
		command = append(command, "./"+name)
	})
	compile := exec.CommandContext(t.Context(), "go", command...)
	compile.Dir = dir
	if said, err := compile.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}
