package celeba_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
)

func TestOpenFindsEveryLayout(t *testing.T) {
	original := writeFaces(t)
	want := read(t, mustImages(t, original, celeba.Validation, celeba.DefaultPreprocessing()), 1)
	partition, err := os.ReadFile(filepath.Join(original, "Eval", "list_eval_partition.txt"))
	if err != nil {
		t.Fatal(err)
	}
	asCSV := "image_id,partition\r\n" + strings.ReplaceAll(strings.ReplaceAll(string(partition), " ", ","), "\n", "\r\n")
	for _, layout := range []struct{ name, root, images, partition, content string }{
		{"torchvision", ".", "celeba/img_align_celeba", "celeba/list_eval_partition.txt", string(partition)},
		{"torchvision, inner folder", "celeba", "celeba/img_align_celeba", "celeba/list_eval_partition.txt", string(partition)},
		{"Kaggle", ".", "img_align_celeba/img_align_celeba", "list_eval_partition.csv", asCSV},
		{"Kaggle, one folder", ".", "img_align_celeba", "list_eval_partition.csv", asCSV},
	} {
		t.Run(layout.name, func(t *testing.T) {
			root := t.TempDir()
			if err := os.CopyFS(filepath.Join(root, layout.images), os.DirFS(filepath.Join(original, "Img", "img_align_celeba"))); err != nil {
				t.Fatal(err)
			}
			writeFile(t, filepath.Join(root, layout.partition), layout.content)
			set := mustOpen(t, filepath.Join(root, layout.root))
			if a, b, c := set.Len(celeba.Train), set.Len(celeba.Validation), set.Len(celeba.Test); a != 3 || b != 2 || c != 1 {
				t.Fatalf("%d, %d and %d images, want 3, 2 and 1", a, b, c)
			}
			got := read(t, mustImages(t, filepath.Join(root, layout.root), celeba.Validation, celeba.DefaultPreprocessing()), 1)
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("value %d is %v, want %v", i, got[i], want[i])
				}
			}
		})
	}
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	_, err := celeba.Open(filepath.Join(t.TempDir(), "nowhere"))
	wantError(t, err, "nowhere")

	empty := t.TempDir()
	_, err = celeba.Open(empty)
	wantError(t, err, empty, "img_align_celeba", "list_eval_partition.txt")

	root := writeFaces(t)
	partition := filepath.Join(root, "Eval", "list_eval_partition.txt")
	if err := os.Remove(partition); err != nil {
		t.Fatal(err)
	}
	_, err = celeba.Open(root)
	wantError(t, err, partition, "missing")

	root = writeFaces(t)
	image := filepath.Join(root, "Img", "img_align_celeba", "000005.jpg")
	if err := os.Remove(image); err != nil {
		t.Fatal(err)
	}
	_, err = celeba.Open(root)
	wantError(t, err, "1 of the 6 images", image)
}

func TestPartitionErrorsNameTheLine(t *testing.T) {
	for content, want := range map[string][]string{
		"000001.jpg 0\n000002.jpg\n":             {":2: ", "000002.jpg"},
		"000001.jpg 0\n000002.jpg 3\n":           {":2: ", `"3"`, "validation"},
		"000001.jpg 0\n\n000001.jpg 1\n":         {":3: ", "000001.jpg", "line 1 already"},
		"../000001.jpg 0\n":                      {":1: ", "plain file name"},
		".. 0\n":                                 {":1: ", `".." is not a plain file name`},
		"a\\b.jpg 0\n":                           {":1: ", "plain file name"},
		"c:b.jpg 0\n":                            {":1: ", "plain file name"},
		"\u202eb.jpg 0\n":                        {":1: ", "plain file name"},
		"000001.jpg 0\n\xe4.jpg 0\n":             {":2: ", "not UTF-8"},
		"000001.jpg\x000\n":                      {":1: ", "NUL"},
		"\xff\xfe0\x00":                          {":1: ", "UTF-16"},
		"image_id,partition\r\n":                 {"lists no image"},
		"image_id 0,1\n":                         {":1: ", "want a file name and 0, 1 or 2"},
		"":                                       {"lists no image"},
		"image_id,partition\n000001.jpg,first\n": {":2: ", `"first"`},
	} {
		root := t.TempDir()
		writeFile(t, filepath.Join(root, "list_eval_partition.txt"), content)
		writeFile(t, filepath.Join(root, "img_align_celeba", "000001.jpg"), "")
		_, err := celeba.Open(root)
		wantError(t, err, append(want, "list_eval_partition.txt")...)
	}
}

func TestPartitionIsTheSameInAllKindsOfText(t *testing.T) {
	root := writeFaces(t)
	path := filepath.Join(root, "Eval", "list_eval_partition.txt")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, changed := range []string{"\ufeff" + string(text), strings.ReplaceAll(string(text), "\n", "\r\n"), strings.ReplaceAll(string(text), "\n", "\r")} {
		writeFile(t, path, changed)
		if set := mustOpen(t, root); set.Len(celeba.Train) != 3 || set.Len(celeba.Test) != 1 {
			t.Errorf("%.20q: %d and %d images", changed, set.Len(celeba.Train), set.Len(celeba.Test))
		}
	}
}

func TestSplitsAreNamed(t *testing.T) {
	for split, want := range map[celeba.Split]string{celeba.Train: "train", celeba.Validation: "validation", celeba.Test: "test", 5: "Split(5)"} {
		if split.String() != want {
			t.Errorf("split %d is called %q", int(split), split)
		}
	}
}
