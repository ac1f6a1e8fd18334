package scalar

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every exported name has a comment; every exported type, function and method is used in an example.
func TestDocumentation_IsComplete(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	var examples strings.Builder
	for _, path := range paths {
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	p, err := doc.NewFromFiles(fset, files, "scalar")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range doc.Examples(files...) {
		ast.Inspect(e.Code, func(n ast.Node) bool {
			if name, ok := n.(*ast.Ident); ok {
				examples.WriteString(name.Name + " ")
			}
			return true
		})
		if e.Output == "" && !e.EmptyOutput {
			t.Errorf("Example%s has no output", e.Name)
		}
	}
	used := func(name string) bool { return regexp.MustCompile(`\b` + name + `\b`).MatchString(examples.String()) }
	names := 0
	check := func(name, comment string, shown bool) {
		names++
		if comment == "" {
			t.Errorf("%s has no comment", name)
		}
		if !shown {
			t.Errorf("%s is in no example", name)
		}
	}
	values := func(groups []*doc.Value) {
		for _, v := range groups {
			for _, spec := range v.Decl.Specs {
				spec := spec.(*ast.ValueSpec)
				for _, name := range spec.Names {
					check(name.Name, v.Doc+spec.Doc.Text(), true)
				}
			}
		}
	}
	values(p.Consts)
	values(p.Vars)
	for _, f := range p.Funcs {
		check(f.Name, f.Doc, used(f.Name))
	}
	for _, typ := range p.Types {
		shown := used(typ.Name) || len(typ.Examples) > 0 || slices.ContainsFunc(typ.Funcs, func(f *doc.Func) bool { return used(f.Name) })
		ast.Inspect(typ.Decl, func(n ast.Node) bool { // or a field of a result
			if field, ok := n.(*ast.Field); ok {
				shown = shown || slices.ContainsFunc(field.Names, func(name *ast.Ident) bool { return name.IsExported() && used(name.Name) })
			}
			return true
		})
		check(typ.Name, typ.Doc, shown)
		values(typ.Consts)
		values(typ.Vars)
		for _, f := range typ.Funcs {
			check(f.Name, f.Doc, used(f.Name))
		}
		for _, m := range typ.Methods {
			check(typ.Name+"."+m.Name, m.Doc, used(m.Name))
		}
	}
	if names < 60 {
		t.Errorf("only %d names", names)
	}
	t.Logf("%d exported names", names)
}
