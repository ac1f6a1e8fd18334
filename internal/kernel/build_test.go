//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// cell is a folder as GoNB makes one, for a cell and a PATH in which this program stands in for go.
type cell struct {
	t                  *testing.T
	dir, program, path string
}

func newCell(t *testing.T) cell {
	t.Helper()
	path, err := standIn(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "gonb_cell")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c := cell{t, dir, filepath.Join(dir, "gonb_cell"), path}
	c.put("go.mod", "module gonb_cell\n\ngo 1.26\n")
	return c
}

func (c cell) put(name, text string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// goCommand calls the go of a PATH in the folder.
func (c cell) goCommand(path string, args ...string) (string, error) {
	cmd := exec.CommandContext(c.t.Context(), "sh", append([]string{"-c", `exec go "$@"`, "sh"}, args...)...)
	cmd.Dir, cmd.Env = c.dir, append(os.Environ(), "PATH="+path, "GOWORK=off", "GOFLAGS=-buildvcs=false")
	said, err := cmd.CombinedOutput()
	return string(said), err
}

// must runs a program in the folder and returns what it says.
func (c cell) must(program string, args ...string) string {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), program, args...)
	cmd.Dir = c.dir
	said, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s: %v %s", program, err, said)
	}
	return string(said)
}

// A cell that only declares functions and types is compiled and not linked. Everything else is as Go does it.
func TestBuildCell_LinksWhatDoesSomething(t *testing.T) {
	cell := newCell(t)
	const (
		imports = "package main\n\nimport (\n\t\"flag\"\n\t\"fmt\"\n)\n\nvar seed = announce(1)\n\nfunc announce(n int) int { fmt.Println(\"seed\", n); return n }\n\n"
		empty   = "func main() {\n\tflag.Parse()\n}\n"
		double  = "func double(n int) int { return 2 * n }\n\n"
	)
	for _, c := range []struct{ what, source, want string }{
		{"declarations where nothing was linked before", imports + empty, "seed 1\n"},
		{"a function", imports + double + empty, ""},
		{"a method and a type", imports + "type number int\n\nfunc (n number) init() {}\n\n" + empty, ""},
		{"a statement", imports + double + "func main() {\n\tflag.Parse()\n\tfmt.Println(double(seed))\n}\n", "seed 1\n2\n"},
		{"the same function", imports + double + empty, ""},
		{"a variable", imports + double + "var two = announce(double(1))\n\n" + empty, "seed 1\nseed 2\n"},
		{"a function init", imports + "func init() { announce(3) }\n\n" + empty, "seed 1\nseed 3\n"},
	} {
		cell.put("main.go", c.source)
		if said, err := cell.goCommand(cell.path, "build", "-o", cell.program); err != nil {
			t.Fatalf("%s: %v %s", c.what, err, said)
		}
		said, err := exec.CommandContext(t.Context(), cell.program).CombinedOutput()
		if err != nil || string(said) != c.want {
			t.Errorf("%s: it says %q (%v), want %q", c.what, said, err, c.want)
		}
		content, err := os.ReadFile(cell.program)
		if err != nil {
			t.Fatal(err)
		}
		if linked := !strings.HasPrefix(string(content), "#!"); linked != (c.want != "") {
			t.Errorf("%s: it is linked: %v", c.what, linked)
		}
	}
	cell.put("main.go", imports+"func init() { announce(3) }\n\nfunc half(n int) int { var unused int; return \"a\" }\n\n"+empty)
	said, err := cell.goCommand(cell.path, "build", "-o", cell.program)
	want, wantErr := cell.goCommand(os.Getenv("PATH"), "build", "-o", cell.program)
	if err == nil || wantErr == nil || said != want || !strings.Contains(said, "declared and not used") {
		t.Errorf("a function that does not compile: it says %q (%v), want %q", said, err, want)
	}
	said, err = cell.goCommand(cell.path, "env", "GOVERSION")
	if want, wantErr := cell.goCommand(os.Getenv("PATH"), "env", "GOVERSION"); err != nil || wantErr != nil || said != want {
		t.Errorf("go env says %q (%v), want %q", said, err, want)
	}
}

// A cell is linked by Go alone where Go can do it, and as Go would otherwise, and the cells after it at once.
func TestBuildCell_LinksWithoutTheCCompiler(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("programs are linked as ever")
	}
	archiver, err := exec.LookPath("ar")
	if err != nil {
		t.Skip("there is no ar to make a library of C")
	}
	cell := newCell(t)
	const source = "package main\n\n// %s\nimport \"C\"\n\nfunc main() { println(C.twice(21)) }\n"
	marker := filepath.Join(cell.dir, needsLinker)
	for _, c := range []struct {
		what, c string
		needs   bool
	}{
		{"C in the package", "static int twice(int n) { return 2 * n; }", false},
		{"a library of C", "int twice(int n);\n// #cgo LDFLAGS: -L. -ltwice", true},
		{"the same", "int twice(int n);\n// #cgo LDFLAGS: -L. -ltwice", true},
	} {
		if c.needs {
			cell.put("twice.txt", "int twice(int n) { return 2 * n; }\n")
			cell.must("sh", "-c", "${CC:-cc} -xc -c twice.txt -o twice.obj && "+archiver+" rcs libtwice.a twice.obj")
		}
		cell.put("main.go", fmt.Sprintf(source, c.c))
		if said, err := cell.goCommand(cell.path, "build", "-o", cell.program); err != nil {
			t.Fatalf("%s: %v %s", c.what, err, said)
		}
		if said := cell.must(cell.program); said != "42\n" {
			t.Errorf("%s: it says %q, want 42", c.what, said)
		}
		if _, err := os.Stat(marker); (err == nil) != c.needs {
			t.Errorf("%s: it needs the linker of the C compiler: %v, want %v", c.what, err == nil, c.needs)
		}
	}
}
