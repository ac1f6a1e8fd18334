package photo

import (
	"fmt"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
)

// A Band is a group of coefficients that belong together.
type Band struct {
	Level     int    // of wavelets and octaves, 1 is the finest
	Direction string // "vertical", "horizontal" or "diagonal" edges, "low" for what is left; "octave" of a cosine transform
	Channel   int
	Values    []float64 // from the first image on
}

// Bands sorts values by band: images `[images, side, side, channels]` in the layout of [gomlxops.WaveletTransform] with so many
// levels, or parameters of one such image. The finest level comes first, the low band last; within a band, the channels in
// their order. It returns an error if the number of values is not a multiple of side·side·channels or there are too many
// levels.
func Bands(values []float64, side, channels, levels int) ([]Band, error) {
	if size := side * side * channels; size <= 0 || len(values) == 0 || len(values)%size != 0 {
		return nil, fmt.Errorf("photo: %d values are not images of %d×%d×%d", len(values), side, side, channels)
	}
	if most := gomlxops.MaxWaveletLevels(side, side); levels < 0 || levels > most {
		return nil, fmt.Errorf("photo: %d levels, but an image of side %d has 0 to %d", levels, side, most)
	}
	var bands []Band
	for level := range levels {
		for _, direction := range []string{"vertical", "horizontal", "diagonal"} {
			for channel := range channels {
				bands = append(bands, Band{Level: level + 1, Direction: direction, Channel: channel})
			}
		}
	}
	for channel := range channels {
		bands = append(bands, Band{Level: levels, Direction: "low", Channel: channel})
	}
	for i, v := range values {
		y, x := i/channels/side%side, i/channels%side
		at := &bands[bandOf(y, x, side, levels)*channels+i%channels]
		at.Values = append(at.Values, v)
	}
	return bands, nil
}

// bandOf returns the number of the band, without channels, of a coefficient.
func bandOf(y, x, side, levels int) int {
	for level := range levels {
		half := (side + 1) / 2
		switch {
		case y < half && x >= half:
			return 3 * level
		case y >= half && x < half:
			return 3*level + 1
		case y >= half:
			return 3*level + 2
		}
		side = half
	}
	return 3 * levels
}

// Octaves sorts the coefficients of a cosine transform by frequency: an image `[side, side, channels]`, frequency 0 at the top
// left. Level 1 has the coefficients whose larger index is in the upper half, level 2 those in the quarter below it, and so on;
// the last level has all that are left. It returns an error if the number of values is not side·side·channels, or there are no
// levels or too many for the side.
func Octaves(values []float64, side, channels, levels int) ([]Band, error) {
	if side < 1 || channels < 1 || len(values) != side*side*channels {
		return nil, fmt.Errorf("photo: %d values are not one image of %d×%d×%d", len(values), side, side, channels)
	}
	if levels < 1 || side>>(levels-1) < 1 {
		return nil, fmt.Errorf("photo: %d octaves of a side of %d", levels, side)
	}
	bands := make([]Band, 0, levels*channels)
	for level := range levels {
		for channel := range channels {
			bands = append(bands, Band{Level: level + 1, Direction: "octave", Channel: channel})
		}
	}
	for i, v := range values {
		frequency := max(i/channels/side, i/channels%side)
		level := 0
		for level < levels-1 && frequency < side>>(level+1) {
			level++
		}
		at := &bands[level*channels+i%channels]
		at.Values = append(at.Values, v)
	}
	return bands, nil
}

// Thin returns at most n of the values, evenly spread, so that a fit takes less time.
func Thin(values []float64, n int) []float64 {
	if len(values) <= n {
		return values
	}
	thinned := make([]float64, n)
	for i := range thinned {
		thinned[i] = values[i*len(values)/n]
	}
	return thinned
}
