package show

import (
	"fmt"
	"os"
)

// PresetVariable is the environment variable that chooses the size of the notebooks' experiments.
const PresetVariable = "ROBUSTLOSS_PRESET"

// Preset returns the chosen size: "tiny" (seconds, for tests), "quick" (the default) or "paper". Any other value ends
// the cell with a message.
func Preset() string {
	switch preset := os.Getenv(PresetVariable); preset {
	case "":
		return "quick"
	case "tiny", "quick", "paper":
		return preset
	default:
		fail(fmt.Sprintf("%s is %q: it must be tiny, quick or paper", PresetVariable, preset))
		return "quick"
	}
}

// Pick returns the value that belongs to the chosen preset.
func Pick[T any](tiny, quick, paper T) T {
	switch Preset() {
	case "tiny":
		return tiny
	case "paper":
		return paper
	default:
		return quick
	}
}
