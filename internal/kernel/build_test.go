//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A cell that only declares functions and types is compiled and not linked. Everything else is as Go does it.
func TestBuildCell_LinksWhatDoesSomething(t *testing.T) {
	path, err := standIn(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "gonb_cell")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("go.mod", "module gonb_cell\n\ngo 1.26\n")
	program := filepath.Join(dir, "gonb_cell")
	call := func(path string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "sh", append([]string{"-c", `exec go "$@"`, "sh"}, args...)...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+path, "GOWORK=off", "GOFLAGS=-buildvcs=false")
		said, err := cmd.CombinedOutput()
		return string(said), err
	}
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
		put("main.go", c.source)
		if said, err := call(path, "build", "-o", program); err != nil {
			t.Fatalf("%s: %v %s", c.what, err, said)
		}
		said, err := exec.CommandContext(t.Context(), program).CombinedOutput()
		if err != nil || string(said) != c.want {
			t.Errorf("%s: it says %q (%v), want %q", c.what, said, err, c.want)
		}
		content, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		if linked := !strings.HasPrefix(string(content), "#!"); linked != (c.want != "") {
			t.Errorf("%s: it is linked: %v", c.what, linked)
		}
	}
	put("main.go", imports+"func init() { announce(3) }\n\nfunc half(n int) int { var unused int; return \"a\" }\n\n"+empty)
	said, err := call(path, "build", "-o", program)
	want, wantErr := call(os.Getenv("PATH"), "build", "-o", program)
	if err == nil || wantErr == nil || said != want || !strings.Contains(said, "declared and not used") {
		t.Errorf("a function that does not compile: it says %q (%v), want %q", said, err, want)
	}
	said, err = call(path, "env", "GOVERSION")
	if want, wantErr := call(os.Getenv("PATH"), "env", "GOVERSION"); err != nil || wantErr != nil || said != want {
		t.Errorf("go env says %q (%v), want %q", said, err, want)
	}
}
