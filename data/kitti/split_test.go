package kitti_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
)

var twoEntries = []kitti.Entry{
	{Frame: kitti.Frame{Date: "2011_09_26", Drive: "2011_09_26_drive_0002_sync", Index: 69}, Camera: kitti.Left},
	{Frame: kitti.Frame{Date: "2011_09_28", Drive: "2011_09_28_drive_0001_sync", Index: 1234567}, Camera: kitti.Left},
}

func TestSplitFilesInAllForms(t *testing.T) {
	for columns, text := range map[int]string{
		1: "2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000069.png\n" +
			"\n2011_09_28/2011_09_28_drive_0001_sync/image_02/data/0001234567.png\n",
		2: "2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000069.jpg 2011_09_26/2011_09_26_drive_0002_sync/image_03/data/0000000069.jpg\r\n" +
			"2011_09_28/2011_09_28_drive_0001_sync/image_02/data/0001234567.jpg 2011_09_28/2011_09_28_drive_0001_sync/image_03/data/0001234567.jpg",
		3: "2011_09_26/2011_09_26_drive_0002_sync 69 l\n2011_09_28/2011_09_28_drive_0001_sync 1234567 l\n",
	} {
		path := filepath.Join(t.TempDir(), "split.txt")
		writeText(t, path, text)
		got, err := kitti.ReadSplit(path)
		if err != nil || !reflect.DeepEqual(got, twoEntries) {
			t.Errorf("%d columns: %v, %v, want %v", columns, got, err, twoEntries)
		}
		if err := kitti.WriteSplit(path, twoEntries, columns, ".jpg"); err != nil {
			t.Fatal(err)
		}
		if again, err := kitti.ReadSplit(path); err != nil || !reflect.DeepEqual(again, twoEntries) {
			t.Errorf("%d columns, written: %v, %v", columns, again, err)
		}
	}
	if err := kitti.WriteSplit(filepath.Join(t.TempDir(), "s.txt"), twoEntries, 4, ".png"); err == nil {
		t.Error("a split of four columns was written")
	}
}

func TestListsAreTheSameInAllKindsOfText(t *testing.T) {
	path := filepath.Join(t.TempDir(), "split.txt")
	for _, text := range []string{
		"\ufeff2011_09_26/2011_09_26_drive_0002_sync 69 l\n2011_09_28/2011_09_28_drive_0001_sync 1234567 l",
		"\r2011_09_26/2011_09_26_drive_0002_sync 69 l\r\r2011_09_28/2011_09_28_drive_0001_sync 1234567 l\r",
	} {
		writeText(t, path, text)
		if got, err := kitti.ReadSplit(path); err != nil || !reflect.DeepEqual(got, twoEntries) {
			t.Errorf("%.10q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"\xff\xfe2\x00", "a\x00", "\xe4"} {
		writeText(t, path, text)
		_, err := kitti.ReadSplit(path)
		wantError(t, err, "split.txt:1", "this is not")
	}
}

func TestRightCameraInOneAndThreeColumns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "split.txt")
	writeText(t, path, "2011_09_26/2011_09_26_drive_0002_sync/image_03/data/0000000069.png\n2011_09_26/2011_09_26_drive_0002_sync 69 r\n")
	got, err := kitti.ReadSplit(path)
	if err != nil || got[0].Camera != kitti.Right || got[0] != got[1] {
		t.Errorf("%v, %v", got, err)
	}
}

func TestSplitErrorsNameFileAndLine(t *testing.T) {
	const good = "2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000069.png\n"
	for name, test := range map[string]struct{ line, want string }{
		"no image":      {"2011_09_26/drive/image_02/0000000069.png", "no image of the raw data"},
		"other day":     {"2011_09_28/2011_09_26_drive_0002_sync/image_02/data/0000000069.png", "not of the day"},
		"grey camera":   {"2011_09_26/2011_09_26_drive_0002_sync/image_00/data/0000000069.png", "no colour camera"},
		"other frame":   {good[:len(good)-1] + " 2011_09_26/2011_09_26_drive_0002_sync/image_03/data/0000000070.png", "one frame"},
		"swapped":       {"2011_09_26/2011_09_26_drive_0002_sync/image_03/data/0000000069.png 2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000069.png", "one frame"},
		"bad side":      {"2011_09_26/2011_09_26_drive_0002_sync 69 x", "l or r"},
		"too many":      {"a b c d", "4 columns"},
		"KITTI 2015":    {"training/image_2/000000_10.jpg training/image_3/000000_10.jpg", "no image of the raw data"},
		"bad number":    {"2011_09_26/2011_09_26_drive_0002_sync sixty l", "l or r"},
		"upwards":       {"../../2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000069.png", "no image of the raw data"},
		"rooted":        {"/2011_09_26/2011_09_26_drive_0002_sync 69 l", "no image of the raw data"},
		"inner upwards": {"2011_09_26/2011_09_26_drive_0002_sync/image_02/data/../0000000069.png", "no image of the raw data"},
		"long number":   {"2011_09_26/2011_09_26_drive_0002_sync 69000000000 l", "no image of the raw data"},
		"unknown drive": {"2011_09_26/elsewhere 69 l", "no image of the raw data"},
	} {
		path := filepath.Join(t.TempDir(), "split.txt")
		writeText(t, path, good+"\n"+test.line+"\n")
		_, err := kitti.ReadSplit(path)
		t.Run(name, func(t *testing.T) { wantError(t, err, "split.txt:3", test.want) })
	}
	path := filepath.Join(t.TempDir(), "empty.txt")
	writeText(t, path, "\n")
	_, err := kitti.ReadSplit(path)
	wantError(t, err, "empty.txt", "no frame")
}

