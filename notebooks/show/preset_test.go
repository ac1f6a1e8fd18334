package show

import "testing"

func TestPick_FollowsThePreset(t *testing.T) {
	for value, want := range map[string]int{"": 2, "tiny": 1, "quick": 2, "paper": 3} {
		t.Setenv(PresetVariable, value)
		if got := Pick(1, 2, 3); got != want {
			t.Errorf("%s=%q picks %d, want %d", PresetVariable, value, got, want)
		}
	}
	r := record(t)
	t.Setenv(PresetVariable, "huge")
	Preset()
	r.wantFailure(t, "huge", "tiny, quick or paper")
}
