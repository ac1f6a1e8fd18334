package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wheel makes a Python package that holds one file, as the package of the plugin does.
func wheel(t *testing.T, file, content string) []byte {
	t.Helper()
	const info = "xla_cpu_pjrt-0.0.1.dist-info/"
	files := [][2]string{
		{file, content},
		{info + "METADATA", "Metadata-Version: 2.1\nName: xla-cpu-pjrt\nVersion: 0.0.1\n"},
		{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
	}
	var record strings.Builder
	for _, f := range files {
		sum := sha256.Sum256([]byte(f[1]))
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", f[0], base64.RawURLEncoding.EncodeToString(sum[:]), len(f[1]))
	}
	record.WriteString(info + "RECORD,,\n")
	files = append(files, [2]string{info + "RECORD", record.String()})
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for _, f := range files {
		w, err := z.Create(f[0])
		if err == nil {
			_, err = w.Write([]byte(f[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// The package of the plugin, like every other, is installed only with a checksum that is pinned: not with another one, and not
// without. The package comes from a folder, so that no network is asked.
func TestPip_RefusesAWrongHash(t *testing.T) {
	if _, err := findPython(t.Context()); err != nil {
		t.Skip(err)
	}
	packages := t.TempDir()
	t.Setenv("PIP_NO_INDEX", "1")
	t.Setenv("PIP_FIND_LINKS", packages)
	t.Setenv("PIP_NO_CACHE_DIR", "1")
	t.Setenv("PIP_CONFIG_FILE", os.DevNull)
	const library = "xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so"
	good := wheel(t, library, "the plugin")
	sum := sha256.Sum256(good)
	pinned := hex.EncodeToString(sum[:])
	p := newProject(t.TempDir())
	put(t, p, requirements, "")
	if err := p.makeEnvironment(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, requirement string
		wheel             []byte
		want              string
	}{
		{"another file under the name", "xla-cpu-pjrt==0.0.1 --hash=sha256:" + pinned, wheel(t, library, "something else"), "What came is not what this project pins"},
		{"another hash", "xla-cpu-pjrt==0.0.1 --hash=sha256:" + strings.Repeat("0", 64), good, "What came is not what this project pins"},
		{"no hash", "xla-cpu-pjrt==0.0.1", good, "--hash"},
		{"no version", "xla-cpu-pjrt --hash=sha256:" + pinned, good, "=="},
		{"as pinned", "xla-cpu-pjrt==0.0.1 --hash=sha256:" + pinned, good, ""},
	} {
		put(t, p, requirements, c.requirement+"\n")
		if err := os.WriteFile(filepath.Join(packages, "xla_cpu_pjrt-0.0.1-py3-none-any.whl"), c.wheel, 0o644); err != nil {
			t.Fatal(err)
		}
		err := p.pip(t.Context(), requirements)
		linked := p.linkPlugin(library, cpuPlugin)
		if c.want == "" {
			if err != nil || linked != nil {
				t.Errorf("%s: %v, %v", c.name, err, linked)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if linked == nil {
			t.Errorf("%s: the plugin is installed all the same", c.name)
		}
	}
}

// A changed source of the program that starts the kernel is built anew.
func TestStarter_KnowsItsSources(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "kernel", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	inputs := strings.Join(newProject("").starter().inputs, " ")
	for _, file := range files {
		if name := filepath.Base(file); !strings.HasSuffix(name, "_test.go") && !strings.Contains(inputs, "internal/kernel/"+name) {
			t.Errorf("the step does not look at %s", name)
		}
	}
}
