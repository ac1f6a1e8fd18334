package docs

import (
	"encoding/json"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// documented lists the packages of which every exported name has a comment, and every exported type, function and method
// is used in an example. Package scalar has this test of its own.
var documented = []string{"data/celeba", "data/kitti", "data/order", "data/pointcloud", "data/synth", "data/tabular", "gomlxops", "gomlxops/backend", "robustloss", "robustloss/scalar/nls", "experiments/stats", "experiments/parallel"}

func TestNames_HaveACommentAndAnExample(t *testing.T) {
	for _, dir := range documented {
		t.Run(dir, func(t *testing.T) {
			p, used := packageDoc(t, filepath.Join(root, dir))
			checkNames(t, p, used)
		})
	}
}

// The lessons are the examples of what draws and checks in them.
func TestNames_OfPackageShowHaveACommentAndAreUsed(t *testing.T) {
	p, used := packageDoc(t, filepath.Join(root, "notebooks", "show"))
	maps.Copy(used, wordsOfNotebooks(t))
	checkNames(t, p, used)
}

// The packages of the experiments are there for their commands and the lessons: what is exported is used by a lesson, an example
// or another package, and what a library calls.
func TestNames_OfExperimentsHaveACommentAndAreUsed(t *testing.T) {
	lessons := wordsOfNotebooks(t)
	for _, name := range []string{"adam", "cli", "clustering", "depth", "figure", "registration", "run", "vae"} {
		dir := "experiments/" + name
		t.Run(dir, func(t *testing.T) {
			p, used := packageDoc(t, filepath.Join(root, dir))
			maps.Copy(used, lessons)
			maps.Copy(used, namesUsedOutside(t, dir))
			markDeclared(p, used)
			for _, called := range []string{"Help", "Run", "Validate", "Error", "UnmarshalText", "UnmarshalJSON"} { // by kong, errors, encoding
				used[called] = true
			}
			checkNames(t, p, used)
		})
	}
}

// Those of the live figures serve the reports.
func TestNames_OfLiveFiguresHaveAComment(t *testing.T) {
	p, _ := packageDoc(t, filepath.Join(root, "notebooks", "live"))
	checkNames(t, p, nil)
}

// checkNames checks comments and, where used is not nil, that each type, function and method is among the used names.
func checkNames(t *testing.T, p *doc.Package, used map[string]bool) {
	t.Helper()
	count := 0
	check := func(name, comment string, names ...string) {
		count++
		if comment == "" {
			t.Errorf("%s has no comment", name)
		}
		if used != nil && len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return used[n] }) {
			t.Errorf("%s is in no example", name)
		}
	}
	values := func(groups []*doc.Value) {
		for _, group := range groups {
			for _, spec := range group.Decl.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					if name.IsExported() {
						check(name.Name, group.Doc+spec.(*ast.ValueSpec).Doc.Text())
					}
				}
			}
		}
	}
	values(p.Consts)
	values(p.Vars)
	for _, f := range p.Funcs {
		check(f.Name, f.Doc, f.Name)
	}
	for _, typ := range p.Types {
		makers := []string{typ.Name} // a type is shown where it is named or made
		for _, f := range typ.Funcs {
			makers = append(makers, f.Name)
			check(f.Name, f.Doc, f.Name)
		}
		check(typ.Name, typ.Doc, makers...)
		values(typ.Consts)
		values(typ.Vars)
		for _, m := range typ.Methods {
			check(typ.Name+"."+m.Name, m.Doc, m.Name)
		}
	}
	t.Logf("%d exported names", count)
}

// wordsOfNotebooks returns the words of the code cells of all lessons and their solutions.
func wordsOfNotebooks(t *testing.T) map[string]bool {
	t.Helper()
	lessons, err := filepath.Glob(filepath.Join(root, "notebooks", "*.ipynb"))
	if err != nil || len(lessons) == 0 {
		t.Fatal(lessons, err)
	}
	solutions, err := filepath.Glob(filepath.Join(root, "notebooks", "solutions", "*.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, path := range slices.Concat(lessons, solutions) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var notebook struct {
			Cells []struct {
				Type   string   `json:"cell_type"`
				Source []string `json:"source"`
			} `json:"cells"`
		}
		if err := json.Unmarshal(text, &notebook); err != nil {
			t.Fatal(path, err)
		}
		for _, cell := range notebook.Cells {
			if cell.Type != "code" {
				continue
			}
			for _, word := range strings.FieldsFunc(strings.Join(cell.Source, ""), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
				used[word] = true
			}
		}
	}
	return used
}

// markDeclared adds the types that exported functions take and return, and those of the fields of exported types: with the function or the
// field, the type is used.
func markDeclared(p *doc.Package, used map[string]bool) {
	mark := func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok {
			used[name.Name] = true
		}
		return true
	}
	for _, typ := range p.Types {
		ast.Inspect(typ.Decl.Specs[0].(*ast.TypeSpec).Type, mark)
		for _, f := range slices.Concat(typ.Funcs, typ.Methods) {
			ast.Inspect(f.Decl.Type, mark)
		}
	}
	for _, f := range p.Funcs {
		ast.Inspect(f.Decl.Type, mark)
	}
}

// namesUsedOutside returns what the folders of the Go files that import the package in dir select: F where they say x.F.
func namesUsedOutside(t *testing.T, dir string) map[string]bool {
	t.Helper()
	importers, selected := map[string]bool{}, map[string]map[string]bool{} // by folder
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != root {
			return filepath.SkipDir
		}
		folder := filepath.Dir(path)
		if filepath.Ext(path) != ".go" || folder == filepath.Join(root, dir) {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, i := range file.Imports {
			if i.Path.Value == `"github.com/robustloss/gomlx-robustloss/`+dir+`"` {
				importers[folder] = true
			}
		}
		if selected[folder] == nil {
			selected[folder] = map[string]bool{}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				selected[folder][s.Sel.Name] = true
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for folder := range importers {
		maps.Copy(used, selected[folder])
	}
	return used
}

// packageDoc reads a package's documentation, and which names its examples use.
func packageDoc(t *testing.T, dir string) (*doc.Package, map[string]bool) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	fset := token.NewFileSet()
	var files, tests []*ast.File
	for _, path := range paths {
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, "_test.go") {
			tests = append(tests, file)
		} else {
			files = append(files, file)
		}
	}
	p, err := doc.NewFromFiles(fset, files, dir)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, e := range doc.Examples(tests...) {
		if e.Output == "" && !e.EmptyOutput {
			t.Errorf("Example%s has no output", e.Name)
		}
		name, _, _ := strings.Cut(e.Name, "_")
		used[name] = true
		ast.Inspect(e.Code, func(n ast.Node) bool {
			if name, ok := n.(*ast.Ident); ok {
				used[name.Name] = true
			}
			return true
		})
	}
	return p, used
}
