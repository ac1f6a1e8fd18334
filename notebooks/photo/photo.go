// Package photo holds the photographs of the notebook on images, and what that notebook computes with and does not teach:
// cutting them into patches and bands, and fitting distributions.
//
// The pictures may be used for anything: see the file LICENSE beside them.
package photo

import (
	"embed"
	"fmt"
	"image/png"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
)

//go:embed chelsea.png astronaut.png coffee.png rocket.png
var files embed.FS

// Names returns the names of the photographs: the cat Chelsea, which the notebook examines, the portrait of an astronaut, a cup
// of coffee with a spoon, and a rocket at dusk.
func Names() []string { return []string{"chelsea", "astronaut", "coffee", "rocket"} }

// Size is the height and the width of each photograph.
const Size = 256

// Channels is the number of its colours: red, green, blue.
const Channels = 3

// Load returns the photograph of Chelsea, as [Named] does.
func Load() (*tensors.Tensor, error) { return Named("chelsea") }

// Named returns the photograph of that name as float64 `[1, 256, 256, 3]` in [0, 1], the 8 bits of the file divided by 255. It
// returns an error if the name is not one of [Names].
func Named(name string) (*tensors.Tensor, error) {
	if !slices.Contains(Names(), name) {
		return nil, fmt.Errorf("photo: there is no photograph %q, want one of %q", name, Names())
	}
	file, err := files.Open(name + ".png")
	if err != nil {
		return nil, fmt.Errorf("photo: cannot open the picture: %w", err)
	}
	picture, err := png.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("photo: cannot decode the picture %s: %w", name, err)
	}
	if size := picture.Bounds().Size(); size.X != Size || size.Y != Size {
		return nil, fmt.Errorf("photo: the picture %s is %v, want %d×%d", name, size, Size, Size)
	}
	values := make([]float64, 0, Size*Size*Channels)
	for y := range Size {
		for x := range Size {
			r, g, b, _ := picture.At(x, y).RGBA()
			for _, v := range []uint32{r, g, b} {
				values = append(values, float64(v>>8)/255)
			}
		}
	}
	return tensors.FromFlatDataAndDimensions(values, 1, Size, Size, Channels), nil
}

// Patches cuts the photograph of Chelsea into squares beside and below each other, less the mean colour of the whole: float64
// `[(256/side)², side, side, 3]`. It returns an error unless side divides 256.
func Patches(side int) (*tensors.Tensor, error) {
	if side < 1 || Size%side != 0 {
		return nil, fmt.Errorf("photo: patches of side %d: want a divisor of %d", side, Size)
	}
	whole, err := Load()
	if err != nil {
		return nil, err
	}
	pixels, err := tensors.CopyFlatData[float64](whole)
	if err != nil {
		return nil, err
	}
	var mean [Channels]float64
	for i, v := range pixels {
		mean[i%Channels] += v / (Size * Size)
	}
	across := Size / side
	values := make([]float64, 0, len(pixels))
	for patch := range across * across {
		for y := range side {
			for x := range side {
				at := ((patch/across*side+y)*Size + patch%across*side + x) * Channels
				for c := range Channels {
					values = append(values, pixels[at+c]-mean[c])
				}
			}
		}
	}
	return tensors.FromFlatDataAndDimensions(values, across*across, side, side, Channels), nil
}
