// Package notebooks holds the notebooks, and the tests of what all of them have in common.
package notebooks

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// cell and notebook are the parts of Jupyter's format that the tests look at.
type cell struct {
	CellType string   `json:"cell_type"`
	Source   jsonText `json:"source"`
	Count    *int     `json:"execution_count"`
	Outputs  []any    `json:"outputs"`
	Metadata struct {
		Tags []string `json:"tags"`
	} `json:"metadata"`
}

type notebook struct {
	Cells    []cell `json:"cells"`
	Metadata struct {
		Kernelspec struct {
			Name string `json:"name"`
		} `json:"kernelspec"`
	} `json:"metadata"`
}

// jsonText is a text that the format holds whole or in lines.
type jsonText string

// UnmarshalJSON implements [json.Unmarshaler].
func (s *jsonText) UnmarshalJSON(data []byte) error {
	var lines []string
	if err := json.Unmarshal(data, &lines); err == nil {
		*s = jsonText(strings.Join(lines, ""))
		return nil
	}
	return json.Unmarshal(data, (*string)(s))
}

// solutions is the folder of the notebooks that solve the exercises of the lessons.
const solutions = "solutions"

// forEachLesson runs a test for every lesson, and forEach for their solutions, too.
func forEachLesson(t *testing.T, test func(t *testing.T, name string, n notebook)) {
	forEachIn(t, "*.ipynb", test)
}

func forEach(t *testing.T, test func(t *testing.T, name string, n notebook)) {
	forEachLesson(t, test)
	forEachIn(t, solutions+"/*.ipynb", test)
}

// forEachIn runs a test for every notebook that a pattern finds.
func forEachIn(t *testing.T, pattern string, test func(t *testing.T, name string, n notebook)) {
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s finds no notebook (%v)", pattern, err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(path, ".ipynb")
		t.Run(name, func(t *testing.T) { test(t, name, read(t, path)) })
	}
}