func TestTrainingFramesLeaveOutTestScenesAndStaticFrames(t *testing.T) {
	root := t.TempDir()
	for _, image := range []string{
		"2011_09_26_drive_0001_sync/image_02/data/0000000000.png", "2011_09_26_drive_0001_sync/image_03/data/0000000000.png",
		"2011_09_26_drive_0001_sync/image_02/data/0000000001.png", "2011_09_26_drive_0001_sync/image_03/data/0000000001.jpg",
		"2011_09_26_drive_0001_sync/image_02/data/0000000002.png", // no right view
		"2011_09_26_drive_0117_sync/image_02/data/0000000000.png", "2011_09_26_drive_0117_sync/image_03/data/0000000000.png",
	} {
		writeText(t, filepath.Join(root, "2011_09_26", image), "")
	}
	scenes, static := filepath.Join(root, "test_scenes_eigen.txt"), filepath.Join(root, "static_frames.txt")
	writeText(t, scenes, "2011_09_26_drive_0117\n")
	writeText(t, static, "2011_09_26 2011_09_26_drive_0001_sync 0000000001\n")

	tests, err := kitti.ReadScenes(scenes)
	if err != nil {
		t.Fatal(err)
	}
	still, err := kitti.ReadStaticFrames(static)
	if err != nil {
		t.Fatal(err)
	}
	got, err := kitti.ListFrames(root, tests, still)
	want := []kitti.Entry{{Frame: kitti.Frame{Date: "2011_09_26", Drive: "2011_09_26_drive_0001_sync"}, Camera: kitti.Left}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if all, err := kitti.ListFrames(root, nil, nil); err != nil || len(all) != 3 {
		t.Errorf("all frames: %v, %v, want 3", all, err)
	}

	for path, read := range map[string]func(string) error{
		scenes: func(path string) error { _, err := kitti.ReadScenes(path); return err },
		static: func(path string) error { _, err := kitti.ReadStaticFrames(path); return err },
	} {
		writeText(t, path, "\n")
		wantError(t, read(path), path, "lists no")
	}
	writeText(t, scenes, "2011_09_26_drive_0117\nsomewhere\n")
	_, err = kitti.ReadScenes(scenes)
	wantError(t, err, "test_scenes_eigen.txt:2", "somewhere")
	writeText(t, static, "2011_09_26 2011_09_28_drive_0001_sync 1\n")
	_, err = kitti.ReadStaticFrames(static)
	wantError(t, err, "static_frames.txt:1", "date, drive, frame")
	_, err = kitti.ListFrames(t.TempDir(), nil, nil)
	wantError(t, err, "no stereo pair", "image_02")
}

func TestFramesAreFoundThroughLinks(t *testing.T) {
	elsewhere, root := t.TempDir(), t.TempDir()
	drive := filepath.Join(elsewhere, "day", "2011_09_26_drive_0001_sync")
	for _, image := range []string{"image_02/data/0000000003.png", "image_02/data/0000000003.jpg", "image_02/data/+000000004.png", "image_03/data/0000000003.png"} {
		writeText(t, filepath.Join(drive, image), "")
	}
	link := filepath.Join(root, "2011_09_26")
	if err := os.Symlink(filepath.Join(elsewhere, "day"), link); err != nil {
		t.Skip("no links here:", err)
	}
	got, err := kitti.ListFrames(root, nil, nil)
	want := []kitti.Entry{{Frame: kitti.Frame{Date: "2011_09_26", Drive: "2011_09_26_drive_0001_sync", Index: 3}, Camera: kitti.Left}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v, want %v once", got, err, want)
	}
	for _, target := range []string{filepath.Join(root, "nowhere"), link} { // a link that leads nowhere, and one to itself
		if err := os.Remove(link); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
		_, err = kitti.ListFrames(root, nil, nil)
		wantError(t, err, link)
		_, err = kitti.NewLoader(kitti.LoaderOptions{Root: root, Entries: want, Height: 8, Width: 16, Batch: 1})
		wantError(t, err, link)
	}
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(root, "2011_09_26", "2011_09_28_drive_0001_sync", "image_02", "data", "0000000003.png"), "")
	_, err = kitti.ListFrames(root, nil, nil)
	wantError(t, err, "2011_09_28_drive_0001_sync", "not of the day")
}