// read reads a notebook.
func read(t *testing.T, path string) notebook {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var n notebook
	if err := json.Unmarshal(content, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// text returns the text cells of a notebook, and code what is in its code cells.
func (n notebook) text() string { return n.join("markdown") }

func (n notebook) code() string { return n.join("code") }

func (n notebook) join(cellType string) string {
	var parts []string
	for _, c := range n.Cells {
		if c.CellType == cellType {
			parts = append(parts, string(c.Source))
		}
	}
	return strings.Join(parts, "\n\n")
}

// The index of the reports shows, as a lesson's question, what is bold first in its opening text.
func TestNotebooks_OpenWithAQuestion(t *testing.T) {
	bold := regexp.MustCompile(`(?s)\*\*(.+?)\*\*`)
	forEachLesson(t, func(t *testing.T, _ string, n notebook) {
		found := bold.FindStringSubmatch(string(n.Cells[0].Source))
		if found == nil || !strings.HasSuffix(found[1], "?") {
			t.Errorf("what is bold first is %q, want the lesson's question", found)
		}
	})
}

// setup is the first code cell of every notebook, which names the clone: see README.md.
func setup(name string) string {
	up := strings.Repeat("/..", strings.Count(name, "/"))
	return `!*[ -f go.work ] || go work init . "$(dirname "$GONB_DIR")` + up + `"` + "\n%noautoget"
}

func TestNotebooks_CarryNoOutputs(t *testing.T) {
	forEach(t, func(t *testing.T, _ string, n notebook) {
		for i, c := range n.Cells {
			if c.Count != nil || len(c.Outputs) > 0 {
				t.Errorf("cell %d holds outputs: strip them with .venv/bin/nbstripout", i+1)
			}
		}
	})
}

func TestNotebooks_StartAlike(t *testing.T) {
	named := regexp.MustCompile(`^(solutions/)?\d\d_[a-z]+(_[a-z]+)*$`)
	forEach(t, func(t *testing.T, name string, n notebook) {
		if !named.MatchString(name) {
			t.Errorf("the name is not NN_word or NN_some_words, nor that of a lesson's solutions")
		}
		if n.Metadata.Kernelspec.Name != "gonb" {
			t.Errorf("the kernel is %q, want gonb", n.Metadata.Kernelspec.Name)
		}
		code := slices.DeleteFunc(slices.Clone(n.Cells), func(c cell) bool { return c.CellType != "code" })
		if len(code) < 2 {
			t.Fatal("there are no code cells")
		}
		if strings.TrimSpace(string(code[0].Source)) != setup(name) || !slices.Contains(code[0].Metadata.Tags, "remove_cell") {
			t.Errorf("the first code cell is\n%s\nwith the tags %v, want\n%s\nwith the tag remove_cell", code[0].Source, code[0].Metadata.Tags, setup(name))
		}
		if !strings.Contains(string(code[1].Source), "show.Setting(") {
			t.Errorf("the second code cell does not show the versions, the backend and the seed: call show.Setting")
		}
		if !strings.Contains(string(code[1].Source), "var seed = show.Seed(") {
			t.Errorf("the second code cell does not take the seed of all random numbers: var seed = show.Seed(1)")
		}
		if first := string(n.Cells[0].Source); n.Cells[0].CellType != "markdown" || !strings.HasPrefix(first, "# ") {
			t.Errorf("the notebook does not start with its title")
		}
	})
}

// codeLines counts the lines of a cell that a reader reads: not the imports, nor the line %%, nor those that are empty.
func codeLines(source string) int {
	block := regexp.MustCompile(`(?ms)^import \(.*?^\)\n*`)
	count := 0
	for line := range strings.Lines(block.ReplaceAllString(source, "")) {
		if line = strings.TrimSpace(line); line != "" && line != "%%" {
			count++
		}
	}
	return count
}

// A cell that shows a figure says below it what to see there.
func TestLessons_SayWhatToSeeInAFigure(t *testing.T) {
	figure := regexp.MustCompile(`live\.Show\(|show\.Row\(|show\.New(Plot|Images)\(|\b(gallery|maps)\(`)
	count := 0
	forEachLesson(t, func(t *testing.T, _ string, n notebook) {
		for i, c := range n.Cells {
			_, shown, _ := strings.Cut(string(c.Source), "%%\n")
			if c.CellType != "code" || !figure.MatchString(shown) {
				continue
			}
			if count++; !strings.Contains(shown, "Caption(\"") {
				t.Errorf("cell %d shows a figure and has no caption:\n%s", i+1, shown)
			}
		}
	})
	if count < 50 {
		t.Errorf("%d cells show figures: the pattern does not find them any more", count)
	}
}

// lineLimit is the most lines that a cell may have: a cell tagged model holds a model and its training whole, or an
// algorithm that is the lesson.
func lineLimit(c cell) int {
	if slices.Contains(c.Metadata.Tags, "model") {
		return 40
	}
	return 15
}

func TestNotebooks_CellsAreShort(t *testing.T) {
	dot := regexp.MustCompile(`(?m)^(import)?\s*\. "`)
	forEach(t, func(t *testing.T, _ string, n notebook) {
		for i, c := range n.Cells {
			if c.CellType != "code" {
				continue
			}
			if got, limit := codeLines(string(c.Source)), lineLimit(c); got > limit {
				t.Errorf("cell %d with the tags %v has %d lines, want at most %d: what is not the lesson belongs into a package", i+1, c.Metadata.Tags, got, limit)
			}
			if dot.MatchString(string(c.Source)) {
				t.Errorf("cell %d has a dot import, which breaks the cells below that do not use it", i+1)
			}
		}
	})
}

var (
	displayed = regexp.MustCompile(`(?s)\$\$.*?\$\$`)
	inline    = regexp.MustCompile(`\$[^$]+\$`)
	fraction  = regexp.MustCompile(`\\t?frac\s*(?:\d\d|\{\d+\}\{\d+\}|\d\{\d+\})?`)
)

// In a line of text the halves of a fraction are small: there a fraction is one of numbers, such as ½, or has a slash. Where a
// formula is as high as two lines anyway, as in a table, \dfrac is as large as the text.
func TestNotebooks_FractionsInALineCanBeRead(t *testing.T) {
	forEach(t, func(t *testing.T, _ string, n notebook) {
		for _, formula := range inline.FindAllString(displayed.ReplaceAllString(n.text(), ""), -1) {
			for _, found := range fraction.FindAllString(formula, -1) {
				if strings.TrimRight(found, "0123456789{}") == found {
					t.Errorf("a fraction of %s is small: write a slash", formula)
				}
			}
		}
	})
}

func TestNotebooks_HaveTheSectionsOfALesson(t *testing.T) {
	forEachLesson(t, func(t *testing.T, _ string, n notebook) {
		for _, heading := range []string{"Summary", "Exercises", "References"} {
			if !strings.Contains(n.text(), "\n## "+heading) {
				t.Errorf("there is no section %q", heading)
			}
		}
		if found := items(section(n, "Exercises")); found < 3 {
			t.Errorf("there are %d exercises, want at least 3", found)
		}
		if !strings.Contains(n.code(), "show.Check") {
			t.Error("nothing is checked: a claim of the text must fail the notebook where it is false")
		}
		if !strings.Contains(n.code(), ".Show()") && !strings.Contains(n.code(), "show.Row(") {
			t.Error("nothing is shown")
		}
	})
}

// section returns the text cells of a section, "" where there is no such section.
func section(n notebook, heading string) string {
	_, rest, _ := strings.Cut(n.text(), "\n## "+heading)
	text, _, _ := strings.Cut(rest, "\n## ")
	return text
}

// items counts the items of the lists in a text.
func items(text string) int {
	return len(regexp.MustCompile(`(?m)^(\d+\.|[-*]) `).FindAllString(text, -1))
}

func TestSolutions_AreThereForEveryLesson(t *testing.T) {
	forEachLesson(t, func(t *testing.T, name string, _ notebook) {
		if _, err := os.Stat(filepath.Join(solutions, name+".ipynb")); err != nil {
			t.Errorf("nobody has solved its exercises: %v", err)
		}
	})
}

// The solutions of a lesson have a hint and a solution for each of its exercises, and each of both leads to the other.
func TestSolutions_AreThoseOfALesson(t *testing.T) {
	forEachIn(t, solutions+"/*.ipynb", func(t *testing.T, name string, n notebook) {
		lesson := read(t, filepath.Base(name)+".ipynb")
		want := items(section(lesson, "Exercises"))
		if got := items(section(n, "Hints")); got != want {
			t.Errorf("there are %d hints for %d exercises", got, want)
		}
		var numbers []string
		for _, found := range regexp.MustCompile(`(?m)^## Exercise (\d+): \S`).FindAllStringSubmatch(n.text(), -1) {
			numbers = append(numbers, found[1])
		}
		for i := range want {
			if len(numbers) != want || numbers[i] != strconv.Itoa(i+1) {
				t.Fatalf("the sections are of the exercises %v, want 1 to %d, each as ## Exercise 1: what it is about", numbers, want)
			}
		}
		if !strings.Contains(n.code(), "show.Check") {
			t.Error("nothing is checked: what a solution says must fail the notebook where it is false")
		}
		if link := "(" + name + ".ipynb)"; !strings.Contains(section(lesson, "Exercises"), link) {
			t.Errorf("the lesson's exercises hold no link %s", link)
		}
		if link := "(../" + filepath.Base(name) + ".ipynb)"; !strings.Contains(string(n.Cells[0].Source), link) {
			t.Errorf("the opening text holds no link %s", link)
		}
	})
}

func TestCodeLines_CountsWhatIsRead(t *testing.T) {
	source := "import (\n\t\"fmt\"\n\n\t\"math\"\n)\n\nconst c = 1\n\n%%\nfmt.Println(math.Pi)\n"
	if got := codeLines(source); got != 2 {
		t.Errorf("codeLines = %d, want 2", got)
	}
}

func TestLineLimit_LeavesRoomForAModelAlone(t *testing.T) {
	for tags, want := range map[string]int{`[]`: 15, `["figure"]`: 15, `["models"]`: 15, `["model"]`: 40, `["figure", "model"]`: 40} {
		var c cell
		if err := json.Unmarshal([]byte(`{"cell_type": "code", "metadata": {"tags": `+tags+`}}`), &c); err != nil {
			t.Fatal(err)
		}
		if got := lineLimit(c); got != want {
			t.Errorf("lineLimit of a cell with the tags %s = %d, want %d", tags, got, want)
		}
	}
}
